//! The native half of the Python package `astr_openclaw`: the host library, bridged to asyncio.
//!
//! All of it is private to the package (`astr_openclaw._native`); the documented API is written in Python.
//! `mailbox.rs` describes the bridge: no Rust thread ever touches the interpreter, and futures are polled on the
//! event loop's own thread.
#![deny(missing_docs)]

mod errors;
mod fork_guard;
mod mailbox;
mod plugin;
mod tools;
mod turn;

use host_shim::config::{KEYS, Key};
use host_shim::{Approval, DeciderRole, FaultCode, Level, Patience};
use openclaw_core::redact;
use pyo3::prelude::*;
use serde_json::json;

/// The table of fault codes as a JSON list: `code`, `counts` (for the breaker), `cause` and `remedy`.
#[pyfunction]
fn fault_table(locale: &str) -> PyResult<String> {
    let locale = plugin::parse_locale(locale)?;
    let table: Vec<_> = FaultCode::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.as_str(),
                "counts": code.counts_for_breaker(),
                "cause": code.cause(locale),
                "remedy": code.remedy(locale),
            })
        })
        .collect();
    errors::json(&table)
}

/// The text with `mark` in place of these tokens.
#[pyfunction]
fn mask_tokens(text: &str, tokens: Vec<String>, mark: &str) -> String {
    redact::mask_with(mark, text, tokens.iter().map(String::as_str))
}

/// For a text that arrives in pieces: the part that can be shown now, masked, and the rest, to be prepended to
/// the next piece.
#[pyfunction]
fn mask_piece(text: &str, tokens: Vec<String>, mark: &str) -> (String, String) {
    let tokens = tokens.iter().map(String::as_str);
    let (shown, rest) = text.split_at(redact::settled(text, tokens.clone()));
    (redact::mask_with(mark, shown, tokens), rest.to_owned())
}

/// Private; see `astr_openclaw`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    let level = Level::ALL.iter().map(|level| level.as_str());
    module.add("LEVELS", level.collect::<Vec<_>>())?;
    let approval = Approval::ALL.iter().map(|approval| approval.as_str());
    module.add("APPROVALS", approval.collect::<Vec<_>>())?;
    let role = DeciderRole::ALL.iter().map(|role| role.as_str());
    module.add("ROLES", role.collect::<Vec<_>>())?;
    let patience = Patience::ALL.iter().map(|patience| patience.as_str());
    module.add("PATIENCES", patience.collect::<Vec<_>>())?;
    let names = |keys: &mut dyn Iterator<Item = &Key>| keys.map(|k| k.name).collect::<Vec<_>>();
    module.add("CONFIG_KEYS", names(&mut KEYS.iter()))?;
    module.add(
        "SECRET_KEYS",
        names(&mut KEYS.iter().filter(|k| k.is_secret())),
    )?;
    module.add("MAX_ATTACHMENT_BYTES", host_shim::MAX_ATTACHMENT_BYTES)?;
    module.add_class::<mailbox::Mailbox>()?;
    module.add_class::<mailbox::Operation>()?;
    module.add_class::<mailbox::ToolAnswer>()?;
    module.add_class::<mailbox::ApprovalAnswer>()?;
    module.add_class::<plugin::Plugin>()?;
    module.add_class::<turn::Turn>()?;
    module.add("ForkError", py.get_type::<fork_guard::ForkError>())?;
    module.add("NativeError", py.get_type::<errors::NativeError>())?;
    module.add_function(wrap_pyfunction!(plugin::load, module)?)?;
    module.add_function(wrap_pyfunction!(plugin::read_attachment, module)?)?;
    module.add_function(wrap_pyfunction!(fault_table, module)?)?;
    module.add_function(wrap_pyfunction!(mask_tokens, module)?)?;
    module.add_function(wrap_pyfunction!(mask_piece, module)?)?;
    Ok(())
}
