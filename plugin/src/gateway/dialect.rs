//! The JSON shape of tools, which flipped between gateway versions.

use super::request::json_string;
use crate::prelude::*;
use crate::turn::model::Tool;

/// How a gateway wants its tools written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `{"type":"function","function":{"name":…}}`: up to 2026.3.28.
    #[default]
    Nested,
    /// `{"type":"function","name":…}`: from 2026.4.15.
    Flat,
}

impl Dialect {
    /// One tool in this shape, as JSON text. Its parameters are JSON text already.
    pub fn tool(self, tool: &Tool) -> String {
        let mut fields = format!(r#""name":{}"#, json_string(&tool.name));
        if !tool.description.is_empty() {
            fields.push_str(r#","description":"#);
            fields.push_str(&json_string(&tool.description));
        }
        fields.push_str(r#","parameters":"#);
        fields.push_str(&tool.parameters);
        match self {
            Self::Nested => format!(r#"{{"type":"function","function":{{{fields}}}}}"#),
            Self::Flat => format!(r#"{{"type":"function",{fields}}}"#),
        }
    }

    /// The shape that a 400 asks for, if it refuses this one. It names what it misses:
    /// `tools.0.function` or `tools.0.name`.
    pub fn wanted_by(self, message: &str) -> Option<Self> {
        let (missed, other) = match self {
            Self::Nested => ("name", Self::Flat),
            Self::Flat => ("function", Self::Nested),
        };
        let names_it = message.match_indices("tools.").any(|(at, _)| {
            let rest = &message[at + "tools.".len()..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            digits > 0
                && rest[digits..]
                    .strip_prefix('.')
                    .and_then(|field| field.strip_prefix(missed))
                    .is_some_and(|end| {
                        !end.starts_with(|c: char| {
                            c == '.' || c == '_' || c.is_ascii_alphanumeric()
                        })
                    })
        });
        names_it.then_some(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Level;

    #[test]
    fn the_recorded_refusals_flip_the_shape() {
        let nested_wanted = "tools.0.function: Invalid input: expected object, received undefined";
        let flat_wanted = "tools.0.name: Invalid input: expected string, received undefined";
        assert_eq!(
            Dialect::Flat.wanted_by(nested_wanted),
            Some(Dialect::Nested)
        );
        assert_eq!(Dialect::Nested.wanted_by(flat_wanted), Some(Dialect::Flat));
        assert_eq!(Dialect::Nested.wanted_by(nested_wanted), None);
        assert_eq!(Dialect::Flat.wanted_by(flat_wanted), None);
    }

    #[test]
    fn other_refusals_do_not() {
        for message in [
            "tools.0.function.name: too long",
            "model: Invalid input",
            "tools.x.name",
            "tools.0.named",
        ] {
            assert_eq!(Dialect::Nested.wanted_by(message), None, "{message}");
            assert_eq!(Dialect::Flat.wanted_by(message), None, "{message}");
        }
    }

    #[test]
    fn both_shapes_carry_no_unknown_key_and_no_null() {
        let tool = Tool {
            name: "t".into(),
            description: String::new(),
            parameters: r#"{"type":"object"}"#.into(),
            needs: Level::Talk,
        };
        assert_eq!(
            Dialect::Nested.tool(&tool),
            r#"{"type":"function","function":{"name":"t","parameters":{"type":"object"}}}"#
        );
        let tool = Tool {
            description: "a \"b\"".into(),
            ..tool
        };
        assert_eq!(
            Dialect::Flat.tool(&tool),
            r#"{"type":"function","name":"t","description":"a \"b\"","parameters":{"type":"object"}}"#
        );
    }
}
