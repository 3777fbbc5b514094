//! Gateways that mean no good, or something that is no gateway at all: a clear fault, in bounded
//! memory, and the next turn works.

use host_shim::FaultCode::{self, *};
use openclaw_fake_gateway::{End, Http, Scene};
use openclaw_tests::rig::{Rig, within};
use serde_json::json;

/// Plays it, expects this fault, and that the turn after it works.
async fn hostile(what: &str, scene: impl Into<Scene>, code: FaultCode) {
    let rig = Rig::new().await;
    rig.gateway.push(scene);
    let fault = rig.say("hi").await.expect_err(what);
    assert_eq!(fault.code, code, "{what}: {fault:?}");
    assert!(
        fault.message.len() < 2000,
        "{what}: {} bytes of message",
        fault.message.len()
    );
    rig.say("and now?")
        .await
        .unwrap_or_else(|fault| panic!("after {what}: {fault:?}"));
}

#[tokio::test]
async fn an_endless_line() {
    let scene = Http::event_stream()
        .bytes("data: ")
        .forever(vec![b'x'; 16 << 10]);
    hostile("an endless line", scene, ProtocolError).await;
}

#[tokio::test]
async fn an_endless_event_of_short_lines() {
    let lines = "data: x\n".repeat(1000);
    hostile(
        "an endless event",
        Http::event_stream().forever(lines),
        ProtocolError,
    )
    .await;
}

#[tokio::test]
async fn an_endless_stream_of_unknown_events_and_comments() {
    let events = ": comment\n\nevent: whatever\ndata: {\"type\":\"whatever\"}\n\n".repeat(200);
    hostile(
        "endless events",
        Http::event_stream().forever(events),
        ProtocolError,
    )
    .await;
}

#[tokio::test]
async fn an_endless_stream_of_deltas() {
    let delta = json!({ "type": "response.output_text.delta", "delta": "and so on ".repeat(100) });
    let event = format!("event: response.output_text.delta\ndata: {delta}\n\n");
    hostile(
        "endless deltas",
        Http::event_stream().forever(event.repeat(10)),
        ProtocolError,
    )
    .await;
}

#[tokio::test]
async fn an_endless_json_answer() {
    let scene = Http::new(200)
        .header("Content-Type", "application/json")
        .bytes("[")
        .forever("1,".repeat(8000));
    hostile("endless JSON", scene, ProtocolError).await;
}

#[tokio::test]
async fn an_endless_refusal_is_read_only_as_far_as_it_matters() {
    let rig = Rig::new().await;
    rig.gateway.push(
        Http::new(500)
            .header("Content-Type", "text/plain")
            .forever("no ".repeat(5000)),
    );
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, GatewayError);
    assert!(
        fault.message.len() < 2000,
        "{} bytes of message",
        fault.message.len()
    );
    within(rig.gateway.closed(1)).await;
}

#[tokio::test]
async fn a_stream_byte_by_byte_in_chunks_and_on_the_wire() {
    let rig = Rig::new().await;
    let text = "Zeile 一 🦞\r\n\r\nzwei\n";
    rig.gateway.push(Scene::reply(text).split_every(1));
    assert_eq!(rig.say("hi").await.unwrap().text, text);
}

#[tokio::test]
async fn garbage_of_many_kinds() {
    let garbage: Vec<(&str, Scene, FaultCode)> = vec![
        (
            "binary in a stream",
            Http::event_stream().bytes(vec![0xff; 5000]).into(),
            StreamInterrupted,
        ),
        (
            "data that is no JSON",
            Http::event_stream().bytes("data: {oops\n\n").into(),
            ProtocolError,
        ),
        (
            "a terminal event without a response",
            Http::event_stream()
                .bytes("data: {\"type\":\"response.completed\"}\n\n")
                .into(),
            ProtocolError,
        ),
        (
            "an HTTP head that is none",
            Scene::wire("HTTP/1.1 banana\r\n\r\n"),
            ProtocolError,
        ),
        (
            "a chunk size that is none",
            Scene::wire(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                Transfer-Encoding: chunked\r\n\r\nzzz\r\n",
            ),
            ProtocolError,
        ),
        (
            "nested JSON without end",
            Http::new(200).json(&json!({})).into(),
            ProtocolError,
        ),
        (
            "deep JSON",
            Http::new(200)
                .header("Content-Type", "application/json")
                .bytes("[".repeat(100_000))
                .into(),
            ProtocolError,
        ),
        (
            "invalid UTF-8 in JSON",
            Http::new(200)
                .header("Content-Type", "application/json")
                .bytes(b"{\"id\":\"\xff\xfe\",\"status\":\"completed\"}".to_vec())
                .into(),
            ProtocolError,
        ),
    ];
    for (what, scene, code) in garbage {
        hostile(what, scene, code).await;
    }
}

#[tokio::test]
async fn a_compressed_answer_that_nobody_asked_for() {
    let scene = Http::new(200)
        .header("Content-Type", "application/json")
        .header("Content-Encoding", "gzip")
        .bytes(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    hostile("gzip", scene, ProtocolError).await;
}

#[tokio::test]
async fn a_head_without_end_is_not_read_for_ever() {
    let head = format!("HTTP/1.1 200 OK\r\n{}", "X-Filler: yes\r\n".repeat(200_000));
    hostile("a huge head", Scene::wire(head), ProtocolError).await;
}

#[tokio::test]
async fn a_second_answer_on_the_same_connection_is_not_taken_for_that_of_the_next_turn() {
    let rig = Rig::new().await;
    let answer = |text: &str| {
        let body = json!({ "id": "r", "status": "completed", "output": [{ "type": "message",
            "role": "assistant", "content": [{ "type": "output_text", "text": text }] }] })
        .to_string();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let both = answer("the first") + &answer("smuggled");
    rig.gateway.push(Scene::wire(both).then(End::KeepAlive));
    assert_eq!(rig.say("one").await.unwrap().text, "the first");
    assert_eq!(
        rig.say("two").await.unwrap().text,
        "PONG from the fake gateway."
    );
}

#[tokio::test]
async fn words_of_the_gateway_are_shown_in_bounds_and_without_control_characters() {
    let rig = Rig::new().await;
    let words = format!("\u{1b}[31mred\u{7} {}", "long ".repeat(10_000));
    rig.gateway.push(Scene::bad_request(&words));
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, RequestRejected);
    assert!(fault.message.contains("red"), "{fault:?}");
    assert!(
        !fault.message.chars().any(|c| c.is_control() && c != '\n'),
        "{fault:?}"
    );
    assert!(
        fault.message.len() < 2000,
        "{} bytes of message",
        fault.message.len()
    );
}

#[tokio::test]
async fn a_gateway_that_repeats_the_token_does_not_get_it_into_a_fault() {
    let rig = Rig::new().await;
    let words = format!("bad token {}", openclaw_tests::rig::TOKEN);
    rig.gateway.push(Scene::bad_request(&words));
    let fault = rig.say("hi").await.unwrap_err();
    assert!(
        !format!("{fault:?}").contains(openclaw_tests::rig::TOKEN),
        "{fault:?}"
    );
}
