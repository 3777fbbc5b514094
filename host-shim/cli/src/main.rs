//! The command line of the OpenClaw plugin: asks, diagnoses and demonstrates.

mod args;
mod ask;
mod attach;
mod chat;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod grumble;
mod heap;
mod help;
mod interrupt;
mod look;
mod memory;
mod problem;
mod report;
mod session;
mod setup;
mod spinner;
mod tables;
mod text;
mod view;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory as _, FromArgMatches as _};
use host_shim::Locale;
use problem::{Problem, Stop};
use setup::Setup;

fn main() -> ExitCode {
    heap::set_up();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // What the environment says, until an argument says something else.
    let locale = text::of_arguments(arguments.iter().cloned())
        .unwrap_or_else(|| text::of_environment(|name| std::env::var_os(name)));
    let cli = match parse(arguments, locale) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(told_by_parser(&error, locale)),
    };
    log_to_stderr(cli.global.verbose);
    let code = match run(cli, locale) {
        Ok(code) => code,
        Err(Stop::Problem(problem)) => {
            tell(&problem.lines(locale));
            problem.exit
        }
        Err(Stop::ReaderGone) => exit::OK,
        Err(Stop::Interrupted) => exit::INTERRUPTED,
    };
    ExitCode::from(code)
}

fn parse(arguments: Vec<OsString>, locale: Locale) -> Result<Cli, clap::Error> {
    let mut command = help::dress(Cli::command(), locale);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Help, the version, or what is wrong with the arguments; the exit code.
fn told_by_parser(error: &clap::Error, locale: Locale) -> u8 {
    let chinese = match locale {
        Locale::En => None,
        Locale::Zh => grumble::in_chinese(error),
    };
    match chinese {
        Some(text) => tell(&text),
        // Nobody may be reading; there is nobody else to tell.
        None => drop(error.print()),
    }
    u8::try_from(error.exit_code()).unwrap_or(exit::USAGE)
}

fn run(cli: Cli, locale: Locale) -> Result<u8, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::other(format!("no event loop: {error}"), ""))?;
    let setup = || Setup::read(&cli.global, locale);
    match cli.command {
        Command::Ask(options) => runtime.block_on(ask::run(options, setup()?)),
        Command::Chat(options) => chat::run(options, setup()?, &runtime),
        Command::Session => runtime.block_on(session::run(setup()?)),
        Command::Status(format) => runtime.block_on(look::status(&format, setup()?)),
        Command::Diagnose(format) => runtime.block_on(look::diagnose(&format, setup()?)),
        Command::Inspect(options) => look::inspect(&options, &cli.global, locale),
        #[cfg(feature = "demo")]
        Command::Demo => runtime.block_on(demo::run(&cli.global, locale)),
        Command::Faults(table) => print(&tables::faults(locale, table.markdown)),
        Command::Guards(table) => {
            let setup = setup()?;
            print(&tables::guards(&setup.config, setup.locale, table.markdown))
        }
        Command::Compile(options) => look::compile(&options, locale),
        Command::Completions(options) => {
            let mut script = Vec::new();
            let mut command = help::dress(Cli::command(), locale);
            clap_complete::generate(options.shell, &mut command, "host-shim", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(exit::OK)
        }
        Command::Sidecar(args) => Ok(openclaw_sidecar::cli::run(&args, locale)),
        Command::Help(options) => {
            let mut arguments = vec!["host-shim".to_owned()];
            arguments.extend(options.command);
            arguments.push("--help".to_owned());
            match parse(arguments.into_iter().map(OsString::from).collect(), locale) {
                Err(help) => Ok(told_by_parser(&help, locale)),
                Ok(_) => Err(Problem::other("there is no such help", "").into()),
            }
        }
    }
}

/// Tells people something beside the output. That nobody reads it is no reason to stop.
fn tell(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Prints a text to stdout, styled where a terminal shows it.
fn print(text: &str) -> Result<u8, Stop> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(exit::OK)
}

/// Logs of this program only: those of the libraries below could hold a request's headers. Errors are
/// always told: that the component trapped, or that the guards' state is lost.
fn log_to_stderr(verbose: u8) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
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
        // How long a turn, a request or a tool took: busy, and idle while it waited.
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(Targets::new().with_target("host_shim", level))
        .with(layer)
        .init();
}
