//! The prompt of a chat on a terminal: lines that can be edited, with a history.

use std::path::PathBuf;

use host_shim::Locale;
use openclaw_core::locale::say;
use openclaw_render::Failure;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};

/// Lines of history that are kept.
const HISTORY: usize = 1000;

/// What came from the prompt.
pub enum Read {
    Line(String),
    Interrupted,
    End,
}

/// The line editor with its history.
pub struct Prompt {
    editor: Editor<(), FileHistory>,
    history: Option<PathBuf>,
    locale: Locale,
}

impl Prompt {
    /// With the history of earlier chats.
    ///
    /// # Errors
    /// There is no terminal that it can use.
    pub fn new(locale: Locale) -> Result<Self, Failure> {
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

    /// The next line.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&mut self) -> Result<Read, Failure> {
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

/// Input that is no text.
pub fn cannot_read(error: &dyn std::error::Error, locale: Locale) -> Failure {
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
    match openclaw_os::private::create_folder(&dir) {
        Ok(()) => Some(dir.join("chat-history")),
        Err(error) => {
            tracing::warn!(%error, dir = %dir.display(), "no folder for the history");
            None
        }
    }
}
