use super::*;
use serde_json::{Value, json};

mod calls;
mod ends;
mod shown;
mod texts;
mod work;

fn event(data: &str) -> String {
    let kind = serde_json::from_str::<Value>(data).expect("JSON")["type"].clone();
    format!(
        "event: {}\ndata: {data}\n\n",
        kind.as_str().expect("a type")
    )
}

fn delta(text: &str) -> String {
    event(&json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}).to_string())
}

fn done(text: &str) -> String {
    event(&json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": text}).to_string())
}

fn completed(text: &str) -> String {
    event(
        &json!({"type": "response.completed", "response": {"id": "r1", "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
        "usage": {"input_tokens": 3, "output_tokens": 4}}})
        .to_string(),
    )
}

/// Reads an answer from pieces. Returns the end and everything shown; shown text never changes.
fn read_pieces<'a>(
    format: Format,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Result<Answer, Fault>, String) {
    let mut reader = AnswerReader::new(format, 1 << 24, Locale::En);
    let mut shown = String::new();
    let mut seen = String::new();
    for piece in pieces {
        reader.push(piece, &mut shown);
        assert!(shown.starts_with(&seen), "{seen:?} became {shown:?}");
        seen.clone_from(&shown);
    }
    let end = reader.finish(&mut shown);
    assert!(shown.starts_with(&seen), "{seen:?} became {shown:?}");
    (end, shown)
}

/// Reads a stream whole, byte by byte, and split in two at every position; all must agree.
fn read_bytes(stream: &[u8]) -> (Result<Answer, Fault>, String) {
    let whole = read_pieces(Format::Stream, [stream].into_iter());
    assert_eq!(read_pieces(Format::Stream, stream.chunks(1)), whole);
    for at in 1..stream.len() {
        let (start, end) = stream.split_at(at);
        assert_eq!(
            read_pieces(Format::Stream, [start, end].into_iter()),
            whole,
            "cut at {at}"
        );
    }
    whole
}

fn read(stream: &str) -> (Result<Answer, Fault>, String) {
    read_bytes(stream.as_bytes())
}

/// The text of a successful answer, what was shown, and the notices.
fn good(stream: &[String]) -> (String, String, Vec<NoticeCode>) {
    let stream = stream.concat();
    let (end, shown) = read(&stream);
    let answer = end.unwrap_or_else(|fault| panic!("{fault:?}: {stream}"));
    let notices = answer.notices.iter().map(|(code, _)| *code).collect();
    (answer.text, shown, notices)
}

fn end(output: Value) -> String {
    let response = json!({"id": "r1", "status": "completed", "output": output});
    event(&json!({"type": "response.completed", "response": response}).to_string())
}

fn message(text: &str) -> Value {
    json!({"type": "message", "content": [{"type": "output_text", "text": text}]})
}

fn item_done(item: Value) -> String {
    event(
        &json!({"type": "response.output_item.done", "output_index": 0, "item": item}).to_string(),
    )
}

/// A delta whose JSON string is given as written.
fn raw_delta(written: &str) -> String {
    format!("data: {{\"type\":\"response.output_text.delta\",\"delta\":\"{written}\"}}\n\n")
}

fn text(stream: &[String]) -> String {
    let (text, shown, notices) = good(stream);
    assert_eq!((shown, notices), (text.clone(), vec![]));
    text
}

fn code(stream: &str) -> FaultCode {
    read(stream).0.expect_err("a fault").code
}

#[test]
fn a_stream_gives_deltas_and_the_final_text() {
    let stream = [
        delta("PO"),
        delta("NG"),
        done("PONG"),
        completed("PONG"),
        "data: [DONE]\n\n".into(),
    ]
    .concat();
    let (end, shown) = read(&stream);
    let answer = end.expect("an answer");
    assert_eq!(
        (
            answer.text.as_str(),
            answer.response_id.as_str(),
            shown.as_str()
        ),
        ("PONG", "r1", "PONG")
    );
    assert_eq!(
        answer.usage,
        Some(Usage {
            input_tokens: 3,
            output_tokens: 4
        })
    );
}

#[test]
fn the_final_text_is_authoritative_over_repeated_deltas() {
    let stream = [
        delta("PO"),
        delta("PO"),
        delta("PONG"),
        done("PONG"),
        completed("PONG"),
    ]
    .concat();
    let (end, shown) = read(&stream);
    assert_eq!(
        (end.expect("an answer").text.as_str(), shown.as_str()),
        ("PONG", "POPOPONG")
    );
    let no_output =
        r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#;
    let stream = [delta("PO"), delta("PO"), done("PONG"), event(no_output)].concat();
    assert_eq!(read(&stream).0.expect("an answer").text, "PONG");
}

#[test]
fn text_that_came_without_deltas_is_shown_at_the_end() {
    assert_eq!(read(&[done("PONG"), completed("PONG")].concat()).1, "PONG");
    assert_eq!(read(&[delta("PO"), completed("PONG")].concat()).1, "PONG");
}

#[test]
fn the_first_terminal_event_wins() {
    let failed = event(
        r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"api_error","message":"no key"}}}"#,
    );
    let fault = read(&[failed.clone(), completed("x")].concat())
        .0
        .expect_err("failed");
    assert_eq!(fault.code, FaultCode::ModelProviderFailed);
    assert!(fault.message.contains("no key"), "{}", fault.message);
    assert!(read(&[completed("x"), failed].concat()).0.is_ok());
    // Some versions send `completed` with a status of `failed`.
    let liar = event(r#"{"type":"response.completed","response":{"status":"failed"}}"#);
    assert_eq!(code(&liar), FaultCode::ModelProviderFailed);
}

#[test]
fn fault_stream_interrupted_keeps_what_had_arrived() {
    for end in ["", "event: response.comp", "data: [DONE]\n\n"] {
        let (end, shown) = read(&(delta("PO") + end));
        let code = end.expect_err("interrupted").code;
        assert_eq!((code, shown.as_str()), (FaultCode::StreamInterrupted, "PO"));
    }
    assert_eq!(code(""), FaultCode::StreamInterrupted);
}

#[test]
fn fault_model_provider_failed_by_the_stock_sentence() {
    let stock = |usage: &str| {
        let end =
            completed(STOCK_SENTENCE).replace(r#"{"input_tokens":3,"output_tokens":4}"#, usage);
        [done(STOCK_SENTENCE), end]
    };
    for none in [
        "null",
        "{}",
        r#"{"input_tokens":0,"output_tokens":0,"total_tokens":0}"#,
    ] {
        assert_eq!(code(&stock(none).concat()), FaultCode::ModelProviderFailed);
    }
    // Report R3 (attack): a reply that consists of a MEDIA line. 9.6 reports provider failures, and 2.9
    // counts the tokens of a model that has answered.
    for some in [
        r#"{"input_tokens":3,"output_tokens":4}"#,
        r#"{"input_tokens":0,"input_tokens_details":{"cached_tokens":0},"output_tokens":0}"#,
    ] {
        let nothing = (String::new(), String::new(), vec![NoticeCode::AnswerEmpty]);
        assert_eq!(good(&stock(some)), nothing);
    }
    let quoted = format!("{STOCK_SENTENCE} That is what it says.");
    assert!(read(&completed(&quoted)).0.is_ok());
}

#[test]
fn fault_protocol_error_on_garbage_and_size() {
    for garbage in [
        "data: {oops\n\n",
        "event: response.output_text.delta\ndata: hello\n\n",
        "event: response.completed\ndata: {\"response\":\n\n",
        "data: {\"type\":\"response.completed\",\"response\":{\n\n",
    ] {
        assert_eq!(code(garbage), FaultCode::ProtocolError, "{garbage}");
    }
    let mut reader = AnswerReader::new(Format::Stream, 10, Locale::En);
    let mut shown = String::new();
    reader.push(b"0123456789", &mut shown);
    assert!(!reader.ended());
    reader.push(b"0", &mut shown);
    assert!(reader.ended());
    assert_eq!(
        reader.finish(&mut shown).map_err(|f| f.code),
        Err(FaultCode::ProtocolError)
    );
}

#[test]
fn an_end_within_the_limit_counts_however_the_answer_is_cut() {
    let end = completed("ok");
    let stream = end.clone() + "data: [DONE]\n\n";
    for chunk in [1, end.len(), stream.len()] {
        let mut reader = AnswerReader::new(Format::Stream, end.len() as u64, Locale::En);
        let mut shown = String::new();
        for bytes in stream.as_bytes().chunks(chunk) {
            reader.push(bytes, &mut shown);
        }
        let answer = reader.finish(&mut shown).expect("an answer");
        assert_eq!(answer.text, "ok", "{chunk}");
    }
}

#[test]
fn unknown_events_and_fields_are_skipped() {
    let stream = [
        "event: gateway.gossip\ndata: not json\n\n: comment\nretry: 5\n\n".to_owned(),
        event(r#"{"type":"response.reasoning.delta","delta":{"x":1},"new":[null]}"#),
        completed("ok"),
    ];
    assert_eq!(read(&stream.concat()).0.expect("an answer").text, "ok");
}

#[test]
fn tool_calls_arrive_whole_and_in_order() {
    let call = |at: u64, id: &str| {
        event(
            &json!({"type": "response.output_item.done", "output_index": at, "item": {
            "type": "function_call", "id": "i", "call_id": id, "name": "t", "arguments": "{}"}})
            .to_string(),
        )
    };
    let end =
        event(r#"{"type":"response.incomplete","response":{"status":"incomplete","output":[]}}"#);
    let answer = read(&[call(1, "a"), call(2, "b"), end].concat())
        .0
        .expect("an answer");
    assert_eq!(
        answer
            .calls
            .iter()
            .map(|call| call.id.as_str())
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
}

#[test]
fn several_messages_are_joined_by_an_empty_line() {
    let message =
        |text: &str| json!({"type": "message", "content": [{"type": "output_text", "text": text}]});
    let end = json!({"type": "response.completed", "response": {"status": "completed",
        "output": [message("one"), message(""), message("two")]}});
    let second = event(
        &json!({"type": "response.output_text.delta", "output_index": 2, "delta": "two"})
            .to_string(),
    );
    let (answer, shown) = read(&[delta("one"), second, event(&end.to_string())].concat());
    assert_eq!(
        (answer.expect("an answer").text.as_str(), shown.as_str()),
        ("one\n\ntwo", "one\n\ntwo")
    );
}

#[test]
fn a_json_answer_is_read_too() {
    let read = |body: &str| read_pieces(Format::Json, body.as_bytes().chunks(1));
    let good = r#"{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"PONG"}]}],"usage":{"input_tokens":0,"output_tokens":0}}"#;
    let (end, rest) = read(good);
    let answer = end.expect("an answer");
    assert_eq!(
        (answer.text.as_str(), rest.as_str(), answer.usage),
        ("PONG", "PONG", None)
    );
    let code = |body: &str| read(body).0.expect_err("a fault").code;
    assert_eq!(
        code(r#"{"status":"failed"}"#),
        FaultCode::ModelProviderFailed
    );
    assert_eq!(code(&good[..40]), FaultCode::StreamInterrupted);
    assert_eq!(code("{}"), FaultCode::ProtocolError);
    assert_eq!(code("[]"), FaultCode::ProtocolError);
}
