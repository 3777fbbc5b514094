//! The real component in the real host, with a fake gateway, a clock and a memory reading that the test
//! controls.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use host_shim::{
    Attachment, Bound, Clock, Config, ConfigLoader, Event, Fault, FaultCode, Level, MemorySource,
    NoticeCode, Plugin, Reply, Sample, Tool, ToolCall, ToolRunner, Turn, TurnRequest,
};
use openclaw_fake_gateway::FakeGateway;
use serde_json::{Value, json};

/// The token that the fake gateways take.
pub use crate::left::TOKEN;
use crate::left::leave;

/// Bytes.
pub const MIB: u64 = 1 << 20;

/// A test that takes longer counts as hung.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A plugin and all that it needs.
pub struct Rig {
    /// The primary gateway.
    pub gateway: FakeGateway,
    /// What the memory guard sees; 4 GiB of 8 at first.
    pub memory: PretendMemory,
    /// What the guards' clock is.
    pub clock: Clock,
    /// The plugin under test.
    pub plugin: Plugin,
}

impl Rig {
    /// A plugin with the default config.
    pub async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// A plugin with these config keys over the default ones.
    pub async fn with(config: Value) -> Self {
        let gateway = FakeGateway::start(TOKEN).await.expect("a free port");
        Self::at(gateway, config).await
    }

    /// A plugin that asks this gateway, with these config keys over the default ones.
    pub async fn at(gateway: FakeGateway, config: Value) -> Self {
        let memory = PretendMemory::default();
        let clock = Clock::adjustable();
        let plugin = Plugin::builder()
            .config(self::config(&gateway.url(), config))
            .memory(memory.clone())
            .clock(clock.clone())
            .cache_dir(cache_dir())
            .build()
            .await
            .expect("the embedded component loads");
        Self {
            gateway,
            memory,
            clock,
            plugin,
        }
    }

    /// Asks and waits for the end.
    pub async fn ask(&self, request: TurnRequest) -> Result<Reply, Fault> {
        let end = within(self.plugin.ask(request).reply()).await;
        leave("turns", format!("{end:?}"));
        end
    }

    /// Asks a plain text turn and waits for the end.
    pub async fn say(&self, text: &str) -> Result<Reply, Fault> {
        self.ask(TurnRequest::new(text)).await
    }

    /// Asks and collects everything.
    pub async fn run(&self, request: TurnRequest) -> Outcome {
        outcome(self.plugin.ask(request)).await
    }

    /// As [`Rig::run`]; this runs the tools.
    pub async fn run_with(&self, request: TurnRequest, runner: Arc<dyn ToolRunner>) -> Outcome {
        outcome(self.plugin.ask_with(request, runner)).await
    }

    /// Moves the guards' clock.
    pub fn advance(&self, seconds: u64) {
        self.clock
            .advance(Duration::from_secs(seconds))
            .expect("an adjustable clock");
    }
}

/// A config with this primary gateway, the right token, and `keys` over that.
pub fn config(url: &str, keys: Value) -> Config {
    let Value::Object(keys) = keys else {
        panic!("config keys are an object")
    };
    ConfigLoader::new()
        .set("gateway_primary_url", url)
        .and_then(|loader| loader.set("gateway_bearer_token", TOKEN))
        .and_then(|loader| loader.set_all(keys))
        .and_then(|loader| loader.finish())
        .expect("a config of the right shape")
}

/// Compiled components, beside the test binaries: each is compiled once.
pub fn cache_dir() -> PathBuf {
    let exe = std::env::current_exe().expect("a test binary");
    exe.parent().expect("a folder").join("component-cache")
}

/// The future's output. Panics after [`PATIENCE`].
pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it hangs")
}

/// All that a turn brought.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// In order.
    pub events: Vec<Event>,
    /// Reply or fault.
    pub end: Result<Reply, Fault>,
}

/// Reads a turn to its end. Panics after [`PATIENCE`].
pub async fn outcome(turn: Turn) -> Outcome {
    within(collect(turn)).await
}

/// Reads a turn to its end, however long that takes.
pub async fn collect(mut turn: Turn) -> Outcome {
    let mut events = Vec::new();
    while let Some(event) = turn.next_event().await {
        events.push(event);
    }
    let outcome = Outcome {
        events,
        end: turn.reply().await,
    };
    leave("turns", format!("{outcome:?}"));
    outcome
}

impl Outcome {
    /// The reply; panics on a fault.
    pub fn reply(&self) -> &Reply {
        self.end
            .as_ref()
            .unwrap_or_else(|fault| panic!("a fault instead of a reply: {fault:?}"))
    }

    /// The fault; panics on a reply.
    pub fn fault(&self) -> &Fault {
        match &self.end {
            Err(fault) => fault,
            Ok(reply) => panic!("a reply instead of a fault: {reply:?}"),
        }
    }

    /// All deltas, joined.
    pub fn deltas(&self) -> String {
        let text = |event: &Event| match event {
            Event::Delta { text } => Some(text.clone()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect()
    }

    /// The text of the first notice with this code.
    pub fn notice(&self, code: NoticeCode) -> Option<&str> {
        self.events.iter().find_map(|event| match event {
            Event::Notice(notice) if notice.code == code => Some(notice.text.as_str()),
            _ => None,
        })
    }

    /// The codes of all notices.
    pub fn notices(&self) -> Vec<NoticeCode> {
        let code = |event: &Event| match event {
            Event::Notice(notice) => Some(notice.code),
            _ => None,
        };
        self.events.iter().filter_map(code).collect()
    }
}

/// The code of a turn that must have failed.
pub fn code(end: &Result<Reply, Fault>) -> FaultCode {
    match end {
        Err(fault) => fault.code,
        Ok(reply) => panic!("a reply instead of a fault: {reply:?}"),
    }
}

/// A memory that says what it is told. Clones are the same one.
#[derive(Clone)]
pub struct PretendMemory(Arc<Mutex<Pretence>>);

struct Pretence {
    reading: Result<Sample, String>,
    reads: usize,
}

impl Default for PretendMemory {
    fn default() -> Self {
        let sample = Sample {
            available: 4096 * MIB,
            total: 8192 * MIB,
            bound: Bound::Machine,
            estimated: None,
        };
        Self(Arc::new(Mutex::new(Pretence {
            reading: Ok(sample),
            reads: 0,
        })))
    }
}

impl PretendMemory {
    /// From now on so many bytes are available.
    pub fn available(&self, bytes: u64) {
        self.read(bytes, None);
    }

    /// From now on so many bytes are available, as an estimate.
    pub fn estimated(&self, bytes: u64, why: &str) {
        self.read(bytes, Some(why.to_owned()));
    }

    fn read(&self, available: u64, estimated: Option<String>) {
        self.state().reading = Ok(Sample {
            available,
            total: 8192 * MIB,
            bound: Bound::Machine,
            estimated,
        });
    }

    /// From now on nothing can be read.
    pub fn unreadable(&self, why: &str) {
        self.state().reading = Err(why.to_owned());
    }

    /// How often it was read.
    pub fn reads(&self) -> usize {
        self.state().reads
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Pretence> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemorySource for PretendMemory {
    fn read(&self) -> Result<Sample, String> {
        let mut state = self.state();
        state.reads += 1;
        state.reading.clone()
    }
}

/// A tool of this name that needs this level.
pub fn tool(name: &str, level: Level) -> Tool {
    Tool {
        name: name.to_owned(),
        description: format!("The tool {name}."),
        parameters: json!({ "type": "object", "properties": { "city": { "type": "string" } } })
            .to_string(),
        level,
        approval: Default::default(),
    }
}

/// An attachment of this type and size whose content begins as the type says.
pub fn attachment(media_type: &str, bytes: usize) -> Attachment {
    let magic: &[u8] = match media_type {
        "image/png" => b"\x89PNG\r\n\x1a\n",
        "image/jpeg" => b"\xff\xd8\xff\xe0",
        "image/gif" => b"GIF89a",
        "image/webp" => b"RIFF\0\0\0\0WEBP",
        "application/pdf" => b"%PDF-1.7\n",
        "application/json" => b"[]",
        _ => b"text",
    };
    let mut data = magic.to_vec();
    data.resize(bytes.max(magic.len()), b' ');
    Attachment {
        media_type: media_type.to_owned(),
        filename: "f".to_owned(),
        data,
    }
}

/// A turn at a level with tools.
pub fn turn_with(text: &str, level: Level, tools: &[Tool]) -> TurnRequest {
    TurnRequest {
        level,
        tools: tools.to_vec(),
        ..TurnRequest::new(text)
    }
}

/// Runs tools by giving back a fixed text, and remembers what was called.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<ToolCall>>>);

impl Recorder {
    /// The calls so far.
    pub fn calls(&self) -> Vec<ToolCall> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// As a runner for a turn.
    pub fn runner(&self) -> Arc<dyn ToolRunner> {
        Arc::new(self.clone())
    }
}

impl ToolRunner for Recorder {
    fn run(&self, _turn: &str, call: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        let output = format!("output of {}", call.name);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call);
        async { Ok(output) }.boxed()
    }
}
