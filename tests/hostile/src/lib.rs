//! A component of the plugin's world that breaks its promises: the text of a turn says which.
//! Empty on other targets than wasm.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;

use bindings::exports::astr::openclaw::{gateway, guards};
use bindings::{wit_future, wit_stream};
use wit_bindgen::{FutureReader, StreamReader};

#[allow(missing_docs, reason = "generated; the documentation is in wit/")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "plugin", generate_all });
}

struct Component;

thread_local! {
    static SNAPSHOT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static TURNS: RefCell<u64> = const { RefCell::new(0) };
}

/// A snapshot that `configure` does not take back.
const BAD_SNAPSHOT: &[u8] = b"bad";
/// One that makes it trap.
const FATAL_SNAPSHOT: &[u8] = b"fatal";

/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3600 * SECOND;

type Ask = (
    StreamReader<gateway::Event>,
    FutureReader<Result<gateway::Reply, gateway::Fault>>,
);

impl gateway::Guest for Component {
    fn configure(
        config: gateway::Config,
        carry: Option<Vec<u8>>,
    ) -> Result<(), gateway::ConfigError> {
        match carry.as_deref() {
            Some(BAD_SNAPSHOT) => {
                return Err(gateway::ConfigError {
                    key: "carry".into(),
                    message: "the snapshot is bad".into(),
                });
            }
            Some(FATAL_SNAPSHOT) => panic!("at configure"),
            _ => {}
        }
        let now = bindings::wasi::clocks::monotonic_clock::now();
        match config.agent_id.as_str() {
            "trap" => panic!("with {}", config.primary.bearer_token),
            "trap-in-an-hour" if now >= HOUR => panic!("too late"),
            _ => {}
        }
        Ok(())
    }

    async fn ask(turn: gateway::Turn, _cancel: FutureReader<()>) -> Ask {
        TURNS.with_borrow_mut(|turns| *turns += 1);
        if turn.text == "never begin" {
            std::future::pending().await
        }
        let (mut events, event_reader) = wit_stream::new();
        let (end, end_reader) = wit_future::new(|| Ok(reply("by default")));
        wit_bindgen::spawn_local(async move {
            match turn.text.as_str() {
                "trap" => panic!("on purpose, with {}", turn.instructions),
                "spin" => loop {
                    std::hint::black_box(());
                },
                "grow" => {
                    let mut all = Vec::new();
                    loop {
                        all.push(vec![1u8; 1 << 20]);
                    }
                }
                "never end" => std::future::pending().await,
                "ask and never end" => {
                    let asked = request("a1");
                    events
                        .write_one(gateway::Event::ApprovalRequested(asked))
                        .await;
                    std::future::pending().await
                }
                "ask without end" => {
                    let mut number = 0u64;
                    loop {
                        number += 1;
                        let asked = request(&number.to_string());
                        events
                            .write_one(gateway::Event::ApprovalRequested(asked))
                            .await;
                    }
                }
                "take 1000 s" => {
                    bindings::wasi::clocks::monotonic_clock::wait_for(1000 * SECOND).await
                }
                "keep the stream" => std::mem::forget(events),
                "flood" => {
                    while events
                        .write_one(gateway::Event::Delta("x".into()))
                        .await
                        .is_none()
                    {}
                }
                "bad snapshot" => SNAPSHOT.set(BAD_SNAPSHOT.to_vec()),
                "fatal snapshot" => SNAPSHOT.set(FATAL_SNAPSHOT.to_vec()),
                "big" => drop(std::hint::black_box(vec![1u8; 12 << 20])),
                _ => {}
            }
            let _ = end.write(Ok(reply(&turn.text))).await;
            if turn.text == "spin later" {
                bindings::wasi::clocks::monotonic_clock::wait_for(HOUR).await;
                loop {
                    std::hint::black_box(());
                }
            }
        });
        (event_reader, end_reader)
    }

    fn decide(
        _: String,
        _: String,
        _: bool,
        _: gateway::Decider,
    ) -> Result<(), gateway::DecideError> {
        Err(gateway::DecideError::NotPending)
    }

    async fn diagnose(_: Option<gateway::Locale>) -> Vec<gateway::Check> {
        std::future::pending().await
    }
}

fn request(id: &str) -> bindings::astr::openclaw::types::ApprovalRequest {
    bindings::astr::openclaw::types::ApprovalRequest {
        id: id.into(),
        approver: bindings::astr::openclaw::types::Approval::Admin,
        calls: Vec::new(),
        expires_in_ms: 1000,
    }
}

fn reply(text: &str) -> gateway::Reply {
    gateway::Reply {
        text: text.into(),
        response_id: String::new(),
        level: bindings::astr::openclaw::types::Level::Talk,
        answered_by: bindings::astr::openclaw::types::GatewayName::Primary,
        usage: None,
    }
}

impl guards::Guest for Component {
    /// Counts the turns of this instance alone, so that a test sees when there is a new one.
    fn status() -> guards::State {
        guards::State {
            breakers: Vec::new(),
            memory: guards::Memory {
                available: None,
                total: None,
                bounded_by: None,
                unreadable: None,
                estimated: None,
                level_cap: bindings::astr::openclaw::types::Level::Talk,
                heavy_allowed: false,
            },
            in_flight: 0,
            queued: 0,
            approvals: Vec::new(),
            level_agents: false,
            counters: guards::Counters {
                turns: TURNS.with_borrow(|turns| *turns),
                completed: 0,
                failed: 0,
                refused: 0,
                cancelled: 0,
                tool_calls: 0,
                tool_denials: 0,
            },
        }
    }

    fn reset() {}

    fn take_snapshot() -> Vec<u8> {
        SNAPSHOT.with_borrow(Clone::clone)
    }
}

bindings::export!(Component with_types_in bindings);
