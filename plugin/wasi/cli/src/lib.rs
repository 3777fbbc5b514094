//! The plugin as a command that runs on any host with WASI 0.3, such as the stock `wasmtime run`:
//! `ask`, `status` and `diagnose`, as `host-shim` has them, with its texts, JSON and exit codes.
//!
//! The gateway and its token come from the environment. Nothing but WASI is imported once the
//! plugin, its memory readings and its (absent) tools are composed in.
#![deny(missing_docs)]
// Natively there is only what the tests use: the command needs the component's imports.
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
                import astr:openclaw/gateway@0.1.0;
                import astr:openclaw/guards@0.1.0;
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
