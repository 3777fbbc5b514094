//! `chat`: turn after turn on a terminal.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use host_shim::{Fault, FaultCode, Locale, Plugin};
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure, Style, printable};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};

use super::ask::{new_session, request};
use crate::approver::Approver;
use crate::args::{self, TurnOptions};
use crate::command_tools::CommandTools;
use crate::keyboard::Keyboard;
use crate::output::{follow, print, show};
use crate::saved_files::SavedFiles;
use crate::setup::Setup;
use crate::signals::Interrupts;

/// Lines of history that are kept.
const HISTORY: usize = 1000;

/// What a line of the user's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry<'a> {
    Blank,
    /// For the gateway.
    Text(&'a str),
    Help,
    Diagnose,
    Status,
    /// The gateway's memory of the conversation is left behind.
    NewSession,
    ResetBreakers,
    Quit,
    /// Looks like a command and is none. The gateway would take it for a text.
    Unknown(&'a str),
}

/// The commands: their names and what they do, in English and Chinese.
#[rustfmt::skip]
const COMMANDS: [(Entry, [&str; 2], [&str; 2]); 6] = [
    (Entry::Help, ["/help", "/帮助"], ["lists these commands", "列出这些命令"]),
    (Entry::Diagnose, ["/diagnose", "/诊断"], ["checks the setup without calling a model", "检查设置与网关，不调用模型"]),
    (Entry::Status, ["/status", "/状态"], ["shows memory, breakers and turns", "显示内存、熔断与任务"]),
    (Entry::NewSession, ["/reset", "/会话重置"], ["starts a new session; the gateway forgets this conversation", "开始新的会话，网关不再记得之前的对话"]),
    (Entry::ResetBreakers, ["/reset-breakers", "/熔断复位"], ["closes the breakers", "复位熔断"]),
    (Entry::Quit, ["/quit", "/退出"], ["quits, as does Ctrl-D", "退出，同 Ctrl-D"]),
];

impl<'a> Entry<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.trim();
        match COMMANDS.iter().find(|(_, names, _)| names.contains(&line)) {
            Some((command, ..)) => *command,
            None if line.is_empty() => Self::Blank,
            // A path such as /etc/hosts is a text.
            None if line.starts_with('/') && !line[1..].contains('/') && !line.contains(' ') => {
                Self::Unknown(line)
            }
            None => Self::Text(line),
        }
    }
}

/// The commands of the conversation.
pub fn help(locale: Locale) -> String {
    let ctrl_c = [
        "cancels the running turn; at the prompt, pressed twice, quits",
        "取消正在运行的任务；在提示符下连按两次则退出",
    ];
    let rows = COMMANDS.iter().map(|(_, names, texts)| (names, texts));
    rows.chain([(&["Ctrl-C", "Ctrl-C"], &ctrl_c)])
        .map(|(names, texts)| {
            Style::plain(locale).row(names[locale as usize], texts[locale as usize])
        })
        .collect()
}

/// Runs the conversation until the user quits.
pub fn run(
    options: args::Chat,
    setup: Setup,
    runtime: &tokio::runtime::Runtime,
) -> Result<u8, CliError> {
    let locale = setup.locale;
    let tools = Arc::new(CommandTools::read(options.turn.tools.as_deref(), locale)?);
    let mut conversation = Conversation {
        plugin: runtime.block_on(setup.plugin())?,
        runtime,
        locale,
        tools,
        files: SavedFiles::in_folder(options.turn.save_files.as_deref(), locale)?,
        keyboard: Keyboard::stdin()?,
        options: options.turn,
        interrupts: Interrupts::listen(locale)?,
        pressed_before: false,
    };
    let mut prompt = match io::stdin().is_terminal() {
        true => Some(Prompt::new(locale)?),
        false => None,
    };
    show(&say!(locale,
        en: "Ask away; /help lists the commands.\n",
        zh: "请提问；/帮助 列出命令。\n"));
    loop {
        let line = match conversation.read(&mut prompt)? {
            Read::Line(line) => line,
            Read::End => return Ok(exit::OK),
            Read::Interrupted if conversation.pressed_before => {
                return Ok(FaultCode::Cancelled.exit_code());
            }
            Read::Interrupted => {
                conversation.pressed_before = true;
                show(
                    &say!(locale, en: "Press Ctrl-C again to quit.\n", zh: "再按一次 Ctrl-C 退出。\n"),
                );
                continue;
            }
        };
        conversation.pressed_before = false;
        match Entry::of(&line) {
            Entry::Quit => return Ok(exit::OK),
            entry => conversation.take(entry)?,
        }
    }
}

/// A conversation under way.
struct Conversation<'a> {
    plugin: Plugin,
    runtime: &'a tokio::runtime::Runtime,
    locale: Locale,
    tools: Arc<CommandTools>,
    files: SavedFiles,
    /// Where approvals are typed; and every line, if there is no line editor.
    keyboard: Keyboard,
    /// Of every turn; the session is the conversation's.
    options: TurnOptions,
    interrupts: Interrupts,
    /// Ctrl-C was the last thing that happened: once more is the end.
    pressed_before: bool,
}

impl Conversation<'_> {
    /// The next line, from the line editor if stdin is a terminal.
    fn read(&mut self, prompt: &mut Option<Prompt>) -> Result<Read, Failure> {
        if let Some(prompt) = prompt {
            return prompt.read();
        }
        match self.runtime.block_on(self.keyboard.line()) {
            Ok(Some(line)) => Ok(Read::Line(line)),
            Ok(None) => Ok(Read::End),
            Err(error) => Err(cannot_read(&error, self.locale)),
        }
    }

    fn take(&mut self, entry: Entry<'_>) -> Result<(), CliError> {
        let locale = self.locale;
        match entry {
            Entry::Blank | Entry::Quit => {}
            Entry::Text(text) => self.ask(text)?,
            Entry::Help => drop(print(&help(locale))?),
            Entry::Status => {
                let status = self.runtime.block_on(self.plugin.status());
                self.report(status, openclaw_render::status)?;
            }
            Entry::Diagnose => {
                let found = self.runtime.block_on(self.plugin.diagnose(Some(locale)));
                self.report(found, openclaw_render::diagnosis)?;
            }
            Entry::NewSession => {
                self.options.session = None;
                show(&say!(locale, en: "New session started.\n", zh: "已开始新的会话。\n"));
            }
            Entry::ResetBreakers => {
                let reset = self.runtime.block_on(self.plugin.reset());
                let done = say!(locale, en: "Breakers closed.\n", zh: "熔断已复位。\n");
                self.report(reset, |_, _| done.clone())?;
            }
            Entry::Unknown(command) => {
                let command = printable(command);
                show(&say!(locale,
                    en: "Unknown command {command}; /help lists the commands.\n",
                    zh: "未知命令 {command}；/帮助 列出所有命令。\n"));
            }
        }
        Ok(())
    }

    /// One turn, to its end. A fault is shown, and the conversation goes on.
    fn ask(&mut self, text: &str) -> Result<(), CliError> {
        self.options
            .session
            .get_or_insert_with(|| new_session("chat"));
        let request = request(text.to_owned(), self.options.clone(), &self.tools, "chat");
        let turn = self.plugin.ask_with(request, self.tools.clone());
        let approver = match self.options.yes {
            true => Approver::All,
            false => Approver::Person(&mut self.keyboard),
        };
        let end = self.runtime.block_on(follow(
            &self.plugin,
            turn,
            false,
            self.locale,
            approver,
            &mut self.files,
            &mut self.interrupts,
        ))?;
        if let Err(fault) = end {
            self.pressed_before = fault.code == FaultCode::Cancelled;
            show(&Failure::fault(&fault, self.locale).text(Style::coloured(self.locale)));
        }
        Ok(())
    }

    /// Prints what the plugin reported, or shows why it could not.
    fn report<T>(
        &self,
        result: Result<T, Fault>,
        text: impl FnOnce(&T, Style) -> String,
    ) -> Result<(), CliError> {
        match result {
            Ok(report) => print(&text(&report, Style::coloured(self.locale))).map(drop),
            Err(fault) => {
                show(&Failure::fault(&fault, self.locale).text(Style::coloured(self.locale)));
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
    fn new(locale: Locale) -> Result<Self, Failure> {
        let cannot = |error: ReadlineError| {
            Failure::other(
                say!(locale, en: "cannot start the line editor: {error}", zh: "无法启动行编辑器：{error}"),
                say!(locale,
                    en: "Without a terminal, use `host-shim ask` or `host-shim session`.",
                    zh: "没有终端时请使用 `host-shim ask` 或 `host-shim session`。"),
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

    fn read(&mut self) -> Result<Read, Failure> {
        match self
            .editor
            .readline(&say!(self.locale, en: "you> ", zh: "你> "))
        {
            Ok(line) => {
                self.save();
                Ok(Read::Line(line))
            }
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
            Err(error) => Err(cannot_read(&error, self.locale)),
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

fn cannot_read(error: &dyn std::error::Error, locale: Locale) -> Failure {
    Failure::usage(
        say!(locale, en: "cannot read input: {error}", zh: "无法读取输入：{error}"),
        say!(locale,
            en: "Input must be UTF-8 text.",
            zh: "输入必须是 UTF-8 文本。"),
    )
}

/// In a folder that only this user can read, as conversations are private. None if there is no place for it.
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
