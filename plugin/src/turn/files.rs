//! Files that the agent sends: by calls of a tool of ours, or named in its answer where a gateway offers no tools.
//!
//! Newer gateways hand out the files of a conversation's workspace themselves; for others the host may have one. Every
//! rule is here or in `gateway/sent_file.rs`. What is refused costs a line, never the turn.

use super::run::Run;
use super::tools::MAX_DENIALS_SAID;
use crate::config::{Checked, Gateway};
use crate::fault::Fault;
use crate::gateway::answer::files::MARK;
use crate::gateway::sent_file::{self, MAX_FILE_BYTES, MAX_TURN_BYTES};
use crate::gateway::session_key::session_key;
use crate::host::{AnswerBody as _, Events, Host};
use crate::prelude::*;
use crate::text::{self, NotSent};
use core::cell::Cell;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use futures::future::{Either, select};
use openclaw_core::approval::Approval;
use openclaw_core::config::Timeouts;
use openclaw_core::guards::memory::{Sample, judge};
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;
use openclaw_core::turn::{Attachment, Event, NoticeCode, Tool, ToolCall, TurnRequest};
use openclaw_core::workspace::OpenError;
use openclaw_wire::json::Json;

/// The tool that sends a file.
pub(crate) const SEND_FILE: &str = "send_file";

/// Milliseconds that a file may take.
const FILE_MS: u64 = 60_000;

/// A file of so many bytes is long.
const LONG: usize = 256 * 1024;

/// Characters shown of a path.
const MAX_SHOWN: usize = 120;

/// What a turn's agent has sent.
pub(super) struct Files {
    sent: Cell<u32>,
    bytes: Cell<usize>,
    /// One is being fetched.
    busy: Cell<bool>,
    /// Gateway and level of the latest request.
    pub asked: Cell<(usize, Level)>,
    /// Whether that gateway hands out files.
    pub hands_out: Cell<bool>,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            sent: Cell::new(0),
            bytes: Cell::new(0),
            busy: Cell::new(false),
            asked: Cell::new((0, Level::Talk)),
            hands_out: Cell::new(false),
        }
    }
}

/// Gives a turn the tool that sends files, if it wants them.
pub fn offer(turn: &mut TurnRequest, config: Option<&Checked>) {
    if let Some(config) = config.filter(|config| turn.files && config.max_files > 0) {
        turn.tools.push(Tool {
            name: SEND_FILE.into(),
            description: "Sends the user a file of your workspace.".into(),
            parameters: r#"{"type":"object","properties":{"path":{"type":"string","description":"Relative to the workspace."}},"required":["path"]}"#.into(),
            level: config.files_level,
            approval: Approval::None,
        });
    }
}

/// Tells the model how to send a file; part of a JSON string.
pub(crate) fn rule() -> String {
    format!(
        "To send the user a file of your workspace (an image, pdf, text or office document), call the tool {SEND_FILE} with its relative path. If you do not have that tool, write a line of its own at the end of your answer instead: {MARK} relative/path"
    )
}

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Sends the files that an answer names, if its gateway offers no tools. All of them together may take as long as
    /// one, and no longer than the turn: it has been answered.
    pub(super) async fn send_files(&self, paths: &[String]) -> Result<(), Fault> {
        if self.files.hands_out.get() {
            return Ok(());
        }
        let turn_ends = self.deadline.get().saturating_sub(1);
        let until = self.file_ends().min(turn_ends);
        let mut unsaid = 0;
        for path in paths {
            let (level, reading) = self.level().await?;
            let file = self.file(path, level, self.has_room(&reading), until).await;
            let why = match file {
                Ok(file) => {
                    self.emit(Event::File(file)).await?;
                    continue;
                }
                Err(why) => why,
            };
            let said = self.denials_said.get();
            if said >= MAX_DENIALS_SAID {
                unsaid += 1;
                continue;
            }
            self.denials_said.set(said + 1);
            let words = self.not_sent(self.config.locale, path, &why);
            self.say(NoticeCode::FileRefused, words).await?;
            if matches!(why, NotSent::TooMany(_)) {
                break;
            }
        }
        if unsaid > 0 {
            let words = text::more_files_not_sent(self.config.locale, unsaid);
            self.say(NoticeCode::FileRefused, words).await?;
        }
        Ok(())
    }

    /// When a file that is fetched now is late.
    fn file_ends(&self) -> u64 {
        self.host.now_ms().saturating_add(FILE_MS)
    }

    /// Whether a call is one of the tool that sends files. The caller can have no tool of its name.
    pub(super) fn sends_file(&self, call: &ToolCall) -> bool {
        self.turn.turn().files && call.name == SEND_FILE
    }

    /// The file that a call wants to send, or why not, in words for the model and the user.
    pub(super) async fn called_file(
        &self,
        call: &ToolCall,
        level: Level,
        has_room: bool,
    ) -> Result<Attachment, (String, String)> {
        let arguments = Json::object(call.arguments.as_bytes()).unwrap_or_default();
        let [path] = arguments.get(["path"]);
        let path = path.text();
        let file = self.file(&path, level, has_room, u64::MAX).await;
        file.map_err(|why| {
            let words = |locale| self.not_sent(locale, &path, &why);
            (words(Locale::En), words(self.config.locale))
        })
    }

    /// Whether there is memory for a file.
    pub(super) fn has_room(&self, reading: &Result<Sample, String>) -> bool {
        let available = reading.as_ref().ok().map(|sample| sample.available);
        judge(available, &self.config.limits).heavy_allowed
    }

    fn not_sent(&self, locale: Locale, path: &str, why: &NotSent) -> String {
        let path = self.config.quoted(path, MAX_SHOWN);
        let failed = match why {
            NotSent::Failed(failure) => {
                let (url, timeouts) = (self.gateway().url(), &self.config.timeouts);
                failure.fault(true, &url, timeouts, locale).message
            }
            _ => String::new(),
        };
        text::file_not_sent(locale, &path, why, &failed)
    }

    /// The gateway that answered last.
    fn gateway(&self) -> &Gateway {
        &self.config.gateways[self.files.asked.get().0]
    }

    /// A file that may be sent and is there in time. One at a time: each may take much of the component's memory.
    async fn file(
        &self,
        path: &str,
        level: Level,
        has_room: bool,
        until: u64,
    ) -> Result<Attachment, NotSent> {
        let (path, name) = sent_file::path(path).ok_or(NotSent::Path)?;
        let needs = self.config.files_level.max(Level::ReadOnly);
        if level < needs {
            return Err(NotSent::Level(needs, level));
        }
        let free = || match self.files.busy.replace(true) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        };
        poll_fn(|_| free()).await;
        let _free = Free(&self.files.busy);
        let (sent, bytes) = (self.files.sent.get(), self.files.bytes.get());
        if sent >= self.config.max_files {
            return Err(NotSent::TooMany(self.config.max_files));
        }
        if !has_room {
            return Err(NotSent::Memory);
        }
        let most = MAX_FILE_BYTES.min(MAX_TURN_BYTES.saturating_sub(bytes));
        let until = until.min(self.file_ends());
        let late = pin!(self.host.sleep_until_ms(until));
        let data = match select(pin!(self.fetch(path, most)), late).await {
            Either::Left((data, _)) => data?,
            Either::Right(_) => return Err(NotSent::Late),
        };
        if data.len() > most {
            return Err(NotSent::TooLarge(most));
        }
        let media_type = sent_file::media_type(name, &data).ok_or(NotSent::Type)?;
        if self.config.has_token(&data) {
            return Err(NotSent::Token);
        }
        self.files.sent.set(sent + 1);
        self.files.bytes.set(bytes + data.len());
        Ok(Attachment {
            media_type: media_type.into(),
            filename: name.into(),
            data,
        })
    }

    /// The content of a file of the conversation's workspace: from the gateway, or from the host if that is too old.
    async fn fetch(&self, path: &str, most: usize) -> Result<Vec<u8>, NotSent> {
        if !self.files.hands_out.get() {
            let opened = self.host.open(path, most).await;
            return opened.map_err(|why| match why {
                OpenError::TooLarge => NotSent::TooLarge(most),
                why => NotSent::Open(why),
            });
        }
        let (_, level) = self.files.asked.get();
        let mut target = "/__openclaw__/assistant-media?source=".to_owned();
        push_encoded(&mut target, path);
        target.push_str("&sessionKey=");
        let (agent, user) = (
            self.config.agent(level),
            session_key(&self.turn.turn().session),
        );
        push_encoded(
            &mut target,
            &format!("agent:{agent}:openresponses-user:{user}"),
        );
        let longest = Duration::from_millis(FILE_MS);
        let timeouts = Timeouts {
            first_byte: self.config.timeouts.first_byte.min(longest),
            idle: self.config.timeouts.idle.min(longest),
            ..self.config.timeouts
        };
        let got = self.host.get(self.gateway(), &target, &timeouts).await;
        let (head, mut body) = got.map_err(NotSent::Failed)?;
        match head.status {
            // A page of the control UI is no file.
            200 if !head.content_type.starts_with("text/html") => {}
            200 | 404 => return Err(NotSent::Open(OpenError::NotFound)),
            status => return Err(NotSent::Status(status)),
        }
        let mut data = vec![];
        while let Some(piece) = body.chunk().await.map_err(NotSent::Failed)? {
            if data.len() + piece.len() > most {
                return Err(NotSent::TooLarge(most));
            }
            // At once for a long one, instead of twice as much again and again.
            if data.len() >= LONG && data.capacity() - data.len() < piece.len() {
                data.reserve_exact(most - data.len());
            }
            data.extend_from_slice(&piece);
        }
        Ok(data)
    }
}

/// Lets the next file be fetched.
struct Free<'a>(&'a Cell<bool>);

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Appends a value of a query.
fn push_encoded(to: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            to.push(byte as char);
        } else {
            to.push('%');
            to.push(HEX[usize::from(byte >> 4)] as char);
            to.push(HEX[usize::from(byte & 15)] as char);
        }
    }
}
