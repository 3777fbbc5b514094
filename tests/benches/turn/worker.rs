//! The part of the measuring command (`tests/benches/measure.py`) that is Rust: a process that does what it is told, a
//! line of JSON each way, while the command watches it through `/proc`. `clients.py` beside it speaks the same.

use std::io;
use std::io::{BufRead as _, Write as _};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::clients::{Component, Native, Turns};
use crate::gateway::Work;

/// Does what the lines on stdin say until they end. `client`: `component` or `native`.
pub fn work(runtime: &Runtime, client: &str, url: &str) {
    let mut state = None;
    for line in io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let answer = match (client, &mut state) {
            _ if order["idle"].is_number() => idle(runtime, &order),
            ("component", None) => {
                let limit = order["limit"].as_u64().expect("a limit");
                let started = Instant::now();
                state = Some(Loaded::Component(Component::load(runtime, url, limit)));
                json!({ "seconds": [started.elapsed().as_secs_f64()] })
            }
            (_, None) => {
                state = Some(Loaded::Native(Native::new(url)));
                json!({ "seconds": [0.0] })
            }
            (_, Some(Loaded::Component(client))) => turns(runtime, client, &order),
            (_, Some(Loaded::Native(client))) => turns(runtime, client, &order),
        };
        println!("{answer}");
        io::stdout().flush().expect("a reader");
    }
}

enum Loaded {
    Component(Component),
    Native(Native),
}

fn idle(runtime: &Runtime, order: &Value) -> Value {
    let time = Duration::from_secs_f64(order["idle"].as_f64().expect("seconds"));
    runtime.block_on(async { tokio::time::sleep(time).await });
    json!({})
}

fn turns(runtime: &Runtime, client: &impl Turns, order: &Value) -> Value {
    let work = Work::parse(order["input"].as_str().expect("an input")).expect("a work");
    let turns = order["turns"].as_u64().expect("a number");
    let callers = order["callers"].as_u64().expect("a number");
    let (mut seconds, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        let started = Instant::now();
        let all = runtime.block_on(join_all((0..callers).map(|_| client.turn(work))));
        seconds.push(started.elapsed().as_secs_f64());
        firsts.push(all[0].as_secs_f64());
    }
    json!({ "seconds": seconds, "first": firsts })
}
