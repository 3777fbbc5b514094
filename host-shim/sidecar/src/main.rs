//! The sidecar's commands as a program of their own, without the component's runtime.

use std::process::ExitCode;

use clap::Parser;
use openclaw_sidecar::cli::{self, SidecarArgs};

/// The OpenClaw gateway beside AstrBot.
#[derive(Debug, Parser)]
#[command(name = "openclaw-sidecar", version)]
struct Program {
    #[command(flatten)]
    args: SidecarArgs,
}

fn main() -> ExitCode {
    ExitCode::from(cli::run(&Program::parse().args))
}
