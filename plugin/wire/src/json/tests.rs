use super::*;
use openclaw_core::json_escape::with_whole_characters;
use proptest::prelude::*;
use serde_json::Value;

fn field<'a>(text: &'a str, name: &str) -> Json<'a> {
    let [value] = Json::object(text.as_bytes())
        .and_then(|object| object.fields([name]))
        .unwrap_or_else(|why| panic!("{why:?}: {text}"));
    value
}

#[test]
fn what_is_used_is_found_and_the_rest_is_skipped() {
    let text = r#" {"skip":{"a":[1,{"want":0}],"b":"}\"]"},"want" : "it\u0021" ,"n":7,"last":[]} "#;
    assert_eq!(field(text, "want").text(), "it!");
    assert_eq!(field(text, "n").number(), Some(7));
    assert!(field(text, "last").is_list());
    assert!(field(text, "none").is_none());
    // A field of the wrong type counts as missing.
    assert_eq!(field(text, "n").text(), "");
    assert_eq!(field(text, "want").number(), None);
    assert_eq!(field(text, "want").items().count(), 0);
    assert_eq!(field(r#"{"a":1,"a":2,"\u0061":3}"#, "a").number(), Some(3));
    assert_eq!(field("\u{feff}{\"a\":1}", "a").number(), Some(1));
}

// Report A11 (attack): numbers too large for any parser, in unused fields.
#[test]
fn what_is_skipped_need_not_be_valid() {
    for skipped in [
        "1e400",
        "-1e99999999999",
        "NaN",
        "-Infinity",
        "0x1f",
        "oops",
        "[1,,]",
        r#""\ud83d""#,
        r#""\q""#,
        "\"raw\nline\"",
        "{1:2}",
    ] {
        let text = format!(r#"{{"skip":{skipped},"want":"it","list":[{skipped}]}}"#);
        assert_eq!(field(&text, "want").text(), "it", "{skipped}");
    }
    for (number, read) in [
        ("12", Some(12)),
        ("12.0", Some(12)),
        ("1.5", None),
        ("-1", None),
        ("1e400", None),
        ("18446744073709551616", None),
    ] {
        assert_eq!(field(&format!(r#"{{"n":{number}}}"#), "n").number(), read);
    }
}

/// The data of the recorded events, and of all recorded answers that are no stream. Inside wasmtime there are no
/// folders.
#[cfg(not(target_family = "wasm"))]
fn recorded() -> Vec<Vec<u8>> {
    const FOLDER: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/gateway-transcripts"
    );
    let files =
        |version| std::fs::read_dir(std::path::Path::new(FOLDER).join(version)).expect("a folder");
    let mut texts = vec![];
    for file in files("2026.2.9").chain(files("2026.9.6")) {
        let recorded = std::fs::read(file.expect("a file").path()).expect("its bytes");
        for line in recorded.split(|byte| *byte == b'\n') {
            let data = line.strip_prefix(b"data: ").unwrap_or(line);
            if data.first() == Some(&b'{') {
                texts.push(data.to_vec());
            }
        }
    }
    assert!(texts.len() > 100, "{}", texts.len());
    texts
}

/// What one pass finds must be what two passes find: first the end of the object, then its fields.
fn one_pass_is_two(text: &[u8]) {
    const NAMES: [&str; 4] = ["type", "delta", "response", "a"];
    let written = |found: [Json<'_>; 4]| found.map(|value| value.written().into_owned());
    let two = Json::object(text)
        .and_then(|object| object.fields(NAMES))
        .map(written);
    let one = Json::fields_in(text, NAMES).map(written);
    assert_eq!(one, two, "{}", String::from_utf8_lossy(text));
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn one_pass_reads_every_recorded_event_like_two_wherever_it_is_cut() {
    for text in recorded() {
        // The last bytes are cut one by one; long texts would take minutes.
        for end in (0..text.len().min(600)).chain(text.len().saturating_sub(200)..=text.len()) {
            one_pass_is_two(&text[..end]);
        }
    }
}

#[test]
fn one_pass_reads_odd_objects_like_two() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    for text in [
        "",
        " ",
        "{",
        "{}",
        "{} x",
        "{,}",
        "[]",
        "1",
        "\u{feff}{\"a\":1}",
        " {\"a\":1} trailing }",
        r#"{"a":1,"a":2,"\u0061":3}"#,
        r#"{"a":"\ud83d\ude00\ud83d","b":"\"}"}"#,
        r#"{"a":[}]}"#,
        r#"{"a":[}]}}"#,
        r#"{"a":{]}"#,
        r#"{"a":1"x","type":"b"}"#,
        r#"{"a":1"},"type":"b"}"#,
        r#"{"a":1{},"type":"b"}"#,
        r#"{"a":1[,"type":"b"}"#,
        r#"{"a":1[,"type":"b"]}}"#,
        r#"{"a":x"}"}"#,
        r#"{"a":-1e99999999999999999999,"type":NaN}"#,
        r#"{"a" 1}"#,
        r#"{"a"x"#,
        r#"{1:2}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":1;"type":2}"#,
        "{\"a\":\"raw\nline\"}",
        "{\"a\"\t:\r\n1 , \"type\":2\n}",
        &deep,
        &deep[..6_000],
    ] {
        for end in 0..=text.len() {
            one_pass_is_two(&text.as_bytes()[..end]);
        }
    }
}

/// The end of a string, byte by byte.
fn string_end_by_bytes(text: &[u8], start: usize) -> Read<usize> {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return Err(Unreadable::CutOff),
        }
    }
}

#[test]
fn a_broken_object_is_known_for_one() {
    for (text, why) in [
        ("", Unreadable::CutOff),
        (" ", Unreadable::CutOff),
        ("[]", Unreadable::Garbled),
        ("hello", Unreadable::Garbled),
        (r#"{"a":"b"#, Unreadable::CutOff),
        (r#"{"a":{"b":1}"#, Unreadable::CutOff),
        (r#"{"a":"\"#, Unreadable::CutOff),
        ("{oops}", Unreadable::Garbled),
        (r#"{"a":}"#, Unreadable::Garbled),
        (r#"{"a" 1}"#, Unreadable::Garbled),
        (r#"{"a":1 "b":2}"#, Unreadable::Garbled),
        (r#"{"a":1,}"#, Unreadable::Garbled),
    ] {
        let read = Json::object(text.as_bytes()).and_then(|object| object.fields(["a"]));
        assert_eq!(read.map(drop), Err(why), "{text}");
    }
    let [kind] = Json::broken(br#" {"type":"x","delta":"#).get(["type"]);
    assert_eq!(kind.text(), "x");
}

// Report F1: `JSON.stringify` writes half of an emoji as a lone surrogate.
#[test]
fn what_is_no_character_becomes_the_replacement_character() {
    for (written, text) in [
        (r"Hi \ud83d", "Hi \u{fffd}"),
        (r"\ude00 done", "\u{fffd} done"),
        (r"\ud83d\ude00", "😀"),
        (r"\uD83D\uDE00", "😀"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        (r"\ud83dA\u0041", "\u{fffd}AA"),
        (r"\ud83d\n", "\u{fffd}\n"),
        (r"\u12", "\u{fffd}12"),
        (r"\uzzzz", "\u{fffd}zzzz"),
        (r"\u+041", "\u{fffd}+041"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        ("\\é", "\u{fffd}é"),
    ] {
        assert_eq!(field(&format!(r#"{{"a":"{written}"}}"#), "a").text(), text);
    }
    let latin = b"{\"a\":\"caf\xe9 \xed\xa0\xbd!\"}";
    let [text] = Json::object(latin).expect("an object").get(["a"]);
    assert_eq!(text.text(), "caf\u{fffd} \u{fffd}\u{fffd}\u{fffd}!");
}

#[test]
fn an_object_is_told_from_what_is_none() {
    for good in [
        "{}",
        " {\"a\": [1, -0.5e-7, true, null, {}], \"b\" :\"\\u00e9\"}\n",
    ] {
        assert!(is_object(good), "{good}");
    }
    for bad in [
        "",
        "[]",
        "1",
        "{",
        "{}x",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{\"a\":1e400}",
        "{\"a\":NaN}",
        "{\"a\":[1,]}",
        "{\"a\":1,}",
        "{\"a\":[1}}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":tru}",
        "{,}",
        "{\"a\":-}",
    ] {
        assert!(!is_object(bad), "{bad}");
    }
}

// Report A4 (attack): deep nesting.
#[test]
fn depth_is_bounded_where_others_read_on_and_costs_nothing_where_it_is_skipped() {
    let nested = |depth: usize| format!(r#"{{"a":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(is_object(&nested(126)) && !is_object(&nested(127)));
    assert!(serde_json::from_str::<Value>(&nested(126)).is_ok());
    let deep = nested(1_000_000);
    assert!(!is_object(&deep));
    assert!(field(&deep, "b").is_none());
}

proptest! {
    #[test]
    fn texts_are_read_and_written_as_serde_does(text: String) {
        let written = serde_json::to_string(&text).expect("JSON");
        let mut own = String::new();
        push_string(&mut own, &text);
        prop_assert_eq!(&own, &written);
        let object = format!(r#"{{"a":{written}}}"#);
        prop_assert_eq!(field(&object, "a").text(), text.as_str());
        prop_assert!(field(&object, "a").is(&text));
        prop_assert_eq!(Json::text_in(&written).expect("a text"), text.as_str());
        prop_assert_eq!(with_whole_characters(&object), object);
    }

    #[test]
    fn objects_are_told_as_serde_does(text in r#"\{("a{0,2}"|[\[\]{}:,0-9eE.+-]|true|null|\\u00e9| ){0,12}\}?"#) {
        let serdes = serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object());
        prop_assert_eq!(is_object(&text), serdes, "{}", text);
        // Reading any input never panics.
        let _ = Json::object(text.as_bytes()).map(|object| object.get(["a"])[0].items().count());
        let _ = Json::broken(text.as_bytes()).get(["a", "aa"]).map(|value| value.text().len());
    }

    #[test]
    fn one_pass_reads_anything_like_two(text in r#"\{("(a|type|delta|\\u0061|\\")"|[\[\]{}:,"\\x1-]| |":){0,16}\}?"#) {
        one_pass_is_two(text.as_bytes());
    }

    #[test]
    fn strings_end_where_byte_by_byte_finds_it(text in r#""([\\"a]|[a-z ]{7,9}|中){0,12}"#) {
        prop_assert_eq!(string_end(text.as_bytes(), 0), string_end_by_bytes(text.as_bytes(), 0));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let text = [br#"{"a":["#, &bytes[..], br#""]}"#].concat();
        if let Ok(object) = Json::object(&text) {
            for item in object.get(["a"])[0].items() {
                let _ = (item.text(), item.written(), item.number());
            }
        }
        let _ = is_object(&String::from_utf8_lossy(&text));
        let _ = with_whole_characters(&String::from_utf8_lossy(&text));
    }
}
