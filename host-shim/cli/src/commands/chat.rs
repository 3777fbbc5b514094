//! `chat`: turn after turn on a terminal.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use host_shim::{Fault, FaultCode, Locale, Plugin, TurnRequest};
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure, Style, printable};

use super::ask::{new_session, request};
use super::chat_tasks::Tasks;
use crate::approver::Approver;
use crate::args::{self, TurnOptions};
use crate::command_tools::CommandTools;
use crate::keyboard::Keyboard;
use crate::line_editor::{Prompt, Read, cannot_read};
use crate::output::{follow, print, show};
use crate::saved_files::SavedFiles;
use crate::setup::Setup;
use crate::signals::Interrupts;

/// How often tasks are looked at that are waited for at the end.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a line of the user's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry<'a> {
    Blank,
    /// For the gateway.
    Text(&'a str),
    /// A text for a conversation of its own: its name and the text.
    Project(&'a str, &'a str),
    /// A text that nobody waits for.
    Background(&'a str),
    /// What runs and waits in the background, and what came of it.
    Tasks,
    /// A task in the background is to end.
    Cancel(&'a str),
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
const COMMANDS: [(Entry, [&str; 2], [&str; 2]); 7] = [
    (Entry::Help, ["/help", "/帮助"], ["lists these commands", "列出这些命令"]),
    (Entry::Diagnose, ["/diagnose", "/诊断"], ["checks the setup without calling a model", "检查设置与网关，不调用模型"]),
    (Entry::Status, ["/status", "/状态"], ["shows memory, breakers and turns", "显示内存、熔断与任务"]),
    (Entry::Tasks, ["/tasks", "/任务"], ["lists the tasks in the background", "列出后台任务"]),
    (Entry::NewSession, ["/reset", "/会话重置"], ["starts a new session; the gateway forgets this conversation", "开始新的会话，网关不再记得之前的对话"]),
    (Entry::ResetBreakers, ["/reset-breakers", "/熔断复位"], ["closes the breakers", "复位熔断"]),
    (Entry::Quit, ["/quit", "/退出"], ["quits, as does Ctrl-D", "退出，同 Ctrl-D"]),
];

/// Forms that have something behind them, and what they do, in English and Chinese.
#[rustfmt::skip]
const FORMS: [([&str; 2], [&str; 2]); 3] = [
    (["/background TEXT", "/后台 内容"], ["asks without waiting; the answer appears at a later prompt", "提问但不等待，回答会在之后的提示符前显示"]),
    (["/cancel ID", "/取消 编号"], ["cancels a task in the background", "取消一个后台任务"]),
    (["@NAME TEXT", "@名称 内容"], ["asks in a conversation of that name, apart from this one", "在该名称的独立对话中提问"]),
];

impl<'a> Entry<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "/background" | "/后台" => return Self::Background(rest),
            "/cancel" | "/取消" => return Self::Cancel(rest),
            _ => {}
        }
        if let Some(name) = word.strip_prefix('@')
            && !name.is_empty()
            && !rest.is_empty()
        {
            return Self::Project(name, rest);
        }
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
    let forms = FORMS.iter().map(|(names, texts)| (names, texts));
    rows.chain(forms)
        .chain([(&["Ctrl-C", "Ctrl-C"], &ctrl_c)])
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
        projects: HashMap::new(),
        tasks: Tasks::new(locale),
    };
    let mut prompt = match io::stdin().is_terminal() {
        true => Some(Prompt::new(locale)?),
        false => None,
    };
    show(&say!(locale,
        en: "Ask away; /help lists the commands.\n",
        zh: "请提问；/帮助 列出命令。\n"));
    loop {
        conversation.tell_ended_tasks()?;
        let line = match conversation.read(&mut prompt)? {
            Read::Line(line) => line,
            // A script that has no more to say waits for what it has asked.
            Read::End if prompt.is_none() => return conversation.end_after_tasks(),
            Read::End => return conversation.end(),
            Read::Interrupted if conversation.pressed_before => {
                conversation.end()?;
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
            Entry::Quit => return conversation.end(),
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
    /// Sessions of named conversations.
    projects: HashMap<String, String>,
    tasks: Tasks,
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
            Entry::Text(text) => self.ask(text, None)?,
            Entry::Project(name, text) => self.ask(text, Some(name))?,
            Entry::Background(text) => self.start(text),
            Entry::Tasks => drop(print(&self.tasks.list())?),
            Entry::Cancel(id) => show(&self.tasks.cancel(id)),
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
                self.projects.clear();
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

    /// A request of this conversation, or of the one of this name.
    fn request(&mut self, text: &str, project: Option<&str>) -> TurnRequest {
        let session = self
            .options
            .session
            .get_or_insert_with(|| new_session("chat"));
        let is_new = |name: &str| !self.projects.contains_key(name);
        if let Some(name) = project.filter(|name| is_new(name)) {
            let name = printable(name);
            show(&say!(self.locale,
                en: "New conversation @{name}.\n",
                zh: "新的对话 @{name}。\n"));
        }
        let of_project = project.map(|name| {
            let new = || format!("{session}@{name}");
            self.projects
                .entry(name.to_owned())
                .or_insert_with(new)
                .clone()
        });
        let mut request = request(text.to_owned(), self.options.clone(), &self.tools, "chat");
        request.session = of_project.unwrap_or(request.session);
        request
    }

    /// Starts a task that nobody waits for, in this conversation. `/background @NAME TEXT` is one of that name.
    fn start(&mut self, text: &str) {
        let (project, text) = match Entry::of(text) {
            Entry::Project(name, text) => (Some(name), text),
            _ => (None, text),
        };
        if text.is_empty() {
            show(&say!(self.locale,
                en: "Put the task after /background.\n",
                zh: "请在 /后台 之后写上任务内容。\n"));
            return;
        }
        let request = self.request(text, project);
        let runner = self.tools.clone();
        show(
            &self
                .tasks
                .start(&self.plugin, request, runner, self.options.yes),
        );
    }

    /// Shows what came of tasks that have ended.
    fn tell_ended_tasks(&mut self) -> Result<(), CliError> {
        self.tasks.tell_ended(&mut self.files)
    }

    /// Waits for the tasks in the background. Ctrl-C ends the program meanwhile.
    fn end_after_tasks(&mut self) -> Result<u8, CliError> {
        while self.tasks.any_under_way() {
            let pause = async { tokio::time::sleep(LOOK_AGAIN).await };
            self.runtime.block_on(pause);
            self.tell_ended_tasks()?;
        }
        self.end()
    }

    /// Says what is lost by leaving. Fails if a file could not be saved.
    fn end(&mut self) -> Result<u8, CliError> {
        self.tell_ended_tasks()?;
        show(&self.tasks.lost());
        self.files.all_saved()?;
        Ok(exit::OK)
    }

    /// One turn, to its end. A fault is shown, and the conversation goes on.
    fn ask(&mut self, text: &str, project: Option<&str>) -> Result<(), CliError> {
        let request = self.request(text, project);
        let interrupts = self.interrupts.for_turn();
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
            interrupts,
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
            ("/任务", Entry::Tasks),
            ("/background  read on ", Entry::Background("read on")),
            ("/后台 看看", Entry::Background("看看")),
            ("/background", Entry::Background("")),
            ("/cancel 3", Entry::Cancel("3")),
            ("@site what is new?", Entry::Project("site", "what is new?")),
            ("@ann", Entry::Text("@ann")),
            ("@ hi", Entry::Text("@ hi")),
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
