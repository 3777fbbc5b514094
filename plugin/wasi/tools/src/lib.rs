//! A component that offers `astr:openclaw/tools` to a plugin whose host has no tools.
//!
//! The plugin calls only tools that the turn brought with it, and such a host's turns bring none;
//! should it be called all the same, the model is told that there is nothing to call. It also
//! offers `astr:openclaw/types`, so that a composition needs no such import from its host.
#![deny(missing_docs)]

mod bindings {
    #![allow(missing_docs)]
    wit_bindgen::generate!({
        inline: "
            package astr:wasi;
            world tools {
                export astr:openclaw/types@0.1.0;
                export astr:openclaw/tools@0.1.0;
            }
        ",
        path: "../../../wit",
        world: "astr:wasi/tools",
    });
}

use bindings::exports::astr::openclaw::tools::{Guest, ToolCall};

struct NoTools;

impl Guest for NoTools {
    async fn run(_turn_id: String, call: ToolCall) -> Result<String, String> {
        Err(format!(
            "this host has no tools, so `{}` cannot be run",
            call.name
        ))
    }
}

// The exports' names are no ELF symbols, so there are none natively.
#[cfg(target_family = "wasm")]
bindings::export!(NoTools with_types_in bindings);
