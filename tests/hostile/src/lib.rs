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
    /// What the turns have done so far, for the functions that break their promise after one of these.
    static AFTER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether an earlier turn said so.
fn after(text: &str) -> bool {
    AFTER.with_borrow(|after| after == text)
}

/// A number that no clock reaches.
const FOREVER: u64 = u64::MAX;

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
        AFTER.set(turn.text.clone());
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
                "ask and never end" | "ask, then trap when it is decided" => {
                    let asked = request("a1");
                    events
                        .write_one(gateway::Event::ApprovalRequested(asked))
                        .await;
                    std::future::pending().await
                }
                "ask for ever" => {
                    let mut asked = request("a1");
                    asked.expires_in_ms = FOREVER;
                    events
                        .write_one(gateway::Event::ApprovalRequested(asked))
                        .await;
                    let ended = bindings::astr::openclaw::types::ApprovalOutcome {
                        id: "never asked".into(),
                        decision: bindings::astr::openclaw::types::Decision::Approved,
                        by: "\u{1b}[31m".repeat(1000),
                    };
                    events.write_one(gateway::Event::ApprovalEnded(ended)).await;
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
                "nonsense" => {
                    for event in nonsense() {
                        events.write_one(event).await;
                    }
                    let nonsense = gateway::Reply {
                        text: "\0\u{1b}[2J\u{202e}".repeat(1000),
                        response_id: "x".repeat(1 << 20),
                        usage: Some(bindings::astr::openclaw::types::Usage {
                            input_tokens: FOREVER,
                            output_tokens: FOREVER,
                        }),
                        ..reply("")
                    };
                    let _ = end.write(Ok(nonsense)).await;
                    return;
                }
                "fault" => {
                    let fault = gateway::Fault {
                        code: bindings::astr::openclaw::types::FaultCode::CircuitOpen,
                        message: "\u{1b}[31m".repeat(1000),
                        cause: String::new(),
                        remedy: String::new(),
                        http_status: Some(u16::MAX),
                        retry_after_ms: Some(FOREVER),
                        partial_text: "x".repeat(1 << 20),
                    };
                    let _ = end.write(Err(fault)).await;
                    return;
                }
                "say more after the end" => {
                    let _ = end.write(Ok(reply("over"))).await;
                    for _ in 0..10_000 {
                        events.write_one(gateway::Event::Delta("more".into())).await;
                    }
                    return;
                }
                "drop the end" => return,
                "forget the end" => {
                    drop(events);
                    return std::mem::forget(end);
                }
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
        assert!(!after("ask, then trap when it is decided"), "at decide");
        Err(gateway::DecideError::NotPending)
    }

    async fn diagnose(_: Option<gateway::Locale>) -> Vec<gateway::Check> {
        assert!(!after("trap at the diagnosis"), "at diagnose");
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

/// Events that contradict each other.
fn nonsense() -> Vec<gateway::Event> {
    use bindings::astr::openclaw::types;
    let call = types::ToolCall {
        id: String::new(),
        name: "\0".repeat(1 << 16),
        arguments: "{".repeat(1 << 16),
    };
    let ended = types::ToolOutcome {
        id: "never started".into(),
        succeeded: true,
    };
    let notice = types::Notice {
        code: types::NoticeCode::Queued,
        text: "\u{202e}".repeat(1 << 16),
    };
    vec![
        gateway::Event::ToolEnded(ended),
        gateway::Event::ToolStarted(call),
        gateway::Event::Notice(notice),
        gateway::Event::Delta(String::new()),
        gateway::Event::Delta("\0".into()),
    ]
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
        assert!(!after("trap at the status"), "at status");
        let lies = after("lie");
        let breaker = guards::Breaker {
            gateway: bindings::astr::openclaw::types::GatewayName::Primary,
            state: guards::BreakerState::Open,
            failures: u32::MAX,
            retry_after_ms: FOREVER,
        };
        let waits = guards::PendingApproval {
            turn_id: String::new(),
            id: "\u{1b}".repeat(1 << 10),
            approver: bindings::astr::openclaw::types::Approval::None,
            tools: vec![String::new(); 1 << 10],
            expires_in_ms: FOREVER,
        };
        guards::State {
            breakers: if lies {
                vec![breaker; 1000]
            } else {
                Vec::new()
            },
            memory: guards::Memory {
                available: None,
                total: None,
                bounded_by: None,
                unreadable: None,
                estimated: None,
                level_cap: bindings::astr::openclaw::types::Level::Talk,
                heavy_allowed: false,
            },
            in_flight: if lies { u32::MAX } else { 0 },
            queued: if lies { u32::MAX } else { 0 },
            approvals: if lies { vec![waits; 100] } else { Vec::new() },
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

    fn reset() {
        assert!(!after("trap at the reset"), "at reset");
    }

    fn take_snapshot() -> Vec<u8> {
        assert!(!after("trap at the snapshot"), "at take-snapshot");
        SNAPSHOT.with_borrow(Clone::clone)
    }
}

bindings::export!(Component with_types_in bindings);
