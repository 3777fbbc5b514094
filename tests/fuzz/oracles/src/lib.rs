//! What must hold for any input of the product's readers: limits of memory and time, and what the results must have
//! in common.
//!
//! Each of [`TARGETS`] is run by a fuzzer of its own (`tests/fuzz/fuzz_targets`), and by the test `replay` over the
//! committed corpora and over what fuzzing has found (`tests/fuzz/regressions`).
#![deny(missing_docs)]

mod answer;
mod classify;
mod config;
mod dotenv;
mod heap;
mod input;
mod json;
mod memory;
mod request;
mod session;
mod snapshot;
mod sse;
mod turn;

// Pure modules of crates with hundreds of dependencies, read here as files.
#[allow(dead_code, reason = "a part is used")]
#[path = "../../../../host-shim/sidecar/src/dotenv/text/mod.rs"]
mod dotenv_text;
#[allow(dead_code, reason = "a part is used")]
#[path = "../../../../host-shim/src/snapshot.rs"]
mod host_snapshot;
#[allow(dead_code, reason = "a part is used")]
#[path = "../../../../host-shim/sidecar/src/interpolate.rs"]
mod interpolate;
#[path = "../../../../host-shim/sidecar/src/line_end.rs"]
mod line_end;

/// The clock that the host's snapshot names; none here.
mod clock {
    pub(crate) struct Clock;

    impl Clock {
        pub(crate) fn now(&self) -> std::time::Duration {
            std::time::Duration::ZERO
        }
    }
}

pub use heap::bounded;
pub use input::MOST;

/// Something that reads what others write.
pub struct Target {
    /// Its name: that of its fuzzer and of its folders of inputs.
    pub name: &'static str,
    /// Panics if an input has shown a mistake.
    pub check: fn(&[u8]),
}

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $($(#[$doc])* pub fn $name(data: &[u8]) {
            $name::check(data);
        })*

        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), check: $name }),*];
    };
}

targets! {
    /// The reader of a gateway's answer, stream or JSON.
    answer
    /// The classifier of failed answers, and what detects an answer's format.
    classify
    /// The settings, with addresses and tokens.
    config
    /// The `.env`, as both generations of Compose read it.
    dotenv
    /// The reader of JSON in place.
    json
    /// The readers of control groups and `/proc/meminfo`.
    memory
    /// The builder of requests.
    request
    /// The lines of `host-shim session`.
    session
    /// The guards' snapshot, the component's and the host's part of it.
    snapshot
    /// The reader of event streams.
    sse
    /// A whole turn with a hostile gateway.
    turn
}

/// Whether a text may be shown to people as it is.
fn is_printable(text: &str) -> bool {
    text.chars().all(openclaw_core::printable::is_printable)
}
