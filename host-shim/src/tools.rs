//! The caller's tools.

use futures::future::BoxFuture;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// A tool that the model wants run. In JSON: `call`, `name` and `arguments` (an object).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// Made by the plugin from the turn's id; unique within the plugin.
    pub id: String,
    /// One of the turn's tools.
    pub name: String,
    /// JSON text of an object, as the model wrote it.
    pub arguments: String,
}

impl ToolCall {
    /// The arguments as a value. Numbers that JSON libraries cannot hold lose precision; the text
    /// does not.
    pub fn arguments_object(
        &self,
    ) -> Result<serde_json::Map<String, serde_json::Value>, serde_json::Error> {
        serde_json::from_str(&self.arguments)
    }
}

impl Serialize for ToolCall {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut out = s.serialize_struct("ToolCall", 3)?;
        out.serialize_field("call", &self.id)?;
        out.serialize_field("name", &self.name)?;
        match self.arguments_object() {
            Ok(object) => out.serialize_field("arguments", &object)?,
            Err(_) => out.serialize_field("arguments", &self.arguments)?,
        }
        out.end()
    }
}

/// Runs tools for the model. Called only for tools that the guards let through.
///
/// Closures are runners too:
/// `|turn_id: &str, call: ToolCall| Box::pin(async move { Ok("…".to_owned()) })`.
pub trait ToolRunner: Send + Sync {
    /// Runs one tool of the turn with this id. The output, or the error's text, is given to the
    /// model as it is; if it is over 1 MiB the model is given an error instead. Several calls of one
    /// turn may run at once.
    ///
    /// The future is polled on the plugin's thread, within a Tokio runtime: it must not block.
    /// It is dropped when its turn is cancelled.
    fn run(&self, turn_id: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>>;
}

impl<F> ToolRunner for F
where
    F: Fn(&str, ToolCall) -> BoxFuture<'static, Result<String, String>> + Send + Sync,
{
    fn run(&self, turn_id: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        self(turn_id, call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_with_its_arguments_as_an_object() {
        let mut call = ToolCall {
            id: "c1".to_owned(),
            name: "weather".to_owned(),
            arguments: r#"{"city":"北京"}"#.to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&call).unwrap(),
            r#"{"call":"c1","name":"weather","arguments":{"city":"北京"}}"#
        );
        call.arguments = "oops".to_owned();
        assert!(
            serde_json::to_string(&call)
                .unwrap()
                .ends_with(r#""arguments":"oops"}"#)
        );
    }
}
