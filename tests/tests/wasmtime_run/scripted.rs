//! The command against a scripted gateway.

use std::io::Read as _;

use host_shim::Plugin;
use host_shim::scripted::{Answer, Gate, Scene, ScriptedGateway};
use openclaw_tests::rig::within;
use serde_json::Value;

use crate::command::{Run, TOKEN};

async fn gateway() -> ScriptedGateway {
    ScriptedGateway::start(TOKEN).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ask_streams_the_answer_while_it_comes() {
    let gateway = gateway().await;
    let gate = Gate::new();
    gateway.push(Answer::new().delta("One").hold(&gate).delta(" moment"));
    let mut child = Run::at(&gateway.url())
        .command(&["ask", "ping"])
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let early = within(tokio::task::spawn_blocking(move || {
        let mut early = [0; 3];
        out.read_exact(&mut early).unwrap();
        (early, out)
    }));
    let (early, mut out) = early.await.unwrap();
    assert_eq!(&early, b"One", "the answer must be shown before its end");
    gate.open();
    let mut rest = String::new();
    let rest = within(tokio::task::spawn_blocking(move || {
        out.read_to_string(&mut rest).unwrap();
        rest
    }));
    assert_eq!(rest.await.unwrap(), " moment\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let turns = gateway.turns();
    assert_eq!(turns.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ask_reads_stdin_and_prints_json_lines() {
    let gateway = gateway().await;
    gateway.push(Answer::new().delta("a").delta("b").usage(3, 4));
    let ran = Run::at(&gateway.url())
        .input("什么？".as_bytes())
        .run(&["ask", "--json", "-"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.json();
    assert_eq!(lines[0]["event"], "delta");
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "completed");
    assert_eq!(last["text"], "ab");
    assert_eq!(last["level"], "L0");
    assert_eq!(last["gateway"], "primary");
    assert_eq!(last["usage"]["output_tokens"], 4);
    let asked = &gateway.turns()[0];
    assert!(
        asked.json.as_ref().unwrap().to_string().contains("什么？"),
        "{asked:?}"
    );
}

/// Exit codes are those of `host-shim`: one table, [`openclaw_plugin::exit`].
#[tokio::test(flavor = "multi_thread")]
async fn faults_have_their_exit_code_cause_and_remedy() {
    let gateway = gateway().await;
    let url = gateway.url();

    let ran = Run::at(&url)
        .variable("OPENCLAW_GATEWAY_TOKEN", "another")
        .run(&["ask", "a"])
        .await;
    ran.failed(
        10,
        &["error[auth_failed]", "HTTP 401", "  cause: ", "  remedy: "],
    );
    let ran = Run::at(&url)
        .variable("OPENCLAW_GATEWAY_TOKEN", "another")
        .variable("LANG", "zh_CN.UTF-8")
        .run(&["ask", "a"])
        .await;
    ran.failed(10, &["错误[auth_failed]", "处理"]);

    for (scene, code, name) in [
        (
            Scene::endpoint_off(),
            11,
            "responses_endpoint_not_enabled_or_not_found",
        ),
        // The stock program does not tell this from an answer that breaks the rules of HTTP; the
        // host shim does, and gives `network_or_unreachable`.
        (Scene::close_before_answer(), 18, "protocol_error"),
        (
            Answer::new().delta("half").unfinished().into(),
            13,
            "stream_interrupted",
        ),
        (
            Answer::provider_failed().into(),
            15,
            "model_provider_failed",
        ),
        (Scene::rate_limited(Some(7)), 17, "rate_limited"),
        (
            Scene::html_page(),
            11,
            "responses_endpoint_not_enabled_or_not_found",
        ),
        (Scene::bad_request("no such thing"), 20, "request_rejected"),
    ] {
        gateway.answer_everything_with(scene);
        let ran = Run::at(&url).run(&["ask", "a"]).await;
        ran.failed(code, &[&format!("error[{name}]")]);
        let json = Run::at(&url).run(&["ask", "--json", "a"]).await;
        assert_eq!(json.code, code);
        assert_eq!(json.json().last().unwrap()["code"], name, "{json:?}");
    }
    gateway.stop().await;
    Run::at(&url)
        .run(&["ask", "a"])
        .await
        .failed(12, &["error[network_or_unreachable]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_and_arguments_are_named_before_anything_is_sent() {
    let gateway = gateway().await;
    let url = gateway.url();
    for (run, arguments, says) in [
        (
            Run::at("ftp://a"),
            &["ask", "a"][..],
            "OPENCLAW_GATEWAY_URL",
        ),
        (Run::at(""), &["ask", "a"], "gateway_primary_url"),
        (
            Run::at(&url).variable("OPENCLAW_GATEWAY_TOKEN", "changeme"),
            &["ask", "a"],
            "placeholder",
        ),
        (
            Run::at(&url).variable("OPENCLAW_GATEWAY_AGENT_ID", "A B"),
            &["status"],
            "gateway_agent_id",
        ),
        (Run::at(&url), &["sing"], "ask, status and diagnose"),
        (
            Run::at(&url),
            &["ask", "--level", "L7", "a"],
            "L0, L1, L2, L3 and L4",
        ),
        (Run::at(&url).input(b"\xff"), &["ask"], "UTF-8"),
    ] {
        run.run(arguments).await.failed(2, &[says]);
    }
    assert!(gateway.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnose_succeeds_only_if_all_is_well() {
    let gateway = gateway().await;
    let ran = Run::at(&gateway.url()).run(&["diagnose", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let diagnosis = &ran.json()[0];
    assert_eq!(diagnosis["ok"], true);
    let names: Vec<&Value> = diagnosis["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| &check["name"])
        .collect();
    assert_eq!(
        names,
        [
            "config",
            "memory",
            "breaker-primary",
            "reach-primary",
            "token-primary"
        ]
    );

    let ran = Run::at(&gateway.url())
        .variable("OPENCLAW_GATEWAY_TOKEN", "another")
        .run(&["diagnose"])
        .await;
    assert_eq!(ran.code, 10, "{ran:?}");
    assert!(
        ran.out.contains("WRONG token-primary [auth_failed]"),
        "{ran:?}"
    );
    assert!(
        gateway.turns().is_empty(),
        "the diagnosis cost a model call"
    );
}

/// The same keys of the same types, so that a script need not know which of the two it runs.
#[tokio::test(flavor = "multi_thread")]
async fn the_json_reports_have_the_form_of_the_host_shims() {
    let gateway = gateway().await;
    let plugin = Plugin::builder()
        .config(
            host_shim::Config::loader()
                .set("gateway_primary_url", gateway.url())
                .and_then(|loader| loader.set("gateway_bearer_token", TOKEN))
                .and_then(|loader| loader.finish())
                .unwrap(),
        )
        .cache_dir(openclaw_tests::rig::cache_dir())
        .build()
        .await
        .unwrap();
    let run = || Run::at(&gateway.url());

    let status = serde_json::to_value(within(plugin.status()).await.unwrap()).unwrap();
    same_form(
        "status",
        &status,
        &run().run(&["status", "--json"]).await.json()[0],
    );
    let diagnosis = serde_json::to_value(within(plugin.diagnose(None)).await.unwrap()).unwrap();
    same_form(
        "diagnosis",
        &diagnosis,
        &run().run(&["diagnose", "--json"]).await.json()[0],
    );
    let reply = within(plugin.ask(host_shim::TurnRequest::new("a")).reply())
        .await
        .unwrap();
    let mut ended = run()
        .run(&["ask", "--json", "a"])
        .await
        .json()
        .pop()
        .unwrap();
    let fields = ended.as_object_mut().unwrap();
    assert_eq!(fields.remove("id"), Some(1.into()));
    assert_eq!(fields.remove("event"), Some("completed".into()));
    same_form("completed", &serde_json::to_value(reply).unwrap(), &ended);
}

/// Equal but for numbers and texts.
#[track_caller]
fn same_form(place: &str, native: &Value, wasi: &Value) {
    match (native, wasi) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = |map: &serde_json::Map<String, Value>| {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(one), keys(other), "{place}");
            for (key, value) in one {
                same_form(&format!("{place}.{key}"), value, &other[key]);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{place}");
            for (value, with) in one.iter().zip(other) {
                same_form(place, value, with);
            }
        }
        (Value::Number(_), Value::Number(_)) | (Value::String(_), Value::String(_)) => {}
        (one, other) => assert_eq!(one, other, "{place}"),
    }
}
