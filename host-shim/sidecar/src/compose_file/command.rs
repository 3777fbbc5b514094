//! The words of a command, written as a list or as one text.

use serde_json::Value;

use super::service::shown;

/// What a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Entrypoint and command together, what a shell would run in them split as well; `None` where
    /// neither is written, so that the image decides.
    pub words: Option<Vec<String>>,
}

impl Command {
    /// Reads `entrypoint` and `command`.
    pub fn read(entrypoint: Option<&Value>, command: Option<&Value>) -> Self {
        let entrypoint = entrypoint.and_then(words);
        let command = command.and_then(words);
        if entrypoint.is_none() && command.is_none() {
            return Self::default();
        }
        let all = entrypoint.into_iter().chain(command).flatten();
        // A word with blanks is what `sh -c` gets.
        let split = all.flat_map(|word| match word.contains(char::is_whitespace) {
            true => split(&word),
            false => vec![word],
        });
        Self {
            words: Some(split.collect()),
        }
    }

    /// The value of an option such as `--bind`.
    pub fn option(&self, name: &str) -> Option<&str> {
        option(self.words.as_deref()?, name)
    }

    /// Whether a word is there.
    pub fn has(&self, name: &str) -> bool {
        let words = self.words.as_deref().unwrap_or_default();
        words.iter().any(|word| word == name)
    }
}

/// The value of an option, as `--name value` or `--name=value`; the last one counts.
pub fn option<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    words.iter().enumerate().rev().find_map(|(at, word)| {
        let rest = word.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => words.get(at + 1).map(String::as_str),
            None => None,
        }
    })
}

fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(split(text)),
        Value::Array(items) => Some(items.iter().map(shown).collect()),
        Value::Null => None,
        other => Some(vec![other.to_string()]),
    }
}

/// Splits a text as a shell does; what has an open quote is split at its blanks.
fn split(text: &str) -> Vec<String> {
    shlex::split(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // Report F24: a command as one text, `--bind=lan`, an entrypoint, a shell's.
    #[test]
    fn options_are_found_however_a_command_is_written() {
        for (entrypoint, command, bind) in [
            (json!(null), json!(["x", "--bind", "lan"]), Some("lan")),
            (json!(null), json!(["x", "--bind=lan"]), Some("lan")),
            (
                json!(null),
                json!("x gateway --bind lan --port 1"),
                Some("lan"),
            ),
            (
                json!(null),
                json!("x gateway --bind='lan' --port 1"),
                Some("lan"),
            ),
            (json!(null), json!("x \"--bind\" \"lan\""), Some("lan")),
            (json!(["x", "--bind"]), json!(["lan"]), Some("lan")),
            (json!("x --bind lan"), json!(null), Some("lan")),
            (
                json!(["sh", "-c"]),
                json!(["exec x --bind lan"]),
                Some("lan"),
            ),
            (json!(null), json!("sh -c 'exec x --bind lan'"), Some("lan")),
            (
                json!(null),
                json!(["x", "--bind=lan", "--bind", "auto"]),
                Some("auto"),
            ),
            (json!(null), json!(["x", "--binding=lan"]), None),
            (json!(null), json!(["x", "--bind"]), None),
            (json!(null), json!("it's --bind lan"), Some("lan")),
            (json!(null), json!(["x", 5, "--bind", "lan"]), Some("lan")),
        ] {
            let read = Command::read(Some(&entrypoint), Some(&command));
            assert_eq!(read.option("--bind"), bind, "{entrypoint} {command}");
        }
        assert_eq!(Command::read(None, None).words, None);
    }
}
