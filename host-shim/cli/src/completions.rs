//! Completion scripts.

use clap::CommandFactory as _;
use clap_complete::Shell;
use host_shim::Locale;

use crate::args::Cli;
use crate::help;

/// The script for a shell.
pub fn script(shell: Shell, locale: Locale) -> String {
    let mut command = help::localized(Cli::command(), locale);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "host-shim", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // clap_complete 4.6 writes the program's name in two ways where it has a hyphen, so that bash completes
        // no word after the first one (clap-rs/clap#6421).
        Shell::Bash => script.replace("host__subcmd__shim", "host__shim"),
        _ => script,
    }
}
