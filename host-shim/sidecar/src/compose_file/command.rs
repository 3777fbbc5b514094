//! A command, written as a list or as one string.

use serde_json::Value;

use super::service::shown;

/// What a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Entrypoint and command together, with the arguments of `sh -c` split as well; `None` if neither is
    /// given and the image decides.
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
        // A word with whitespace is an argument of `sh -c`.
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

    /// Whether the command contains this word.
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

/// Splits a string like a shell; with an unclosed quote, at whitespace.
fn split(text: &str) -> Vec<String> {
    // To shlex it begins a comment, which a command does not have.
    const HASH: &str = "\u{e000}";
    match shlex::split(&text.replace('#', HASH)) {
        Some(words) => words.iter().map(|word| word.replace(HASH, "#")).collect(),
        None => text.split_whitespace().map(str::to_owned).collect(),
    }
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
            (json!(null), json!("x #1 --bind lan"), Some("lan")),
            (json!(null), json!(["x", 5, "--bind", "lan"]), Some("lan")),
        ] {
            let read = Command::read(Some(&entrypoint), Some(&command));
            assert_eq!(read.option("--bind"), bind, "{entrypoint} {command}");
        }
        assert_eq!(Command::read(None, None).words, None);
    }
}
