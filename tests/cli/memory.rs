//! What the program holds at the most, measured from outside while everything hostile happens to it.
//!
//! Report A4, A5, A6, A23 (attack) and issue 10: the peak of the whole suite stays under 100 MB, the next
//! turn works each time, and the process is back to its previous size.

use std::time::{Duration, Instant};

use openclaw_fake_gateway::{Answer, Http, Scene};
use openclaw_tests::wire::wire;
use serde_json::{Value, json};

use crate::support::{Gateway, LIMIT, Session, file, program, run};

/// Bytes that the program may hold at the most.
const PEAK: u64 = 100_000_000;

/// Bytes that it may hold at the most while it reads answers, the largest allowed one among them.
const READING: u64 = 64_000_000;

/// Bytes that it may hold more afterwards than before: code and data that are used for the first time.
const GROWN: u64 = 12_000_000;

/// A line of `/proc/PID/status`, in bytes.
fn status(process: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

fn event(data: &Value) -> String {
    let name = data["type"].as_str().unwrap();
    format!("event: {name}\ndata: {data}\n\n")
}

fn stream(events: impl Into<Vec<u8>>) -> Scene {
    Http::event_stream().bytes(events).into()
}

/// `{"type":NAME,"x":CONTENT}` as an event.
fn raw(name: &str, content: &str) -> String {
    format!("event: {name}\ndata: {{\"type\":\"{name}\",\"x\":{content}}}\n\n")
}

/// An answer with so many calls of a tool.
fn calls(name: &str, count: usize) -> Answer {
    (0..count).fold(Answer::new(), |answer, at| {
        answer.call(&format!("c{at}"), name, "{}")
    })
}

/// What gateways send. Each is played to a turn that has the tool `t`.
fn floods() -> Vec<(&'static str, Scene)> {
    const MIB: usize = 1 << 20;
    let completed = event(
        &json!({"type": "response.completed", "response": {"id": "r",
        "status": "completed", "output": [{"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "ok"}]}]}}),
    );
    let then = |events: String| stream(events + &completed);
    let text = |bytes| "x".repeat(bytes);
    let json_body = |body: String| {
        Scene::from(
            Http::new(200)
                .header("Content-Type", "application/json")
                .bytes(body),
        )
    };
    let delta = |text: &str| event(&json!({"type": "response.output_text.delta", "delta": text}));
    let done = |text: &str| event(&json!({"type": "response.output_text.done", "text": text}));
    vec![
        ("an endless line", Http::event_stream().bytes("data: ").forever(vec![b'x'; 16 << 10]).into()),
        ("an endless event", Http::event_stream().forever("data: x\n".repeat(1000)).into()),
        ("endless comments", Http::event_stream().forever(": x\n\n".repeat(2000)).into()),
        ("endless unknown events", Http::event_stream().forever(raw("whatever", "{}").repeat(300)).into()),
        ("endless deltas", Http::event_stream().forever(delta(&text(1000)).repeat(10)).into()),
        ("endless deltas of a letter", Http::event_stream().forever(delta("x").repeat(300)).into()),
        ("endless JSON", Http::new(200).header("Content-Type", "application/json").bytes("[").forever("1,".repeat(8000)).into()),
        ("interim answers", Scene::flood("HTTP/1.1 100 C\r\n\r\n".repeat(1000))),
        ("an endless head", Scene::wire("HTTP/1.1 200 OK\r\n".to_owned() + &"X-Filler: yes\r\n".repeat(200_000))),
        ("an endless refusal", Http::new(500).forever("no ".repeat(5000)).into()),
        ("an endless 401", Http::new(401).forever("no ".repeat(5000)).into()),
        ("a page of 20 MiB", Http::new(502).header("Content-Type", "text/html").bytes(text(20 * MIB)).into()),
        ("a page with 200", Http::new(200).header("Content-Type", "text/html").bytes(text(20 * MIB)).into()),
        ("a compressed body", Http::new(200).header("Content-Encoding", "gzip").bytes(vec![0x1f; 5 * MIB]).into()),
        // A4: what is not used is not built.
        ("members in an event that is skipped", then(raw("whatever", &format!("[{}0]", "{\"\":0},".repeat(310_000))))),
        ("members in an event that is used", then(raw("response.output_text.delta", &format!("[{}0]", "{\"\":0},".repeat(310_000))))),
        ("members in the terminal event", stream(format!("event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"r\",\"status\":\"completed\",\"x\":[{}0],\"output\":[]}}}}\n\n", "{\"\":0},".repeat(310_000)))),
        ("numbers", then(raw("whatever", &format!("[{}0]", "1e400,".repeat(400_000))))),
        ("depth", then(raw("whatever", &"[".repeat(2 * MIB)))),
        ("depth in JSON", json_body("[".repeat(4 * MIB))),
        ("depth of objects in JSON", json_body("{\"a\":".repeat(MIB))),
        ("items", json_body(format!("{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{}0]}}", "{},".repeat(2 * MIB)))),
        ("content parts", json_body(format!("{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{{\"type\":\"message\",\"content\":[{}0]}}]}}", "{\"type\":\"output_text\",\"text\":\"x\"},".repeat(200_000)))),
        // The longest texts, in every place that they may come in.
        ("a long text as JSON", json_body(json!({"id": "r", "status": "completed", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text(7 * MIB)}]}]}).to_string())),
        ("a long text of escapes", json_body(format!("{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{}\"}}]}}]}}", "\\u4e2d".repeat(MIB)))),
        ("a long text of halves", json_body(format!("{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{}\"}}]}}]}}", "\\ud83d".repeat(MIB)))),
        ("bytes that are no text", Scene::wire(wire(r"{sse}\r\n{d {*5000000 \xff}}{end ok}").unwrap().bytes)),
        ("a last event of bytes that are no text", Scene::wire(wire(r"{sse}\r\n{end {*5000000 \xff}}").unwrap().bytes)),
        ("a long delta", then(delta(&text(3 * MIB)))),
        ("a long text twice", then(delta(&text(3 * MIB)) + &done(&text(3 * MIB)))),
        ("many deltas, another final text", stream(delta(&text(1000)).repeat(3000) + &done(&text(3 * MIB)) + &completed)),
        // A9, A12: calls.
        ("a call of 3 MiB", Answer::new().call("c", "t", &format!("{{\"a\":\"{}\"}}", text(3 * MIB))).into()),
        ("a call with a name of 2 MiB", calls(&text(2 * MIB), 1).into()),
        ("a call with an id of 2 MiB", Answer::new().call(&text(2 * MIB), "t", "{}").into()),
        ("8,000 calls", calls("t", 8_000).into()),
        ("20,000 unknown calls", calls("nobody", 20_000).into()),
        ("words of 3 MiB", Http::error(400, "x", &text(3 * MIB)).into()),
        ("an error event of 3 MiB", Answer::new().failed("server_error", &text(3 * MIB)).into()),
    ]
}

/// What callers say.
fn lines(folder: &std::path::Path) -> Vec<(&'static str, Vec<u8>)> {
    const MIB: usize = 1 << 20;
    let ask = |fields: Value| {
        let mut ask = json!({"id": 9, "op": "ask", "text": "hi"});
        ask.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        ask.to_string().into_bytes()
    };
    let long = |bytes: usize, with: &str| with.repeat(bytes / with.len());
    // Of zero bytes, 20 MiB of them in base64: the line is nearly the longest.
    let base64 = "AAAA".repeat(20 * MIB / 3);
    let image = |bytes: usize| {
        let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
        image.resize(bytes, 0);
        file(folder, &format!("{bytes}.png"), &image)
    };
    let (large, larger) = (image(9 * MIB), image(10 * MIB));
    vec![
        (
            "a line over the limit",
            format!("{{\"id\":9,\"x\":\"{}\"}}", long(33 * MIB, "x")).into_bytes(),
        ),
        (
            "a line at the limit that is no JSON",
            format!("{{\"id\":9,\"x\":\"{}\"", long(31 * MIB, "x")).into_bytes(),
        ),
        (
            "a text of 19 MiB",
            ask(json!({"text": long(19 * MIB, "x")})),
        ),
        (
            "a text of 5 MiB of control characters",
            ask(json!({"text": long(5 * MIB, "\u{1}")})),
        ),
        (
            "a session of 20 MiB",
            ask(json!({"session": long(20 * MIB, "x")})),
        ),
        (
            "instructions of 19 MiB",
            ask(json!({"instructions": long(19 * MIB, "x")})),
        ),
        (
            "an attachment of 20 MiB",
            ask(json!({"attachments": [{"media_type": "image/png", "data": base64}]})),
        ),
        (
            "a file of 10 MiB",
            ask(json!({"attachments": [{"path": larger}]})),
        ),
        (
            "two files of 9 MiB",
            ask(json!({"attachments": [{"path": large}, {"path": large}]})),
        ),
        (
            "a file without end",
            ask(json!({"attachments": [{"path": "/proc/self/pagemap"}]})),
        ),
    ]
}

/// A running program and the largest that it was seen.
struct Measured {
    session: Session,
    gateway: Gateway,
    peak: u64,
}

impl Measured {
    /// Writes how large it was since the last time, and how large it is.
    fn look(&mut self, what: &str) {
        let process = self.session.pid();
        let (peak, now) = (status(process, "VmHWM"), status(process, "VmRSS"));
        println!(
            "{:>6} kB peak {:>6} kB now  {what}",
            peak / 1000,
            now / 1000
        );
        self.peak = self.peak.max(peak);
        // From here on the kernel counts the peak anew.
        std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    }

    /// The turn after it works, whatever it was.
    fn next_turn_works(&mut self, what: &str) {
        self.session.call(json!({"id": "r", "op": "reset"}), "done");
        let ask = json!({"id": "n", "op": "ask", "text": "and now?"});
        let end = self.end_of(ask.to_string().into_bytes(), json!("n"));
        assert_eq!(end["event"], "completed", "after {what}: {end}");
    }

    /// Asks, answers every tool call with this, and waits for the end.
    fn end_of(&mut self, mut line: Vec<u8>, id: Value) -> Value {
        self.end_with(std::mem::take(&mut line), id, "42")
    }

    fn end_with(&mut self, mut line: Vec<u8>, id: Value, output: &str) -> Value {
        line.push(b'\n');
        self.session.send_bytes(&line);
        drop(line);
        loop {
            let event = self.session.next();
            match event["event"].as_str().unwrap() {
                "completed" | "fault" | "error" if event["id"] == id => return event,
                "tool-call" => self.session.send(json!({"id": "t", "op": "tool-result",
                    "turn": id, "call": event["call"], "output": output})),
                _ => {}
            }
        }
    }
}

#[test]
fn the_peak_of_everything_hostile_is_under_100_mb_and_is_given_back() {
    // The component is compiled before, by another process.
    assert_eq!(run(program(["inspect"])).code, 0);
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start();
    let session = Session::start(gateway.program(["session"]));
    let mut measured = Measured {
        session,
        gateway,
        peak: 0,
    };
    // Heavy turns are to be taken, on whatever machine this runs.
    let plenty = json!({"id": "m", "op": "memory", "available_mib": 4096});
    measured.session.call(plenty, "done");
    for _ in 0..3 {
        measured.next_turn_works("nothing");
    }
    measured.look("after the first turns");
    let before = status(measured.session.pid(), "VmRSS");

    let tool = json!([{"name": "t", "level": "L1"}]);
    for (what, scene) in floods() {
        measured.gateway.push(scene);
        let ask = json!({"id": 9, "op": "ask", "text": "hi", "level": "L2", "tools": tool});
        measured.end_of(ask.to_string().into_bytes(), json!(9));
        measured.look(what);
        measured.next_turn_works(what);
    }
    let reading = measured.peak;
    assert!(reading < READING, "{reading} bytes at the peak of reading");
    for (what, line) in lines(folder.path()) {
        measured.end_of(line, json!(9));
        measured.look(what);
        measured.next_turn_works(what);
    }
    // A5, A10: round after round of large answers and large outputs.
    let escapes = "\u{1}".repeat(1 << 20);
    for (what, output) in [
        ("rounds of long answers", "42"),
        ("rounds of long outputs", &escapes),
    ] {
        for round in 0..4 {
            let text = "x".repeat(if output == "42" { 3 << 20 } else { 1 });
            let answer = (0..4).fold(Answer::new().delta(&text), |answer, at| {
                answer.call(&format!("c{round}-{at}"), "t", "{}")
            });
            measured.gateway.push(answer);
        }
        let ask = json!({"id": 9, "op": "ask", "text": "hi", "level": "L2", "tools": tool});
        measured.end_with(ask.to_string().into_bytes(), json!(9), output);
        measured.look(what);
        // A turn that was cut off has left some of the rounds to the ones after it.
        measured
            .gateway
            .answer_everything_with(Scene::reply("enough"));
        measured.next_turn_works(what);
        measured.gateway.answer_everything_with(None);
        for _ in 0..8 {
            measured
                .session
                .call(json!({"id": "r", "op": "reset"}), "done");
            let ask =
                json!({"id": "n", "op": "ask", "text": "and now?", "level": "L2", "tools": tool});
            measured.end_with(ask.to_string().into_bytes(), json!("n"), "42");
        }
        measured.next_turn_works(what);
    }

    // What an idle instance has too much of is left a moment after the reply.
    let begun = Instant::now();
    let process = measured.session.pid();
    while status(process, "VmRSS") > before + GROWN && begun.elapsed() < LIMIT {
        measured
            .session
            .call(json!({"id": "s", "op": "status"}), "status");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (peak, after) = (measured.peak, status(process, "VmRSS"));
    println!(
        "hostile suite: {} kB before, {} kB at the peak, {} kB after",
        before / 1000,
        peak / 1000,
        after / 1000
    );
    assert!(peak < PEAK, "{peak} bytes at the peak");
    assert!(
        after <= before + GROWN,
        "{before} bytes before, {after} after"
    );
    assert_eq!(measured.session.end().1, 0);
}
