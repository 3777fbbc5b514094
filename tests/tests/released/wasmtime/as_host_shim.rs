//! Texts, JSON and exit codes are those of the host shim: both are run, and what they leave is
//! compared.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use openclaw_fake_gateway::{Answer, End, FakeGateway, Http, Scene};
use openclaw_tests::program::{Ran, TOKEN};
use openclaw_tests::released::{HOST_SHIM, own_folder};
use serde_json::Value;

use super::command::{Run, finish};

/// The host shim's home: it keeps the compiled component there.
static HOME: LazyLock<PathBuf> = LazyLock::new(|| own_folder("home"));

/// What both are given beside the arguments.
struct Given<'a> {
    gateway: &'a str,
    environment: &'a [(&'static str, &'a str)],
    input: &'a [u8],
}

impl<'a> Given<'a> {
    fn gateway(gateway: &'a str) -> Self {
        Self {
            gateway,
            environment: &[],
            input: b"",
        }
    }

    async fn native(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(&*HOST_SHIM);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &*HOME)
            .env("OPENCLAW_GATEWAY_URL", self.gateway)
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
            .envs(self.environment.iter().copied())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        finish(command, self.input.to_vec()).await
    }

    async fn wasi(&self, arguments: &[&str]) -> Ran {
        let run = Run::at(self.gateway).input(self.input);
        let run = self
            .environment
            .iter()
            .fold(run, |run, (name, value)| run.variable(name, value));
        run.run(arguments).await
    }

    /// Runs both and compares; what the command over WASI left.
    async fn same(&self, arguments: &[&str]) -> Ran {
        let native = self.native(arguments).await;
        let wasi = self.wasi(arguments).await;
        assert_eq!(wasi.code, native.code, "{arguments:?}: {wasi:?} {native:?}");
        if arguments.contains(&"--json") {
            let json = |ran: &Ran| ran.json().into_iter().map(told).collect::<Vec<_>>();
            assert_eq!(json(&wasi), json(&native), "{arguments:?}");
        } else {
            assert_eq!(told_text(&wasi.out), told_text(&native.out));
        }
        assert_eq!(told_text(&wasi.err), told_text(&native.err));
        wasi
    }
}

/// A text without what only the host shim has (flags that set something, attachments, its own
/// name), and without numbers: memory and the gateway's ids are never the same twice.
fn told_text(text: &str) -> String {
    let mut text = text.to_owned();
    for only_native in [
        "--gateway-url, ",
        "--backup-url, ",
        "--agent, ",
        ", --token-file",
        ", or send it with --attach",
        "，或用 --attach 发送",
        "host-shim ",
    ] {
        text = text.replace(only_native, "");
    }
    text.replace(|c: char| c.is_ascii_digit(), "")
}

/// Likewise for JSON, whose keys and types stay.
fn told(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| match key.as_str() {
                "available_mib" => (key, Value::from(value.is_u64())),
                _ => (key, told(value)),
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(told).collect(),
        Value::String(text) => told_text(&text).into(),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_of_a_turn_is_told_as_the_host_shim_tells_it() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let url = gateway.url();
    for (scene, code) in [
        (Scene::reply("pong, 你好"), 0),
        (Answer::new().delta("a line\n").into(), 0),
        (Answer::new().delta("a").final_text("b").into(), 0),
        (Scene::endpoint_off(), 11),
        (Scene::html_page(), 11),
        (
            Scene::from(Answer::new().delta("half").unfinished()).then(End::Close),
            13,
        ),
        (
            Scene::from(Answer::new().delta("half").unfinished()).then(End::Reset),
            13,
        ),
        (Answer::provider_failed().into(), 15),
        (Http::new(503).text("oh").into(), 16),
        (Scene::rate_limited(Some(7)), 17),
        (Scene::rate_limited(None), 17),
        (Http::new(200).text("?").into(), 18),
        (Scene::bad_request("no such thing"), 20),
        (Http::new(413).text("too much").into(), 21),
    ] {
        gateway.answer_everything_with(scene.clone());
        for arguments in [
            &["ask", "hello"][..],
            &["ask", "--json", "hello"],
            &["--locale", "zh", "ask", "hello"],
        ] {
            let ran = Given::gateway(&url).same(arguments).await;
            assert_eq!(ran.code, code, "{scene:?}: {ran:?}");
        }
    }
    gateway.answer_everything_with(None);
    let wrong = Given {
        environment: &[("OPENCLAW_GATEWAY_TOKEN", "another")],
        ..Given::gateway(&url)
    };
    for arguments in [&["ask", "a"][..], &["diagnose"], &["diagnose", "--json"]] {
        assert_eq!(wrong.same(arguments).await.code, 10);
    }
    gateway.stop().await;
    for arguments in [&["ask", "a"][..], &["diagnose"], &["diagnose", "--json"]] {
        assert_eq!(Given::gateway(&url).same(arguments).await.code, 12);
    }
}

/// The stock program reports a connection that ends before the answer and an answer that breaks
/// the rules of HTTP by one and the same error code; the host shim keeps them apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_before_the_answer_is_the_one_difference() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let url = gateway.url();
    let given = Given::gateway(&url);
    for scene in [Scene::close_before_answer(), Scene::reset_before_answer()] {
        gateway.answer_everything_with(scene);
        assert_eq!(given.native(&["ask", "a"]).await.code, 12);
        assert_eq!(given.wasi(&["ask", "a"]).await.code, 18);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_the_host_shims() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let url = gateway.url();
    let reports = [
        &["status"][..],
        &["status", "--json"],
        &["status", "--locale", "zh"],
        &["diagnose"],
        &["diagnose", "--json"],
        &["diagnose", "--locale=zh"],
    ];
    for arguments in reports {
        let ran = Given::gateway(&url).same(arguments).await;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let backup = Given {
        environment: &[("OPENCLAW_GATEWAY_BACKUP_URL", "http://127.0.0.1:9")],
        ..Given::gateway(&url)
    };
    for arguments in [&["status"][..], &["diagnose"]] {
        backup.same(arguments).await;
    }
    for missing in ["OPENCLAW_GATEWAY_URL", "OPENCLAW_GATEWAY_TOKEN"] {
        let nothing = Given {
            environment: &[(missing, "")],
            ..Given::gateway(&url)
        };
        for arguments in reports {
            nothing.same(arguments).await;
        }
    }
    assert!(gateway.turns().is_empty(), "a report cost a model call");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_and_input_are_told_as_the_host_shim_tells_them() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let url = gateway.url();
    for (name, value) in [
        ("OPENCLAW_GATEWAY_URL", "ftp://a"),
        ("OPENCLAW_GATEWAY_URL", "http://a/path"),
        ("OPENCLAW_GATEWAY_URL", ""),
        ("OPENCLAW_GATEWAY_BACKUP_URL", "b"),
        ("OPENCLAW_GATEWAY_TOKEN", "changeme"),
        ("OPENCLAW_GATEWAY_TOKEN", "with blank"),
        ("OPENCLAW_GATEWAY_TOKEN", ""),
        ("OPENCLAW_GATEWAY_AGENT_ID", "A B"),
    ] {
        let given = Given {
            environment: &[(name, value)],
            ..Given::gateway(&url)
        };
        let ran = given.same(&["ask", "a"]).await;
        ran.failed(2, &["error[config_invalid]", name, "  remedy: "]);
        let ran = given.same(&["--locale", "zh", "ask", "--json", "a"]).await;
        ran.failed(2, &["错误[config_invalid]", name, "  处理: "]);
    }
    for (input, arguments) in [
        (&b"a\xff"[..], &["ask"][..]),
        (b"a\xff", &["ask", "-", "--locale", "zh"]),
        (b" \n", &["ask"]),
        (b"", &["ask", ""]),
        (b"", &["ask", "--locale=zh"]),
        (&vec![b'a'; (20 << 20) + 1], &["ask"]),
    ] {
        let given = Given {
            input,
            ..Given::gateway(&url)
        };
        assert_eq!(given.same(arguments).await.code, 2);
    }
    // What is wrong with arguments is told in other words, as the grammars are two.
    for arguments in [
        &["sing"][..],
        &["ask", "--level", "L7", "a"],
        &["ask", "--loud", "a"],
        &["status", "now"],
        &["status", "--heavy"],
        &["--locale", "fr", "status"],
        &["ask", "--session"],
        &[],
    ] {
        let given = Given::gateway(&url);
        let native = given.native(arguments).await;
        let wasi = given.wasi(arguments).await;
        assert_eq!((wasi.code, native.code), (2, 2), "{arguments:?}");
        assert!(
            wasi.err.starts_with("error: ") && wasi.out.is_empty(),
            "{wasi:?}"
        );
    }
    assert!(gateway.requests().is_empty(), "something was asked");
}
