//! A component of our world that breaks its promises must not harm its callers.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use super::*;
use host_shim::{ComponentSource, FaultCode, LoadError, TurnRequest};

/// The component of `tests/hostile`.
pub(super) fn source() -> ComponentSource {
    static WASM: OnceLock<Arc<[u8]>> = OnceLock::new();
    ComponentSource::Bytes(WASM.get_or_init(build).clone())
}

/// Builds it, in a folder of its own beside the test's.
fn build() -> Arc<[u8]> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let executable = std::env::current_exe().unwrap();
    let target = executable
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").exists())
        .unwrap();
    let target = target.join("hostile");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "openclaw-hostile",
        ])
        .args([
            "--target",
            "wasm32-wasip2",
            "--profile",
            "component",
            "--target-dir",
        ])
        .arg(&target);
    // Flags and wrappers of the outer build are for the host.
    for name in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "RUSTC_WRAPPER",
    ] {
        cargo.env_remove(name);
    }
    assert!(
        cargo.status().unwrap().success(),
        "the hostile component does not build"
    );
    let wasm = target.join("wasm32-wasip2/component/openclaw_hostile.wasm");
    std::fs::read(wasm).unwrap().into()
}

/// The build does not count against the test's time.
pub(super) fn run<F: Future>(test: F) -> F::Output {
    source();
    super::run(test)
}

pub(super) fn hostile() -> PluginBuilder {
    builder()
        .component(source())
        .config(config("http://127.0.0.1:18789"))
}

pub(super) async fn ask(plugin: &Plugin, text: &str) -> Result<Reply, host_shim::Fault> {
    plugin.ask(TurnRequest::new(text)).reply().await
}

async fn trapped(plugin: &Plugin, text: &str, why: &str) {
    let fault = ask(plugin, text).await.unwrap_err();
    assert_eq!(fault.code, FaultCode::PluginTrapped);
    assert!(
        fault.message.contains(why) && !fault.message.contains('\n'),
        "{fault}"
    );
    // A new instance serves what comes next.
    assert_eq!(ask(plugin, "next").await.unwrap().text, "next");
    assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
}

#[test]
fn a_panic_in_the_component_ends_the_turn() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        trapped(&plugin, "trap", "unreachable").await;
    });
}

#[test]
fn a_loop_without_end_is_stopped() {
    run(async {
        let budget = Duration::from_millis(100);
        let plugin = hostile().compute_budget(budget).build().await.unwrap();
        let begun = std::time::Instant::now();
        trapped(&plugin, "spin", "computed for over 100ms").await;
        assert!(begun.elapsed() >= budget);
    });
}

#[test]
fn whoever_cancels_beside_a_loop_is_told_so_and_the_others_that_it_was_stopped() {
    run(async {
        let budget = Duration::from_secs(600);
        let plugin = hostile().compute_budget(budget).build().await.unwrap();
        let other = plugin.ask(TurnRequest::new("never end"));
        let spins = plugin.ask(TurnRequest::new("spin"));
        tokio::time::sleep(Duration::from_millis(100)).await;
        spins.cancel();
        let fault = spins.reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::Cancelled, "{fault}");
        let fault = other.reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::PluginTrapped, "{fault}");
        assert!(fault.message.contains("kept computing"), "{fault}");
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}

#[test]
fn a_loop_without_end_is_stopped_while_nothing_is_asked_too() {
    run(async {
        let budget = Duration::from_millis(100);
        let plugin = hostile().compute_budget(budget).build().await.unwrap();
        // Its turn has ended when the hour is over that it waits before it spins.
        ask(&plugin, "spin later").await.unwrap();
        assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
        plugin.clock().advance(Duration::from_secs(3600)).unwrap();
        // What is asked before the loop is stopped may be lost with the instance; then there is a new one.
        while !matches!(plugin.status().await, Ok(status) if status.counters.turns == 0) {}
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}

#[test]
fn memory_without_end_is_stopped() {
    run(async {
        let plugin = hostile().memory_cap(32 << 20).build().await.unwrap();
        trapped(&plugin, "grow", "its limit is 33554432").await;
    });
}

/// The clock at which the host itself gives up.
pub(super) fn past_every_limit() -> Duration {
    let config = Config::default();
    config.limits.queue_wait + config.timeouts.turn + Duration::from_secs(61)
}

#[test]
fn a_turn_that_is_never_ended_is_given_up_by_the_clock() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        for text in ["never end", "never begin"] {
            let turn = plugin.ask(TurnRequest::new(text));
            assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
            // Its own limits do not move the component.
            plugin.clock().advance(past_every_limit()).unwrap();
            let fault = turn.reply().await.unwrap_err();
            assert_eq!(fault.code, FaultCode::PluginTrapped);
            assert!(
                fault.message.contains("did not end a turn within 1980 s"),
                "{fault}"
            );
        }
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}

#[test]
fn a_component_that_asks_for_approval_and_never_goes_on_is_given_up_too() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let mut turn = plugin.ask(TurnRequest::new("ask and never end"));
        assert!(turn.next_event().await.is_some());
        // By then the host has noted when the wait began.
        assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
        // Its limit for approvals, in each round of tool calls, and no more.
        let config = Config::default();
        let waits = config.timeouts.approval * config.max_tool_rounds;
        let clock = plugin.clock();
        clock.advance(past_every_limit() + 2 * waits).unwrap();
        let fault = turn.reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::PluginTrapped);
        let limit = (past_every_limit() + waits).as_secs() - 1;
        let says = format!("did not end a turn within {limit} s");
        assert!(fault.message.contains(&says), "{fault}");
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}

#[test]
fn approval_requests_without_end_are_a_trap() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let mut turn = plugin.ask(TurnRequest::new("ask without end"));
        while turn.next_event().await.is_some() {}
        let fault = turn.reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::PluginTrapped);
        assert!(fault.message.contains("more approvals"), "{fault:?}");
        plugin.close().await;
    });
}

#[test]
fn a_diagnosis_that_is_never_ended_is_given_up_by_the_clock() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let diagnosis = plugin.diagnose(None);
        let moving = async {
            plugin.status().await.unwrap();
            plugin.clock().advance(past_every_limit()).unwrap();
        };
        let (fault, ()) = futures::join!(diagnosis, moving);
        assert!(
            fault
                .unwrap_err()
                .message
                .contains("did not end a diagnosis")
        );
    });
}

// Report A2 (attack): no watchdog ends someone else's turn.
#[test]
fn a_diagnosis_that_is_given_up_ends_no_turn_beside_it() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let turn = plugin.ask(TurnRequest::new("take 1000 s"));
        assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
        let diagnosis = plugin.diagnose(None);
        let moving = async {
            plugin.status().await.unwrap();
            plugin.clock().advance(Duration::from_secs(300)).unwrap();
        };
        let (fault, ()) = futures::join!(diagnosis, moving);
        let fault = fault.unwrap_err();
        assert_eq!(fault.code, FaultCode::PluginTrapped);
        assert!(
            fault.message.contains("a diagnosis within 220 s"),
            "{fault}"
        );
        assert_eq!(
            plugin.status().await.unwrap().counters.turns,
            1,
            "a new instance"
        );
        plugin.clock().advance(Duration::from_secs(700)).unwrap();
        assert_eq!(turn.reply().await.unwrap().text, "take 1000 s");
        // What holds the rest of the diagnosis is left once nothing needs it.
        while plugin.status().await.unwrap().counters.turns != 0 {}
    });
}

// Report A2 (attack): a turn may begin under a later config, which gives it more time.
#[test]
fn a_turn_is_given_up_by_the_limits_of_the_config_in_force() {
    run(async {
        let mut config = config("http://127.0.0.1:18789");
        config.timeouts.turn = Duration::from_secs(10);
        let plugin = hostile().config(config.clone()).build().await.unwrap();
        let turn = plugin.ask(TurnRequest::new("take 1000 s"));
        assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
        config.timeouts.turn = Duration::from_secs(1800);
        plugin.configure(config).await.unwrap();
        plugin.clock().advance(Duration::from_secs(300)).unwrap();
        // Longer than a component is given that ends nothing.
        tokio::time::sleep(Duration::from_secs(6)).await;
        plugin.clock().advance(Duration::from_secs(700)).unwrap();
        assert_eq!(turn.reply().await.unwrap().text, "take 1000 s");
    });
}

#[test]
fn a_stream_that_is_never_closed_does_not_hold_its_reader() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let (events, reply) = collect(plugin.ask(TurnRequest::new("keep the stream"))).await;
        assert!(events.is_empty());
        assert_eq!(reply.unwrap().text, "keep the stream");
    });
}

#[test]
fn a_flood_of_events_ends_with_its_reader() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let mut turn = plugin.ask(TurnRequest::new("flood"));
        for _ in 0..1000 {
            let event = turn.next_event().await;
            let Some(host_shim::Event::Delta { text }) = event else {
                panic!("{event:?}");
            };
            assert!(text.bytes().all(|b| b == b'x'));
        }
        drop(turn);
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}

#[test]
fn an_instance_that_has_grown_is_replaced_once_nothing_needs_it() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        ask(&plugin, "small").await.unwrap();
        assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
        ask(&plugin, "big").await.unwrap();
        // The hostile component counts for each instance anew. (The reply comes a moment before the
        // instance is idle.)
        while plugin.status().await.unwrap().counters.turns != 0 {}
    });
}

#[test]
fn a_snapshot_that_is_not_taken_back_costs_the_state_and_nothing_else() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        ask(&plugin, "bad snapshot").await.unwrap();
        trapped(&plugin, "trap", "unreachable").await;
    });
}

// Report A21 (attack): a component that traps on its own snapshot was wedged until a restart.
#[test]
fn a_snapshot_that_the_component_traps_on_costs_the_state_and_nothing_else() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        for _ in 0..2 {
            ask(&plugin, "fatal snapshot").await.unwrap();
            let fatal = plugin.snapshot().await.unwrap();
            trapped(&plugin, "trap", "unreachable").await;
            // The same for one that comes from an earlier process.
            let config = config("http://127.0.0.1:18789");
            let next = hostile().config(config).snapshot(fatal).build().await;
            assert_eq!(ask(&next.unwrap(), "next").await.unwrap().text, "next");
        }
    });
}

#[test]
fn a_component_that_traps_whenever_it_is_made_is_told_to_every_caller() {
    run(async {
        let mut config = config("http://127.0.0.1:18789");
        config.gateway_agent_id = "trap-in-an-hour".to_owned();
        let plugin = hostile().config(config).build().await.unwrap();
        plugin.clock().advance(Duration::from_secs(3600)).unwrap();
        for text in ["trap", "a", "b"] {
            let fault = ask(&plugin, text).await.unwrap_err();
            assert_eq!(fault.code, FaultCode::PluginTrapped, "{text}");
        }
        assert_eq!(
            plugin.status().await.unwrap_err().code,
            FaultCode::PluginTrapped
        );
        plugin.close().await;
    });
}

#[test]
fn a_trap_at_the_first_config_is_an_error_of_building() {
    run(async {
        let mut config = config("http://127.0.0.1:18789");
        config.gateway_agent_id = "trap".to_owned();
        let error = hostile().config(config.clone()).build().await.unwrap_err();
        assert!(matches!(error, LoadError::Fault(_)), "{error}");
        assert!(!error.to_string().contains(TOKEN), "{error}");
        let plugin = hostile().build().await.unwrap();
        let error = plugin.configure(config).await.unwrap_err();
        assert!(
            matches!(error, host_shim::ConfigureError::Fault(_)),
            "{error}"
        );
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}
