//! Texts, JSON and exit codes are those of the host shim: both are run, and what they leave is
//! compared.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use openclaw_fake_gateway::{Answer, End, FakeGateway, Http, Scene};
use openclaw_tests::program::{Ran, TOKEN};
use openclaw_tests::released::{HOST_SHIM, own_folder};

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

    /// Runs both and compares all that they leave; what the command over WASI left.
    async fn same(&self, arguments: &[&str]) -> Ran {
        let native = self.native(arguments).await;
        let wasi = self.wasi(arguments).await;
        assert_eq!(wasi.code, native.code, "{arguments:?}: {wasi:?} {native:?}");
        assert_eq!(masked(&wasi.out), masked(&native.out), "{arguments:?}");
        assert_eq!(masked(&wasi.err), masked(&native.err), "{arguments:?}");
        wasi
    }

    /// Runs both; that both refuse the arguments in this language, each in words of its own.
    async fn refused(&self, arguments: &[&str], error: &str) {
        for ran in [self.native(arguments).await, self.wasi(arguments).await] {
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
            assert!(ran.err.starts_with(error), "{arguments:?}: {ran:?}");
        }
    }
}

/// A text without what may differ: the available memory of two moments, the gateway's ids of two
/// answers, the flags that only the host shim has, and where a host cuts the deltas.
fn masked(text: &str) -> String {
    let flags = [
        "--gateway-url, ",
        "--backup-url, ",
        "--agent, ",
        "--token-file, ",
    ];
    let text = flags
        .iter()
        .fold(text.to_owned(), |text, flag| text.replace(flag, ""))
        .replace("\"}\n{\"id\":1,\"event\":\"delta\",\"text\":\"", "");
    [
        ("", " MiB available of "),
        ("", " of "),
        ("可用 ", " MiB，共 "),
        ("可用内存 ", " MiB，共 "),
        ("\"available_mib\":", ","),
        ("\"resp_", "\""),
    ]
    .iter()
    .fold(text, |text, (before, after)| {
        without_numbers(&text, before, after)
    })
}

/// The text with `#` for every number between these.
fn without_numbers(text: &str, before: &str, after: &str) -> String {
    let (mut done, mut rest) = (String::new(), text);
    while let Some(digit) = rest.find(|c: char| c.is_ascii_digit()) {
        let (start, number) = rest.split_at(digit);
        let end = number.find(|c: char| !c.is_ascii_digit());
        let (number, behind) = number.split_at(end.unwrap_or(number.len()));
        done += start;
        let masked = done.ends_with(before) && behind.starts_with(after);
        done += if masked { "#" } else { number };
        rest = behind;
    }
    done + rest
}

#[test]
fn only_what_may_differ_is_masked() {
    for (text, expected) in [
        ("300 MiB available of 999 MiB", "# MiB available of 999 MiB"),
        ("300 of 999 MiB available", "# of 999 MiB available"),
        ("可用 300 MiB，共 999 MiB", "可用 # MiB，共 999 MiB"),
        (
            r#"{"available_mib":300,"total_mib":999}"#,
            r#"{"available_mib":#,"total_mib":999}"#,
        ),
        (r#"{"response_id":"resp_7"}"#, r#"{"response_id":"resp_#"}"#),
        ("401, 7 s, L1", "401, 7 s, L1"),
    ] {
        assert_eq!(masked(text), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_of_a_turn_is_shown_as_the_host_shim_shows_it() {
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
            &["--locale", "zh", "ask", "--json", "hello"],
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
async fn notices_are_the_host_shims() {
    let (gone, gateway) = (
        FakeGateway::start(TOKEN).await.unwrap(),
        FakeGateway::start(TOKEN).await.unwrap(),
    );
    gone.stop().await;
    let (gone, url) = (gone.url(), gateway.url());
    let failed_over = Given {
        environment: &[("OPENCLAW_GATEWAY_BACKUP_URL", &url)],
        ..Given::gateway(&gone)
    };
    gateway.answer_everything_with(Scene::from(Answer::new().delta("a").final_text("b")));
    for arguments in [
        &["ask", "a"][..],
        &["ask", "--json", "a"],
        &["ask", "--locale", "zh", "--level", "L2", "a"],
    ] {
        let ran = failed_over.same(arguments).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        let notices = ran.out.matches("\"notice\"").count() + ran.err.matches("· ").count();
        assert!(
            notices >= 2,
            "no notice of the backup and the correction: {ran:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_and_input_are_shown_as_the_host_shim_shows_them() {
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
        ran.failed(2, &["错误[config_invalid]", name, "  处理："]);
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
    // What is wrong with arguments is said in other words, as the grammars are two.
    let nothing = Given::gateway(&url);
    assert_eq!(nothing.native(&[]).await.code, 2);
    nothing.wasi(&[]).await.failed(2, &["error: "]);
    for arguments in [
        &["sing"][..],
        &["ask", "--level", "L7", "a"],
        &["ask", "--loud", "a"],
        &["status", "now"],
        &["status", "--heavy"],
        &["--locale", "fr", "status"],
        &["ask", "--session"],
    ] {
        let given = Given::gateway(&url);
        given.refused(arguments, "error: ").await;
        let chinese = [&["--locale", "zh"], arguments].concat();
        if !arguments.contains(&"--locale") {
            given.refused(&chinese, "错误：").await;
        }
    }
    assert!(gateway.requests().is_empty(), "something was asked");
}
