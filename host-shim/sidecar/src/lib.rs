//! Runs the OpenClaw gateway as AstrBot's sidecar: sets it up, checks, starts, upgrades and rolls it
//! back, using plain files that Docker Compose understands without this crate.
//!
//! The command line is [`cli`]; `host-shim sidecar` and the small program `openclaw-sidecar` have the
//! same commands. The modules:
//!
//! - [`layout`], [`templates`] and [`ownership`]: the files of the root; [`init`] creates them.
//! - [`dotenv`], [`compose_file`], [`gateway_config`]: these files, read like Compose and OpenClaw read
//!   them; [`address`]: where the gateway can be reached; [`project`]: the Compose project.
//! - [`doctor`]: facts, gathered once; diagnostics, pure functions of them; fixes, safe repairs.
//! - [`error`]: what can go wrong, for programs and in both languages for people.
//! - [`engine`]: Docker with Compose v2 or v1, or Podman.
//! - [`lifecycle`]: starts an [`image`] and waits until it is healthy, with [`progress`]; [`upgrade`]: upgrades and rolls
//!   back with [`restore`] points and a [`journal`], so that it can recover from a power loss.
//! - [`sizing`]: what AstrBot, the gateway and a bot client need together.
//! - [`model`]: the model provider, chosen from a table or taken over from AstrBot.
//! - [`astrbot_container`]: AstrBot in a container: the shared network, and the gateway seen from inside it.
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
pub mod astrbot_container;
pub mod atomic_file;
pub mod cli;
pub mod compose_file;
pub mod core_dumps;
pub mod doctor;
pub mod dotenv;
pub mod engine;
pub mod error;
pub mod gateway_config;
pub mod image;
pub mod init;
pub mod interpolate;
mod interrupt;
pub mod journal;
pub mod json5_text;
pub mod layout;
pub mod level_agents;
pub mod lifecycle;
mod line_end;
pub mod lock;
pub mod manifest;
pub mod marked_config;
pub mod model;
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
pub mod sizing;
mod system_advice;
pub mod templates;
pub mod text;
mod tool_policy;
pub mod upgrade;
pub mod version_config;
pub mod versions;
mod waiting;
