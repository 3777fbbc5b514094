//! The wire matrix: whatever a gateway puts on the wire, the turn ends once, with the right code and the text that had
//! come, it counts for the breaker as the table of faults says, the next turn works, and nothing is left behind.
//!
//! `rows.tsv` has a row for each case: what is sent (in the language of `openclaw_tests::wire`), how the connection
//! ends, what becomes of the turn and which text its caller has. `statuses.tsv` has a row for each status and a column
//! for each body. `cuts` breaks answers off at every byte; `splits` reads every recorded exchange in two pieces, at
//! every byte.

mod cuts;
mod splits;

use std::time::Duration;

use host_shim::{Counters, FaultCode, TurnRequest};
use openclaw_fake_gateway::{End, FakeGateway, Gate, Scene};
use openclaw_tests::resources::{Resources, alone, count};
use openclaw_tests::rig::{Outcome, Rig, TOKEN, collect, within};
use openclaw_tests::wire::wire;
use serde_json::{Value, json};

/// Bytes that may be used more after thousands of turns than before: what is only made when it is first needed.
const SLACK: usize = 512 << 10;

/// For the plugin to read what has been written, before the clock moves.
const TO_READ: Duration = Duration::from_secs(1);

/// What the gateway says to a turn without a scene.
const NEXT: &str = "PONG from the fake gateway.";

/// What must become of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    /// `None`: a reply.
    code: Option<FaultCode>,
    /// Of the reply, or what had come before the fault.
    text: String,
}

impl Expected {
    fn of(outcome: &Outcome) -> Self {
        match &outcome.end {
            Ok(reply) => Self {
                code: None,
                text: reply.text.clone(),
            },
            Err(fault) => Self {
                code: Some(fault.code),
                text: fault.partial_text.clone(),
            },
        }
    }

    /// A failure of the gateway's.
    fn counts(&self) -> u32 {
        u32::from(self.code.is_some_and(FaultCode::counts_for_breaker))
    }
}

/// A plugin and its gateway, over many turns.
struct Bench {
    rig: Rig,
    turns: usize,
    /// Where the next turn's answer falls silent.
    silent: Option<Gate>,
    /// What did not hold, so that one run shows all.
    failures: Vec<String>,
}

impl Bench {
    async fn new(config: Value) -> Self {
        let gateway = FakeGateway::start(TOKEN).await.unwrap();
        Self {
            rig: Rig::at(gateway, config).await,
            turns: 0,
            silent: None,
            failures: Vec::new(),
        }
    }

    /// Plays a scene to a turn, with the clock moving meanwhile or not, and checks what holds for every turn: one end,
    /// asked once, counted once, and the queue is free for the next.
    async fn play(&mut self, what: &str, scenes: Vec<Scene>, drips: bool) -> Outcome {
        self.play_turn(what, scenes, TurnRequest::new("hi"), drips)
            .await
    }

    async fn play_turn(
        &mut self,
        what: &str,
        scenes: Vec<Scene>,
        request: TurnRequest,
        drips: bool,
    ) -> Outcome {
        let rig = &self.rig;
        rig.plugin.reset().await.unwrap();
        let before = rig.plugin.status().await.unwrap().counters;
        for scene in scenes {
            rig.gateway.push(scene);
        }
        let runner = openclaw_tests::rig::Recorder::default().runner();
        let mut turn = std::pin::pin!(collect(rig.plugin.ask_with(request, runner)));
        let silent = self.silent.take();
        let clock = async {
            match silent {
                Some(gate) => {
                    gate.reached().await;
                    tokio::time::sleep(TO_READ).await;
                }
                None if drips => {}
                None => std::future::pending().await,
            }
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                rig.advance(100);
            }
        };
        let outcome = within(async {
            tokio::select! {
                outcome = &mut turn => outcome,
                () = clock => unreachable!("it goes on and on"),
            }
        })
        .await;
        let got = Expected::of(&outcome);
        if let Err(fault) = &outcome.end {
            crate::faults::check_texts(fault);
        }
        let status = rig.plugin.status().await.unwrap();
        let breaker = status.breakers.primary.unwrap();
        let (before, after) = (ends(&before), ends(&status.counters));
        // What says nothing about the gateway is no failure.
        let counted = got.code.is_none_or(FaultCode::counts_for_breaker);
        let once = (before.0 + 1, before.1 + u64::from(counted));
        let mut failed = |why: &str| {
            let end = &outcome.end;
            self.failures.push(format!("{what}: {why}: {end:?}"));
        };
        if breaker.failures != got.counts() {
            failed("it does not count as it must");
        }
        if after != once {
            failed("not one turn with one end");
        }
        if rig.gateway.scenes_left() > 0 {
            failed("it has not asked for everything");
        }
        self.turns += 1;
        self.settle(what).await;
        outcome
    }

    /// Waits until the queue is free, at the latest when an abandoned run is given up, and until the gateway has played
    /// its scene to the end.
    async fn settle(&self, what: &str) {
        let free = async {
            while self.rig.plugin.status().await.unwrap().in_flight > 0 {
                self.rig.advance(20);
                tokio::task::yield_now().await;
            }
            self.rig.gateway.answered().await;
        };
        tokio::time::timeout(openclaw_tests::rig::PATIENCE, free)
            .await
            .unwrap_or_else(|_| panic!("{what}: the queue or the gateway is never free"));
    }

    /// The turn after a case.
    async fn next_works(&mut self, what: &str) {
        let what = format!("after {what}");
        let next = self.play(&what, vec![], false).await;
        let open = self.rig.gateway.open_connections();
        if Expected::of(&next).text != NEXT || open > 4 {
            self.failures
                .push(format!("{what}: {open} connections, {:?}", next.end));
        }
    }

    /// Compares what became of a turn with what must.
    fn compare(&mut self, what: &str, played: &Outcome, expected: &Expected) {
        let got = Expected::of(played);
        if got != *expected {
            self.failures
                .push(format!("{what}: {got:?} instead of {expected:?}"));
        }
    }

    /// Closes everything; how many turns there were. Panics with what did not hold.
    async fn close(self) -> usize {
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        within(self.rig.plugin.close()).await;
        self.rig.gateway.stop().await;
        self.turns
    }
}

/// Turns, and their ends.
fn ends(counters: &Counters) -> (u64, u64) {
    let ends = counters.completed + counters.failed + counters.refused + counters.cancelled;
    (counters.turns, ends)
}

/// The lines of a table, as columns.
fn table(name: &str) -> Vec<Vec<String>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/matrix");
    let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn code(name: &str) -> Option<FaultCode> {
    match name {
        "ok" => None,
        name => Some(name.parse().unwrap_or_else(|error| panic!("{error}"))),
    }
}

/// How many cases and turns.
#[derive(Default)]
struct Tally {
    cases: usize,
    turns: usize,
}

async fn rows() -> Tally {
    // A small answer where a flood is the point.
    let mut ample = Bench::new(json!({})).await;
    let mut small = Bench::new(json!({ "max_answer_bytes": 65_536 })).await;
    let mut tally = Tally::default();
    for row in table("rows.tsv") {
        let columns: Vec<&str> = row.iter().map(String::as_str).collect();
        let [what, template, end, outcome, text] = columns[..] else {
            panic!("not five columns: {row:?}");
        };
        let (drips, floods) = (end == "drip", end == "flood");
        let sent = wire(template).unwrap_or_else(|error| panic!("{what}: {error}"));
        let expected = Expected {
            code: code(outcome),
            text: text.to_owned(),
        };
        let (bench, end) = match end {
            "keep" => (&mut ample, End::KeepAlive),
            "fin" => (&mut ample, End::Close),
            "rst" => (&mut ample, End::Reset),
            "drip" => (&mut ample, End::Close),
            "flood" => (&mut small, End::Close),
            "hold" => (&mut ample, End::Silence),
            other => panic!("{what}: no end `{other}`"),
        };
        assert_eq!(drips || floods, !sent.forever.is_empty(), "{what}");
        let mut whole = Scene::wire(sent.bytes.clone()).then(end);
        if end == End::Silence {
            let gate = Gate::new();
            whole = whole.and_hold(&gate);
            bench.silent = Some(gate);
        }
        let mut scenes = vec![("", whole.clone())];
        if drips || floods {
            // Many at once, or one each millisecond.
            let times = if drips {
                1
            } else {
                8192 / sent.forever.len() + 1
            };
            let pace = Duration::from_millis(u64::from(drips));
            scenes = vec![(
                "",
                whole.and_forever(sent.forever.repeat(times)).paced(pace),
            )];
        } else if sent.bytes.len() < 2000 && end != End::Silence && end != End::Reset {
            scenes.push((", byte by byte", whole.split_every(1)));
        }
        for (how, scene) in scenes {
            let what = format!("{what}{how}");
            let played = bench.play(&what, vec![scene], drips).await;
            bench.compare(&what, &played, &expected);
            bench.next_works(&what).await;
        }
        tally.cases += 1;
    }
    let mut first = ample;
    first.failures.append(&mut small.failures);
    for bench in [first, small] {
        tally.turns += bench.close().await;
    }
    tally
}

/// The bodies of `statuses.tsv`, in the order of its columns.
const BODIES: [(&str, &str, End); 7] = [
    ("nothing", "{length }", End::KeepAlive),
    (
        "text",
        "Content-Type: text/plain\r\n{length not today}",
        End::KeepAlive,
    ),
    (
        "a page",
        "Content-Type: text/html\r\n{length <html><title>Oh</title></html>}",
        End::KeepAlive,
    ),
    (
        "the gateway's words",
        r#"Content-Type: application/json\r\n{length \{"error":\{"message":"Not today","type":"not_today"\}\}}"#,
        End::KeepAlive,
    ),
    (
        "a failed response",
        r#"Content-Type: application/json\r\n{length \{"id":"r","object":"response","status":"failed","output":[],"error":\{"code":"api_error","message":"upstream"\}\}}"#,
        End::KeepAlive,
    ),
    (
        "gzip",
        r"Content-Encoding: gzip\r\n{length \x1f\x8b\x08\0\0\0\0\0}",
        End::KeepAlive,
    ),
    (
        "half of a body",
        r#"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n\{"error":\{"#,
        End::Close,
    ),
];

async fn statuses() -> Tally {
    let mut bench = Bench::new(json!({})).await;
    let mut tally = Tally::default();
    for row in table("statuses.tsv") {
        let (status, outcomes) = (&row[0], &row[1..]);
        assert_eq!(outcomes.len(), BODIES.len(), "{row:?}");
        for ((body, template, end), outcome) in BODIES.iter().zip(outcomes) {
            let what = format!("{status} with {body}");
            let sent = wire(&format!("HTTP/1.1 {status} X\\r\\n{template}"));
            let sent = sent.unwrap_or_else(|error| panic!("{what}: {error}")).bytes;
            let expected = Expected {
                code: code(outcome),
                text: String::new(),
            };
            let scene = Scene::wire(sent).then(*end);
            let played = bench.play(&what, vec![scene], false).await;
            bench.compare(&what, &played, &expected);
            tally.cases += 1;
        }
        bench.next_works(status).await;
    }
    tally.turns += bench.close().await;
    tally
}

/// All of it, in a process of its own, whose resources must be back to what they were after each part.
#[test]
fn the_wire_matrix() {
    alone("matrix::the_wire_matrix", || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        // What is made once: the compiled component, the resolver, a plugin's first turns.
        runtime.block_on(async {
            let mut warm = Bench::new(json!({})).await;
            for _ in 0..50 {
                warm.next_works("nothing").await;
            }
            warm.close().await
        });
        let mut all = Tally::default();
        let mut part = |name: &str, part: Tally, before: Resources| {
            all.cases += part.cases;
            all.turns += part.turns;
            Resources::back_to(before, SLACK, name);
        };
        let before = Resources::now();
        part("the rows", runtime.block_on(rows()), before);
        part("the statuses", runtime.block_on(statuses()), before);
        part("the cuts", runtime.block_on(cuts::cuts()), before);
        let splits = splits::splits();
        Resources::back_to(before, SLACK, "the splits");
        let Tally { cases, turns } = all;
        let cases = cases + splits.cases;
        let splits = splits.splits;
        count(&format!(
            "wire matrix: {cases} cases, {turns} turns, {splits} splits"
        ));
    });
}
