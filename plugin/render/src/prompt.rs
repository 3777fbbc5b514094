//! Reads the prompt from the arguments or stdin.

use std::io::{self, IsTerminal as _, Read as _};

use openclaw_core::locale::{Locale, say};

use crate::error::Failure;

/// The gateway's limit for a request.
const MAX_TEXT_BYTES: u64 = 20 << 20;

/// The prompt: these words; or stdin, if the only word is `-` or there are none and stdin is not a terminal.
///
/// # Errors
///
/// Stdin is unreadable, not UTF-8 or over 20 MiB, or the prompt is empty and may not be.
pub fn read_prompt(
    words: &[String],
    may_be_empty: bool,
    locale: Locale,
) -> Result<String, Failure> {
    let from_stdin = match words {
        [dash] => dash == "-",
        [] => !io::stdin().is_terminal(),
        _ => false,
    };
    let text = if from_stdin {
        read_stdin(locale)?
    } else {
        words.join(" ")
    };
    if text.trim().is_empty() && !may_be_empty {
        return Err(Failure::usage(
            say!(locale, en: "nothing to ask", zh: "没有要问的内容"),
            say!(locale,
                en: "Pass the text as an argument, such as `ask 'Hello'`, or on stdin.",
                zh: "请以参数（例如 `ask '你好'`）或标准输入提供内容。"),
        ));
    }
    Ok(text)
}

fn read_stdin(locale: Locale) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let mut stdin = io::stdin().lock().take(MAX_TEXT_BYTES + 1);
    match stdin.read_to_end(&mut bytes) {
        Ok(_) => decode(bytes, locale),
        Err(error) => Err(Failure::other(
            say!(locale, en: "cannot read stdin: {error}", zh: "无法读取标准输入：{error}"),
            "",
        )),
    }
}

/// Decodes the input.
fn decode(bytes: Vec<u8>, locale: Locale) -> Result<String, Failure> {
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(Failure::usage(
            say!(locale, en: "stdin is larger than 20 MiB", zh: "标准输入超过 20 MiB"),
            say!(locale, en: "Shorten the text.", zh: "请缩短内容。"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(
            say!(locale,
                en: "stdin is not UTF-8 at byte {at}",
                zh: "标准输入在第 {at} 字节处不是 UTF-8"),
            say!(locale, en: "Convert it to UTF-8 first, for example with iconv.", zh: "请先转换为 UTF-8，例如使用 iconv。"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_and_nothing_is_an_error() {
        let of = |words: &[&str], may_be_empty| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            read_prompt(&words, may_be_empty, Locale::En)
        };
        assert_eq!(of(&["what", "now?"], false).unwrap(), "what now?");
        assert_eq!(of(&[""], true).unwrap(), "");
        for nothing in [&[""][..], &["  ", "\n"]] {
            assert_eq!(of(nothing, false).unwrap_err().exit, 2);
        }
    }

    #[test]
    fn stdin_that_is_no_text_or_too_much_is_an_error() {
        let error = decode(b"abc\xff".to_vec(), Locale::En).unwrap_err();
        assert!(error.what.contains("byte 3"), "{}", error.what);
        let much = decode(vec![b'a'; (20 << 20) + 1], Locale::Zh).unwrap_err();
        assert!(much.what.contains("超过 20 MiB"), "{}", much.what);
        assert_eq!(decode("中".into(), Locale::En).unwrap(), "中");
    }
}
