//! A session whose output nobody reads goes on taking requests, and ends; nothing is lost to whoever reads late.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use openclaw_fake_gateway::{Answer, ClosedBy, Gate};

use crate::support::{Gateway, LIMIT};

#[test]
fn cancel_and_quit_are_obeyed_while_nobody_reads_the_output() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    // More than any pipe holds.
    let answer = (0..1000).fold(Answer::new(), |answer, _| answer.delta(&"x".repeat(4096)));
    gateway.push(answer.hold(&gate));
    let mut command = gateway.program(["session"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
    let mut ready = String::new();
    stdout.read_line(&mut ready).unwrap();
    assert!(ready.contains("\"ready\""), "{ready}");
    writeln!(stdin, r#"{{"id": 1, "op": "ask", "text": "hi"}}"#).unwrap();
    gateway.wait(async |_| gate.reached().await);
    // The component has had all of it by now, or will have; the pipe has long been full.
    for line in [
        r#"{"id": 2, "op": "status"}"#,
        r#"{"id": 3, "op": "cancel", "turn": 1}"#,
    ] {
        writeln!(stdin, "{line}").unwrap();
    }
    let closed = gateway.wait(async |gateway| gateway.closed(1).await);
    assert_eq!(closed, ClosedBy::Client);
    writeln!(stdin, r#"{{"id": 4, "op": "quit"}}"#).unwrap();
    // Much of the answer is lost, which is no success.
    assert_eq!(ended(&mut child).code(), Some(1));
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.contains("output is lost"), "{said}");
}

fn ended(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(begun.elapsed() < LIMIT / 4, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn whoever_reads_after_the_end_of_the_script_loses_nothing() {
    let gateway = Gateway::start();
    let mut command = gateway.program(["session"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // Their answers are more than a pipe holds.
    let requests = 1000;
    let mut stdin = child.stdin.take().unwrap();
    for id in 0..requests {
        writeln!(stdin, r#"{{"id": {id}, "op": "status"}}"#).unwrap();
    }
    drop(stdin);
    std::thread::sleep(Duration::from_secs(2));
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.len() > 2 * (64 << 10));
    let lines = output.stdout.split(|byte| *byte == b'\n').count();
    assert_eq!(lines, requests + 2, "with ready and what follows the last");
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn it_ends_when_its_reader_has_left_though_nothing_more_is_asked() {
    let gateway = Gateway::start();
    let mut command = gateway.program(["session"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // The answer shows that nobody is there, if `ready` has not.
    let _ = writeln!(stdin, r#"{{"id": 1, "op": "status"}}"#);
    assert!(ended(&mut child).success());
    drop(stdin);
}
