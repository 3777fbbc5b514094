//! The arguments of the sidecar's commands.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::astrbot::AstrBotArgs;
use super::model::{FromAstrBot, ModelArgs};
use crate::layout::default_root;
use crate::plugin_settings::Format;
use crate::restore;
use crate::upgrade::WAIT;

/// Sets up, checks, starts, upgrades and rolls back the OpenClaw gateway beside AstrBot.
///
/// Exit status: 0 success; 1 failure, or the doctor found a problem; 2 wrong usage; 3 an upgrade or
/// rollback failed and the previous version runs again; 130 ended by Ctrl-C.
#[derive(Clone, Debug, Args)]
pub struct SidecarArgs {
    /// The sidecar's folder.
    #[arg(long, global = true, env = "OPENCLAW_SIDECAR_ROOT", default_value_os_t = default_root(), value_name = "DIR")]
    pub root: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: SidecarCommand,
}

/// What `host-shim sidecar` can do.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum SidecarCommand {
    /// Create the folders and files, with a strong token; overwrites nothing.
    Init {
        /// Replace files that differ from the templates, keeping a backup of each.
        /// The .env is never replaced.
        #[arg(long)]
        force: bool,
        /// The gateway's port on this machine's loopback address.
        #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
        port: Option<u16>,
        /// AstrBot runs in this container: let it reach the gateway.
        #[arg(long, value_name = "NAME")]
        astrbot_container: Option<String>,
        /// With --astrbot-container: the network to share; default: one of the sidecar's own.
        #[arg(long, value_name = "NAME", requires = "astrbot_container")]
        network: Option<String>,
        /// A model provider to take over from AstrBot.
        #[command(flatten)]
        astrbot: FromAstrBot,
    },
    /// Choose the model provider: a well-known service, any OpenAI-compatible URL, or AstrBot's own.
    Model(ModelArgs),
    /// Let AstrBot's container reach the gateway: a shared network, without restarting AstrBot.
    #[command(name = "astrbot")]
    AstrBot(AstrBotArgs),
    /// Check everything: files, settings, engine, container, port, token, memory, disk, clock.
    Doctor {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Make safe repairs: create what is missing, restrict permissions, set a token if there is none.
        #[arg(long)]
        fix: bool,
        /// With --fix: only list the repairs.
        #[arg(long, requires = "fix")]
        dry_run: bool,
        /// A plugin config to compare with: AstrBot's JSON or host-shim's TOML.
        #[arg(long, value_name = "FILE")]
        plugin_config: Option<PathBuf>,
        /// AstrBot's data folder, to compare the model provider's key with.
        #[arg(long, value_name = "DATA")]
        astrbot: Option<PathBuf>,
        /// Make one model call through the gateway, to prove that the provider works.
        #[arg(long)]
        ask: bool,
        /// Print the JSON Schema of the --json output instead.
        #[arg(long)]
        json_schema: bool,
    },
    /// Start the gateway and wait until it is healthy.
    Up {
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
    },
    /// Stop the gateway and remove its container; all data is kept.
    Down,
    /// Show the container.
    Ps,
    /// Show the gateway's log, with the token masked.
    Logs {
        /// Keep showing new lines.
        #[arg(short, long)]
        follow: bool,
        /// How many lines to show from the end.
        #[arg(long, default_value_t = 100, value_name = "N")]
        tail: u32,
    },
    /// Recreate the container, so that changes to .env and config take effect.
    Restart {
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
    },
    /// Switch to another version; rolls back automatically if it does not become healthy.
    Upgrade {
        /// A release, such as 2026.9.6.
        version: String,
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
        /// How many restore points to keep.
        #[command(flatten)]
        keep: Keep,
    },
    /// Return to the version before the last upgrade, or to a restore point.
    Rollback {
        /// The restore point to return to.
        #[arg(long, value_name = "ID")]
        to: Option<String>,
        /// Only list the restore points.
        #[arg(long, conflicts_with = "to")]
        list: bool,
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
        /// How many restore points to keep.
        #[command(flatten)]
        keep: Keep,
    },
    /// Print the plugin's settings for this gateway, with the token in plain text, ready to paste.
    PrintConfig {
        /// The output format.
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
        /// The agent that answers.
        #[arg(long, default_value = "main", value_name = "ID")]
        agent_id: String,
    },
    /// Print Kubernetes manifests: AstrBot with the gateway as a native sidecar container.
    Manifest {
        /// Write astrbot.yaml and secret.yaml (mode 600, a new token) into this folder instead.
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
        /// The namespace.
        #[arg(long, default_value = "astrbot", value_name = "NAME")]
        namespace: String,
        /// The gateway's version; default: that of the templates.
        #[arg(long, value_name = "VERSION")]
        gateway_version: Option<String>,
        /// AstrBot's image, with a tag.
        #[arg(long, value_name = "IMAGE")]
        astrbot_image: Option<String>,
    },
}

/// How long to wait.
#[derive(Clone, Copy, Debug, Args)]
pub struct Wait {
    /// Longest wait until the gateway is healthy, in seconds.
    #[arg(long, default_value_t = WAIT.as_secs(), value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
}

impl Wait {
    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.wait)
    }
}

/// How many restore points to keep.
#[derive(Clone, Copy, Debug, Args)]
pub struct Keep {
    /// How many restore points to keep; the newest healthy one is always kept.
    #[arg(long, default_value_t = restore::KEEP, value_name = "N")]
    pub keep: usize,
}
