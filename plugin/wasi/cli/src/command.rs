//! Connects the command to the plugin's interfaces and WASI.

use std::io::{self, IsTerminal as _, Write as _};

use openclaw_core::approval::{Decider, DeciderRole};
use openclaw_core::config::Key;
use openclaw_core::exit;
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;
use openclaw_core::status::{Diagnosis, Status};
use openclaw_core::turn::{Event, TurnRequest};
use openclaw_render::{
    CliError, Failure, HumanOutput, JsonOutput, Style, TurnOutput, diagnosis_without_turns,
    exit_of_diagnosis, exit_of_turn, locale_of_arguments, no_gateway, read_prompt,
    status_without_turns, write_line,
};
use serde::Serialize;

use crate::args::{self, Ask, Command};
use crate::bindings::astr::openclaw::{gateway, guards};
use crate::bindings::exports::wasi::cli::run::Guest;
use crate::bindings::wasi::cli::exit::exit_with_code;
use crate::bindings::wasi::random::random::get_random_u64;
use crate::bindings::wit_future;
use crate::{config, help};

struct CommandLine;

impl Guest for CommandLine {
    async fn run() -> Result<(), ()> {
        let locale =
            locale_of_arguments(arguments()).unwrap_or_else(|| Locale::of_environment(variable));
        let style = Style::plain(locale);
        let status = run(style).await;
        match status.unwrap_or_else(|error| error.show(style, &mut io::stderr())) {
            exit::OK => Ok(()),
            status => {
                exit_with_code(status);
                Err(())
            }
        }
    }
}

crate::bindings::export!(CommandLine with_types_in crate::bindings);

/// Runs the command line and returns the exit code.
async fn run(style: Style) -> Result<u8, CliError> {
    let args = args::parse(arguments(), style.locale)?;
    match args.command {
        Command::Ask(ask) => run_ask(ask, args.json, style).await,
        Command::Status => run_status(args.json, style),
        Command::Diagnose => run_diagnose(args.json, style).await,
        Command::Help => print(&help::text(style.locale)),
        Command::Version => print(concat!("openclaw-cli ", env!("CARGO_PKG_VERSION"), "\n")),
    }
}

async fn run_ask(ask: Ask, json: bool, style: Style) -> Result<u8, CliError> {
    let text = read_prompt(&ask.text, false, style.locale)?;
    configure(style.locale)?;
    let turn_id = "1".to_owned();
    let request = TurnRequest {
        id: turn_id.clone(),
        session: ask
            .session
            .unwrap_or_else(|| format!("wasi-{:016x}", get_random_u64())),
        level: ask.level.unwrap_or(Level::Talk),
        heavy: ask.heavy,
        instructions: ask.instructions,
        ..TurnRequest::new(text)
    };
    let out = io::stdout();
    let mut output: Box<dyn TurnOutput> = if json {
        Box::new(JsonOutput(out))
    } else {
        Box::new(HumanOutput::new(
            style,
            out.is_terminal(),
            out,
            io::stderr(),
        ))
    };
    // Dropping the writer would resolve the future and cancel the turn, so it must outlive the turn.
    let (_cancel, cancelled) = wit_future::new(|| ());
    let (mut events, end) = gateway::ask(request.into(), cancelled).await;
    while let Some(event) = events.next().await {
        let event = Event::from(event);
        output.event(&event)?;
        if let Event::ApprovalRequested(request) = event {
            reject(&turn_id, &request.id);
        }
    }
    let end = end.await.map(Into::into).map_err(Into::into);
    output.end(&end)?;
    exit_of_turn(&end, json, style.locale)
}

/// Nobody can be asked here: a no at once instead of one when the time is up.
fn reject(turn_id: &str, request_id: &str) {
    let by = Decider {
        name: "openclaw-cli".to_owned(),
        role: DeciderRole::Asker,
    };
    // If the request has ended meanwhile, that was a no too.
    let _ = gateway::decide(turn_id, request_id, false, &by.into());
}

/// Memory is reported even without a gateway.
fn run_status(json: bool, style: Style) -> Result<u8, CliError> {
    if missing().is_none() {
        configure(style.locale)?;
    }
    let state: Status = guards::status().into();
    report(json, &state, || status_without_turns(&state, style))?;
    Ok(exit::OK)
}

async fn run_diagnose(json: bool, style: Style) -> Result<u8, CliError> {
    match missing() {
        Some((variable, key)) => {
            let line = no_gateway(key, &[variable], style.locale);
            // A closed stderr is not an error.
            let _ = io::stderr().write_all(line.as_bytes());
        }
        None => configure(style.locale)?,
    }
    let checks = gateway::diagnose(Some(style.locale.into())).await;
    let checks = checks.into_iter().map(Into::into).collect();
    let found = Diagnosis { checks };
    report(json, &found, || diagnosis_without_turns(&found, style))?;
    Ok(exit_of_diagnosis(&found))
}

fn report(json: bool, value: &impl Serialize, text: impl Fn() -> String) -> io::Result<()> {
    if json {
        write_line(&mut io::stdout(), value)
    } else {
        io::stdout().write_all(text().as_bytes())
    }
}

fn print(text: &str) -> Result<u8, CliError> {
    io::stdout().write_all(text.as_bytes())?;
    Ok(exit::OK)
}

fn configure(locale: Locale) -> Result<(), Failure> {
    let config = config::of_environment(variable, locale);
    gateway::configure(&(&config).into(), None).map_err(|error| {
        let what = format!("{}: {}", error.key, error.message);
        let variable = Key::find(&error.key).and_then(|key| key.env);
        Failure::setting(&what, variable.as_slice(), locale)
    })
}

/// The variable and key of the first missing setting that is required to reach a gateway.
fn missing() -> Option<(&'static str, &'static str)> {
    ["gateway_primary_url", "gateway_bearer_token"]
        .into_iter()
        .filter_map(|key| Some((Key::find(key)?.env?, key)))
        .find(|(name, _)| variable(name).is_none_or(|value| value.is_empty()))
}

fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os().skip(1)
}

/// None if the variable is not UTF-8: WASI's environment is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
