//! The command line of the OpenClaw plugin: asks, diagnoses and demonstrates.

mod approver;
mod args;
mod clap_errors_zh;
mod command_tools;
mod commands;
mod completions;
mod help;
mod keyboard;
mod line_editor;
mod media_type;
mod output;
mod pretended_memory;
mod saved_files;
mod setup;
mod signals;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory as _, FromArgMatches as _};
use commands::{ask, chat, reports, session, tables};
use host_shim::Locale;
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_os::language;
use openclaw_render::{CliError, Failure, Style, locale_of_arguments};
use output::{print, show};
use setup::Setup;

fn main() -> ExitCode {
    openclaw_sidecar::core_dumps::disable();
    openclaw_os::heap::set_up();
    openclaw_os::console::set_up();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // What the environment says, until an argument says something else.
    let locale = locale_of_arguments(arguments.iter().cloned())
        .unwrap_or_else(|| Locale::of_environment(language::variable));
    let cli = match parse(arguments, locale) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(show_clap(&error, locale)),
    };
    log_to_stderr(cli.global.verbose);
    let code = run(cli, locale)
        .unwrap_or_else(|error| error.show(Style::coloured(locale), &mut anstream::stderr()));
    command_tools::kill_all();
    ExitCode::from(code)
}

fn parse(arguments: Vec<OsString>, locale: Locale) -> Result<Cli, clap::Error> {
    let mut command = help::localized(Cli::command(), locale);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Shows help, the version, or what is wrong with the arguments; the exit code.
fn show_clap(error: &clap::Error, locale: Locale) -> u8 {
    let chinese = match locale {
        Locale::En => None,
        Locale::Zh => clap_errors_zh::in_chinese(error),
    };
    match chinese {
        Some(text) => show(&text),
        // An error here means that nobody reads stderr.
        None => drop(error.print()),
    }
    u8::try_from(error.exit_code()).unwrap_or(exit::USAGE)
}

fn run(cli: Cli, locale: Locale) -> Result<u8, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            let what = say!(locale, en: "cannot start the event loop: {error}", zh: "无法启动事件循环：{error}");
            Failure::other(what, "")
        })?;
    let setup = || Setup::read(&cli.global, locale);
    match cli.command {
        Command::Ask(options) => runtime.block_on(ask::run(options, setup()?)),
        Command::Chat(options) => chat::run(options, setup()?, &runtime),
        Command::Session => runtime.block_on(session::run(setup()?)),
        Command::Status(format) => runtime.block_on(reports::status(&format, setup()?)),
        Command::Diagnose(format) => runtime.block_on(reports::diagnose(&format, setup()?)),
        Command::Inspect(options) => reports::inspect(&options, &cli.global, locale),
        Command::Demo => runtime.block_on(commands::demo::run(&cli.global, locale)),
        Command::Faults(table) => print(&tables::faults(locale, table.markdown)),
        Command::Guards(table) => {
            let setup = setup()?;
            print(&tables::guards(&setup.config, setup.locale, table.markdown))
        }
        Command::Compile(options) => reports::compile(&options, locale),
        Command::Completions(options) => {
            let script = completions::script(options.shell, locale);
            io::stdout().write_all(script.as_bytes())?;
            Ok(exit::OK)
        }
        Command::Sidecar(args) => Ok(openclaw_sidecar::cli::run(&args, locale)),
        Command::Help(options) => {
            let mut arguments = vec!["host-shim".to_owned()];
            arguments.extend(options.command);
            arguments.push("--help".to_owned());
            match parse(arguments.into_iter().map(OsString::from).collect(), locale) {
                Err(help) => Ok(show_clap(&help, locale)),
                Ok(_) => Ok(exit::USAGE),
            }
        }
    }
}

/// Logs of this program only: those of the libraries below could hold a request's headers. Errors are
/// always shown: that the component trapped, or that the guards' state is lost. From `-vv` on, the spans
/// of turns and requests are shown with their times as they end.
fn log_to_stderr(verbose: u8) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::fmt::format::FmtSpan;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let level = match verbose {
        0 => LevelFilter::ERROR,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(Targets::new().with_target("host_shim", level))
        .with(layer)
        .init();
}
