//! The command itself: the glue to the plugin's interfaces and WASI's.

use std::io;

use openclaw_core::config::Key;
use openclaw_core::exit;
use openclaw_core::level::Level;
use openclaw_core::{fault::FaultCode, locale::Locale};

use crate::args::{self, Ask, Command};
use crate::bindings::astr::openclaw::types::Turn;
use crate::bindings::astr::openclaw::{gateway, guards};
use crate::bindings::exports::wasi::cli::run::Guest;
use crate::bindings::wasi::cli::exit::exit_with_code;
use crate::bindings::wasi::random::random::get_random_u64;
use crate::bindings::wit_future;
use crate::text::{self, pick, problem, say};
use crate::view::{View, complain, line, print};
use crate::{ask, config, json, names};

struct CommandLine;

impl Guest for CommandLine {
    async fn run() -> Result<(), ()> {
        let locale =
            args::language_of(arguments()).unwrap_or_else(|| Locale::of_environment(variable));
        let status = match run(locale).await {
            Ok(status) => status,
            // Nobody reads the output any more: the end, and nothing to tell.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::OK,
            Err(error) => {
                let what = say!(
                    locale,
                    "cannot write the output: {error}",
                    "无法写入输出：{error}"
                );
                complain(&problem(locale, None, &what, "", ""));
                exit::OTHER
            }
        };
        match status {
            exit::OK => Ok(()),
            status => {
                exit_with_code(status);
                Err(())
            }
        }
    }
}

crate::bindings::export!(CommandLine with_types_in crate::bindings);

/// Runs the command line to the program's exit code. An error is one of writing the output.
async fn run(locale: Locale) -> io::Result<u8> {
    let args = match args::parse(arguments()) {
        Ok(args) => args,
        Err(mistake) => {
            let remedy = pick(locale, "See --help.", "请参阅 --help。");
            complain(&problem(locale, None, &mistake.text(locale), "", remedy));
            return Ok(exit::USAGE);
        }
    };
    let locale = args.locale.unwrap_or(locale);
    match args.command {
        Command::Ask(ask) => run_ask(locale, ask).await,
        Command::Status { json } => status(locale, json),
        Command::Diagnose { json } => diagnose(locale, json).await,
        Command::Help => print(&text::help(locale)).map(|()| exit::OK),
        Command::Version => {
            print(concat!("openclaw-cli ", env!("CARGO_PKG_VERSION"), "\n")).map(|()| exit::OK)
        }
    }
}

async fn run_ask(locale: Locale, ask: Ask) -> io::Result<u8> {
    let text = match ask::text(locale, &ask.text) {
        Ok(text) => text,
        Err(nothing) => {
            complain(&nothing.text);
            return Ok(nothing.exit);
        }
    };
    if let Err(error) = configure(locale) {
        return Ok(refused(locale, &error));
    }
    let turn = Turn {
        id: "1".to_owned(),
        text,
        session: ask
            .session
            .unwrap_or_else(|| format!("wasi-{:016x}", get_random_u64())),
        level: ask.level.unwrap_or(Level::Talk).into(),
        heavy: ask.heavy,
        instructions: ask.instructions,
        attachments: Vec::new(),
        tools: Vec::new(),
    };
    // Dropping the writer would resolve the future, and so cancel the turn: it lives to its end.
    let (_cancel, cancelled) = wit_future::new(|| ());
    let (mut events, end) = gateway::ask(turn, cancelled).await;
    let mut view = View::new(locale, ask.json);
    while let Some(event) = events.next().await {
        view.event(&event)?;
    }
    let end = end.await;
    view.end(&end)?;
    Ok(match end {
        Ok(_) => exit::OK,
        Err(fault) => names::fault(fault.code).exit_code(),
    })
}

/// Without a gateway the guards still know the memory.
fn status(locale: Locale, as_json: bool) -> io::Result<u8> {
    if missing().is_none()
        && let Err(error) = configure(locale)
    {
        return Ok(refused(locale, &error));
    }
    let state = guards::status();
    print(&if as_json {
        line(&json::status(&state))
    } else {
        text::status(locale, &state)
    })?;
    Ok(exit::OK)
}

/// The exit code is that of the first thing that is wrong.
async fn diagnose(locale: Locale, as_json: bool) -> io::Result<u8> {
    match missing() {
        Some(missing) => complain(&say!(
            locale,
            "no gateway is set, so nothing can be asked: {missing} is missing\n",
            "没有设置网关，因此无法提问：缺少 {missing}\n"
        )),
        None => {
            if let Err(error) = configure(locale) {
                return Ok(refused(locale, &error));
            }
        }
    }
    let checks = gateway::diagnose(Some(locale.into())).await;
    print(&if as_json {
        line(&json::diagnosis(&checks))
    } else {
        text::diagnosis(locale, &checks)
    })?;
    let wrong = checks.iter().find_map(|check| check.wrong);
    Ok(wrong.map_or(exit::OK, |code| names::fault(code).exit_code()))
}

fn configure(locale: Locale) -> Result<(), gateway::ConfigError> {
    gateway::configure(&(&config::of_environment(variable, locale)).into(), None)
}

/// Tells what is wrong with the settings; the exit code.
fn refused(locale: Locale, error: &gateway::ConfigError) -> u8 {
    complain(&text::config_error(locale, &error.key, &error.message));
    FaultCode::ConfigInvalid.exit_code()
}

/// The first setting without which no gateway can be asked, and the variable that sets it.
fn missing() -> Option<String> {
    let needed = ["gateway_primary_url", "gateway_bearer_token"];
    let names = needed
        .into_iter()
        .filter_map(|key| Some((key, Key::find(key)?.env?)));
    let mut missing = names.filter(|(_, name)| variable(name).is_none_or(|value| value.is_empty()));
    missing.next().map(|(key, name)| format!("{key} ({name})"))
}

fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os().skip(1)
}

/// A variable that is not UTF-8 cannot be had: WASI's environment is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
