//! A session whose output nobody reads goes on taking requests, and ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
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
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < LIMIT / 4, "it does not quit");
        std::thread::sleep(Duration::from_millis(10));
    }
}
