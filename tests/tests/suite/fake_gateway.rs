//! The fake gateway against the recordings of the real one: what it refuses by itself, it
//! refuses in the same words.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use openclaw_fake_gateway::{Answer, End, FakeGateway, Gate, Scene};
use openclaw_tests::transcript::{Recording, recorded_request};
use serde_json::Value;

/// Sends recorded bytes on a connection of their own and reads the answer.
fn exchange(port: u16, request: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    exchange_on(&mut stream, request)
}

/// Sends recorded bytes and reads the answer to the end of its `Content-Length`.
fn exchange_on(stream: &mut TcpStream, request: &[u8]) -> (u16, Vec<u8>) {
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_what_2026_2_9_refused_in_the_same_words() {
    let gateway = FakeGateway::start("oc-test-token").await.unwrap();
    let names = [
        "01_no_token",
        "02_wrong_token",
        "02b_no_bearer_prefix",
        "02c_no_token_bad_json",
        "06_method_DELETE",
        "06_method_GET",
        "06_method_PUT",
        "07b_empty_body",
        "08_missing_input",
        "08b_missing_model",
        "08c_empty_input",
        "08e_only_system",
        "08f_no_type_message",
        "08g_unknown_key",
        "24_flat_tool",
        "24c_tool_strict_key_outer",
        "30b_image_openai_style",
        "30c_image_url_loopback",
        "30e_image_bmp",
        "30f_image_only_no_text",
        "71_ui_POST_chat",
        "71_ui_POST_v1_responses_slash",
        "82c_query_token",
    ];
    for name in names {
        let recording = Recording::load("2026.2.9", name);
        let (status, body) = exchange(gateway.port(), &recorded_request("2026.2.9", name));
        assert_eq!(status, recording.status, "{name}");
        let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
        assert_eq!(text(&body), text(&recording.body), "{name}");
    }
    assert!(gateway.turns().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_what_2026_2_9_took_and_answers_in_the_same_shape() {
    let gateway = FakeGateway::start("oc-test-token").await.unwrap();
    let names = [
        "03_simple_nonstream",
        "08i_no_content_type",
        "10_model_main",
        "20_tool_nonstream",
        "20b_fco_only_same_user",
        "20d_fco_full_input",
        "24b_tool_strict_key_inner",
        "25d_tool_choice_fn_nested",
        "26_instructions",
        "26b_system_msg",
        "30d_image_bad_b64",
        "31_file_b64",
        "60c_prev_1",
        "71_ui_POST_v1_responses_query",
        "81_chunked_request",
        "82d_lower_bearer",
    ];
    for name in names {
        let recording = Recording::load("2026.2.9", name);
        let (status, body) = exchange(gateway.port(), &recorded_request("2026.2.9", name));
        assert_eq!(status, 200, "{name}: {}", String::from_utf8_lossy(&body));
        let ours: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            shape(&ours),
            shape(&recording.response().unwrap()),
            "{name}"
        );
    }
    assert_eq!(gateway.turns().len(), names.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn its_streams_have_the_events_of_2026_2_9_in_the_same_shape() {
    let gateway = FakeGateway::start("oc-test-token").await.unwrap();
    let pieces = ["PONG", " from", " fake", " upstream", "."];
    // The newer version reports details of the usage.
    gateway.push(
        pieces
            .into_iter()
            .fold(Answer::new().runs_on(), Answer::delta),
    );
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.port())).unwrap();
    stream
        .write_all(&recorded_request("2026.2.9", "04_simple_stream"))
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n0\r\n\r\n") {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).unwrap();
        assert!(read > 0, "the stream ended early");
        answer.extend_from_slice(&some[..read]);
    }
    let recorded = Recording::load("2026.2.9", "04_simple_stream").wire;
    assert_eq!(events(&answer), events(&recorded));
}

/// Every line of a chunked stream, with JSON reduced to its shape. Each line has a chunk of its
/// own, here and in the recording.
fn events(wire: &[u8]) -> Vec<Value> {
    let line = |line: &str| match line.strip_prefix("data: {") {
        Some(json) => shape(&serde_json::from_str(&format!("{{{json}")).unwrap()),
        None => line.into(),
    };
    let text = String::from_utf8_lossy(wire);
    text.lines()
        .filter(|l| l.starts_with("event: ") || l.starts_with("data: "))
        .map(line)
        .collect()
}

/// The keys of a JSON value at every depth, without what is in it.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => 0.into(),
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scene_is_over_when_what_it_closes_is_closed() {
    let gateway = FakeGateway::start("oc-test-token").await.unwrap();
    let before_the_end = Gate::new();
    gateway.push(
        Scene::wire("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            .and_hold(&before_the_end)
            .then(End::Close),
    );
    let request = recorded_request("2026.2.9", "03_simple_nonstream");
    // A client that leaves would end the scene.
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.port())).unwrap();
    let (status, _) = exchange_on(&mut stream, &request);
    assert_eq!(status, 200);
    let mut answered = std::pin::pin!(gateway.answered());
    before_the_end.reached().await;
    assert!(futures::poll!(&mut answered).is_pending());
    before_the_end.open();
    answered.await;
    assert_eq!(gateway.open_connections(), 0);
}
