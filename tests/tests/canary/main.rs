//! The token is in nothing that the product logs, says or dumps, at its most talkative: every fault code, a tool that
//! panics, a trap, diagnosis, status, snapshot and artifacts, with a gateway that repeats the token wherever it can.
//!
//! A test program of its own: what is logged is caught for the whole process.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use host_shim::FaultCode::{self, *};
use host_shim::{Attachment, Level, Locale, Plugin, TurnRequest};
use openclaw_fake_gateway::{Answer, End, FakeGateway, Gate, Http, Scene};
use openclaw_tests::left::{TOKEN, leave};
use openclaw_tests::rig::{Rig, attachment, config, tool, turn_with, within};
use serde_json::json;

/// Everything that is logged, at every level, by whatever library, and what callers were told.
static SAID: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Said;

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Said {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        say(&format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

fn say(what: &str) {
    writeln!(Said, "{what}").expect("memory");
}

fn catch_all_logs() {
    use tracing_subscriber::fmt::format::FmtSpan;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(|| Said)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the first");
    log::set_logger(&Said).expect("the first");
    log::set_max_level(log::LevelFilter::Trace);
}

/// Asks, and says all that came; the code.
async fn turn(rig: &Rig, request: TurnRequest) -> Option<FaultCode> {
    let outcome = rig.run(request).await;
    say(&format!("{outcome:?}"));
    let fault = outcome.end.err()?;
    say(&format!("{fault} {fault:#?}"));
    Some(fault.code)
}

/// The codes that a gateway brings about, which repeats the token.
fn scenes() -> Vec<(FaultCode, Scene)> {
    let words = format!("no, not {TOKEN}, nor Bearer {TOKEN}: {TOKEN}{TOKEN}");
    let error = |status: u16| {
        Http::error(status, TOKEN, &words)
            .header("x-echo", TOKEN)
            .header("www-authenticate", &words)
    };
    vec![
        (AuthFailed, error(401).into()),
        (
            ResponsesEndpointNotEnabledOrNotFound,
            Http::new(404).text(&words).into(),
        ),
        (
            StreamInterrupted,
            Answer::new().delta("x").unfinished().then(End::Close),
        ),
        (
            ModelProviderFailed,
            Answer::new().failed("server_error", &words).into(),
        ),
        (GatewayError, error(500).into()),
        (RateLimited, error(429).header("retry-after", "1").into()),
        (ProtocolError, Http::new(200).text(&words).into()),
        (RequestRejected, error(400).into()),
        (RequestTooLarge, error(413).into()),
        (
            NetworkOrUnreachable,
            Http::new(200).promise_length(9).then(End::Reset),
        ),
        (TimedOut, Http::event_stream().into()),
    ]
}

async fn faults_of_the_gateway(seen: &mut Vec<FaultCode>) {
    for (code, scene) in scenes() {
        let keys = json!({ "idle_timeout_seconds": 1, "first_byte_timeout_seconds": 1 });
        let rig = Rig::with(keys).await;
        if code == TimedOut {
            rig.gateway.push(Answer::new().hold(&Gate::new()));
        } else if code == NetworkOrUnreachable {
            rig.gateway.stop().await;
        } else {
            rig.gateway.push(scene);
        }
        let end = turn(&rig, TurnRequest::new("hi")).await;
        assert_eq!(end, Some(code));
        seen.extend(end);
    }
}

async fn faults_of_our_own(seen: &mut Vec<FaultCode>) {
    let rig = Rig::with(json!({ "queue_length": 0 })).await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().hold(&gate));
    let running = rig.plugin.ask(TurnRequest::new("one"));
    within(gate.reached()).await;
    seen.extend(turn(&rig, TurnRequest::new("two")).await);
    running.cancel();
    let cancelled = within(running.reply()).await.unwrap_err();
    say(&format!("{cancelled:?}"));
    seen.push(cancelled.code);
    // Another one: this gateway may still run what was cancelled.
    let rig = Rig::new().await;
    rig.memory.available(0);
    let picture: Attachment = attachment("image/png", 100);
    let heavy = TurnRequest {
        attachments: vec![picture],
        ..TurnRequest::new("hi")
    };
    seen.extend(turn(&rig, heavy).await);
    rig.memory.available(4 << 30);
    for _ in 0..3 {
        rig.gateway.push(Http::error(500, "x", TOKEN));
        seen.extend(turn(&rig, TurnRequest::new("hi")).await);
    }
    for locale in [Locale::En, Locale::Zh] {
        let diagnosis = rig.plugin.diagnose(Some(locale)).await.unwrap();
        say(&format!("{diagnosis:?}"));
    }
    let bad = [
        ("gateway_bearer_token", json!(format!("{TOKEN}\nX: y"))),
        ("gateway_bearer_token", json!(format!("Bearer {TOKEN}"))),
        ("gateway_bearer_token", json!([TOKEN])),
        ("gateway_bearer_token", json!(format!("***{TOKEN}"))),
        (
            "gateway_primary_url",
            json!(format!("http://{TOKEN}@127.0.0.1")),
        ),
        (
            "gateway_primary_url",
            json!(format!("http://u:{TOKEN}@a@127.0.0.1/x")),
        ),
    ];
    for (key, value) in bad {
        let loaded = host_shim::ConfigLoader::new()
            .set("gateway_primary_url", &*rig.gateway.url())
            .and_then(|loader| loader.set("gateway_bearer_token", TOKEN))
            .and_then(|loader| loader.set_all([(key.to_owned(), value)].into_iter().collect()))
            .and_then(|loader| loader.finish());
        match loaded {
            Err(error) => say(&format!("{error} {error:?}")),
            Ok(loaded) => {
                say(&format!("{loaded:?}"));
                let error = rig.plugin.configure(loaded).await.unwrap_err();
                say(&format!("{error} {error:?}"));
            }
        }
    }
    let unset = Plugin::builder().build().await.unwrap();
    let fault = within(unset.ask(TurnRequest::new("hi")).reply()).await;
    seen.push(fault.unwrap_err().code);
    rig.plugin.close().await;
}

/// Tools that panic and fail, and one whose name is the token.
async fn tools() {
    let rig = Rig::new().await;
    // Arguments are the model's own words, and reach the tool as they are; what people are shown of them is masked.
    let answer = Answer::new()
        .call("c1", "panics", "{}")
        .call("c2", TOKEN, "{}")
        .call("c3", "asks", "{}");
    rig.gateway.push(answer);
    let runner = |_: &str, call: host_shim::ToolCall| {
        let future: BoxFuture<'static, Result<String, String>> = match &*call.name {
            "panics" => Box::pin(async { panic!("a tool panics") }),
            _ => Box::pin(async { Err("no".to_owned()) }),
        };
        future
    };
    let tools = [tool("panics", Level::Act), tool("asks", Level::Act)];
    let request = turn_with("hi", Level::Act, &tools);
    let outcome = rig.run_with(request, Arc::new(runner)).await;
    for event in &outcome.events {
        say(&format!("{event:?}"));
    }
    say(&format!("{:?}", outcome.end));
}

/// The component traps, and what is left then.
async fn trap(cache: &Path, seen: &mut Vec<FaultCode>) {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let piece = "x".repeat(64 << 10);
    gateway.push((0..256).fold(Answer::new(), |answer, _| answer.delta(&piece)));
    let settings = config(&gateway.url(), json!({ "max_answer_bytes": 16 << 20 }));
    say(&format!("{settings:?} {settings:#?}"));
    let builder = Plugin::builder()
        .config(settings)
        .memory_cap(4 << 20)
        .cache_dir(cache);
    let plugin = builder.build().await.unwrap();
    say(&format!("{plugin:?} {:?}", plugin.component_info()));
    let fault = within(plugin.ask(TurnRequest::new("hi")).reply()).await;
    let fault = fault.unwrap_err();
    say(&format!("{fault} {fault:?}"));
    seen.push(fault.code);
    say(&format!("{:?}", plugin.status().await.unwrap()));
    let snapshot = plugin.snapshot().await.unwrap();
    say(&format!("{snapshot:?}"));
    std::fs::write(cache.join("snapshot"), snapshot.to_bytes()).unwrap();
    plugin.close().await;
}

// Issue 15. `tests/canary/scan.py` knows all ways of writing it.
#[test]
fn no_log_no_fault_no_dump_and_no_file_holds_the_token() {
    catch_all_logs();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let cache = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    runtime.unwrap().block_on(async {
        // First, so that compiling is logged as well.
        trap(cache.path(), &mut seen).await;
        faults_of_the_gateway(&mut seen).await;
        faults_of_our_own(&mut seen).await;
        tools().await;
    });
    for code in FaultCode::ALL {
        assert!(seen.contains(code), "{code:?} is not among {seen:?}");
    }
    let said = std::mem::take(&mut *SAID.lock().unwrap());
    let text = String::from_utf8_lossy(&said);
    for words in ["host_shim", "wasmtime", "auth_failed", "***"] {
        assert!(text.contains(words), "nothing said {words}");
    }
    println!("{} faults, {} KiB said", seen.len(), said.len() >> 10);
    leave("trace", &said);
    std::fs::write(cache.path().join("said"), &said).unwrap();
    for half in [&TOKEN[..TOKEN.len() / 2], &TOKEN[TOKEN.len() / 2..]] {
        let at = text.find(half);
        let around = at.map(|at| &text[text.floor_char_boundary(at.saturating_sub(300))..at]);
        assert_eq!(around, None, "the token was said after this");
    }
    let scan = Path::new(env!("CARGO_MANIFEST_DIR")).join("canary/scan.py");
    // Without Python, running the script itself would be a failure of `env`.
    match Command::new("python3").arg(scan).arg(cache.path()).output() {
        Ok(ran) => assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stdout)
        ),
        Err(error) => println!("only looked for in clear: {error}"),
    }
}
