//! A component that provides `astr:openclaw/tools` and `astr:openclaw/workspace` for hosts that have neither.
//!
//! The plugin only calls tools that came with the turn, and turns from such a host have none; any call
//! returns an error to the model. It also provides `astr:openclaw/types`, so that a composition does not
//! import that from its host.
#![deny(missing_docs)]

mod bindings {
    #![allow(missing_docs)]
    wit_bindgen::generate!({
        inline: "
            package astr:wasi;
            world tools {
                export astr:openclaw/types@0.3.0;
                export astr:openclaw/tools@0.3.0;
                export astr:openclaw/workspace@0.3.0;
            }
        ",
        path: "../../../wit",
        world: "astr:wasi/tools",
    });
}

use bindings::exports::astr::openclaw::tools::{Guest, ToolCall};
use bindings::exports::astr::openclaw::workspace;

struct NoTools;

impl Guest for NoTools {
    async fn run(_turn_id: String, call: ToolCall) -> Result<String, String> {
        Err(format!(
            "this host has no tools, so `{}` cannot be run",
            call.name
        ))
    }
}

impl workspace::Guest for NoTools {
    async fn open(_path: String, _max_bytes: u64) -> Result<Vec<u8>, workspace::OpenError> {
        Err(workspace::OpenError::NoRoot)
    }
}

// Natively there are no exports: their names are not valid ELF symbols.
#[cfg(target_family = "wasm")]
bindings::export!(NoTools with_types_in bindings);
