//! The sidecar's commands as a separate program, without the component's runtime.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use openclaw_core::locale::Locale;
use openclaw_sidecar::cli::{self, SidecarArgs, help};

/// The OpenClaw gateway beside AstrBot.
#[derive(Debug, Parser)]
#[command(name = "openclaw-sidecar", version, max_term_width = 80)]
struct Program {
    /// The language of texts; without it LC_ALL, LC_MESSAGES, LANG and LANGUAGE decide, on Windows the user's settings.
    #[arg(long, global = true, value_name = "en|zh", hide_possible_values = true, value_parser = ["en", "zh"])]
    locale: Option<String>,
    #[command(flatten)]
    args: SidecarArgs,
}

fn main() -> ExitCode {
    openclaw_sidecar::core_dumps::disable();
    openclaw_os::console::set_up();
    let command = help::with_examples(Program::command(), Locale::En);
    let parsed = Program::from_arg_matches(&command.get_matches());
    let program = parsed.unwrap_or_else(|error| error.exit());
    let locale = match program.locale.as_deref() {
        Some("zh") => Locale::Zh,
        Some(_) => Locale::En,
        None => Locale::of_environment(openclaw_os::language::variable),
    };
    ExitCode::from(cli::run(&program.args, locale))
}
