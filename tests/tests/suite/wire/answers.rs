//! Answers that are not simply complete, through the real component.

use host_shim::{FaultCode, NoticeCode, TurnRequest};
use openclaw_fake_gateway::{Answer, Http, Scene};
use openclaw_tests::rig::{Outcome, Rig};
use openclaw_tests::wire::wire;
use serde_json::{Value, json};

async fn outcome_of(rig: &Rig, scene: impl Into<Scene>) -> Outcome {
    rig.gateway.push(scene);
    rig.run(TurnRequest::new("hi")).await
}

fn completed(output: Value) -> String {
    let response = json!({ "id": "r", "status": "completed", "output": output });
    let event = json!({ "type": "response.completed", "response": response });
    format!("event: response.completed\ndata: {event}\n\ndata: [DONE]\n\n")
}

fn delta(written: &str) -> String {
    format!("data: {{\"type\":\"response.output_text.delta\",\"delta\":\"{written}\"}}\n\n")
}

// Report F1 (elie222/rakazo#416: an emoji cut in two by a chunk).
#[tokio::test]
async fn half_an_emoji_arrives_as_the_replacement_character() {
    let rig = Rig::new().await;
    let stream = delta(r"Hi \ud83d") + &delta(r"\ude00 done") + &completed(json!([]));
    let scene = Scene::from(Http::event_stream().bytes(stream)).split_every(3);
    let outcome = outcome_of(&rig, scene).await;
    assert_eq!(outcome.reply().text, "Hi \u{fffd}\u{fffd} done");
    assert_eq!(outcome.deltas(), outcome.reply().text);
}

// Report F2 (modelcontextprotocol/python-sdk#1670: an empty `data:` as keep-alive).
#[tokio::test]
async fn keep_alives_that_are_not_json_are_skipped() {
    let rig = Rig::new().await;
    let alive = "data:\n\ndata: ping\n\nevent: ping\ndata: {\n\n: comment\n\n";
    let stream = [
        alive,
        &delta("PO"),
        alive,
        &delta("NG"),
        alive,
        &completed(json!([])),
    ];
    let outcome = outcome_of(&rig, Http::event_stream().bytes(stream.concat())).await;
    assert_eq!(outcome.reply().text, "PONG");
}

// Report F9 (xiaoliu10/claude-code-router-next#45: a stream as text/plain).
#[tokio::test]
async fn a_stream_without_its_content_type_is_a_stream() {
    let rig = Rig::new().await;
    let stream = delta("PONG") + &completed(json!([]));
    for content_type in [None, Some("text/plain"), Some("application/json")] {
        let scene = Http::new(200).bytes(stream.clone());
        let scene = match content_type {
            Some(content_type) => scene.header("Content-Type", content_type),
            None => scene,
        };
        let outcome = outcome_of(&rig, Scene::from(scene).split_every(1)).await;
        assert_eq!(outcome.reply().text, "PONG", "{content_type:?}");
        assert_eq!(outcome.deltas(), "PONG", "{content_type:?}");
    }
}

// Report F8: the streamed text lacks what the final one has.
#[tokio::test]
async fn a_corrected_answer_is_said_to_be_one() {
    let rig = Rig::new().await;
    let answer = Answer::new()
        .delta("tag>ok</tag>")
        .final_text("<tag>ok</tag>");
    let outcome = outcome_of(&rig, answer).await;
    assert_eq!(outcome.reply().text, "<tag>ok</tag>");
    assert_eq!(outcome.notices(), [NoticeCode::AnswerCorrected]);
}

// Report A4, A11 (attack): what is not used may be of any size and shape.
#[tokio::test]
async fn what_is_not_used_is_not_built() {
    let rig = Rig::new().await;
    let wide = format!("[{}0]", r#"{"":0},"#.repeat(2_500_000 / 7));
    let deep = "[".repeat(1_250_000) + &"]".repeat(1_250_000);
    for value in [wide, deep, "1e400".to_owned()] {
        let skipped = format!("event: response.reasoning.delta\ndata: {{\"x\":{value}}}\n\n");
        let used = format!(
            "data: {{\"type\":\"response.output_text.delta\",\"x\":{value},\"delta\":\"PONG\"}}\n\n"
        );
        let stream = skipped + &used + &completed(json!([]));
        let outcome = outcome_of(&rig, Http::event_stream().bytes(stream)).await;
        assert_eq!(outcome.reply().text, "PONG");
    }
}

// Report A4 (attack): memory is a small multiple of the bytes, also for the largest answer allowed.
#[tokio::test]
async fn the_largest_answer_fits_in_every_form() {
    let rig = Rig::with(json!({ "max_answer_bytes": 16_777_216 })).await;
    let size = 15_000_000;
    let escaped = r"\n".repeat(size / 2);
    let plain = "x".repeat(size);
    for written in [plain, escaped] {
        let text_bytes = if written.starts_with('x') {
            size
        } else {
            size / 2
        };
        let message = format!(
            r#"[{{"type":"message","content":[{{"type":"output_text","text":"{written}"}}]}}]"#
        );
        let event = completed(json!("OUTPUT")).replace("\"OUTPUT\"", &message);
        let outcome = outcome_of(&rig, Http::event_stream().bytes(event)).await;
        assert_eq!(outcome.reply().text.len(), text_bytes);
        let body = format!(r#"{{"status":"completed","output":{message}}}"#);
        let outcome = outcome_of(&rig, Http::new(200).bytes(body)).await;
        assert_eq!(outcome.reply().text.len(), text_bytes);
        let one_delta = delta(&written) + &completed(json!([]));
        let outcome = outcome_of(&rig, Http::event_stream().bytes(one_delta)).await;
        assert_eq!(outcome.reply().text.len(), text_bytes);
    }
    // In pieces, and as an answer that never ends.
    let piece = delta(&"x".repeat(1000));
    let pieces = piece.repeat(15_000) + &completed(json!([]));
    let outcome = outcome_of(&rig, Http::event_stream().bytes(pieces)).await;
    assert_eq!(outcome.reply().text.len(), 15_000_000);
    let endless = outcome_of(&rig, Http::event_stream().forever(piece)).await;
    assert_eq!(endless.fault().code, FaultCode::ProtocolError);
    rig.say("the next").await.expect("the next turn works");
}

// Report A4 (attack): bytes that are no text become three bytes each.
#[tokio::test]
async fn the_largest_answer_of_bytes_that_are_no_text_ends_without_a_trap() {
    let rig = Rig::with(json!({ "max_answer_bytes": 16_777_216 })).await;
    let mut trapped = Vec::new();
    for template in [
        r"{sse}\r\n{d {*16000000 \xff}}{end done}",
        r"{sse}\r\n{end {*16000000 \xff}}",
        r"{json}{length {body {*16000000 \xff}}}",
        r"{sse}\r\n{*16000 {d {*900 \xff}}}{end done}",
        r"{sse}\r\n{*8000 {d {*900 \xff}}}{end {*8000000 \xff}}",
        r"{sse}\r\n{d {*8000000 \xff}}{end {*8000000 \xff}}",
        r"{sse}\r\n{d {*16000000 x}}{end done}",
        r"{json}{length {body {*16000000 x}}}",
        r"{json}{length {body {*8000000 \\n}}}",
        r#"{sse}\r\n{*16000 data: \{"type":"response.output_item.done","item":\{"type":"message","content":[\{"type":"output_text","text":"{*800 \xff}"\}]\}\}\n\n}{end done}"#,
    ] {
        rig.gateway.push(Scene::wire(wire(template).unwrap().bytes));
        match rig.say("hi").await {
            Err(fault) if fault.code == FaultCode::PluginTrapped => {
                trapped.push(format!("{template}: {}", fault.message));
            }
            // As long as it came, or cut off.
            Err(fault) => assert_eq!(fault.code, FaultCode::ProtocolError, "{template}"),
            Ok(reply) => assert!(!reply.text.is_empty(), "{template}"),
        }
        let next = rig.say("next").await;
        next.unwrap_or_else(|fault| panic!("after {template}: {fault:?}"));
    }
    assert!(trapped.is_empty(), "{}", trapped.join("\n"));
}

// Report A4, A9 (attack): more of everything than there can be.
#[tokio::test]
async fn no_count_of_parts_or_calls_is_too_much_for_memory() {
    let rig = Rig::with(json!({ "max_answer_bytes": 16_777_216 })).await;
    let part = |at: usize| {
        format!(
            "data: {{\"type\":\"response.output_text.delta\",\"output_index\":{at},\"delta\":\"x\"}}\n\n"
        )
    };
    let parts = (0..150_000).map(part).collect::<String>() + &completed(json!([]));
    let outcome = outcome_of(&rig, Http::event_stream().bytes(parts)).await;
    assert_eq!(outcome.reply().text.matches('x').count(), 150_000);
    let call = r#"{"type":"function_call"},"#;
    let calls = completed(json!("OUTPUT"))
        .replace("\"OUTPUT\"", &format!("[{}{{}}]", call.repeat(600_000)));
    let announced = |at: usize| {
        format!(
            "data: {{\"type\":\"response.output_item.done\",\"output_index\":{at},\"item\":{{\"type\":\"function_call\"}}}}\n\n"
        )
    };
    let announced = (0..140_000).map(announced).collect::<String>() + &completed(json!([]));
    for stream in [calls, announced] {
        let outcome = outcome_of(&rig, Http::event_stream().bytes(stream)).await;
        assert_eq!(outcome.fault().code, FaultCode::ProtocolError);
    }
}
