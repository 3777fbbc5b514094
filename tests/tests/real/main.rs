//! Real OpenClaw gateways from npm, with a stand-in for the model provider.
//!
//! Not among the tests that `cargo test` runs by itself (see Cargo.toml), but in a step of its own,
//! `tests/steps/42-real-gateway.sh`: each start takes 5 to 60 seconds.

mod faults;
mod files;
mod levels;
mod storm;
mod turns;

use std::sync::{Arc, Weak};

use openclaw_tests::provider::PONG;
use openclaw_tests::real::Real;
use openclaw_tests::real_gateway::NEWEST;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

/// Held by the test that runs: gateways that start at the same time starve each other.
static TURN: Mutex<()> = Mutex::const_new(());

/// A gateway of several tests, while one of them has it or waits for it: it is stopped with the last.
type Shared = Mutex<Weak<Real>>;

async fn start(version: &str) -> Real {
    let real = Real::start(|options| {
        options.version = version.to_owned();
        if version == NEWEST {
            options.config = json!({
                // Client tools are tools of their own; else a search tool stands for them.
                "tools": { "toolSearch": false },
                // Behind a bridge no address is a loopback one.
                "gateway": { "auth": { "rateLimit": { "exemptLoopback": false, "maxAttempts": 3, "lockoutMs": 2000 } } },
            });
        }
    })
    .await;
    // From now on the plugin knows which version it asks.
    assert_eq!(real.run("first", "hi").await.reply().text, PONG);
    real
}

/// The shared gateway of a version, and the turn to use it.
async fn shared(version: &str, shared: &Shared) -> (Arc<Real>, MutexGuard<'static, ()>) {
    let mut shared = shared.lock().await;
    let real = match shared.upgrade() {
        Some(real) => real,
        None => {
            let _turn = TURN.lock().await;
            let real = Arc::new(start(version).await);
            *shared = Arc::downgrade(&real);
            real
        }
    };
    drop(shared);
    (real, TURN.lock().await)
}
