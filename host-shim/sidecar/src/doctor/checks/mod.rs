//! The diagnostics: each a pure function of the facts that gives some checks.

pub(super) mod compose_file;
pub(super) mod container;
pub(super) mod env;
pub(super) mod files;
pub(super) mod machine;
pub(super) mod network;
pub(super) mod settings;
