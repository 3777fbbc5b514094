//! `ask`: one turn.

use std::io::{self, IsTerminal as _, Read as _};
use std::time::{SystemTime, UNIX_EPOCH};

use host_shim::{Attachment, Locale, MAX_ATTACHMENT_BYTES, TurnRequest};

use super::args::{self, TurnOptions};
use super::interrupt::Interrupts;
use super::problem::{Problem, Stop};
use super::setup::Setup;
use super::text::{pick, say};
use super::view::{Lines, Person, View, follow};
use super::{attach, exit};

/// The gateway takes no more in one request.
const MAX_TEXT_BYTES: u64 = 20 << 20;

/// Asks once. The answer goes to stdout, all else to stderr.
pub async fn run(options: args::Ask, setup: Setup) -> Result<u8, Stop> {
    let locale = setup.locale;
    let mut room = MAX_ATTACHMENT_BYTES;
    let attachments: Vec<Attachment> = options
        .attachments
        .iter()
        .map(|path| attach::read(path, &mut room, locale))
        .collect::<Result<_, _>>()?;
    let text = text(options.text, !attachments.is_empty(), locale)?;
    let plugin = setup.plugin().await?;
    let mut interrupts = Interrupts::listen()?;

    let mut request = request(text, options.turn, "ask");
    request.heavy = options.heavy;
    request.attachments = attachments;
    let mut view: Box<dyn View> = if options.json {
        Box::new(Lines)
    } else {
        Box::new(Person::new(locale))
    };
    let end = follow(plugin.ask(request), view.as_mut(), &mut interrupts).await?;
    match end {
        Ok(_) => Ok(exit::OK),
        Err(fault) if options.json => Ok(fault.code.exit_code()),
        Err(fault) => Err(Problem::fault(&fault, locale).into()),
    }
}

/// A request as the options ask for; its session is a new one unless they name one.
pub fn request(text: String, options: TurnOptions, kind: &str) -> TurnRequest {
    let mut request = TurnRequest::new(text);
    request.session = options.session.unwrap_or_else(|| new_session(kind));
    request.level = options.level.unwrap_or(request.level);
    request.instructions = options.instructions.unwrap_or_default();
    request
}

/// The name of a talk that nobody has begun.
pub fn new_session(kind: &str) -> String {
    // A clock before 1970 only makes the name less telling; the process id keeps it apart.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("host-shim-{kind}-{now}-{}", std::process::id())
}

/// What to ask, from the arguments or stdin.
fn text(words: Vec<String>, may_be_empty: bool, locale: Locale) -> Result<String, Problem> {
    let from_stdin = match &words[..] {
        [dash] => dash == "-",
        [] => !io::stdin().is_terminal(),
        _ => false,
    };
    let text = if from_stdin {
        stdin(locale)?
    } else {
        words.join(" ")
    };
    if text.trim().is_empty() && !may_be_empty {
        return Err(Problem::usage(
            pick(locale, "there is nothing to ask", "没有要问的内容"),
            pick(
                locale,
                "Give the text as an argument or on stdin, such as `host-shim ask 'Hello'`.",
                "请把内容作为参数或通过标准输入给出，例如 `host-shim ask '你好'`。",
            ),
        ));
    }
    Ok(text)
}

fn stdin(locale: Locale) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MAX_TEXT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Problem::other(
                say!(
                    locale,
                    "stdin cannot be read: {error}",
                    "无法读取标准输入：{error}"
                ),
                "",
            )
        })?;
    decode(bytes, locale)
}

/// The text of what was read.
fn decode(bytes: Vec<u8>, locale: Locale) -> Result<String, Problem> {
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(Problem::usage(
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
        Problem::usage(
            say!(
                locale,
                "stdin is not UTF-8 at byte {at}",
                "标准输入在第 {at} 字节处不是 UTF-8"
            ),
            pick(
                locale,
                "Convert it first (iconv), or send it with --attach.",
                "请先转换编码（iconv），或用 --attach 发送。",
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_and_nothing_is_an_error() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            text(words(&["what", "now?"]), false, Locale::En).unwrap(),
            "what now?"
        );
        assert_eq!(text(words(&[]), true, Locale::En).unwrap(), "");
        assert_eq!(text(words(&["  "]), false, Locale::En).unwrap_err().exit, 2);
    }

    #[test]
    fn stdin_that_is_no_text_is_told_with_its_place() {
        let problem = decode(b"abc\xff".to_vec(), Locale::En).unwrap_err();
        assert!(problem.what.contains("byte 3"), "{}", problem.what);
        assert_eq!(decode("中".into(), Locale::En).unwrap(), "中");
    }

    #[test]
    fn the_session_is_new_unless_named() {
        let options = |session: Option<&str>| TurnOptions {
            session: session.map(str::to_owned),
            level: None,
            instructions: None,
        };
        assert_eq!(request("a".into(), options(Some("s")), "ask").session, "s");
        let new = request("a".into(), options(None), "ask").session;
        assert!(new.starts_with("host-shim-ask-"), "{new}");
    }
}
