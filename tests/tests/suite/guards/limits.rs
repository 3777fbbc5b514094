//! | limits | a config may tighten the numbers; loosening them is refused |

use host_shim::{BreakerState, ConfigureError, FaultCode, LoadError, TurnRequest};
use openclaw_fake_gateway::Http;
use openclaw_tests::rig::{MIB, Rig, code, config};
use serde_json::{Value, json};

#[tokio::test]
async fn guard_limits_a_config_that_loosens_one_is_refused_and_changes_nothing() {
    let rig = Rig::new().await;
    let loose: &[(&str, Value)] = &[
        ("heavy_floor_mib", json!(511)),
        ("heavy_floor_mib", json!(0)),
        ("read_only_floor_mib", json!(349)),
        ("breaker_failures", json!(3)),
        ("breaker_failures", json!(0)),
        ("breaker_open_seconds", json!(59)),
        ("breaker_open_seconds", json!(0)),
        ("heavy_bytes", json!(262_145)),
        ("queue_length", json!(65)),
        ("queue_wait_seconds", json!(3601)),
        ("heavy_words", json!([""])),
        ("max_tool_rounds", json!(65)),
        ("max_answer_bytes", json!(1023)),
        ("connect_timeout_seconds", json!(601)),
        ("turn_timeout_seconds", json!(0)),
    ];
    for (key, value) in loose {
        let config = config(&rig.gateway.url(), json!({ *key: value }));
        match rig.plugin.configure(config).await {
            Err(ConfigureError::Invalid(error)) => {
                let text = error.to_string();
                assert!(text.contains(key), "{key} = {value}: {text}");
            }
            other => panic!("{key} = {value}: {other:?}"),
        }
    }
    // The config before is in force.
    rig.memory.available(512 * MIB - 1);
    let heavy = TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    };
    assert_eq!(code(&rig.ask(heavy).await), FaultCode::HeavyTaskRefused);
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_limits_tightened_ones_hold() {
    let rig = Rig::with(json!({
        "heavy_floor_mib": 1000,
        "read_only_floor_mib": 800,
        "breaker_failures": 1,
        "breaker_open_seconds": 300,
    }))
    .await;
    let heavy = || TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    };
    rig.memory.available(1000 * MIB - 1);
    assert_eq!(code(&rig.ask(heavy()).await), FaultCode::HeavyTaskRefused);
    rig.memory.available(1000 * MIB);
    rig.ask(heavy()).await.unwrap();

    let root = || TurnRequest {
        level: host_shim::Level::Root,
        ..TurnRequest::new("hi")
    };
    rig.memory.available(800 * MIB - 1);
    assert_eq!(
        rig.ask(root()).await.unwrap().level,
        host_shim::Level::ReadOnly
    );
    rig.memory.available(800 * MIB);
    assert_eq!(rig.ask(root()).await.unwrap().level, host_shim::Level::Root);

    rig.gateway.push(Http::new(500).text("broken"));
    assert_eq!(code(&rig.say("hi").await), FaultCode::GatewayError);
    let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
    assert_eq!(breaker.state, BreakerState::Open);
    rig.advance(150);
    assert_eq!(code(&rig.say("hi").await), FaultCode::CircuitOpen);
    rig.advance(150);
    rig.say("hi").await.unwrap();
}

#[tokio::test]
async fn guard_limits_a_loose_config_is_refused_at_the_start_too() {
    let loose = config("http://127.0.0.1:9", json!({ "breaker_open_seconds": 1 }));
    let builder = host_shim::Plugin::builder().cache_dir(openclaw_tests::rig::cache_dir());
    match builder.config(loose).build().await {
        Err(LoadError::Config(error)) => {
            assert_eq!(error.key(), Some("breaker_open_seconds"));
        }
        other => panic!("{other:?}"),
    }
}
