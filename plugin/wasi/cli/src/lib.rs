//! The plugin as a command for any WASI 0.3 host, such as stock `wasmtime run`: `ask`, `status` and
//! `diagnose`, with the same texts, JSON and exit codes as `host-shim`.
//!
//! The gateway and its token come from the environment. Composed with the plugin, its memory readings and a
//! tools stub, it imports only WASI.
#![deny(missing_docs)]
// Natively only the tested parts are built: the command needs the component's imports.
#![cfg_attr(not(target_family = "wasm"), allow(dead_code))]

mod args;
mod config;
mod help;

mod bindings {
    #![allow(missing_docs)]
    wit_bindgen::generate!({
        inline: "
            package astr:wasi;
            world command {
                import astr:openclaw/gateway@0.3.0;
                import astr:openclaw/guards@0.3.0;
                import wasi:cli/exit@0.3.0;
                import wasi:random/random@0.3.0;
                export wasi:cli/run@0.3.0;
            }
        ",
        path: "../../../wit",
        world: "astr:wasi/command",
        generate_all,
    });
}

openclaw_core::bindings!(
    types: crate::bindings::astr::openclaw::types,
    memory: crate::bindings::astr::openclaw::memory_stat,
    guards: crate::bindings::astr::openclaw::guards,
    gateway: crate::bindings::astr::openclaw::gateway
);

#[cfg(target_family = "wasm")]
mod command;
