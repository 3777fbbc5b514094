//! Classifies error messages from the gateway, the model provider behind it, or a relay such as LiteLLM or
//! one-api in between.

use super::marks::{CODES, MISSING, OWN, PHRASES};
use crate::prelude::*;
use openclaw_core::printable::MAX_EXCERPT;
use openclaw_wire::json::Json;

macro_rules! said {
    ($( $(#[$meta:meta])* $case:ident = $words:literal, )+) => {
        /// The subject of an error.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) enum Said { $( $(#[$meta])* $case, )+ }

        impl Said {
            /// All cases.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$case),+];

            /// Description for the reference.
            pub fn words(self) -> &'static str {
                match self { $(Self::$case => $words),+ }
            }
        }
    };
}

said! {
    /// None of these.
    #[default]
    Other = "",
    // About the provider.
    Quota = "the provider's quota, balance or billing",
    Key = "the provider's API key",
    Overload = "the provider's overload or rate limit",
    Context = "the model's context length",
    Country = "a country or region that the provider does not serve",
    Model = "a model that does not exist",
    Filtered = "the provider's content filter",
    Provider = "the provider or upstream, otherwise",
    // About the request.
    Tool = "`invalid tool configuration`",
    Agent = "an agent that the gateway does not have",
    TooLarge = "`request_too_large`",
    BadRequest = "`invalid_request_error`",
    Https = "plain HTTP on an https port",
    // About the gateway.
    Disk = "`ENOSPC`, no space left, `EDQUOT`",
    ReadOnly = "`EROFS`, `EACCES`, a read-only file system",
    Lock = "the lock of the session files",
    Exhausted = "`ENOMEM`, `EMFILE`",
    Wait = "starting, draining, shutting down, restarting",
    Attribution = "`proxy_attribution_required`",
    Scope = "a missing scope or pairing",
    Token = "`unauthorized`",
    Limited = "`rate_limited`",
    /// An error without a reason.
    Internal = "an internal error without a reason",
    /// A failed response without a reason.
    Unclear = "a failed response without a reason",
}

use Said::*;

/// The texts of an error.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Codes and types, in lower case with underscores, separated by spaces.
    codes: String,
    /// The human-readable message; the code or type if there is none.
    pub message: String,
    /// It has the form of an error.
    pub error: bool,
    /// It is a response object that failed.
    pub failed: bool,
}

/// Whether a field for an error is empty.
fn is_nothing(field: Json<'_>) -> bool {
    let written = field.written();
    let bare = written.trim_matches(['{', '[', '"', ']', '}', ' ']);
    bare.is_empty() || bare == "null" || bare == "false"
}

/// Maximum bytes of a message that are read.
const MAX_MESSAGE: usize = 4 * MAX_EXCERPT + 100;

impl Words {
    /// Reads a JSON value in any form errors are sent in: an object that contains the error, the error
    /// itself, or its text.
    pub fn of(value: Json<'_>) -> Self {
        let mut words = Self::default();
        let [status, kind, object, output] = value.get(["status", "type", "object", "output"]);
        words.failed = status.is("failed") || status.is("cancelled");
        let errors = value.get(["error", "errors"]);
        let own = value.get(["message", "detail", "msg"]);
        let says = !own.into_iter().all(is_nothing);
        let answers = ["completed", "incomplete"]
            .iter()
            .any(|known| status.is(known));
        words.error = words.failed
            || kind.is("error")
            || object.is("error")
            || !errors.into_iter().all(is_nothing)
            || says && !answers && output.is_none();
        words.add(value, 4);
        if words.message.is_empty() {
            words.message = words.codes.trim().to_owned();
        }
        words
    }

    /// Reads a text that is not JSON.
    pub fn plain(message: String) -> Self {
        Self {
            message,
            ..Self::default()
        }
    }

    /// Adds the content of an error object, or of its text.
    fn add(&mut self, error: Json<'_>, depth: usize) {
        if error.is_text() {
            return self.say(&error.text());
        }
        let codes = [
            "code",
            "type",
            "status",
            "error_code",
            "errcode",
            "reason",
            "error",
        ];
        for code in error.get(codes) {
            if code.is_text() {
                self.code(&code.text());
            } else if let Some(code) = code.number() {
                self.code(&code.to_string());
            }
        }
        let texts = [
            "error",
            "errors",
            "message",
            "error_description",
            "detail",
            "error_msg",
            "errmsg",
            "msg",
            "title",
        ];
        for text in error.get(texts) {
            if text.is_text() {
                self.say(&text.text());
            } else if depth > 0 && text.is_object() {
                self.add(text, depth - 1);
            } else if depth > 0 {
                // An error per field, or a nested error.
                text.items()
                    .take(3)
                    .for_each(|one| self.add(one, depth - 1));
            }
        }
    }

    fn say(&mut self, text: &str) {
        let text = text.trim();
        let room = MAX_MESSAGE.saturating_sub(self.message.len());
        if text.is_empty() || room == 0 || self.message.contains(text) {
            return;
        }
        if !self.message.is_empty() {
            self.message.push_str("; ");
        }
        self.message
            .push_str(&text[..text.floor_char_boundary(room)]);
    }

    fn code(&mut self, code: &str) {
        // The state of a response is not an error code.
        if code.len() <= 80 && !["error", "failed", "cancelled"].contains(&code) {
            let lower = code.to_ascii_lowercase().replace(['-', '.', ' '], "_");
            if !self.codes.split(' ').any(|known| known == lower) {
                self.codes.push(' ');
                self.codes.push_str(&lower);
                self.codes.push(' ');
            }
        }
    }

    /// The subject. `status`: of the response, 200 for an error inside an answer. `json`: a program's error,
    /// not a proxy's text.
    pub fn said(&self, status: u16, json: bool) -> Said {
        let message = self.message.to_ascii_lowercase();
        let matches = |text: &str, (_, marks): &&(Said, &[&str])| {
            marks.iter().any(|mark| text.contains(mark))
        };
        let of = |rules: &[(Said, &[&str])], text: &str| {
            rules
                .iter()
                .find(|rule| matches(text, rule))
                .map(|rule| rule.0)
        };
        let says_nothing = status == 200 || status >= 500;
        let own = of(OWN, &message).filter(|_| says_nothing);
        // Some phrases are too general: do not search for what the status already says.
        let phrases = || {
            let said = of(PHRASES, &message).or_else(|| {
                let missing = MISSING.iter().any(|mark| message.contains(mark))
                    || self.codes.contains("not_found");
                (missing && (message.contains("model") || message.contains("模型")))
                    .then_some(Model)
            })?;
            let fits = match status {
                404 => json && matches!(said, Model | Agent),
                403 => json && matches!(said, Country | Quota | Attribution | Scope),
                401 => json && said == Scope,
                429 => json && matches!(said, Quota | Overload),
                400 | 422 if json => matches!(said, Context | Tool | Agent | Attribution),
                400 | 497 => said == Https,
                _ => says_nothing && json,
            };
            fits.then_some(said)
        };
        own.or_else(|| of(CODES, &self.codes))
            .or_else(phrases)
            .unwrap_or(match message.trim() {
                _ if !json => Other,
                "" | "api_error" if self.failed => Unclear,
                "internal error" | "internal server error" | "server_error" | "unknown error" => {
                    if self.failed {
                        Unclear
                    } else {
                        Internal
                    }
                }
                _ if self.codes.contains("invalid_request") => BadRequest,
                _ => Other,
            })
    }
}
