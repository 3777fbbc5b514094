//! `host-shim ask`: one turn, its texts and its exit code.

use std::io::{BufRead as _, BufReader, Read as _};

use openclaw_fake_gateway::{Answer, ClosedBy, Gate, Scene};
use serde_json::json;

use crate::support::{Gateway, Ran, file, run, run_with_input};

#[test]
fn the_answer_and_nothing_else_goes_to_stdout() {
    let gateway = Gateway::start();
    gateway.push(Scene::reply("你好, dear user."));
    let ran = run(gateway.program(["ask", "hello", "there"]));
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "你好, dear user.\n", "")
    );
    let asked = gateway.turns().pop().unwrap().json.unwrap();
    assert!(asked.to_string().contains("hello there"), "{asked}");
}

#[test]
fn as_json_every_delta_is_there_before_the_next_one_comes() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    gateway.push(Answer::new().delta("First.\n").hold(&gate).delta("Second."));
    let mut child = gateway.program(["ask", "--json", "go"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("First."), "{line}");
    gate.open();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Second."), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

// Report F8: the final text is not what was streamed (mlx-node/mlx-node#45: deltas that are not what the final event says).
#[test]
fn in_a_pipe_the_final_text_is_printed_once_whatever_the_deltas_were() {
    for (deltas, text) in [
        (&["One ", "One ", "two"][..], "One two"),
        (&["tag>ok</tag>"], "<tag>ok</tag>"),
        (&["longer than this"], "longer"),
        (&["the same"], "the same"),
        (&[], "nothing streamed"),
        (&["Привет, ", "мир\n"], "你好\n"),
    ] {
        let gateway = Gateway::start();
        let answer = deltas
            .iter()
            .fold(Answer::new(), |answer, delta| answer.delta(delta));
        gateway.push(answer.final_text(text));
        let ran = run(gateway.program(["ask", "go"]));
        let expected = format!("{}\n", text.trim_end());
        assert_eq!((ran.code, ran.out), (0, expected), "{deltas:?}");
    }
}

#[test]
fn the_text_may_come_from_stdin() {
    for arguments in [&["ask"][..], &["ask", "-"]] {
        let gateway = Gateway::start();
        let ran = run_with_input(gateway.program(arguments), "来自标准输入\n".as_bytes());
        assert_eq!(ran.code, 0, "{ran:?}");
        let asked = gateway.turns().pop().unwrap().json.unwrap().to_string();
        assert!(asked.contains("来自标准输入"), "{asked}");
    }
}

#[test]
fn session_instructions_and_attachments_reach_the_gateway() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let pdf = file(folder.path(), "paper", b"%PDF-1.7\n");
    let notes = file(folder.path(), "notes.md", "# 标题".as_bytes());
    let ask = |session: &str| {
        let arguments = [
            "ask",
            "--session",
            session,
            "--instructions",
            "Be brief.",
            "sum up",
        ];
        let mut command = gateway.program(arguments);
        command.args(["--attach", &pdf, "--attach", &notes]);
        run(command)
    };
    for session in ["one", "one", "two"] {
        let ran = ask(session);
        if ran.code == 32 {
            // This machine has too little memory for a heavy task; the refusal is tested elsewhere.
            assert!(ran.err.contains("heavy_task_refused"), "{ran:?}");
            return;
        }
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let asked: Vec<_> = gateway
        .turns()
        .into_iter()
        .map(|turn| turn.json.unwrap())
        .collect();
    assert!(
        asked[0]["instructions"]
            .as_str()
            .unwrap()
            .contains("Be brief."),
        "{}",
        asked[0]
    );
    let body = asked[0].to_string();
    assert!(
        body.contains("application/pdf") && body.contains("text/markdown"),
        "{body}"
    );
    let key = |turn: usize| gateway.turns()[turn].json.clone().unwrap()["user"].clone();
    assert_eq!(key(0), key(1));
    assert_ne!(key(1), key(2));
}

#[test]
fn json_is_the_events_of_the_session_protocol() {
    let gateway = Gateway::start();
    gateway.push(Scene::reply("one two"));
    let ran = run(gateway.program(["ask", "--json", "go"]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let lines = ran.json();
    assert!(lines.iter().all(|line| line["id"] == 1), "{lines:?}");
    let (last, deltas) = lines.split_last().unwrap();
    assert!(deltas.iter().all(|line| line["event"] == "delta"));
    let texts = deltas.iter().map(|line| line["text"].as_str().unwrap());
    assert_eq!(texts.collect::<String>(), "one two");
    assert_eq!(
        (&last["event"], &last["text"]),
        (&json!("completed"), &json!("one two"))
    );
}

/// Both languages name cause and remedy.
fn told(ran: &Ran, code: &str) {
    assert!(ran.err.contains(&format!("[{code}]")), "{ran:?}");
    let chinese = ran.err.contains("原因：") && ran.err.contains("处理：");
    let english = ran.err.contains("cause:") && ran.err.contains("remedy:");
    assert!(chinese || english, "{ran:?}");
}

#[test]
fn a_wrong_token_is_auth_failed_with_cause_and_remedy_in_both_languages() {
    let gateway = Gateway::start();
    let wrong = "wrong-token-never-shown";
    for (lang, part) in [
        ("en_US.UTF-8", "rejected the token"),
        ("zh_CN.UTF-8", "网关拒绝了令牌"),
    ] {
        let mut command = gateway.program(["ask", "hi"]);
        command
            .env("OPENCLAW_GATEWAY_TOKEN", wrong)
            .env("LANG", lang);
        let ran = run(command);
        assert_eq!((ran.code, ran.out.as_str()), (10, ""), "{ran:?}");
        told(&ran, "auth_failed");
        assert!(ran.err.contains(part), "{ran:?}");
        assert!(!ran.err.contains(wrong), "{ran:?}");
    }
    let mut command = gateway.program(["ask", "--json", "hi"]);
    command.env("OPENCLAW_GATEWAY_TOKEN", wrong);
    let ran = run(command);
    let lines = ran.json();
    assert_eq!((ran.code, lines.len()), (10, 1), "{ran:?}");
    assert_eq!(
        (&lines[0]["event"], &lines[0]["code"]),
        (&json!("fault"), &json!("auth_failed"))
    );
    assert!(!ran.out.contains(wrong), "{ran:?}");
}

#[test]
fn two_v_show_where_the_time_went() {
    let gateway = Gateway::start();
    let ran = run(gateway.program(["-vv", "ask", "never-logged"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    for span in [
        "turn{id=\"turn-1\"",
        "request{method=POST uri=http://127.0.0.1:",
    ] {
        let mut lines = ran.err.lines();
        let closed = lines.any(|line| line.contains(span) && line.contains("close time.busy="));
        assert!(closed, "{span}: {ran:?}");
    }
    assert!(!ran.err.contains("never-logged"), "{ran:?}");
}

#[test]
fn every_kind_of_failure_has_its_exit_code() {
    for (scene, code, name) in [
        (
            Scene::endpoint_off(),
            11,
            "responses_endpoint_not_enabled_or_not_found",
        ),
        (Scene::reset_before_answer(), 12, "network_or_unreachable"),
        (
            Answer::new().delta("a").unfinished().into(),
            13,
            "stream_interrupted",
        ),
        (
            Answer::provider_failed().into(),
            15,
            "model_provider_failed",
        ),
        (
            openclaw_fake_gateway::Http::new(503).text("oh").into(),
            16,
            "gateway_error",
        ),
        (Scene::rate_limited(Some(7)), 17, "rate_limited"),
        (
            openclaw_fake_gateway::Http::new(200).text("?").into(),
            18,
            "protocol_error",
        ),
        (Scene::bad_request("no such thing"), 20, "request_rejected"),
    ] {
        let gateway = Gateway::start();
        let scene = match name {
            // Without an end of the connection it would wait for more.
            "stream_interrupted" => scene.then(openclaw_fake_gateway::End::Close),
            _ => scene,
        };
        gateway.push(scene);
        let ran = run(gateway.program(["ask", "hi"]));
        assert_eq!(ran.code, code, "{name}: {ran:?}");
        told(&ran, name);
    }
    let gateway = Gateway::start();
    gateway.wait(|gateway| async move { gateway.stop().await });
    let ran = run(gateway.program(["ask", "hi"]));
    assert_eq!(ran.code, 12, "{ran:?}");
    told(&ran, "network_or_unreachable");
}

#[test]
fn the_part_that_had_arrived_stays_on_stdout() {
    let gateway = Gateway::start();
    gateway.push(
        Answer::new()
            .delta("Half")
            .unfinished()
            .then(openclaw_fake_gateway::End::Close),
    );
    let ran = run(gateway.program(["ask", "hi"]));
    assert_eq!((ran.code, ran.out.as_str()), (13, "Half\n"), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_leaves_ends_it_quietly_and_closes_the_connection() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    // Nothing is printed before the end, which never comes.
    gateway.push(Answer::new().delta("One\n").hold(&gate));
    let mut child = gateway.program(["ask", "go"]).spawn().unwrap();
    gateway.wait(|_| async move { gate.reached().await });
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
    assert_eq!(
        gateway.wait(|gateway| async move { gateway.closed(1).await }),
        ClosedBy::Client
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_turn() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    gateway.push(Answer::new().delta("One\n").hold(&gate));
    let child = gateway.program(["ask", "go"]).spawn().unwrap();
    gateway.wait(|_| async move { gate.reached().await });
    crate::support::press_ctrl_c(&child);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{ran:?}");
    told(&ran, "cancelled");
    assert_eq!(
        gateway.wait(|gateway| async move { gateway.closed(1).await }),
        ClosedBy::Client
    );
}

#[test]
fn a_backup_is_asked_where_the_first_cannot_be() {
    let (primary, backup) = (Gateway::start(), Gateway::start());
    primary.wait(|gateway| async move { gateway.stop().await });
    backup.push(Scene::reply("from the backup"));
    let url = backup.url();
    let ran = run(primary.program(["ask", "--json", "--backup-url", &url, "hi"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.json();
    assert!(
        lines.iter().any(|line| line["code"] == "failed_over"),
        "{lines:?}"
    );
    assert_eq!(lines.last().unwrap()["gateway"], "backup");
}
