//! The sidecar's commands as a program of their own, without the component's runtime.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use openclaw_core::locale::Locale;
use openclaw_sidecar::cli::{self, SidecarArgs};

/// The OpenClaw gateway beside AstrBot.
#[derive(Debug, Parser)]
#[command(name = "openclaw-sidecar", version)]
struct Program {
    /// The language of texts; without it LC_ALL, LC_MESSAGES, LANG and LANGUAGE decide.
    #[arg(long, global = true, value_name = "en|zh", hide_possible_values = true)]
    locale: Option<Language>,
    #[command(flatten)]
    args: SidecarArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    En,
    Zh,
}

fn main() -> ExitCode {
    let program = Program::parse();
    let locale = match program.locale {
        Some(Language::En) => Locale::En,
        Some(Language::Zh) => Locale::Zh,
        None => Locale::of_environment(|name| std::env::var(name).ok()),
    };
    ExitCode::from(cli::run(&program.args, locale))
}
