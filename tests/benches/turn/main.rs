//! What the component costs, beside a native client in the same run:
//!
//! ```sh
//! cargo bench --profile release --bench turn
//! ```
//!
//! (The profile of everything else: without it cargo builds wasmtime once more.) `tests/benches/run` measures the whole
//! table, with Python, memory and the rest; it starts this program as `serve` (the gateway) and as `work` (a client).

mod clients;
mod gateway;
mod worker;

use std::time::Duration;

use clients::{Component, Native, Turns};
use divan::Bencher;
use divan::counter::ItemsCount;
use gateway::Work;
use tokio::runtime::Runtime;

/// Deltas of an answer.
const DELTAS: [usize; 3] = [1, 200, 5_000];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["serve"] => {
            println!("{}", url());
            // Until whoever started it closes the pipe.
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        }
        ["work", client, url] => worker::work(&runtime(), client, url),
        _ => divan::main(),
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Of a new gateway.
fn url() -> String {
    format!("http://{}", gateway::start().expect("a gateway"))
}

fn bench(bencher: Bencher, deltas: usize, runtime: &Runtime, client: &impl Turns) {
    let work = Work {
        deltas,
        bytes: 5,
        pause: Duration::ZERO,
    };
    bencher
        .counter(ItemsCount::new(deltas))
        .bench_local(|| runtime.block_on(client.turn(work)));
}

/// A turn through the component, guards and all.
#[divan::bench(args = DELTAS)]
fn component(bencher: Bencher, deltas: usize) {
    let runtime = runtime();
    let client = Component::load(&runtime, &url(), 8 << 20);
    bench(bencher, deltas, &runtime, &client);
}

/// The same request and answer by the native client.
#[divan::bench(args = DELTAS)]
fn native(bencher: Bencher, deltas: usize) {
    bench(bencher, deltas, &runtime(), &Native::new(&url()));
}

/// What a status costs, which AstrBot's page asks for again and again.
#[divan::bench]
fn status(bencher: Bencher) {
    let runtime = runtime();
    let client = Component::load(&runtime, &url(), 8 << 20);
    bencher.bench_local(|| {
        let status = runtime.block_on(client.0.status());
        assert_eq!(status.expect("a status").in_flight, 0);
    });
}
