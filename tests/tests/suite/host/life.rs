//! A plugin's life: building, configuring, its clock, closing.

use std::time::Duration;

use super::*;
use host_shim::{BreakerState, FaultCode, LoadError, Locale, TurnRequest};
use openclaw_fake_gateway::{Answer, ClosedBy, Gate, Scene};

#[test]
fn a_turn_that_runs_ends_under_the_config_it_began_with() {
    run(async {
        let (first, plugin) = pair().await;
        let second = gateway().await;
        let gate = Gate::new();
        first.push(Answer::new().delta("old").hold(&gate));
        let turn = plugin.ask(TurnRequest::new("hi"));
        gate.reached().await;
        let mut other = config(&second.url());
        other.locale = Locale::Zh;
        plugin.configure(other).await.unwrap();
        gate.open();
        assert_eq!(turn.reply().await.unwrap().text, "old");
        plugin.ask(TurnRequest::new("hi")).reply().await.unwrap();
        assert_eq!((first.turns().len(), second.turns().len()), (1, 1));
        assert_eq!(plugin.locale(), Locale::Zh);
    });
}

#[test]
fn a_plugin_goes_on_where_another_one_stopped() {
    run(async {
        let (gateway, first) = pair().await;
        gateway.push(Scene::unauthorized());
        gateway.push(Scene::unauthorized());
        for _ in 0..2 {
            first.ask(TurnRequest::new("hi")).reply().await.unwrap_err();
        }
        let minute = Duration::from_secs(60);
        first.clock().advance(minute / 2).unwrap();
        let bytes = first.snapshot().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN));
        first.close().await;

        let restored = || builder().snapshot(host_shim::Snapshot::from_bytes(&bytes).unwrap());
        let second = restored()
            .config(config(&gateway.url()))
            .build()
            .await
            .unwrap();
        let status = second.status().await.unwrap();
        let breaker = status.breakers.primary.unwrap();
        assert_eq!((breaker.state, breaker.failures), (BreakerState::Open, 2));
        assert!(breaker.retry_after <= minute / 2, "{breaker:?}");
        assert_eq!((status.counters.turns, status.counters.failed), (2, 2));
        let fault = second.ask(TurnRequest::new("hi")).reply().await;
        assert_eq!(fault.unwrap_err().code, FaultCode::CircuitOpen);
        second.clock().advance(minute / 2).unwrap();
        second.ask(TurnRequest::new("hi")).reply().await.unwrap();

        let elsewhere = super::gateway().await;
        let third = restored()
            .config(config(&elsewhere.url()))
            .build()
            .await
            .unwrap();
        let status = third.status().await.unwrap();
        assert_eq!(status.breakers.primary.unwrap().state, BreakerState::Closed);
        assert_eq!(status.counters.turns, 2);
    });
}

#[test]
fn a_snapshot_that_the_component_does_not_take_costs_the_state_and_nothing_else() {
    run(async {
        let bytes = b"astr-openclaw-guards 1 0 0\nof another component";
        let snapshot = host_shim::Snapshot::from_bytes(bytes).unwrap();
        let gateway = gateway().await;
        let plugin = builder()
            .snapshot(snapshot.clone())
            .config(config(&gateway.url()))
            .build()
            .await
            .unwrap();
        plugin.ask(TurnRequest::new("hi")).reply().await.unwrap();
        // A config that is wrong is still told as such.
        match builder()
            .snapshot(snapshot)
            .config(config("x"))
            .build()
            .await
        {
            Err(LoadError::Config(error)) => {
                assert_eq!(error.key(), Some("gateway_primary_url"));
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn moving_the_clock_past_the_whole_turn_limit_ends_the_turn_as_timed_out() {
    run(async {
        let (gateway, plugin) = pair().await;
        gateway.push(Scene::never_answer());
        let turn = plugin.ask(TurnRequest::new("hi"));
        gateway.request(1).await;
        // Far past the host's own limit too: the component's comes first all the same.
        plugin
            .clock()
            .advance(Duration::from_secs(24 * 3600))
            .unwrap();
        assert_eq!(turn.reply().await.unwrap_err().code, FaultCode::TimedOut);
        // The gateway may still run it, so the connection is kept for another minute.
        plugin.clock().advance(Duration::from_secs(60)).unwrap();
        assert_eq!(gateway.closed(1).await, ClosedBy::Client);
    });
}

#[test]
fn a_turn_outlives_the_handles_and_the_plugin_ends_with_it() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("a").hold(&gate));
        let turn = plugin.ask(TurnRequest::new("hi"));
        drop(plugin);
        gate.reached().await;
        gate.open();
        assert_eq!(turn.reply().await.unwrap().text, "a");
        // The pooled connection is closed as the thread ends.
        assert_eq!(gateway.closed(1).await, ClosedBy::Client);
    });
}

#[test]
fn memory_that_cannot_be_read_and_a_source_that_panics_are_told() {
    run(async {
        let config = config("http://127.0.0.1:1");
        let unreadable = || Err("no /proc here".to_owned());
        let plugin = builder()
            .config(config.clone())
            .memory(unreadable)
            .build()
            .await
            .unwrap();
        let memory = plugin.status().await.unwrap().memory;
        assert_eq!(memory.unreadable.as_deref(), Some("no /proc here"));
        assert!(!memory.heavy_allowed);
        let panicking = || panic!("on purpose");
        let plugin = builder()
            .config(config)
            .memory(panicking)
            .build()
            .await
            .unwrap();
        let memory = plugin.status().await.unwrap().memory;
        assert_eq!(
            memory.unreadable.as_deref(),
            Some("the memory source panicked")
        );
    });
}
