//! The command line's grammar.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;

/// Talks to an OpenClaw Gateway through the guarded plugin component.
#[derive(Debug, Parser)]
#[command(
    name = "host-shim",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What is told for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command. A token is never one of them: it comes from OPENCLAW_GATEWAY_TOKEN,
/// a file or the config, because a command line can be read by every user of the machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Settings, as TOML or JSON
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// The gateway, such as http://127.0.0.1:18789
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub gateway_url: Option<String>,
    /// The gateway that is asked when the first cannot be
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub backup_url: Option<String>,
    /// The OpenClaw agent that answers
    #[arg(long, global = true, value_name = "ID")]
    pub agent: Option<String>,
    /// A file that holds the gateway's token and nothing else
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
    /// The plugin component, or what `compile` made of it, to run instead of the one built in
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub component: Option<PathBuf>,
    /// The language of texts; without it LC_ALL, LC_MESSAGES, LANG and LANGUAGE decide
    #[arg(long, global = true, value_name = "en|zh", hide_possible_values = true)]
    pub locale: Option<Language>,
    /// Logs to stderr; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// A language by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    En,
    Zh,
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Zh => Self::Zh,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Asks once and streams the answer
    Ask(Ask),
    /// Talks, turn after turn
    Chat(Chat),
    /// Speaks JSON Lines on stdin and stdout, for scripts and tests
    Session,
    /// Shows memory and what the guards make of it
    Status(Format),
    /// Looks for what is wrong, without a model call; fails if something is
    Diagnose(Format),
    /// Shows what a component is, imports and exports
    Inspect(Inspect),
    /// Plays the guards and the faults against a fake gateway; needs no network
    #[cfg(feature = "demo")]
    Demo,
    /// Prints the table of faults
    Faults(Table),
    /// Prints the table of guards with the limits in force
    Guards(Table),
    /// Compiles a component ahead of time
    Compile(Compile),
    /// Prints a completion script for a shell
    Completions(Completions),
    /// Sets up, checks, starts, upgrades and rolls back the OpenClaw gateway beside AstrBot
    Sidecar(openclaw_sidecar::cli::SidecarArgs),
    /// Shows this help, or that of a command
    Help(Help),
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub struct Ask {
    /// What to ask; `-`, or nothing where stdin is no terminal, reads it from stdin
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    /// How to ask
    #[command(flatten)]
    pub turn: TurnOptions,
    /// Marks the task as heavy, whatever it looks like
    #[arg(long)]
    pub heavy: bool,
    /// An image or a file to send along; may be given several times
    #[arg(long = "attach", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub attachments: Vec<PathBuf>,
    /// Prints the events as JSON Lines instead of the text
    #[arg(long)]
    pub json: bool,
}

/// What is common to the turns of `ask` and `chat`.
#[derive(Clone, Debug, Args)]
pub struct TurnOptions {
    /// The talk to go on with; without it a new one
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    /// How much the turn may do, L0 (talk only, the default) to L4; the guards may lower it
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Added to the agent's instructions
    #[arg(long, value_name = "TEXT")]
    pub instructions: Option<String>,
}

/// Arguments of `chat`.
#[derive(Debug, Args)]
pub struct Chat {
    /// How to ask
    #[command(flatten)]
    pub turn: TurnOptions,
}

/// How a report is printed.
#[derive(Debug, Args)]
pub struct Format {
    /// Prints one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The component; without it the one that the other commands would run
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// How to print it
    #[command(flatten)]
    pub format: Format,
}

/// How a table is printed.
#[derive(Debug, Args)]
pub struct Table {
    /// Prints Markdown, as the README has it
    #[arg(long)]
    pub markdown: bool,
}

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub struct Compile {
    /// The component
    #[arg(value_name = "IN.wasm", value_hint = ValueHint::FilePath)]
    pub input: PathBuf,
    /// Where the compiled artifact goes
    #[arg(value_name = "OUT.cwasm", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `help`.
#[derive(Debug, Args)]
pub struct Help {
    /// The command to explain
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}
