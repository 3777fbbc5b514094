//! What to ask, from the arguments or stdin.

use std::io::{self, IsTerminal as _, Read as _};

use openclaw_core::exit;
use openclaw_core::locale::Locale;

use crate::text::{pick, problem, say};

/// The gateway takes no more in one request.
const MAX_TEXT_BYTES: u64 = 20 << 20;

/// Why there is nothing to ask: the exit code, and what is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Nothing {
    /// The program's.
    pub exit: u8,
    /// For people.
    pub text: String,
}

/// The text to ask, given these words as arguments.
pub fn text(locale: Locale, words: &[String]) -> Result<String, Nothing> {
    let from_stdin = match words {
        [dash] => dash == "-",
        [] => !io::stdin().is_terminal(),
        _ => false,
    };
    let text = if from_stdin {
        stdin(locale)?
    } else {
        words.join(" ")
    };
    if text.trim().is_empty() {
        return Err(usage(
            locale,
            pick(locale, "there is nothing to ask", "没有要问的内容"),
            pick(
                locale,
                "Give the text as an argument or on stdin, such as `ask 'Hello'`.",
                "请把内容作为参数或通过标准输入给出，例如 `ask '你好'`。",
            ),
        ));
    }
    Ok(text)
}

fn stdin(locale: Locale) -> Result<String, Nothing> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MAX_TEXT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let what = say!(
                locale,
                "stdin cannot be read: {error}",
                "无法读取标准输入：{error}"
            );
            Nothing {
                exit: exit::OTHER,
                text: problem(locale, None, &what, "", ""),
            }
        })?;
    decode(locale, bytes)
}

/// The text of what was read.
fn decode(locale: Locale, bytes: Vec<u8>) -> Result<String, Nothing> {
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(usage(
            locale,
            pick(
                locale,
                "stdin holds more than 20 MiB",
                "标准输入超过 20 MiB",
            ),
            pick(locale, "Ask with less text.", "请缩短内容。"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        usage(
            locale,
            &say!(
                locale,
                "stdin is not UTF-8 at byte {at}",
                "标准输入在第 {at} 字节处不是 UTF-8"
            ),
            pick(
                locale,
                "Convert it first (iconv).",
                "请先转换编码（iconv）。",
            ),
        )
    })
}

fn usage(locale: Locale, what: &str, remedy: &str) -> Nothing {
    Nothing {
        exit: exit::USAGE,
        text: problem(locale, None, what, "", remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_and_nothing_is_an_error() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let of = |given: &[&str]| {
            let given: Vec<String> = words(given);
            text(Locale::En, &given)
        };
        assert_eq!(of(&["what", "now?"]).unwrap(), "what now?");
        for nothing in [&[""][..], &["  ", "\n"]] {
            let error = of(nothing).unwrap_err();
            assert_eq!(error.exit, 2);
            assert!(error.text.starts_with("error: there is nothing to ask\n"));
        }
    }

    #[test]
    fn stdin_that_is_no_text_or_too_much_is_told() {
        let error = decode(Locale::En, b"abc\xff".to_vec()).unwrap_err();
        assert!(error.text.contains("byte 3"), "{}", error.text);
        let much = decode(Locale::Zh, vec![b'a'; (20 << 20) + 1]).unwrap_err();
        assert!(much.text.contains("超过 20 MiB"), "{}", much.text);
        assert_eq!(decode(Locale::En, "中".into()).unwrap(), "中");
    }
}
