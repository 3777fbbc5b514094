//! The session protocol: what a line asks and what is answered.

mod line;
mod request;
mod salvage;

pub use line::{Body, Line};
pub use request::{Ask, AskAttachment, Request, ToolResult};
pub use salvage::Salvage;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The id of a request, as the caller wrote it: a string or a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Id(Value);

impl Id {
    /// The id of the one turn of `ask --json`.
    pub fn one() -> Self {
        Self(1.into())
    }

    /// Anything else than a string or a number is no id.
    pub(super) fn new(value: Value) -> Result<Self, &'static str> {
        match value {
            Value::String(_) | Value::Number(_) => Ok(Self(value)),
            _ => Err("an id is a string or a number"),
        }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(Value::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}
