//! Why a turn, or another call, ended without a result.

use std::time::Duration;

use openclaw_core::{fault::FaultCode, locale::Locale};
use serde::{Deserialize, Serialize};

use crate::config::opt_seconds;

/// Why a turn, or another call, ended without a result. As JSON it has the fields of the session
/// protocol's `fault` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// For programs.
    pub code: FaultCode,
    /// What was seen; for people and logs. Contains no secret.
    pub message: String,
    /// Why this happens, in the config's locale.
    pub cause: String,
    /// What to do about it, in the config's locale.
    pub remedy: String,
    /// The part of the answer that had arrived; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub partial_text: String,
    /// After how long trying again makes sense. In JSON a number of seconds,
    /// `retry_after_seconds`.
    #[serde(
        rename = "retry_after_seconds",
        default,
        with = "opt_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after: Option<Duration>,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
}

impl Fault {
    /// A fault of the host's own, with the cause and remedy of the one table.
    pub(crate) fn new(code: FaultCode, locale: Locale, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            cause: code.cause(locale).to_owned(),
            remedy: code.remedy(locale).to_owned(),
            partial_text: String::new(),
            retry_after: None,
            http_status: None,
        }
    }

    /// What every call on a closed plugin gets.
    pub(crate) fn closed(locale: Locale) -> Self {
        Self::new(FaultCode::Cancelled, locale, "the plugin was closed")
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}
