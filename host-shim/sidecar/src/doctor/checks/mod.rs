//! The diagnostics: pure functions of the facts that return checks.

pub(super) mod astrbot;
pub(super) mod compose_file;
pub(super) mod container;
pub(super) mod env;
pub(super) mod files;
pub(super) mod levels;
pub(super) mod machine;
pub(super) mod model;
pub(super) mod network;
pub(super) mod settings;
