//! Conversions between the generated types and core's.

openclaw_core::bindings! {
    types: super::bindings::astr::openclaw::types,
    memory: super::bindings::astr::openclaw::memory_stat,
    guards: super::bindings::exports::astr::openclaw::guards,
    gateway: super::bindings::exports::astr::openclaw::gateway
}

openclaw_core::workspace_bindings!(super::bindings::astr::openclaw::workspace);
