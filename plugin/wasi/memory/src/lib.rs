//! A component that offers `astr:openclaw/memory-stat` and needs nothing but WASI.
//!
//! It reads the preopened folders `/proc` and `/sys/fs/cgroup`. Without `/proc` there is no
//! reading, and with it, but without control groups that are mounted there, likewise: the guards
//! then act as if memory were short. The rule is [`openclaw_memory`]'s, the same as the native
//! host's.
#![deny(missing_docs)]

mod bindings {
    #![allow(missing_docs)]
    wit_bindgen::generate!({
        inline: "
            package astr:wasi;
            world memory {
                export astr:openclaw/memory-stat@0.1.0;
            }
        ",
        path: "../../../wit",
        world: "astr:wasi/memory",
    });
}

use std::io::ErrorKind;

use bindings::exports::astr::openclaw::memory_stat::{Bound, Guest, Sample};
use openclaw_memory::Unreadable;

struct WasiMemory;

impl Guest for WasiMemory {
    fn read() -> Result<Sample, String> {
        let sample = openclaw_memory::read_system().map_err(why)?;
        Ok(Sample {
            available: sample.available,
            total: sample.total,
            bounded_by: match sample.bounded_by {
                openclaw_memory::Bound::Machine => Bound::Machine,
                openclaw_memory::Bound::Container => Bound::Container,
            },
        })
    }
}

/// What is wrong. A component sees no folder that it is not given, which looks as if there were none.
fn why(unreadable: Unreadable) -> String {
    match &unreadable {
        Unreadable::File { path, error }
            if path.starts_with("/proc/") && error.kind() == ErrorKind::NotFound =>
        {
            format!("{unreadable}; make /proc readable (under `wasmtime run`: --dir /proc)")
        }
        _ => unreadable.to_string(),
    }
}

// The exports' names are no ELF symbols, so there are none natively.
#[cfg(target_family = "wasm")]
bindings::export!(WasiMemory with_types_in bindings);
