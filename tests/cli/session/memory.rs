//! What the process takes at its peak, measured from outside.

use openclaw_fake_gateway::{Answer, Http, Scene};
use serde_json::{Value, json};

use crate::support::{Gateway, Session};

/// The peak of the process so far, in MiB.
#[cfg(target_os = "linux")]
fn peak_mib(session: &Session) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", session.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() / 1024
}

/// A stream of these events.
fn stream(events: impl IntoIterator<Item = Value>) -> Scene {
    let http = events
        .into_iter()
        .fold(Http::event_stream(), |http, event| {
            http.event(event["type"].as_str().unwrap(), &event)
        });
    http.bytes("data: [DONE]\n\n").into()
}

fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": output}})
}

// Report A6 (attack): growing a memory of 128 MiB took 244 MB. Here: the largest answer by default, and
// that a config may allow, said in deltas, in its last event only, or in every event that can say it.
#[cfg(target_os = "linux")]
#[test]
fn reading_the_largest_answer_stays_within_its_bound() {
    let text = |bytes: usize| "lorem ipsum ".repeat(bytes / 12);
    let message = |text: &str| json!([{"type": "message", "content": [{"type": "output_text", "text": text}]}]);
    // Bytes of an answer, by default and at the most, and MiB of the process.
    for (most, allowed) in [(8 << 20, 64), (16 << 20, 128)] {
        let piece = text(12_000);
        let deltas = (most - (200 << 10)) / (piece.len() + 100);
        let delta = || json!({"type": "response.output_text.delta", "delta": piece});
        let in_deltas = std::iter::repeat_with(delta).take(deltas);
        let scenes: [(&str, Scene); 3] = [
            ("in deltas", stream(in_deltas.chain([completed(json!([]))]))),
            (
                "at the end",
                stream([completed(message(&text(most - 1024)))]),
            ),
            ("everywhere", Answer::new().delta(&text(1 << 20)).into()),
        ];
        for (what, scene) in scenes {
            let gateway = Gateway::start();
            gateway.push(scene);
            let folder = tempfile::tempdir().unwrap();
            let config = format!("max_answer_bytes = {most}\n");
            let config = crate::support::file(folder.path(), "config.toml", config.as_bytes());
            let mut session = Session::start(gateway.program(["session", "--config", &config]));
            let before = peak_mib(&session);
            session.send(json!({"id": 1, "op": "ask", "text": "much"}));
            let length = session.event(1, "completed")["text"]
                .as_str()
                .unwrap()
                .len();
            let peak = peak_mib(&session);
            eprintln!("{what}: {length} bytes of text, {before} MiB before, {peak} at the peak");
            assert!(peak <= allowed, "{length} bytes {what}: {peak} MiB");
            assert_eq!(session.end().1, 0);
        }
    }
}
