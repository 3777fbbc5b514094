//! Faults inside the plugin, with texts for the occurrence in both languages.

use core::time::Duration;

use openclaw_core::{fault::FaultCode, locale::Locale};

use crate::prelude::*;

/// A specific cause and remedy, in both languages.
#[derive(Debug, PartialEq, Eq)]
pub struct Texts {
    /// Cause and remedy in English.
    pub en: (&'static str, &'static str),
    /// Cause and remedy in Chinese.
    pub zh: (&'static str, &'static str),
}

impl Texts {
    fn of(&self, locale: Locale) -> (&'static str, &'static str) {
        match locale {
            Locale::En => self.en,
            Locale::Zh => self.zh,
        }
    }

    /// Why this happened, for people.
    pub fn cause(&self, locale: Locale) -> &'static str {
        self.of(locale).0
    }

    /// What to do about it, for people.
    pub fn remedy(&self, locale: Locale) -> &'static str {
        self.of(locale).1
    }
}

/// The classification of an answer: a code, and specific texts if the code's do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why {
    /// The fault code.
    pub code: FaultCode,
    /// Replaces the code's own cause and remedy.
    pub texts: Option<&'static Texts>,
}

impl Why {
    /// A classification with the code's own texts.
    pub(crate) const fn plain(code: FaultCode) -> Self {
        Self { code, texts: None }
    }

    /// The cause, for people.
    pub fn cause(&self, locale: Locale) -> &'static str {
        match self.texts {
            Some(texts) => texts.cause(locale),
            None => self.code.cause(locale),
        }
    }

    /// The remedy, for people.
    pub fn remedy(&self, locale: Locale) -> &'static str {
        match self.texts {
            Some(texts) => texts.remedy(locale),
            None => self.code.remedy(locale),
        }
    }
}

impl From<FaultCode> for Why {
    fn from(code: FaultCode) -> Self {
        Self::plain(code)
    }
}

/// The end of a failed turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For programs.
    pub code: FaultCode,
    /// What was observed. Contains no secrets.
    pub message: String,
    /// Text received before the failure; may be empty.
    pub partial_text: String,
    /// Milliseconds to wait before retrying; none if unknown.
    pub retry_after_ms: Option<u64>,
    /// HTTP status, if there was a response.
    pub http_status: Option<u16>,
    /// Specific cause and remedy, if the code's own are too general.
    pub texts: Option<&'static Texts>,
}

impl Fault {
    /// A fault with only a code and a message.
    pub fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            partial_text: String::new(),
            retry_after_ms: None,
            http_status: None,
            texts: None,
        }
    }

    /// Its code and the source of its texts.
    pub fn why(&self) -> Why {
        Why {
            code: self.code,
            texts: self.texts,
        }
    }

    /// The fault as the caller gets it, in this language.
    pub fn outward(self, locale: Locale) -> openclaw_core::fault::Fault {
        let why = self.why();
        openclaw_core::fault::Fault {
            code: self.code,
            message: self.message,
            cause: why.cause(locale).into(),
            remedy: why.remedy(locale).into(),
            partial_text: self.partial_text,
            retry_after: self.retry_after_ms.map(Duration::from_millis),
            http_status: self.http_status,
        }
    }
}
