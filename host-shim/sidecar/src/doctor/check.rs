//! One thing that the doctor looked at, and what can be done about it.

use openclaw_core::{fault::FaultCode, locale::Locale};
use serde_json::{Value, json};

use super::fixes::Fix;
use crate::text::{Problem, Text, text};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is well.
    Ok,
    /// It works, and there is something to know.
    Note,
    /// It could not be looked at, because of another check or of this system.
    Skipped,
    /// It is not well.
    Wrong,
}

impl Status {
    /// As in the JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Skipped => "skipped",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable, for programs.
    pub name: &'static str,
    /// How it came out.
    pub status: Status,
    /// The plugin's code that turns end with while this is not well; only if it is wrong.
    pub code: Option<FaultCode>,
    /// What exactly is wrong or noted, stable, for programs.
    pub problem: Option<&'static str>,
    /// What was seen.
    pub detail: Text,
    /// Why this happens; empty if it is well.
    pub cause: Text,
    /// What to do about it; empty if it is well.
    pub remedy: Text,
    /// What `--fix` would do; empty where no fix is safe.
    pub fixes: Vec<Fix>,
}

impl Check {
    fn plain(name: &'static str, status: Status, detail: Text) -> Self {
        Self {
            name,
            status,
            code: None,
            problem: None,
            detail,
            cause: Text::default(),
            remedy: Text::default(),
            fixes: Vec::new(),
        }
    }

    /// It is well.
    pub fn ok(name: &'static str, detail: Text) -> Self {
        Self::plain(name, Status::Ok, detail)
    }

    /// It could not be looked at.
    pub fn skipped(name: &'static str, why: Text) -> Self {
        Self::plain(name, Status::Skipped, why)
    }

    /// It works, and there is something to know.
    pub fn note(
        name: &'static str,
        problem: &'static str,
        detail: Text,
        cause: Text,
        remedy: Text,
    ) -> Self {
        Self {
            problem: Some(problem),
            cause,
            remedy,
            ..Self::plain(name, Status::Note, detail)
        }
    }

    /// It is not well. Cause and remedy are the plugin's for the code, unless [`Self::because`]
    /// knows better.
    pub fn wrong(name: &'static str, code: FaultCode, problem: &'static str, detail: Text) -> Self {
        Self {
            code: Some(code),
            problem: Some(problem),
            cause: Text::cause_of(code),
            remedy: Text::remedy_of(code),
            ..Self::plain(name, Status::Wrong, detail)
        }
    }

    /// It is not well, as a problem says that was met on the way.
    pub fn failed(
        name: &'static str,
        code: FaultCode,
        problem: &'static str,
        found: &Problem,
    ) -> Self {
        Self::wrong(name, code, problem, found.what.clone())
            .because(found.cause.clone(), found.remedy.clone())
    }

    /// It is there, and this user may not read it.
    pub fn unreadable(name: &'static str, path: &str, error: &str) -> Self {
        Self::wrong(
            name,
            FaultCode::ConfigInvalid,
            "not_readable",
            text!("{path} cannot be read: {error}", "无法读取 {path}：{error}"),
        )
        .because(
            text!(
                "It belongs to another user, or the disk failed.",
                "它属于其他用户，或磁盘出错。"
            ),
            text!(
                "Run the command with sudo, or as the owner of the folder.",
                "请使用 sudo，或以该目录的所有者身份运行。"
            ),
        )
    }

    /// With its own cause and remedy.
    pub fn because(mut self, cause: Text, remedy: Text) -> Self {
        self.cause = cause;
        self.remedy = remedy;
        self
    }

    /// With what `--fix` may do.
    pub fn fixed_by(mut self, fixes: Vec<Fix>) -> Self {
        self.fixes = fixes;
        self
    }

    /// As one object of the documented JSON.
    pub fn json(&self, locale: Locale) -> Value {
        json!({
            "name": self.name,
            "ok": self.status != Status::Wrong,
            "status": self.status.as_str(),
            "code": self.code.map(FaultCode::as_str),
            "problem": self.problem,
            "detail": self.detail.get(locale),
            "cause": self.cause.get(locale),
            "remedy": self.remedy.get(locale),
            "treatments": self.fixes.iter().map(|fix| fix.describe().get(locale).to_owned()).collect::<Vec<_>>(),
        })
    }
}
