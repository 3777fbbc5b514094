//! The command itself: the glue to the plugin's interfaces and WASI's.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use openclaw_plugin::exit;
use openclaw_plugin::fault::{FaultCode, Locale};
use openclaw_plugin::level::Level;

use crate::args::{self, Ask, Command};
use crate::bindings::astr::openclaw::types::{Event, Fault, Reply, Turn};
use crate::bindings::astr::openclaw::{gateway, guards};
use crate::bindings::exports::wasi::cli::run::Guest;
use crate::bindings::wasi::cli::exit::exit_with_code;
use crate::bindings::wasi::random::random::get_random_u64;
use crate::bindings::wit_future;
use crate::text::{self, pick, problem};
use crate::{config, json, names};

/// The longest text that is read from stdin, in bytes: the gateway takes no larger request.
const MAX_STDIN_BYTES: u64 = 20 << 20;

struct CommandLine;

impl Guest for CommandLine {
    async fn run() -> Result<(), ()> {
        let status = match run().await {
            Ok(status) => status,
            // Nobody reads the output any more: the end, and nothing to tell.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::OTHER,
            Err(error) => {
                let _ = writeln!(io::stderr(), "error: cannot write the output: {error}");
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
async fn run() -> io::Result<u8> {
    let of_environment = config::locale(variable);
    let args = match args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(what) => {
            let remedy = pick(of_environment, "See --help.", "请参阅 --help。");
            complain(&problem(of_environment, None, &what, "", remedy))?;
            return Ok(exit::USAGE);
        }
    };
    let locale = args.locale.unwrap_or(of_environment);
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
    let text = match ask.text {
        Some(text) => text,
        None => match read_stdin(locale) {
            Ok(text) => text,
            Err(what) => {
                complain(&problem(locale, None, &what, "", ""))?;
                return Ok(exit::USAGE);
            }
        },
    };
    if let Err(error) = configure(locale) {
        complain(&text::config_error(locale, &error.key, &error.message))?;
        return Ok(exit::of_fault(FaultCode::ConfigInvalid));
    }
    let turn = Turn {
        id: "1".to_owned(),
        text,
        session: ask
            .session
            .unwrap_or_else(|| format!("wasi-{:016x}", get_random_u64())),
        level: names::wit_level(ask.level.unwrap_or(Level::Talk)),
        heavy: ask.heavy,
        instructions: ask.instructions,
        attachments: Vec::new(),
        tools: Vec::new(),
    };
    // Dropping the writer would resolve the future, and so cancel the turn: it lives to its end.
    let (_cancel, cancelled) = wit_future::new(|| ());
    let (mut events, end) = gateway::ask(turn, cancelled).await;
    let mut view = View {
        locale,
        json: ask.json,
        shown: String::new(),
    };
    while let Some(event) = events.next().await {
        view.event(&event)?;
    }
    let end = end.await;
    view.end(&end)?;
    Ok(match end {
        Ok(_) => exit::OK,
        Err(fault) => exit::of_fault(names::fault(fault.code)),
    })
}

/// Without a gateway the guards still know the memory.
fn status(locale: Locale, as_json: bool) -> io::Result<u8> {
    if let Some(status) = configure_if_set(locale)? {
        return Ok(status);
    }
    let state = guards::status();
    print(&if as_json {
        line(&json::status(&state))
    } else {
        text::status(locale, &state)
    })?;
    Ok(exit::OK)
}

async fn diagnose(locale: Locale, as_json: bool) -> io::Result<u8> {
    if let Some(status) = configure_if_set(locale)? {
        return Ok(status);
    }
    let checks = gateway::diagnose(Some(names::wit_locale(locale))).await;
    print(&if as_json {
        line(&json::diagnosis(&checks))
    } else {
        text::diagnosis(locale, &checks)
    })?;
    let wrong = checks.iter().find_map(|check| check.wrong);
    Ok(wrong.map_or(exit::OK, |code| exit::of_fault(names::fault(code))))
}

fn configure(locale: Locale) -> Result<(), gateway::ConfigError> {
    gateway::configure(&config::of_environment(variable, locale), None)
}

/// Settings that are missing are said; those that are wrong end the command with this exit code.
fn configure_if_set(locale: Locale) -> io::Result<Option<u8>> {
    let missing = ["OPENCLAW_GATEWAY_URL", "OPENCLAW_GATEWAY_TOKEN"]
        .into_iter()
        .find(|name| variable(name).is_none_or(|value| value.is_empty()));
    if let Some(name) = missing {
        complain(&match locale {
            Locale::En => {
                format!("no gateway is set, so nothing can be asked: {name} is missing\n")
            }
            Locale::Zh => format!("没有设置网关，因此无法提问：缺少 {name}\n"),
        })?;
        return Ok(None);
    }
    let Err(error) = configure(locale) else {
        return Ok(None);
    };
    complain(&text::config_error(locale, &error.key, &error.message))?;
    Ok(Some(exit::of_fault(FaultCode::ConfigInvalid)))
}

/// A variable that is not UTF-8 cannot be had: WASI's environment is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn read_stdin(locale: Locale) -> Result<String, String> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(MAX_STDIN_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| match locale {
            Locale::En => format!("stdin cannot be read: {error}"),
            Locale::Zh => format!("无法读取标准输入：{error}"),
        })?;
    if bytes.len() as u64 > MAX_STDIN_BYTES {
        return Err(match locale {
            Locale::En => format!("the text on stdin is over {MAX_STDIN_BYTES} bytes"),
            Locale::Zh => format!("标准输入的文本超过 {MAX_STDIN_BYTES} 字节"),
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        match locale {
            Locale::En => format!("the text on stdin is not UTF-8 at byte {at}"),
            Locale::Zh => format!("标准输入的文本在第 {at} 字节处不是 UTF-8"),
        }
    })
}

fn line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

/// To stdout, at once.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn complain(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

/// Shows a turn: the answer on stdout as it comes, all else on stderr; or JSON Lines on stdout.
struct View {
    locale: Locale,
    json: bool,
    /// The deltas so far.
    shown: String,
}

impl View {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.json {
            return json::event(event).map_or(Ok(()), |value| print(&line(&value)));
        }
        match event {
            Event::Delta(text) => {
                self.shown.push_str(text);
                self.answer(text)
            }
            Event::Notice(notice) => self.remark(&notice.text),
            // This host has no tools to run.
            Event::ToolStarted(_) | Event::ToolEnded(_) => Ok(()),
        }
    }

    fn end(&mut self, end: &Result<Reply, Fault>) -> io::Result<()> {
        if self.json {
            return print(&line(&json::end(end)));
        }
        let open = !self.shown.is_empty() && !self.shown.ends_with('\n');
        match end {
            Err(fault) => {
                if open {
                    print("\n")?;
                }
                complain(&text::fault(self.locale, fault))
            }
            Ok(reply) => {
                // The reply's text is what holds; the deltas may have been something else.
                match reply.text.strip_prefix(&self.shown) {
                    Some(rest) => self.answer(rest)?,
                    None => {
                        if open {
                            print("\n")?;
                        }
                        self.remark(pick(
                            self.locale,
                            "the gateway corrected its answer; what holds is:",
                            "网关更正了回答，以下为准：",
                        ))?;
                        self.answer(&reply.text)?;
                    }
                }
                if reply.text.ends_with('\n') {
                    Ok(())
                } else {
                    print("\n")
                }
            }
        }
    }

    fn answer(&self, text: &str) -> io::Result<()> {
        if io::stdout().is_terminal() {
            print(&text::printable(text))
        } else {
            print(text)
        }
    }

    fn remark(&self, text: &str) -> io::Result<()> {
        complain(&format!("· {}\n", text::printable(text)))
    }
}
