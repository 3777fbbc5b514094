//! `session`: the plugin over JSON Lines, for scripts and any language. Reads requests, keeps the turns
//! that run, writes what happens.

pub mod help;
mod input;
mod output;
mod pending_tool_calls;

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use host_shim::{
    Canceller, Clock, DecideError, Decider, DeciderRole, DecisionError, Event, Fault, FaultCode,
    Locale, MAX_ATTACHMENT_BYTES, Plugin, Reply, Status, Turn, TurnRequest,
};
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_render::session::{
    self, Ask, AskAttachment, Decide, Input, MAX_LINE_BYTES, Op, ToolResult,
};
use openclaw_render::{Body, CliError, Failure, Id, Line};

use self::input::End;
use self::output::Output;
use self::pending_tool_calls::PendingToolCalls;
use super::ask::new_session;
use crate::media_type;
use crate::output::show;
use crate::pretended_memory::PretendedMemory;
use crate::setup::Setup;

/// How long the end of the session waits for the next of the last answers. Cancelled turns end at once.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// How long it waits after `quit` for somebody who reads nothing.
const LAST_READ: Duration = Duration::from_secs(3);

/// Speaks the protocol until `quit` or the end of the input.
pub async fn run(setup: Setup) -> Result<u8, CliError> {
    let locale = setup.locale;
    let memory = Arc::new(PretendedMemory::default());
    let clock = Clock::adjustable();
    let seen = memory.clone();
    let builder = setup
        .builder()
        .memory(move || host_shim::MemorySource::read(&*seen))
        .clock(clock.clone());
    let (plugin, warning) = setup.plugin_without_gateway(builder).await?;
    show(&warning.unwrap_or_default());
    let cannot_read = |error: String| {
        let what = say!(locale,
            en: "cannot read stdin: {error}",
            zh: "无法读取标准输入：{error}");
        Failure::other(what, "")
    };
    let mut lines = input::stdin().map_err(|error| cannot_read(error.to_string()))?;
    let info = plugin.component_info();
    let out = Output::start()?;
    out.write(&Line::Ready {
        event: "ready",
        component: &info.world,
        version: &info.version,
        sha256: &info.sha256,
    })?;

    let session = Session {
        plugin: plugin.clone(),
        locale,
        memory,
        clock,
        name: new_session("session"),
        out: out.clone(),
        running: RefCell::default(),
    };
    let mut under_way = FuturesUnordered::new();
    let end = loop {
        let line = async {
            out.room_for_answers().await;
            lines.recv().await
        };
        tokio::select! {
            line = line => match line {
                None => break End::Input,
                Some(input) => match session.take(input).await? {
                    Next::Nothing => {}
                    Next::UnderWay(future) => under_way.push(future),
                    Next::Quit => break End::Quit,
                    Next::Broken(why) => break End::Broken(why),
                },
            },
            Some(done) = under_way.next() => done?,
            error = out.failed() => return Err(error.into()),
        }
    };
    for turn in session.running.borrow().iter() {
        turn.canceller.cancel();
    }
    let rest = async {
        while let Some(done) = under_way.next().await {
            done?;
        }
        out.flushed().await
    };
    // What is not answered by then never will be. A script may be over long before its output is read, but whoever
    // quits wants to be gone.
    let unread = tokio::select! {
        rest = rest => {
            rest?;
            false
        }
        () = out.idle(LAST_ANSWERS) => false,
        () = out.stuck(LAST_READ), if matches!(end, End::Quit) => true,
    };
    drop(under_way);
    plugin.close().await;
    match end {
        End::Quit if unread => {
            let what = say!(locale,
                en: "output is lost: nobody read it for {} s after `quit`",
                zh: "部分输出已丢失：收到 `quit` 后 {} 秒内无人读取",
                LAST_READ.as_secs());
            Err(Failure::other(what, "").into())
        }
        End::Quit | End::Input => Ok(exit::OK),
        End::Broken(why) => Err(cannot_read(why).into()),
    }
}

/// What follows from a line.
enum Next<'a> {
    /// It has been answered.
    Nothing,
    /// It is answered by and by.
    UnderWay(LocalBoxFuture<'a, io::Result<()>>),
    /// The end.
    Quit,
    /// The end, because of this.
    Broken(String),
}

struct Session {
    plugin: Plugin,
    locale: Locale,
    memory: Arc<PretendedMemory>,
    clock: Clock,
    /// Of turns that name none.
    name: String,
    running: RefCell<Vec<Running>>,
    out: Output,
}

/// A turn that has not ended.
struct Running {
    id: Id,
    /// The plugin's id of it.
    turn_id: String,
    canceller: Canceller,
    pending: PendingToolCalls,
}

impl Session {
    /// Does what a line asks.
    async fn take(&self, input: Input) -> io::Result<Next<'_>> {
        let line = match input {
            Input::Line(line) => line,
            Input::TooLong(id) => {
                let message = format!("the line is longer than {MAX_LINE_BYTES} bytes");
                self.out.write(&Line::error(id.as_ref(), &message))?;
                return Ok(Next::Nothing);
            }
            Input::Broken(why) => return Ok(Next::Broken(why)),
        };
        let parsed = session::parse(&line);
        // It may be most of what this process holds.
        drop(line);
        let (id, op) = match parsed {
            Ok(request) => request,
            Err(bad) => {
                self.out
                    .write(&Line::error(bad.id.as_ref(), &bad.message))?;
                return Ok(Next::Nothing);
            }
        };
        match op {
            Op::Ask(ask) => return self.ask(id, *ask),
            Op::ToolResult(result) => self.tool_result(&id, result)?,
            Op::Decide(decide) => self.decide(&id, decide).await?,
            Op::Cancel { turn } => match self.running(&turn, |turn| turn.canceller.clone()) {
                Some(canceller) => {
                    canceller.cancel();
                    self.out.write(&Line::done(&id))?;
                }
                None => self.no_such_turn(&id, &turn)?,
            },
            Op::Status {} => match self.plugin.status().await {
                Ok(status) => self.status(&id, &status)?,
                Err(fault) => self.write_fault(&id, &fault)?,
            },
            Op::Diagnose {} => {
                return Ok(Next::UnderWay(Box::pin(async move {
                    match self.plugin.diagnose(None).await {
                        Ok(found) => {
                            self.out
                                .write(&Line::answer(&id, "diagnosis", Body::Diagnosis(&found)))
                        }
                        Err(fault) => self.write_fault(&id, &fault),
                    }
                })));
            }
            Op::Reset {} => match self.plugin.reset().await {
                Ok(()) => self.out.write(&Line::done(&id))?,
                Err(fault) => self.write_fault(&id, &fault)?,
            },
            Op::Memory(pretence) => {
                self.memory.pretend(pretence);
                self.out.write(&Line::done(&id))?;
            }
            Op::Advance { by } => match self.clock.advance(by) {
                Ok(()) => self.out.write(&Line::done(&id))?,
                Err(error) => self
                    .out
                    .write(&Line::error(Some(&id), &error.to_string()))?,
            },
            Op::Quit {} => return Ok(Next::Quit),
        }
        Ok(Next::Nothing)
    }

    /// Looks at a running turn.
    fn running<T>(&self, id: &Id, look: impl FnOnce(&Running) -> T) -> Option<T> {
        self.running
            .borrow()
            .iter()
            .find(|turn| turn.id == *id)
            .map(look)
    }

    fn ask(&self, id: Id, ask: Ask) -> io::Result<Next<'_>> {
        if self.running(&id, |_| ()).is_some() {
            let message = format!("a turn with id {id} is already running; use another id");
            self.out.write(&Line::error(Some(&id), &message))?;
            return Ok(Next::Nothing);
        }
        if self.out.is_full() {
            let words = say!(self.locale,
                en: "too much of the output is unread; read it, then ask again",
                zh: "未读取的输出过多，请读取后再提问");
            self.write_fault(&id, &Fault::new(FaultCode::Busy, self.locale, words))?;
            return Ok(Next::Nothing);
        }
        let pending = PendingToolCalls::default();
        let request = match self.request(ask) {
            Ok(request) => request,
            Err(failure) => {
                self.write_fault(&id, &self.rejected(failure))?;
                return Ok(Next::Nothing);
            }
        };
        let turn = self.plugin.ask_with(request, Arc::new(pending.clone()));
        let running = Running {
            id: id.clone(),
            turn_id: turn.id().to_owned(),
            canceller: turn.canceller(),
            pending: pending.clone(),
        };
        self.running.borrow_mut().push(running);
        Ok(Next::UnderWay(Box::pin(async move {
            let end = self.follow(&id, turn, &pending).await;
            self.running.borrow_mut().retain(|turn| turn.id != id);
            self.out.write_end(id, end?)
        })))
    }

    /// The library's request, with its files read.
    fn request(&self, ask: Ask) -> Result<TurnRequest, Failure> {
        let mut request = TurnRequest::new(ask.text);
        request.session = ask.session.unwrap_or_else(|| self.name.clone());
        request.level = ask.level.unwrap_or(request.level);
        request.heavy = ask.heavy.unwrap_or_default();
        request.patience = ask.patience.unwrap_or_default();
        request.files = ask.files.unwrap_or_default();
        request.instructions = ask.instructions.unwrap_or_default();
        request.tools = ask.tools.unwrap_or_default();
        request.context = ask.context;
        let mut room = MAX_ATTACHMENT_BYTES;
        for attachment in ask.attachments.unwrap_or_default() {
            request.attachments.push(match attachment {
                AskAttachment::Path(path) => media_type::read(&path, &mut room, self.locale)?,
                AskAttachment::Content(attachment) => attachment,
            });
        }
        Ok(request)
    }

    async fn decide(&self, id: &Id, decide: Decide) -> io::Result<()> {
        let decided = match self.running(&decide.turn, |turn| turn.turn_id.clone()) {
            Some(turn) => {
                let by = Decider {
                    name: decide.by.unwrap_or_default(),
                    role: decide.role.unwrap_or(DeciderRole::Admin),
                };
                let decided = self
                    .plugin
                    .decide(&turn, &decide.request, decide.approve, by);
                decided.await
            }
            None => Err(DecideError::NotPending.into()),
        };
        match decided {
            Ok(()) => self.out.write(&Line::done(id)),
            Err(DecisionError::Refused(error)) => {
                let message = error.message(self.locale);
                self.out.write(&Line::refused(id, error.as_str(), message))
            }
            Err(DecisionError::Fault(fault)) => self.write_fault(id, &fault),
            Err(error) => self.out.write(&Line::error(Some(id), &error.to_string())),
        }
    }

    /// Writes the status. Turns have the ids that the session's caller gave them.
    fn status(&self, id: &Id, status: &Status) -> io::Result<()> {
        if status.approvals.is_empty() {
            return self
                .out
                .write(&Line::answer(id, "status", Body::Status(status)));
        }
        let mut value = serde_json::to_value(status)?;
        for approval in value["approvals"].as_array_mut().into_iter().flatten() {
            let running = self.running.borrow();
            let turn = running.iter().find(|turn| approval["turn"] == turn.turn_id);
            if let Some(turn) = turn {
                approval["turn"] = serde_json::to_value(&turn.id)?;
            }
        }
        self.out
            .write(&Line::answer(id, "status", Body::Value(&value)))
    }

    /// A turn that ended before it began, because of its attachments.
    fn rejected(&self, failure: Failure) -> Fault {
        let code = failure.code.unwrap_or(FaultCode::RequestRejected);
        let mut fault = Fault::new(code, self.locale, failure.what);
        if !failure.remedy.is_empty() {
            fault.remedy = failure.remedy;
        }
        fault
    }

    fn tool_result(&self, id: &Id, given: ToolResult) -> io::Result<()> {
        let ToolResult { turn, call, result } = given;
        match self.running(&turn, |turn| turn.pending.answer(&call, result)) {
            Some(true) => self.out.write(&Line::done(id)),
            Some(false) => {
                let message = format!("turn {turn} has no pending call `{call}`");
                self.out.write(&Line::error(Some(id), &message))
            }
            None => self.no_such_turn(id, &turn),
        }
    }

    /// Writes what happens in a turn, to its end.
    async fn follow(
        &self,
        id: &Id,
        mut turn: Turn,
        pending: &PendingToolCalls,
    ) -> io::Result<Result<Reply, Fault>> {
        while let Some(event) = turn.next_event().await {
            if let Event::ToolCall(call) = &event {
                pending.announce(&call.id);
            }
            let line = Line::event(id, &event);
            let told = line.map(|line| self.out.write(&line)).transpose()?;
            // It has been copied, and may be as large as an answer.
            drop(event);
            if told.is_some() {
                self.out.room().await;
            }
            // Events may come faster than they are written.
            tokio::task::coop::consume_budget().await;
        }
        Ok(turn.reply().await)
    }

    fn write_fault(&self, id: &Id, fault: &Fault) -> io::Result<()> {
        self.out
            .write(&Line::answer(id, "fault", Body::Fault(fault)))
    }

    fn no_such_turn(&self, id: &Id, turn: &Id) -> io::Result<()> {
        let message = format!("no turn with id {turn} is running");
        self.out.write(&Line::error(Some(id), &message))
    }
}
