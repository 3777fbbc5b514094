//! Files that the agent sends, over the wire and from a folder: the real component in the real host.

use host_shim::{Attachment, Event, FaultCode, Level, NoticeCode, Plugin, TurnRequest};
use openclaw_fake_gateway::{Answer, End, Http, Recorded, Scene, ToolShape};
use openclaw_tests::rig::{Outcome, Rig, cache_dir, config, outcome};
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and some content";

/// A turn that takes files.
fn turn() -> TurnRequest {
    TurnRequest {
        session: "Ann".to_owned(),
        level: Level::Act,
        files: true,
        ..TurnRequest::new("draw")
    }
}

fn files(outcome: &Outcome) -> Vec<Attachment> {
    let file = |event: &Event| match event {
        Event::File(file) => Some(file.clone()),
        _ => None,
    };
    outcome.events.iter().filter_map(file).collect()
}

/// A newer gateway, whose agent sends `a.png` in its next turn.
async fn sends(scene: impl Into<Scene>) -> (Rig, Outcome) {
    let rig = Rig::new().await;
    rig.gateway.set_tool_shape(ToolShape::Flat);
    let call = Answer::new().call("c1", "send_file", r#"{"path":"out/a.png"}"#);
    rig.gateway.push(call);
    rig.gateway.push(scene);
    rig.gateway.push(Scene::reply("Done."));
    let outcome = rig.run(turn()).await;
    (rig, outcome)
}

fn last_output(requests: &[Recorded]) -> String {
    let body = requests.last().and_then(|request| request.json.as_ref());
    let output = body.map(|body| body["input"][0]["output"].clone());
    output
        .unwrap_or_default()
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_file_comes_over_http_with_the_token_and_from_nowhere_else() {
    let file = Http::new(200)
        .header("Content-Type", "image/png")
        .bytes(PNG);
    let (rig, outcome) = sends(file).await;
    assert_eq!(outcome.reply().text, "Done.");
    let [file] = &files(&outcome)[..] else {
        panic!("{:?}", outcome.events)
    };
    assert_eq!(
        (file.filename.as_str(), file.media_type.as_str()),
        ("a.png", "image/png")
    );
    assert_eq!(file.data, PNG);
    let requests = rig.gateway.requests();
    let get = &requests[requests.len() - 2];
    assert_eq!(
        (get.method.as_str(), get.path.as_str()),
        (
            "GET",
            "/__openclaw__/assistant-media?source=out%2Fa.png&sessionKey=agent%3Amain%3Aopenresponses-user%3Aastr-%3D41nn"
        )
    );
    assert!(get.body.is_empty());
    assert_eq!(last_output(&requests), "sent");
}

#[tokio::test]
async fn faults_of_the_fetch_cost_a_line_and_not_the_turn() {
    let typed = |status| Http::new(status).header("Content-Type", "image/png");
    let long = vec![0; 11 << 20];
    let scenes: [(Scene, &str); 9] = [
        (typed(404).into(), "no such file"),
        (Scene::html_page(), "no such file"),
        (Scene::unauthorized(), "HTTP 401"),
        (typed(503).into(), "HTTP 503"),
        (Scene::redirect("http://127.0.0.1:1/"), "HTTP 30"),
        (Scene::reset_before_answer(), "the connection was closed"),
        (
            typed(200)
                .bytes(PNG)
                .promise_length(1 << 20)
                .then(End::Close),
            "in the middle",
        ),
        (
            typed(200).bytes(long).chunked().into(),
            "larger than the 10240 KiB",
        ),
        (Scene::wire("nonsense\r\n\r\n"), "does not speak HTTP"),
    ];
    for (scene, why) in scenes {
        let (rig, outcome) = sends(scene).await;
        assert_eq!(outcome.reply().text, "Done.", "{why}");
        assert_eq!(files(&outcome), []);
        let line = outcome.notice(NoticeCode::FileRefused).unwrap_or_default();
        assert!(
            line.contains("`out/a.png`") && line.contains(why),
            "{why}: {line}"
        );
        let output = last_output(&rig.gateway.requests());
        assert!(output.starts_with("error: File not sent"), "{output}");
        let status = rig.plugin.status().await.unwrap();
        assert_eq!(
            status.breakers.primary.map(|breaker| breaker.failures),
            Some(0)
        );
    }
}

#[tokio::test]
async fn an_older_gateways_files_come_from_the_folder_that_the_host_has() {
    let rig = Rig::new().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.png"), PNG).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("b.txt")).unwrap();
    let plugin = Plugin::builder()
        .config(config(&rig.gateway.url(), json!({})))
        .cache_dir(cache_dir())
        .workspace(folder.path())
        .build()
        .await
        .unwrap();
    let text = "Here.\n\nASTR_FILE: a.png\nASTR_FILE: b.txt";
    rig.gateway.push(Answer::text(text).runs_on());
    let outcome = outcome(plugin.ask(turn())).await;
    assert_eq!(
        (outcome.reply().text.as_str(), outcome.deltas().trim_end()),
        ("Here.", "Here.")
    );
    assert_eq!(files(&outcome)[0].data, PNG);
    assert_eq!(files(&outcome).len(), 1);
    assert!(
        outcome
            .notice(NoticeCode::FileRefused)
            .unwrap()
            .contains("`b.txt`")
    );
    assert_eq!(rig.gateway.requests().len(), 1, "nothing else is asked for");
}

#[tokio::test]
async fn a_tool_of_the_callers_may_not_have_the_name() {
    let rig = Rig::new().await;
    let mut turn = turn();
    turn.tools
        .push(openclaw_tests::rig::tool("send_file", Level::Act));
    let fault = rig.run(turn).await;
    assert_eq!(fault.fault().code, FaultCode::RequestRejected);
}
