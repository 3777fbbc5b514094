//! The life of the OpenClaw gateway that runs as AstrBot's sidecar: set up, checked, started,
//! upgraded and rolled back, with plain files that Docker Compose understands without this crate.
//!
//! The command line is [`cli`]; `host-shim sidecar` and the small program `openclaw-sidecar` are
//! the same commands. The parts by themselves:
//!
//! - [`layout`] and [`templates`]: what lies in the root, and [`ownership`] whose it is; [`init`] makes it.
//! - [`dotenv`], [`compose_file`], [`gateway_config`]: the root's files, read as Compose and OpenClaw
//!   read them; [`address`]: where that makes the gateway reachable; [`project`]: whose containers.
//! - [`doctor`]: facts, looked up once; diagnostics, pure functions of them; fixes, safe steps.
//! - [`engine`]: Docker with Compose v2 or v1, or Podman.
//! - [`lifecycle`]: start from an [`image`] and wait until healthy; [`upgrade`]: upgrade and roll back
//!   over [`restore`] points and a [`journal`], so that a power loss at any step can be repaired.
//! - [`manifest`]: the same gateway on Kubernetes.
//!
//! ```
//! use openclaw_sidecar::{atomic_file::AtomicFiles, init::init, layout::Root};
//!
//! let folder = tempfile::tempdir()?;
//! let root = Root::new(folder.path())?;
//! init(&root, false, "20260209", AtomicFiles::new(&|_| {}))?;
//! assert!(root.join("openclaw_sidecar.compose.yml").is_file());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

pub mod address;
pub mod atomic_file;
pub mod cli;
pub mod compose_file;
pub mod doctor;
pub mod dotenv;
pub mod engine;
pub mod error;
pub mod gateway_config;
pub mod image;
pub mod init;
pub mod interpolate;
pub mod journal;
pub mod layout;
pub mod lifecycle;
pub mod lock;
pub mod manifest;
pub mod ownership;
pub mod plugin_settings;
pub mod probe;
pub mod process;
pub mod progress;
pub mod project;
pub mod read_file;
pub mod release;
pub mod restore;
pub mod secret;
pub mod selinux;
mod settle_project;
pub mod templates;
pub mod text;
pub mod upgrade;
