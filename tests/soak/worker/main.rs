//! The host's part of the soak: `tests/soak/run` starts it, shows how far it is and prints the table.
//!
//! `soak PART TURNS SECONDS SEED`: `turns` or `day`; TURNS and SECONDS 0 for no such limit. It writes a line of JSON
//! for each thousandth and one for the end, and stops early when its standard input ends.

mod day;
mod faults;
mod gateway;
mod measure;
mod tools;
mod turns;

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use measure::Flat;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| -> u64 {
        let text = arguments.get(at).expect("PART TURNS SECONDS SEED");
        text.parse().expect("a number")
    };
    let plan = Plan::new(number(1), number(2), number(3));
    std::thread::spawn(|| {
        // Whoever started it closes this, or is gone.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        STOP.store(true, Ordering::Relaxed);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        match arguments[0].as_str() {
            "turns" => turns::run(plan).await,
            "day" => day::run(plan).await,
            part => panic!("no such part: {part}"),
        }
    });
}

static STOP: AtomicBool = AtomicBool::new(false);

/// How long a part goes on, and where its chances come from.
struct Plan {
    turns: u64,
    until: Option<Instant>,
    limit: Duration,
    started: Instant,
    state: u64,
    told: u64,
}

impl Plan {
    fn new(turns: u64, seconds: u64, seed: u64) -> Self {
        let started = Instant::now();
        let limit = Duration::from_secs(seconds);
        Self {
            turns,
            until: (seconds > 0).then(|| started + limit),
            limit,
            started,
            state: seed,
            told: 0,
        }
    }

    /// A number below this one: SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// Whether to go on after so many of what the plan counts; tells how far it is.
    fn goes_on(&mut self, done: u64) -> bool {
        let over = self.until.is_some_and(|until| Instant::now() >= until);
        let whole = self.turns > 0 && done >= self.turns;
        let by_turns = (done * 1000).checked_div(self.turns).unwrap_or(0);
        let elapsed = self.started.elapsed().as_millis() * 1000;
        let by_time = elapsed.checked_div(self.limit.as_millis()).unwrap_or(0);
        let permille = by_turns.max(by_time as u64).min(1000);
        if permille != self.told {
            self.told = permille;
            tell(&json!({ "permille": permille }));
        }
        !(over || whole || STOP.load(Ordering::Relaxed))
    }
}

/// A line of the table. It is in order if `found` is.
fn row(what: &str, value: impl std::fmt::Display, bound: &str, found: bool) -> Value {
    json!({ "what": what, "value": value.to_string(), "bound": bound, "ok": found })
}

/// The end of a part: its counts for the summary, and its rows with those of what must be flat.
fn end(counts: Value, mut rows: Vec<Value>, flat: &Flat) {
    rows.extend(flat.rows());
    tell(&json!({ "counts": counts, "rows": rows }));
}

fn tell(line: &Value) {
    // Whoever started it may be gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
