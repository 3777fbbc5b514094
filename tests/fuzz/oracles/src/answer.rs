//! An answer has the same end however it is cut, is shown once and never taken back, and is held in a small multiple of
//! its bytes.

use openclaw_core::locale::Locale;
use openclaw_core::turn::NoticeCode;
use openclaw_plugin::fault::Fault;
use openclaw_plugin::gateway::answer::files::MARK;
use openclaw_plugin::gateway::answer::{Answer, AnswerReader, Format};
use openclaw_plugin::gateway::sent_file;

use crate::bounded;
use crate::input::{Input, MOST};
use crate::is_printable;

/// Bytes held for each byte of an answer. A text is held as it was shown, as its finished part, as the text of the
/// answer and as the line it came in; each grows into twice its size, and invalid UTF-8 into three times its own. A
/// tool call of a few bytes has a record of its own.
const FOR_EACH: usize = 24;

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let answer = input.bytes(MOST);
    let format = match input.choice(1, 2) {
        0 => Format::Stream,
        _ => Format::Json,
    };
    let locale = [Locale::En, Locale::Zh][usize::from(input.choice(2, 2))];
    let most = match input.byte(2) {
        200.. => 300,
        _ => 1 << 22,
    };
    let before = if input.choice(1, 4) < 2 {
        ""
    } else {
        "earlier"
    };
    let files = input.byte(1) >= 128;
    let pieces = input.pieces(&answer);
    let limit = FOR_EACH * answer.len() + (64 << 10);
    let cut = bounded(limit, || {
        read(format, most, (locale, files), before, &pieces)
    });
    let whole = read(format, most, (locale, files), before, &[&answer]);
    assert_eq!(cut, whole, "cut elsewhere");
    let (end, shown) = whole;
    assert!(shown.starts_with(before) && is_printable(&shown));
    // In fenced code it is an example.
    if files && !shown.contains("```") && !shown.contains("~~~") {
        let marked = |line: &str| line.trim_start_matches([' ', '\t']).starts_with(MARK);
        assert!(!shown.split('\n').any(marked), "a marker is shown: {shown}");
    }
    match end {
        Ok(answer) => holds(&answer, &shown, before),
        Err(fault) => explains(&fault),
    }
}

type Read = (Result<Answer, Fault>, String);

fn read(
    format: Format,
    most: u64,
    (locale, files): (Locale, bool),
    before: &str,
    pieces: &[&[u8]],
) -> Read {
    let mut reader = AnswerReader::new(format, most, locale).with_files(files);
    let mut shown = before.to_owned();
    for piece in pieces {
        let seen = shown.len();
        let last = shown.bytes().next_back();
        reader.push(piece, &mut shown);
        assert!(shown.len() >= seen && shown.as_bytes()[..seen].last().copied() == last);
    }
    let seen = shown.clone();
    let end = reader.finish(&mut shown);
    assert!(shown.starts_with(&seen), "taken back");
    (end, shown)
}

fn holds(answer: &Answer, shown: &str, before: &str) {
    assert!(answer.files.len() <= 32);
    for (path, name) in answer.files.iter().filter_map(|path| sent_file::path(path)) {
        assert!(is_printable(path) && path.ends_with(name) && !name.contains(['/', '\\']));
        assert!(
            !path
                .split('/')
                .any(|part| part.is_empty() || part.starts_with('.'))
        );
        let _ = sent_file::media_type(name, answer.text.as_bytes());
    }
    assert!(is_printable(&answer.text) && is_printable(&answer.response_id));
    assert!(answer.response_id.len() <= 256);
    let mut corrected = false;
    for (code, words) in &answer.notices {
        assert!(is_printable(words) && words.len() < 4096, "{words}");
        corrected |= *code == NoticeCode::AnswerCorrected;
    }
    let solid = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    if !corrected {
        let shown = shown.strip_prefix(before).unwrap_or(shown);
        assert_eq!(solid(shown), solid(&answer.text), "shown, not answered");
    }
}

/// A fault that a person can read.
pub(super) fn explains(fault: &Fault) {
    let words = [&fault.message, &fault.partial_text];
    assert!(words.iter().all(|words| is_printable(words)), "{fault:?}");
    assert!(
        !fault.message.is_empty() && fault.message.len() < 8192,
        "{}",
        fault.message
    );
}
