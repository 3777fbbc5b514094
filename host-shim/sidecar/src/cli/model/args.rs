//! The arguments of `model`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::model::services::{Api, SERVICES};

/// Arguments of `model`. A key is never one of them: other users can read command lines.
#[derive(Clone, Debug, Default, Args)]
pub struct ModelArgs {
    /// A well-known service (see --list), or `custom` with --base-url.
    #[arg(long, value_name = "NAME", value_parser = names(), hide_possible_values = true, conflicts_with = "from_astrbot")]
    pub service: Option<String>,
    /// The service's base URL, such as https://llm.example.com/v1.
    #[allow(rustdoc::bare_urls, reason = "clap prints it as it stands")]
    #[arg(long, value_name = "URL", conflicts_with = "from_astrbot")]
    pub base_url: Option<String>,
    /// The service's name for the model; default: the first one in --list.
    #[arg(long, value_name = "NAME", conflicts_with = "from_astrbot")]
    pub model: Option<String>,
    /// The API that the service speaks.
    #[arg(long, value_enum, value_name = "API", conflicts_with = "from_astrbot")]
    pub api: Option<Api>,
    /// Read the key from this environment variable; without NAME, from the service's usual one.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", conflicts_with = "key_file")]
    pub key_env: Option<String>,
    /// Read the key from a file that contains nothing else; - is standard input.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub key_file: Option<PathBuf>,
    /// Use the provider from AstrBot's data folder.
    #[command(flatten)]
    pub astrbot: FromAstrBot,
    /// The gateway does not run in a container: leave a loopback address as it is.
    #[arg(long)]
    pub keep_loopback: bool,
    /// Only show what would change.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// List the services instead.
    #[arg(long)]
    pub list: bool,
}

/// A provider to take over from AstrBot.
#[derive(Clone, Debug, Default, Args)]
pub struct FromAstrBot {
    /// Use the model provider from AstrBot's data folder; without DATA, from the one that AstrBot's container has.
    #[arg(long, value_name = "DATA", num_args = 0..=1, value_hint = clap::ValueHint::DirPath)]
    pub from_astrbot: Option<Option<PathBuf>>,
    /// With --from-astrbot: the id of the provider in AstrBot.
    #[arg(long, value_name = "ID", requires = "from_astrbot")]
    pub provider: Option<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(SERVICES.iter().map(|service| service.name))
}
