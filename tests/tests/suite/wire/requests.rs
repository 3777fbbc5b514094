//! What a request looks like, and how sessions are kept apart.

use std::collections::{BTreeSet, HashMap};

use host_shim::TurnRequest;
use openclaw_fake_gateway::{Recorded, Token};
use openclaw_tests::rig::{Rig, TOKEN};

/// What the gateway makes of a request's session: it lower-cases `user`, and takes the header as
/// it is.
fn session(request: &Recorded) -> String {
    if let Some(key) = request.header("x-openclaw-session-key") {
        return format!("key {key}");
    }
    let user = request.json.as_ref().unwrap()["user"]
        .as_str()
        .expect("a session");
    format!("user {}", user.to_lowercase())
}

#[tokio::test]
async fn a_request_is_a_streamed_post_with_the_token_in_the_header_and_nowhere_else() {
    let rig = Rig::new().await;
    rig.say("hi").await.unwrap();
    let request = &rig.gateway.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v1/responses")
    );
    assert_eq!(request.token, Token::Right);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.header("host"),
        rig.gateway.url().strip_prefix("http://")
    );
    assert!(!String::from_utf8_lossy(&request.body).contains(TOKEN));
    assert!(
        request
            .headers
            .iter()
            .all(|(_, value)| !value.contains(TOKEN))
    );
    assert_eq!(request.json.as_ref().unwrap()["stream"], true);
    // No unknown key and no null: the gateway is as strict as the real one.
    assert!(request.reaches_agent);
}

#[tokio::test]
async fn the_agent_and_the_instructions_are_those_of_the_config_and_the_turn() {
    let rig = Rig::with(serde_json::json!({ "gateway_agent_id": "helper-2" })).await;
    let request = TurnRequest {
        instructions: "Answer in one word. 只答一个词。".into(),
        ..TurnRequest::new("hi")
    };
    rig.ask(request).await.unwrap();
    rig.say("hi").await.unwrap();
    let requests = rig.gateway.turns();
    for request in &requests {
        // Either is understood by both versions of the gateway.
        let model = request.json.as_ref().unwrap()["model"]
            .as_str()
            .unwrap()
            .to_owned();
        let header = request.header("x-openclaw-agent-id");
        assert!(
            header == Some("helper-2") || model.ends_with("helper-2"),
            "{request:?}"
        );
    }
    // The component may add words of its own, such as the turn's level.
    let instructions = |index: usize| {
        let body = requests[index].json.as_ref().unwrap();
        body["instructions"].as_str().unwrap_or_default().to_owned()
    };
    assert!(instructions(0).contains("Answer in one word. 只答一个词。"));
    assert!(!instructions(1).contains("one word"));
}

#[tokio::test]
async fn two_sessions_are_one_to_the_gateway_only_if_they_are_equal_byte_for_byte() {
    let sessions = [
        "",
        "a",
        "A",
        "anna",
        "Anna",
        "ANNA",
        "å",
        "Å",
        "a\u{30a}",
        "İ",
        "i\u{307}",
        "ß",
        "ẞ",
        "ss",
        "SS",
        "ſ",
        "s",
        "K",
        "k",
        "\u{212a}",
        " a",
        "a ",
        "a:b",
        "a-b",
        "a_b",
        "a=b",
        "a%3db",
        "=41",
        "group:1",
        "Group:1",
        "user",
        "x/y",
        "x\\y",
        "\n",
        "\0",
        "😀",
        "群:五",
        "a".repeat(300).leak(),
        "a".repeat(301).leak(),
    ];
    let rig = Rig::new().await;
    for session in sessions {
        let request = TurnRequest {
            session: session.to_owned(),
            ..TurnRequest::new("hi")
        };
        rig.ask(request)
            .await
            .unwrap_or_else(|fault| panic!("{session:?}: {fault:?}"));
    }
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (request, name) in rig.gateway.turns().iter().zip(sessions) {
        if let Some(other) = seen.insert(session(request), name) {
            panic!("{name:?} and {other:?} are the same session");
        }
    }
    assert_eq!(seen.len(), sessions.len());
}

#[tokio::test]
async fn one_session_has_one_key_whatever_the_turn() {
    let rig = Rig::new().await;
    for text in ["one", "two", "three"] {
        let request = TurnRequest {
            session: "Anna".to_owned(),
            ..TurnRequest::new(text)
        };
        rig.ask(request).await.unwrap();
    }
    let keys: BTreeSet<_> = rig.gateway.turns().iter().map(session).collect();
    assert_eq!(keys.len(), 1);
}
