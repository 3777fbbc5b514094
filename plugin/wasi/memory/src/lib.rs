//! A component that provides `astr:openclaw/memory-stat` on plain WASI.
//!
//! Reads the preopened folders `/proc` and `/sys/fs/cgroup`. If an existing one is not preopened, the reading
//! fails and the guards treat memory as low. Uses [`openclaw_memory`], like the native host.
#![deny(missing_docs)]

mod bindings {
    #![allow(missing_docs)]
    wit_bindgen::generate!({
        inline: "
            package astr:wasi;
            world memory {
                export astr:openclaw/memory-stat@0.3.0;
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
        // Natively, unreadable groups are hidden by the system. Here the folder was not preopened, which
        // would hide a container's limit.
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

/// The error text. To a component, a folder that is not preopened looks like a missing one.
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

// Natively there are no exports: their names are not valid ELF symbols.
#[cfg(target_family = "wasm")]
bindings::export!(WasiMemory with_types_in bindings);
