//! The `host-shim` command line from outside, against a fake gateway: what scripts and people
//! rely on. A target of the package `host-shim-cli`, so that cargo builds the program for it.

#[cfg(unix)]
mod approvals;
mod ask;
mod bad_input;
#[cfg(target_os = "linux")]
mod caches;
#[cfg(target_os = "linux")]
mod cgroup;
#[cfg(unix)]
mod chat;
mod completions;
#[cfg(target_os = "linux")]
mod core_dumps;
mod demo;
mod files;
#[cfg(target_os = "linux")]
mod memory;
mod reference;
mod reports;
mod session;
mod support;
#[cfg(unix)]
mod terminal;
