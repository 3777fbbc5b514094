//! Tasks of a chat in the background. They end with the chat: for ones that survive a restart there is AstrBot.

use std::sync::Arc;

use futures::FutureExt as _;
use host_shim::{
    Approval, Event, Fault, FaultCode, Locale, Patience, Plugin, Reply, ToolRunner, Turn,
    TurnRequest,
};
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure, Style, printable};

use crate::output::{print, show};
use crate::saved_files::SavedFiles;

/// Tasks that have ended and are still listed.
const MOST_ENDED: usize = 20;

/// Characters shown of a task's text.
const SHOWN: usize = 60;

/// The tasks of a chat, oldest first.
pub struct Tasks {
    list: Vec<Task>,
    started: usize,
    locale: Locale,
}

struct Task {
    id: usize,
    text: String,
    /// None once it has ended.
    turn: Option<Turn>,
    /// How it is or ended.
    state: String,
}

impl Tasks {
    pub fn new(locale: Locale) -> Self {
        Self {
            list: Vec::new(),
            started: 0,
            locale,
        }
    }

    /// Starts a task. Returns what to say. Nobody is asked about its tools: those that need approval are left out,
    /// unless `all_approved`.
    pub fn start(
        &mut self,
        plugin: &Plugin,
        mut request: TurnRequest,
        runner: Arc<dyn ToolRunner>,
        all_approved: bool,
    ) -> String {
        request.patience = Patience::Background;
        for tool in &mut request.tools {
            if all_approved {
                tool.approval = Approval::None;
            }
        }
        let (kept, left_out): (Vec<_>, Vec<_>) = std::mem::take(&mut request.tools)
            .into_iter()
            .partition(|tool| tool.approval == Approval::None);
        request.tools = kept;
        self.started += 1;
        let (id, locale) = (self.started, self.locale);
        let shown: String = printable(&request.text).chars().take(SHOWN).collect();
        self.list.push(Task {
            id,
            text: shown,
            turn: Some(plugin.ask_with(request, runner)),
            state: say!(locale, en: "waiting or running", zh: "等待或运行中"),
        });
        let started = say!(locale,
            en: "Task {id} started in the background; /tasks lists it.\n",
            zh: "任务 {id} 已在后台开始，/任务 可查看。\n");
        let names: Vec<&str> = left_out.iter().map(|tool| tool.name.as_str()).collect();
        let names = names.join(", ");
        match names.as_str() {
            "" => started,
            _ => say!(locale,
                en: "{started}Without the tools that need approval: {names}\n",
                zh: "{started}不含需要确认的工具：{names}\n"),
        }
    }

    /// Whether one waits or runs.
    pub fn any_under_way(&self) -> bool {
        self.list.iter().any(|task| task.turn.is_some())
    }

    /// The list, a line each.
    pub fn list(&self) -> String {
        if self.list.is_empty() {
            return say!(self.locale, en: "No tasks.\n", zh: "没有任务。\n");
        }
        let line = |task: &Task| format!("{}  {}  {}\n", task.id, task.state, task.text);
        self.list.iter().map(line).collect()
    }

    /// Cancels a task. Returns what to say.
    pub fn cancel(&self, id: &str) -> String {
        let running = self.list.iter().find(|task| task.id.to_string() == id);
        match running.and_then(|task| task.turn.as_ref()) {
            Some(turn) => {
                turn.cancel();
                say!(self.locale, en: "Cancelling task {id}.\n", zh: "正在取消任务 {id}。\n")
            }
            None => {
                let id = printable(id);
                say!(self.locale,
                    en: "No such task is under way: {id}; /tasks lists them.\n",
                    zh: "没有进行中的任务 {id}；/任务 可查看列表。\n")
            }
        }
    }

    /// Shows the answers of tasks that have ended since, and saves their files. Never waits.
    ///
    /// # Errors
    /// Stdout is not writable.
    pub fn tell_ended(&mut self, files: &mut SavedFiles) -> Result<(), CliError> {
        let locale = self.locale;
        for task in &mut self.list {
            let Some(end) = task.look(files, locale) else {
                continue;
            };
            let id = task.id;
            match end {
                Ok(reply) => {
                    task.state = say!(locale, en: "done", zh: "完成");
                    show(&say!(locale, en: "Task {id} is done:\n", zh: "任务 {id} 已完成：\n"));
                    print(&format!("{}\n", printable(&reply.text).trim_end()))?;
                }
                Err(fault) if fault.code == FaultCode::Cancelled => {
                    task.state = fault.code.to_string();
                    show(
                        &say!(locale, en: "Task {id} was cancelled.\n", zh: "任务 {id} 已取消。\n"),
                    );
                }
                Err(fault) => {
                    task.state = fault.code.to_string();
                    show(&say!(locale, en: "Task {id} failed:\n", zh: "任务 {id} 失败：\n"));
                    show(&Failure::fault(&fault, locale).text(Style::coloured(locale)));
                }
            }
        }
        let ended = self.list.iter().filter(|task| task.turn.is_none()).count();
        let mut over = ended.saturating_sub(MOST_ENDED);
        self.list.retain(|task| {
            let forgotten = task.turn.is_none() && over > 0;
            over -= usize::from(forgotten);
            !forgotten
        });
        Ok(())
    }

    /// What is lost if the chat ends now; empty if nothing is.
    pub fn lost(&self) -> String {
        match self.list.iter().filter(|task| task.turn.is_some()).count() {
            0 => String::new(),
            n => say!(self.locale,
                en: "Background tasks cancelled on exit: {n}\n",
                zh: "退出时取消的后台任务：{n} 个\n"),
        }
    }
}

impl Task {
    /// Takes what has happened since. Returns its end once.
    fn look(&mut self, files: &mut SavedFiles, locale: Locale) -> Option<Result<Reply, Fault>> {
        let turn = self.turn.as_mut()?;
        loop {
            match turn.next_event().now_or_never()? {
                Some(Event::File(file)) => {
                    if let Some(said) = files.save(&file) {
                        show(&format!("{said}\n"));
                    }
                }
                Some(Event::ToolCall(_)) => {
                    self.state = say!(locale, en: "running", zh: "运行中");
                }
                Some(_) => {}
                None => break,
            }
        }
        // Both are there at the same time.
        self.turn.take()?.reply().now_or_never()
    }
}
