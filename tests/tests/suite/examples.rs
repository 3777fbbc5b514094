//! The examples, against the fake gateway.

#[path = "../../../host-shim/examples/approve.rs"]
#[expect(dead_code, reason = "the test calls `run`, not `main`")]
mod approve;
#[path = "../../../host-shim/examples/ask.rs"]
#[expect(dead_code, reason = "the test calls `run`, not `main`")]
mod ask;
#[path = "../../../host-shim/examples/stream.rs"]
#[expect(dead_code, reason = "the test calls `run`, not `main`")]
mod stream;
#[path = "../../../host-shim/examples/tools.rs"]
#[expect(dead_code, reason = "the test calls `run`, not `main`")]
mod tools;

use host_shim::Config;
use openclaw_fake_gateway::{Answer, FakeGateway, Scene};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// Runs an example against a gateway that plays these scenes; returns the request bodies.
async fn play(scenes: Vec<Scene>, example: impl AsyncFnOnce(Config) -> Result) -> Vec<String> {
    let gateway = FakeGateway::start("a-token-for-examples").await.unwrap();
    scenes.into_iter().for_each(|scene| gateway.push(scene));
    let config = Config {
        gateway_primary_url: gateway.url(),
        gateway_bearer_token: "a-token-for-examples".into(),
        ..Config::default()
    };
    example(config).await.unwrap();
    assert_eq!(gateway.scenes_left(), 0);
    let body = |request: openclaw_fake_gateway::Recorded| String::from_utf8(request.body).unwrap();
    gateway.turns().into_iter().map(body).collect()
}

#[tokio::test]
async fn approve_runs_the_tool_after_a_yes_only() {
    let answers: [(fn() -> bool, _); 2] = [(|| true, "deleted: "), (|| false, "not ")];
    for (yes, told) in answers {
        let call = Answer::new().call("c1", "delete", r#"{"name":"draft.txt"}"#);
        let scenes = vec![call.into(), Scene::reply("Done.")];
        let asked = play(scenes, async |config| approve::run(config, yes).await).await;
        assert!(asked[1].contains(told), "{asked:?}");
    }
}

#[tokio::test]
async fn ask_prints_a_reply() {
    let asked = play(vec![Scene::reply("Nothing.")], ask::run).await;
    assert!(asked[0].contains("What is new?"), "{asked:?}");
}

#[tokio::test]
async fn stream_prints_deltas() {
    let scene = Answer::new().delta("No").delta("thing.").usage(3, 2);
    let asked = play(vec![scene.into()], stream::run).await;
    assert!(asked[0].contains("What is new?"), "{asked:?}");
}

#[tokio::test]
async fn tools_answers_the_model() {
    let call = Answer::new().call("c1", "temperature", r#"{"city":"Beijing"}"#);
    let asked = play(vec![call.into(), Scene::reply("21 °C.")], tools::run).await;
    assert!(asked[1].contains(r#"\"celsius\":21"#), "{asked:?}");
}
