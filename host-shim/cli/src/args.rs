//! The command line's grammar.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueHint};
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;

/// The command line. Its help texts are in `help.rs`, in both languages.
#[derive(Debug, Parser)]
#[command(
    name = "host-shim",
    version,
    arg_required_else_help = true,
    max_term_width = 80,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command. A token is never one of them: it comes from OPENCLAW_GATEWAY_TOKEN,
/// a file or the config, because a command line can be read by every user of the machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub gateway_url: Option<String>,
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub backup_url: Option<String>,
    #[arg(long, global = true, value_name = "ID")]
    pub agent: Option<String>,
    #[arg(long, global = true)]
    pub level_agents: bool,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub component: Option<PathBuf>,
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub workspace: Option<PathBuf>,
    #[arg(long, global = true, value_name = "en|zh", hide_possible_values = true, value_parser = locale())]
    pub locale: Option<Locale>,
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

fn locale() -> impl TypedValueParser<Value = Locale> {
    let names = Locale::ALL.iter().map(|locale| locale.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Locale>())
}

/// Lists the levels, so that shells complete them.
fn level() -> impl TypedValueParser<Value = Level> {
    let names = Level::ALL.iter().map(|level| level.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.to_ascii_uppercase().parse::<Level>())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Ask(Ask),
    Chat(Chat),
    Session,
    Status(Format),
    Diagnose(Format),
    Inspect(Inspect),
    Demo,
    Faults(Table),
    Guards(Table),
    Compile(Compile),
    Completions(Completions),
    Sidecar(openclaw_sidecar::cli::SidecarArgs),
    Help(Help),
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub struct Ask {
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    #[command(flatten)]
    pub turn: TurnOptions,
    #[arg(long)]
    pub heavy: bool,
    #[arg(long = "attach", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub attachments: Vec<PathBuf>,
    #[arg(long)]
    pub json: bool,
}

/// What is common to the turns of `ask` and `chat`.
#[derive(Clone, Debug, Args)]
pub struct TurnOptions {
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, ignore_case = true, value_parser = level())]
    pub level: Option<Level>,
    #[arg(long, value_name = "TEXT")]
    pub instructions: Option<String>,
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tools: Option<PathBuf>,
    #[arg(short, long)]
    pub yes: bool,
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub save_files: Option<PathBuf>,
}

/// Arguments of `chat`.
#[derive(Debug, Args)]
pub struct Chat {
    #[command(flatten)]
    pub turn: TurnOptions,
}

/// How a report is printed.
#[derive(Debug, Args)]
pub struct Format {
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub format: Format,
}

/// How a table is printed.
#[derive(Debug, Args)]
pub struct Table {
    #[arg(long)]
    pub markdown: bool,
}

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub struct Compile {
    #[arg(value_name = "IN.wasm", value_hint = ValueHint::FilePath)]
    pub input: PathBuf,
    #[arg(value_name = "OUT.cwasm", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

/// Arguments of `help`.
#[derive(Debug, Args)]
pub struct Help {
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}
