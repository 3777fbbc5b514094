//! Where the demo plays: a fake gateway, the real component, pretended memory, a clock that
//! can be moved.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use host_shim::{
    Clock, ComponentSource, Config, ConfigLoader, Event, Fault, FaultCode, Level, Locale,
    MemorySource, Plugin, Reply, Status, Tool, ToolCall, ToolRunner, Turn, TurnRequest,
};
use openclaw_fake_gateway::{FakeGateway, Recorded, Scene};
use serde_json::json;

use crate::pretended_memory::PretendedMemory;
use crate::setup::{builder, config_failure, load_failure};
use openclaw_core::locale::say;
use openclaw_render::session::Pretence;
use openclaw_render::{CliError, Failure, Style};

/// The token that the fake gateway takes. It opens nothing else.
const TOKEN: &str = "demo-gateway-only";

/// Plenty, so that the demo does not depend on the machine.
const PLENTY_MIB: u64 = 4096;

/// A pause before each piece of an answer, for people to see it stream.
const PACE: Duration = Duration::from_millis(25);

/// Why a scene does not go on.
pub enum Miss {
    /// It did not go as expected.
    Other(String),
    /// The demo cannot go on.
    Stop(CliError),
}

impl From<io::Error> for Miss {
    fn from(error: io::Error) -> Self {
        Self::Stop(error.into())
    }
}

/// A fault where none belongs.
impl From<Fault> for Miss {
    fn from(fault: Fault) -> Self {
        Self::Other(fault.to_string())
    }
}

/// How a scene went.
pub type Played = Result<(), Miss>;

/// Fails the scene unless this holds.
pub fn check(holds: bool, what: impl FnOnce() -> String) -> Played {
    if holds {
        Ok(())
    } else {
        Err(Miss::Other(what()))
    }
}

/// What was seen of a turn.
#[derive(Debug)]
pub struct Seen {
    /// In order.
    pub events: Vec<Event>,
    /// How it ended.
    pub end: Result<Reply, Fault>,
}

impl Seen {
    /// The deltas, joined.
    pub fn said(&self) -> String {
        let delta = |event: &Event| match event {
            Event::Delta { text } => Some(text.clone()),
            _ => None,
        };
        self.events.iter().filter_map(delta).collect()
    }

    /// The turn must have had a reply.
    pub fn reply(&self) -> Result<&Reply, Miss> {
        self.end
            .as_ref()
            .map_err(|fault| Miss::Other(format!("the turn ended with {fault}")))
    }

    /// The turn must have ended with this fault.
    pub fn fault(&self, code: FaultCode) -> Result<&Fault, Miss> {
        match &self.end {
            Err(fault) if fault.code == code => Ok(fault),
            other => Err(Miss::Other(format!("{code} was expected, not {other:?}"))),
        }
    }
}

/// Where the demo plays.
pub struct Stage {
    /// Plays what a scene pushes; another one for every scene.
    pub gateway: FakeGateway,
    /// The real component.
    pub plugin: Plugin,
    clock: Clock,
    memory: Arc<PretendedMemory>,
    pub locale: Locale,
    pub style: Style,
    pace: Duration,
    /// Faults whose cause and remedy have been shown; once is enough.
    explained: RefCell<Vec<FaultCode>>,
}

impl Stage {
    /// A running gateway and a plugin that is set to it.
    pub async fn build(source: ComponentSource, locale: Locale) -> Result<Self, CliError> {
        let gateway = start_gateway(locale).await?;
        let memory = Arc::new(PretendedMemory::default());
        let clock = Clock::adjustable();
        let seen = memory.clone();
        let plugin = builder(source)
            .config(config(&gateway.url(), TOKEN, locale)?)
            .memory(move || seen.read())
            .clock(clock.clone())
            .tool_runner(Arc::new(CountWords))
            .build()
            .await
            .map_err(|error| load_failure(&error, locale))?;
        let pace = if io::stdout().is_terminal() {
            PACE
        } else {
            Duration::ZERO
        };
        Ok(Self {
            gateway,
            plugin,
            clock,
            memory,
            locale,
            style: Style::coloured(locale),
            pace,
            explained: RefCell::default(),
        })
    }

    /// As at the beginning, whatever the scene before has done: another gateway, closed breakers,
    /// memory for everything.
    pub async fn reset(&mut self) -> Result<(), CliError> {
        self.memory_mib(PLENTY_MIB);
        self.gateway = start_gateway(self.locale).await?;
        self.token(TOKEN).await?;
        let reset = self.plugin.reset().await;
        Ok(reset.map_err(|fault| Failure::fault(&fault, self.locale))?)
    }

    /// Ends plugin and gateway.
    pub async fn close(self) {
        self.plugin.close().await;
        self.gateway.stop().await;
    }

    /// Pretends so much available memory.
    pub fn memory_mib(&self, mib: u64) {
        self.memory.pretend(Pretence::Available(mib << 20));
    }

    /// Lets the guards' clock jump.
    pub fn advance(&self, seconds: u64) -> Played {
        self.clock
            .advance(Duration::from_secs(seconds))
            .map_err(|error| Miss::Other(error.to_string()))
    }

    /// Gives the plugin this token for the gateway.
    pub async fn token(&self, token: &str) -> Result<(), CliError> {
        let config = config(&self.gateway.url(), token, self.locale)?;
        let set = self.plugin.configure(config).await;
        Ok(set.map_err(|error| Failure::other(error.to_string(), ""))?)
    }

    /// What the gateway plays next.
    pub fn next(&self, scene: impl Into<Scene>) {
        self.gateway.push(scene.into().paced(self.pace));
    }

    /// What the guards know.
    pub async fn status(&self) -> Result<Status, Miss> {
        Ok(self.plugin.status().await?)
    }

    /// The turns that have reached the gateway's agent.
    pub fn arrived(&self) -> Vec<Recorded> {
        self.gateway.turns()
    }

    /// Asks, shows everything, and waits for the end.
    pub async fn ask(&self, request: TurnRequest) -> Result<Seen, Miss> {
        let turn = self.begin(request)?;
        self.finish(turn, Vec::new()).await
    }

    /// Asks, and shows what was asked.
    pub fn begin(&self, request: TurnRequest) -> io::Result<Turn> {
        let (level, text) = (request.level, &request.text);
        let heavy = match request.heavy {
            true => say!(self.locale, en: ", heavy", zh: "，重任务"),
            false => String::new(),
        };
        let marks = self.style.dim(&format!("({level}{heavy})"));
        self.say(&format!("   {marks} {text}"))?;
        Ok(self.plugin.ask(request))
    }

    /// Shows the first event of a turn.
    pub async fn first_event(&self, turn: &mut Turn) -> Result<Event, Miss> {
        let event = turn.next_event().await;
        let event = event.ok_or_else(|| Miss::Other("the turn had no event".to_owned()))?;
        self.show(&event, false)?;
        Ok(event)
    }

    /// Shows the rest of a turn, to its end.
    pub async fn finish(&self, mut turn: Turn, mut events: Vec<Event>) -> Result<Seen, Miss> {
        let mut in_line = matches!(events.last(), Some(Event::Delta { .. }));
        while let Some(event) = turn.next_event().await {
            in_line = self.show(&event, in_line)?;
            events.push(event);
        }
        if in_line {
            self.say("")?;
        }
        let end = turn.reply().await;
        if let Err(fault) = &end {
            let code = self.style.bold_red(&format!("✗ {}", fault.code));
            self.say(&format!("   {code} {}", fault.message))?;
            if !self.explained.borrow().contains(&fault.code) {
                self.explained.borrow_mut().push(fault.code);
                for (name, text) in [
                    (say!(self.locale, en: "cause: ", zh: "原因："), &fault.cause),
                    (
                        say!(self.locale, en: "remedy: ", zh: "处理："),
                        &fault.remedy,
                    ),
                ] {
                    let name = self.style.dim(&name);
                    self.say(&format!("     {name}{text}"))?;
                }
            }
        }
        Ok(Seen { events, end })
    }

    /// Shows one event; whether the cursor stands in a line of the answer now.
    pub fn show(&self, event: &Event, in_line: bool) -> io::Result<bool> {
        let text = match event {
            Event::Delta { text } => {
                let mut out = anstream::stdout().lock();
                let start = if in_line { "" } else { "   → " };
                write!(out, "{start}{text}")?;
                out.flush()?;
                return Ok(true);
            }
            Event::ToolCall(call) => {
                format!(
                    "{} {}({})",
                    say!(self.locale, en: "tool:", zh: "工具："),
                    call.name,
                    call.arguments
                )
            }
            Event::ToolEnded {
                succeeded: true, ..
            } => say!(self.locale, en: "the tool has ended", zh: "工具执行完毕"),
            Event::ToolEnded { .. } => {
                say!(self.locale, en: "the tool failed", zh: "工具执行失败")
            }
            Event::Notice(notice) => notice.text.clone(),
            _ => return Ok(in_line),
        };
        let start = if in_line { "\n" } else { "" };
        let text = self.style.dim(&format!("· {text}"));
        self.say(&format!("{start}   {text}"))?;
        Ok(false)
    }

    /// One line.
    pub fn say(&self, line: &str) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{}", openclaw_sidecar::cli::wrapped_for_stdout(line))?;
        out.flush()
    }

    pub fn title(&self, number: usize, title: [&str; 2], story: [&str; 2]) -> io::Result<()> {
        let language = self.locale as usize;
        let title = self.style.bold(&format!("{number}. {}", title[language]));
        self.say(&format!("{title}\n   {}", self.style.dim(story[language])))
    }

    pub fn as_expected(&self) -> io::Result<()> {
        let verdict = say!(self.locale, en: "✓ as expected", zh: "✓ 符合预期");
        self.say(&format!("   {}\n", self.style.green(&verdict)))
    }

    pub fn not_as_expected(&self, what: &str) -> io::Result<()> {
        let verdict = say!(self.locale, en: "✗ not as expected:", zh: "✗ 与预期不符：");
        self.say(&format!("   {} {what}\n", self.style.bold_red(&verdict)))
    }
}

async fn start_gateway(locale: Locale) -> Result<FakeGateway, Failure> {
    FakeGateway::start(TOKEN).await.map_err(|error| {
        Failure::other(
            say!(locale,
                en: "cannot listen on 127.0.0.1: {error}",
                zh: "无法监听 127.0.0.1：{error}"),
            "",
        )
    })
}

fn config(url: &str, token: &str, locale: Locale) -> Result<Config, CliError> {
    let config = ConfigLoader::new()
        .set("gateway_primary_url", url)
        .and_then(|loader| loader.set("gateway_bearer_token", token))
        .and_then(|loader| loader.set("locale", locale.as_str()))
        .and_then(|loader| loader.finish());
    Ok(config.map_err(|error| config_failure(&error, locale))?)
}

/// Counts words; the demo's tool that only reads.
#[derive(Debug)]
pub struct CountWords;

impl CountWords {
    /// As it is offered to the model.
    pub fn spec(level: Level) -> Tool {
        Tool {
            name: "count_words".to_owned(),
            description: "Counts the words of a text.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
            })
            .to_string(),
            level,
            approval: Default::default(),
        }
    }
}

impl ToolRunner for CountWords {
    fn run(&self, _turn: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        let counted = call
            .arguments_object()
            .map_err(|error| error.to_string())
            .and_then(
                |arguments| match arguments.get("text").and_then(|text| text.as_str()) {
                    Some(text) => Ok(text.split_whitespace().count().to_string()),
                    None => Err("`text` is missing".to_owned()),
                },
            );
        std::future::ready(counted).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_counts_and_names_what_is_missing() {
        let run = |arguments: &str| {
            let call = ToolCall {
                id: "c".to_owned(),
                name: "count_words".to_owned(),
                arguments: arguments.to_owned(),
            };
            CountWords.run("turn", call).now_or_never().unwrap()
        };
        assert_eq!(run(r#"{"text":"one two  three"}"#), Ok("3".to_owned()));
        assert!(run("{}").unwrap_err().contains("text"));
        assert!(run("nonsense").is_err());
    }
}
