//! A component that offers `astr:openclaw/memory-stat` and needs nothing but WASI.
//!
//! It reads the preopened folders `/proc` and `/sys/fs/cgroup`. Where a folder that the system has is
//! not preopened there is no reading: the guards then act as if memory were short. The rule is
//! [`openclaw_memory`]'s, the same as the native host's.
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
use std::path::Path;

use bindings::exports::astr::openclaw::memory_stat::{Guest, Sample};
use openclaw_memory::Unreadable;

openclaw_core::memory_bindings!(bindings::exports::astr::openclaw::memory_stat);

/// Where control groups are mounted.
const GROUPS: &str = "/sys/fs/cgroup";

struct WasiMemory;

impl Guest for WasiMemory {
    fn read() -> Result<Sample, String> {
        let sample = openclaw_memory::read_system().map_err(why)?;
        // Natively, groups that cannot be read are out of this system's sight. Here whoever runs the
        // component has forgotten them, and a container's limit with them.
        if let Some(why) = &sample.estimated
            && why.contains(GROUPS)
            && !Path::new(GROUPS).exists()
        {
            return Err(format!(
                "{why}; make that folder readable (under `wasmtime run`: --dir {GROUPS})"
            ));
        }
        Ok(sample.into())
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
