//! Texts for people, in both languages at once, and the problems that carry them.

use std::fmt;
use std::ops::{Deref, DerefMut};

use openclaw_core::{fault::FaultCode, locale::Locale};

/// A text for people in English and Chinese.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    /// From both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }

    /// The text in one language.
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::Zh => &self.zh,
        }
    }

    /// Why turns fail with this code, from the plugin's table.
    pub fn cause_of(code: FaultCode) -> Self {
        Self::new(code.cause(Locale::En), code.cause(Locale::Zh))
    }

    /// What to do about it, from the plugin's table.
    pub fn remedy_of(code: FaultCode) -> Self {
        Self::new(code.remedy(Locale::En), code.remedy(Locale::Zh))
    }
}

/// A [`Text`] from two format strings with inline captures.
macro_rules! text {
    ($en:literal, $zh:literal $(, $($arg:tt)*)?) => {
        $crate::text::Text::new(format!($en $(, $($arg)*)?), format!($zh $(, $($arg)*)?))
    };
}
pub(crate) use text;

/// What a [`Problem`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What happened.
    pub what: Text,
    /// Why; empty where `what` says all.
    pub cause: Text,
    /// What to do about it.
    pub remedy: Text,
}

/// Why a command could not do what it should: what happened, why, and what to do.
// Boxed: six strings would make every result large.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem(Box<Parts>);

impl Deref for Problem {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl Problem {
    /// From its three parts.
    pub fn new(what: Text, cause: Text, remedy: Text) -> Self {
        Self(Box::new(Parts {
            what,
            cause,
            remedy,
        }))
    }

    /// A file or folder that cannot be read or written.
    pub fn io(action: &Text, path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display();
        let (en, zh) = (&action.en, &action.zh);
        let remedy = match error.kind() {
            std::io::ErrorKind::PermissionDenied => text!(
                "Run the command as the folder's owner, or with sudo.",
                "请以该目录的所有者身份运行，或使用 sudo。"
            ),
            std::io::ErrorKind::StorageFull => text!(
                "Free disk space (docker system prune removes unused images), then run the command again.",
                "请释放磁盘空间（docker system prune 可清理无用镜像），然后重试。"
            ),
            _ => text!(
                "Look at the path that the message names, then run the command again.",
                "请检查消息所指的路径，然后重试。"
            ),
        };
        Self::new(
            Text::new(
                format!("Cannot {en} {path}: {error}"),
                format!("无法{zh} {path}：{error}"),
            ),
            Text::default(),
            remedy,
        )
    }

    /// The problem as lines for a terminal, in one language.
    pub fn render(&self, locale: Locale) -> String {
        let (cause, remedy) = match locale {
            Locale::En => ("cause", "remedy"),
            Locale::Zh => ("原因", "处理"),
        };
        let mut out = self.what.get(locale).to_owned();
        for (label, text) in [(cause, &self.cause), (remedy, &self.remedy)] {
            let text = text.get(locale);
            if !text.is_empty() {
                out.push_str(&format!("\n  {label}: {text}"));
            }
        }
        out
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Locale::En))
    }
}

impl std::error::Error for Problem {}
