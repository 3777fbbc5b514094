//! The command against a fake gateway.

use std::io::{BufRead as _, BufReader, Read as _};

use openclaw_fake_gateway::{Answer, ClosedBy, FakeGateway, Gate};
use openclaw_tests::program::{Ran, TOKEN};
use openclaw_tests::rig::within;
use serde_json::Value;

use super::command::{Run, finish, wasmtime_run};

async fn gateway() -> FakeGateway {
    FakeGateway::start(TOKEN).await.unwrap()
}

// Without --json a pipe gets the text once, when it is final.
#[tokio::test(flavor = "multi_thread")]
async fn ask_streams_the_answer_while_it_comes() {
    let gateway = gateway().await;
    let gate = Gate::new();
    gateway.push(Answer::new().delta("One").hold(&gate).delta(" moment"));
    let mut child = Run::at(&gateway.url())
        .command(&["ask", "--json", "ping"])
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let early = within(tokio::task::spawn_blocking(move || {
        let mut early = String::new();
        out.read_line(&mut early).unwrap();
        (early, out)
    }));
    let (early, mut out) = early.await.unwrap();
    assert!(
        early.contains(r#""One""#),
        "the answer must be shown before its end: {early}"
    );
    gate.open();
    let mut rest = String::new();
    let rest = within(tokio::task::spawn_blocking(move || {
        out.read_to_string(&mut rest).unwrap();
        rest
    }));
    let rest = rest.await.unwrap();
    assert!(
        rest.contains(r#"" moment""#) && rest.contains(r#""One moment""#),
        "{rest}"
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_can_be_given_one_by_one() {
    let gateway = gateway().await;
    gateway.push(Answer::text("pong"));
    let mut command = wasmtime_run(&[
        "-S",
        "http",
        "--env",
        "OPENCLAW_GATEWAY_URL",
        "--env",
        "OPENCLAW_GATEWAY_TOKEN",
    ]);
    command
        .args(["ask", "ping"])
        .env("OPENCLAW_GATEWAY_URL", gateway.url())
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN);
    let ran = finish(command, Vec::new()).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "pong\n"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_leaves_ends_it_quietly_and_closes_the_connection() {
    let gateway = gateway().await;
    let gate = Gate::new();
    gateway.push(
        Answer::new()
            .delta("One")
            .hold(&gate)
            // More than a pipe holds: see the same test in tests/cli/ask.rs.
            .delta(&"two".repeat(100_000))
            .hold(&Gate::new()),
    );
    let mut child = Run::at(&gateway.url())
        .command(&["ask", "--json", "go"])
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    within(tokio::task::spawn_blocking(move || {
        out.read_exact(&mut [0; 3]).unwrap();
    }))
    .await
    .unwrap();
    gate.open();
    let ended = within(tokio::task::spawn_blocking(move || {
        Ran::from(child.wait_with_output().unwrap())
    }));
    let ran = ended.await.unwrap();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(within(gateway.closed(1)).await, ClosedBy::Client);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_is_asked_where_the_first_cannot_be() {
    let (primary, backup) = (gateway().await, gateway().await);
    let url = primary.url();
    primary.stop().await;
    backup.push(Answer::text("from the backup"));
    let ran = Run::at(&url)
        .variable("OPENCLAW_GATEWAY_BACKUP_URL", &backup.url())
        .run(&["ask", "--json", "a"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.json();
    assert_eq!(lines[0]["code"], "failed_over", "{lines:?}");
    assert_eq!(lines.last().unwrap()["gateway"], "backup");
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
            "levels",
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
        ran.out.contains("✗ token-primary    auth_failed: "),
        "{ran:?}"
    );
    assert!(
        gateway.turns().is_empty(),
        "the diagnosis cost a model call"
    );
}
