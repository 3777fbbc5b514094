//! Faults as the rules make them: with the texts of the occurrence in both languages.

use core::time::Duration;

use openclaw_core::{fault::FaultCode, locale::Locale};

use crate::prelude::*;

/// A cause and a remedy that follow what the gateway said, in both languages.
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

/// What a row of the table makes of an answer: a code, and texts of its own if the code's do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why {
    /// The code.
    pub code: FaultCode,
    /// Instead of the code's own cause and remedy.
    pub texts: Option<&'static Texts>,
}

impl Why {
    /// The code's own texts fit.
    pub(crate) const fn plain(code: FaultCode) -> Self {
        Self { code, texts: None }
    }

    /// Its cause.
    pub fn cause(&self, locale: Locale) -> &'static str {
        match self.texts {
            Some(texts) => texts.cause(locale),
            None => self.code.cause(locale),
        }
    }

    /// Its remedy.
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

/// How a turn ended that gave no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For programs.
    pub code: FaultCode,
    /// What was seen; no secret in it.
    pub message: String,
    /// What had arrived of the answer.
    pub partial_text: String,
    /// Milliseconds after which trying again makes sense.
    pub retry_after_ms: Option<u64>,
    /// Where there was one.
    pub http_status: Option<u16>,
    /// Cause and remedy of this occurrence, where the code's own say too little.
    pub texts: Option<&'static Texts>,
}

impl Fault {
    /// A fault with nothing but a code and a message.
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

    /// Its code, and where its texts come from.
    pub fn why(&self) -> Why {
        Why {
            code: self.code,
            texts: self.texts,
        }
    }

    /// As the caller gets it, in this language.
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
