//! The JSON shape of tools, which changed between gateway versions.

use super::request::Body;
use openclaw_core::turn::Tool;

/// The JSON shape a gateway expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `{"type":"function","function":{"name":…}}`: up to 2026.3.28.
    #[default]
    Nested,
    /// `{"type":"function","name":…}`: from 2026.4.15.
    Flat,
}

impl Dialect {
    /// Writes one tool in this shape. Its parameters are already JSON text.
    pub(crate) fn push_tool<'a>(self, tool: &'a Tool, body: &mut Body<'a>) {
        let (begin, end) = match self {
            Self::Nested => (r#"{"type":"function","function":{"name":"#, "}}"),
            Self::Flat => (r#"{"type":"function","name":"#, "}"),
        };
        body.push(begin);
        body.push_string(&tool.name);
        if !tool.description.is_empty() {
            body.push(r#","description":"#);
            body.push_string(&tool.description);
        }
        body.push(r#","parameters":"#);
        body.push_raw(&tool.parameters);
        body.push(end);
    }

    /// The shape a 400 asks for, if it rejects this one. The message names the missing field:
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
    use openclaw_core::level::Level;

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

    fn written(dialect: Dialect, tool: &Tool) -> String {
        let mut body = Body::default();
        dialect.push_tool(tool, &mut body);
        String::from_utf8(body.chunks().flatten().collect()).expect("UTF-8")
    }

    #[test]
    fn both_shapes_carry_no_unknown_key_and_no_null() {
        let tool = Tool {
            name: "t".into(),
            description: String::new(),
            parameters: r#"{"type":"object"}"#.into(),
            level: Level::Talk,
            approval: Default::default(),
        };
        assert_eq!(
            written(Dialect::Nested, &tool),
            r#"{"type":"function","function":{"name":"t","parameters":{"type":"object"}}}"#
        );
        let tool = Tool {
            description: "a \"b\"".into(),
            ..tool
        };
        assert_eq!(
            written(Dialect::Flat, &tool),
            r#"{"type":"function","name":"t","description":"a \"b\"","parameters":{"type":"object"}}"#
        );
    }
}
