//! `chat`: turn after turn on a terminal.

use std::path::PathBuf;

use host_shim::{Fault, FaultCode, Locale, Plugin};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};

use super::args::{self, TurnOptions};
use super::ask::{new_session, request};
use super::interrupt::Interrupts;
use super::problem::{Problem, Stop};
use super::setup::Setup;
use super::text::{pick, printable, say};
use super::view::{Person, follow};
use super::{exit, print, report, tell};

/// Lines of history that are kept.
const HISTORY: usize = 1000;

/// What a line of the user's is.
#[derive(Debug, PartialEq, Eq)]
enum Entry<'a> {
    /// Nothing.
    Blank,
    /// For the gateway.
    Text(&'a str),
    Help,
    Diagnose,
    Status,
    /// The gateway's memory of the talk is left behind.
    NewSession,
    ResetBreakers,
    Quit,
    /// Looks like a command and is none. The gateway would take it for a text.
    Unknown(&'a str),
}

impl<'a> Entry<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.trim();
        match line {
            "" => Self::Blank,
            "/help" | "/帮助" => Self::Help,
            "/diagnose" | "/诊断" => Self::Diagnose,
            "/status" | "/状态" => Self::Status,
            "/reset" | "/会话重置" => Self::NewSession,
            "/reset-breakers" | "/熔断复位" => Self::ResetBreakers,
            "/quit" | "/退出" => Self::Quit,
            // A path such as /etc/hosts is a text.
            _ if line.starts_with('/') && !line[1..].contains('/') && !line.contains(' ') => {
                Self::Unknown(line)
            }
            _ => Self::Text(line),
        }
    }
}

/// The commands of the talk.
pub fn help(locale: Locale) -> &'static str {
    pick(
        locale,
        "/help            these commands
/diagnose        what is wrong, without a model call
/status          memory, breakers, turns
/reset           begins a new session: the gateway forgets this talk
/reset-breakers  closes the breakers
/quit            the end, as is Ctrl-D
Ctrl-C           cancels the turn that runs; at the prompt, pressed twice, the end\n",
        "/帮助      这些命令
/诊断      不调用模型，检查哪里有问题
/状态      内存、熔断与任务
/会话重置  开始新的会话：网关不再记得之前的对话
/熔断复位  关闭熔断
/退出      结束，Ctrl-D 也可以
Ctrl-C     取消正在运行的任务；在提示符下连按两次则结束\n",
    )
}

/// Talks until the user has enough.
pub fn run(
    options: args::Chat,
    setup: Setup,
    runtime: &tokio::runtime::Runtime,
) -> Result<u8, Stop> {
    let locale = setup.locale;
    let mut talk = Talk {
        plugin: runtime.block_on(setup.plugin())?,
        runtime,
        locale,
        options: options.turn,
        interrupts: Interrupts::listen()?,
        pressed_before: false,
    };
    let mut prompt = Prompt::new(locale)?;
    tell(pick(
        locale,
        "Ask away; /help lists the commands.\n",
        "请提问；/帮助 列出命令。\n",
    ));
    loop {
        let line = match prompt.read()? {
            Read::Line(line) => line,
            Read::End => return Ok(exit::OK),
            Read::Interrupted if talk.pressed_before => return Ok(exit::INTERRUPTED),
            Read::Interrupted => {
                talk.pressed_before = true;
                tell(pick(
                    locale,
                    "Ctrl-C again quits\n",
                    "再按一次 Ctrl-C 退出\n",
                ));
                continue;
            }
        };
        talk.pressed_before = false;
        match Entry::of(&line) {
            Entry::Quit => return Ok(exit::OK),
            entry => talk.take(entry)?,
        }
    }
}

/// A talk under way.
struct Talk<'a> {
    plugin: Plugin,
    runtime: &'a tokio::runtime::Runtime,
    locale: Locale,
    /// Of every turn; the session is the talk's.
    options: TurnOptions,
    interrupts: Interrupts,
    /// Ctrl-C was the last thing that happened: once more is the end.
    pressed_before: bool,
}

impl Talk<'_> {
    fn take(&mut self, entry: Entry<'_>) -> Result<(), Stop> {
        let locale = self.locale;
        match entry {
            Entry::Blank | Entry::Quit => {}
            Entry::Text(text) => self.ask(text)?,
            Entry::Help => drop(print(help(locale))?),
            Entry::Status => {
                let status = self.runtime.block_on(self.plugin.status());
                self.report(status, report::status)?;
            }
            Entry::Diagnose => {
                let found = self.runtime.block_on(self.plugin.diagnose(Some(locale)));
                self.report(found, report::diagnosis)?;
            }
            Entry::NewSession => {
                self.options.session = None;
                tell(pick(locale, "a new session\n", "已开始新的会话\n"));
            }
            Entry::ResetBreakers => {
                let reset = self.runtime.block_on(self.plugin.reset());
                let done = pick(locale, "the breakers are closed\n", "熔断已关闭\n");
                self.report(reset, |_, _| done.to_owned())?;
            }
            Entry::Unknown(command) => {
                let command = printable(command);
                tell(&say!(
                    locale,
                    "there is no command {command}; /help lists them\n",
                    "没有命令 {command}；/帮助 列出所有命令\n"
                ));
            }
        }
        Ok(())
    }

    /// One turn, to its end. A fault is told, and the talk goes on.
    fn ask(&mut self, text: &str) -> Result<(), Stop> {
        self.options
            .session
            .get_or_insert_with(|| new_session("chat"));
        let turn = self
            .plugin
            .ask(request(text.to_owned(), self.options.clone(), "chat"));
        let mut view = Person::new(self.locale);
        let end = self
            .runtime
            .block_on(follow(turn, &mut view, &mut self.interrupts))?;
        if let Err(fault) = end {
            self.pressed_before = fault.code == FaultCode::Cancelled;
            tell(&Problem::fault(&fault, self.locale).lines(self.locale));
        }
        Ok(())
    }

    /// What the plugin told, or why it could not.
    fn report<T>(
        &self,
        told: Result<T, Fault>,
        text: impl FnOnce(&T, Locale) -> String,
    ) -> Result<(), Stop> {
        match told {
            Ok(told) => print(&text(&told, self.locale)).map(drop),
            Err(fault) => {
                tell(&Problem::fault(&fault, self.locale).lines(self.locale));
                Ok(())
            }
        }
    }
}

/// What came from the prompt.
enum Read {
    Line(String),
    Interrupted,
    End,
}

/// The line editor with its history.
struct Prompt {
    editor: Editor<(), FileHistory>,
    history: Option<PathBuf>,
    locale: Locale,
}

impl Prompt {
    fn new(locale: Locale) -> Result<Self, Problem> {
        let cannot = |error: ReadlineError| {
            Problem::other(
                say!(locale, "the line editor: {error}", "行编辑器：{error}"),
                pick(
                    locale,
                    "Use `host-shim ask` or `host-shim session` where there is no terminal.",
                    "没有终端时请使用 `host-shim ask` 或 `host-shim session`。",
                ),
            )
        };
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(cannot)?
            .history_ignore_space(true)
            .auto_add_history(true)
            .build();
        let history = FileHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(cannot)?;
        // A pipe there would be waited for.
        let history = history_file().filter(|file| file.is_file() || !file.exists());
        if let Some(file) = &history
            && let Err(error) = editor.load_history(file)
            && file.exists()
        {
            tracing::warn!(%error, "the history cannot be read");
        }
        Ok(Self {
            editor,
            history,
            locale,
        })
    }

    fn read(&mut self) -> Result<Read, Problem> {
        match self.editor.readline(pick(self.locale, "you> ", "你> ")) {
            Ok(line) => {
                self.save();
                Ok(Read::Line(line))
            }
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
            Err(error) => {
                let text = say!(
                    self.locale,
                    "no line to read: {error}",
                    "无法读取输入：{error}"
                );
                Err(Problem::usage(
                    text,
                    pick(
                        self.locale,
                        "Input must be UTF-8 text.",
                        "输入必须是 UTF-8 文本。",
                    ),
                ))
            }
        }
    }

    /// After each line, so that a killed program has lost none.
    fn save(&mut self) {
        if let Some(file) = &self.history
            && let Err(error) = self.editor.append_history(file)
        {
            tracing::warn!(%error, "the history cannot be written");
            self.history = None;
        }
    }
}

/// In a folder that only this user can read: talks are private. None if there is no place for it.
fn history_file() -> Option<PathBuf> {
    let dir = dirs::data_dir()?.join("host-shim");
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(&dir) {
        Ok(()) => Some(dir.join("chat-history")),
        Err(error) => {
            tracing::warn!(%error, dir = %dir.display(), "no folder for the history");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_in_both_languages() {
        for (line, entry) in [
            ("/诊断", Entry::Diagnose),
            ("/diagnose", Entry::Diagnose),
            (" /状态 ", Entry::Status),
            ("/status", Entry::Status),
            ("/会话重置", Entry::NewSession),
            ("/reset", Entry::NewSession),
            ("/帮助", Entry::Help),
            ("/quit", Entry::Quit),
            ("  ", Entry::Blank),
        ] {
            assert_eq!(Entry::of(line), entry, "{line}");
        }
        for locale in [Locale::En, Locale::Zh] {
            for line in help(locale).lines().filter(|line| line.starts_with('/')) {
                let command = line.split(' ').next().unwrap();
                assert!(
                    !matches!(Entry::of(command), Entry::Unknown(_)),
                    "{command}"
                );
            }
        }
    }

    #[test]
    fn a_mistyped_command_does_not_reach_the_model_but_a_path_does() {
        assert_eq!(Entry::of("/nwe"), Entry::Unknown("/nwe"));
        assert_eq!(Entry::of("/etc/hosts"), Entry::Text("/etc/hosts"));
        assert_eq!(Entry::of("/tmp is full"), Entry::Text("/tmp is full"));
        assert_eq!(Entry::of(" hi "), Entry::Text("hi"));
    }
}
