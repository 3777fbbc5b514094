//! `model` and `doctor --ask` against real gateways of both versions and a stand-in for each kind of provider.
//!
//! Not in a plain `cargo test`: they install gateways (tests/setup/openclaw.sh).
#![cfg(target_os = "linux")]

mod common;
#[path = "common/gateway.rs"]
mod gateway;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::Stage;
use gateway::Gateway;
use openclaw_sidecar::dotenv;
use serde_json::{Value, json};

const KEY: &str = "sk-0123456789abcdef";
/// What the stand-in says; nothing else does.
const WORDS: &str = "stand-in-words";

/// A model provider that speaks all four APIs by the path it is asked at, and refuses another key.
#[derive(Clone)]
struct Provider {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let provider = Self {
            port,
            asked: Arc::default(),
        };
        let own = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.answer(stream));
            }
        });
        provider
    }

    fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        let (mut length, mut right) = (0, path.contains(KEY));
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            right |= value.contains(KEY);
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        self.asked.lock().ok()?.push(path.clone());
        let (status, kind, text) = match right {
            true => (200, "text/event-stream", events(&path)),
            false => (401, "application/json", json!({"error": {"message": "Incorrect API key provided", "type": "authentication_error"}}).to_string()),
        };
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len()).ok()
    }
}

/// The answer as a stream, in the form of the API that the path belongs to.
fn events(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let named = |events: &[Value]| -> String {
        let event = |event: &Value| {
            format!(
                "event: {}\ndata: {event}\n\n",
                event["type"].as_str().unwrap_or_default()
            )
        };
        events.iter().map(event).collect()
    };
    let plain = |events: &[Value]| -> String {
        events
            .iter()
            .map(|event| format!("data: {event}\n\n"))
            .collect()
    };
    if path.ends_with("/chat/completions") {
        let chunk = |delta: Value, end: Value| {
            json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": end}], "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}})
        };
        return plain(&[
            chunk(json!({"role": "assistant", "content": WORDS}), Value::Null),
            chunk(json!({}), "stop".into()),
        ]) + "data: [DONE]\n\n";
    }
    if path.ends_with("/responses") {
        let item = json!({"type": "message", "id": "m", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": WORDS, "annotations": []}]});
        let response = json!({"id": "r", "object": "response", "status": "completed", "model": "fake-1", "output": [item.clone()],
            "usage": {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}});
        let empty = json!({"type": "message", "id": "m", "role": "assistant", "status": "in_progress", "content": []});
        let part = json!({"type": "output_text", "text": "", "annotations": []});
        return named(&[
            json!({"type": "response.created", "response": {"id": "r", "object": "response", "status": "in_progress", "output": []}}),
            json!({"type": "response.output_item.added", "output_index": 0, "item": empty}),
            json!({"type": "response.content_part.added", "item_id": "m", "output_index": 0, "content_index": 0, "part": part}),
            json!({"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": WORDS}),
            json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
            json!({"type": "response.completed", "response": response}),
        ]);
    }
    if path.ends_with("/messages") {
        return named(&[
            json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "fake-1", "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 5, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WORDS}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 3}}),
            json!({"type": "message_stop"}),
        ]);
    }
    plain(&[
        json!({"candidates": [{"content": {"role": "model", "parts": [{"text": WORDS}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}, "modelVersion": "fake-1"}),
    ])
}

/// An AstrBot with one provider of each kind at this port, whose ids are the kinds.
fn astrbot(stage: &Stage, port: u16) -> String {
    let data = stage.folder.path().join("astrbot");
    fs::create_dir_all(&data).unwrap();
    let base = format!("http://127.0.0.1:{port}");
    let kinds = [
        ("openai_chat_completion", format!("{base}/v1")),
        ("openai_responses", format!("{base}/v1")),
        ("anthropic_chat_completion", format!("{base}/v1")),
        ("googlegenai_chat_completion", base),
    ];
    let providers: Vec<Value> = kinds.iter().map(|(kind, base)| json!({"id": kind, "provider_source_id": format!("{kind}_source"), "model": "fake-1", "enable": true, "unused": base})).collect();
    let sources: Vec<Value> = kinds.iter().map(|(kind, base)| json!({"id": format!("{kind}_source"), "type": kind, "provider_type": "chat_completion", "key": [KEY], "api_base": base})).collect();
    let config = json!({"config_version": 5, "provider": providers, "provider_sources": sources});
    fs::write(data.join("cmd_config.json"), format!("\u{feff}{config:#}")).unwrap();
    data.display().to_string()
}

/// What `doctor --ask` says of the model's answer.
fn asked(stage: &Stage) -> Value {
    let run = stage.run(&["doctor", "--ask", "--json"]);
    assert!(!run.stdout.contains(KEY));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["name"] == "model-answer")
        .unwrap_or_else(|| panic!("{report:#}"))
        .clone()
}

fn stage(version: &str) -> (Stage, u16) {
    let stage = Stage::new();
    stage.flavour("none");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for (key, value) in [
        (dotenv::PORT, port.to_string()),
        (dotenv::VERSION, version.to_owned()),
    ] {
        let path = stage.root.join(".env");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, dotenv::set(&text, key, &value)).unwrap();
    }
    (stage, port)
}

/// Every kind of AstrBot's providers answers through the real gateway, from the files that `model` writes; each
/// change is the next one's starting point, as for a user who tries several.
fn every_kind_answers(version: &str) {
    let (stage, port) = stage(version);
    let provider = Provider::start();
    let data = astrbot(&stage, provider.port);
    for (kind, path) in [
        ("openai_chat_completion", "/v1/chat/completions"),
        ("openai_responses", "/v1/responses"),
        ("anthropic_chat_completion", "/v1/messages"),
        (
            "googlegenai_chat_completion",
            "/v1beta/models/fake-1:streamGenerateContent",
        ),
    ] {
        stage
            .run(&[
                "model",
                "--from-astrbot",
                &data,
                "--provider",
                kind,
                "--keep-loopback",
            ])
            .ends(0);
        let gateway = Gateway::start(version, &stage, port);
        let answer = asked(&stage);
        let paths = std::mem::take(&mut *provider.asked.lock().unwrap());
        assert_eq!(answer["ok"], true, "{version} {kind}: {answer:#} {paths:?}");
        assert!(
            answer["detail"].as_str().unwrap().contains(WORDS),
            "{version} {kind}: {answer:#}"
        );
        assert!(
            paths
                .iter()
                .all(|asked| asked.split('?').next() == Some(path)),
            "{version} {kind}: {paths:?}"
        );
        drop(gateway);
    }

    // The same provider at another address, and then with another key: what was there before does not win.
    let other = Provider::start();
    let key = stage.folder.path().join("key.txt");
    fs::write(&key, KEY).unwrap();
    let (key_flag, url) = (
        format!("--key-file={}", key.display()),
        format!("--base-url=http://127.0.0.1:{}/v1", other.port),
    );
    stage
        .run(&[
            "model",
            &url,
            "--model=fake-1",
            &key_flag,
            "--keep-loopback",
        ])
        .ends(0);
    let gateway = Gateway::start(version, &stage, port);
    let answer = asked(&stage);
    assert_eq!(answer["ok"], true, "{version}: {answer:#}");
    assert!(!other.asked.lock().unwrap().is_empty() && provider.asked.lock().unwrap().is_empty());
    drop(gateway);

    fs::write(&key, "sk-another-0123456789").unwrap();
    stage
        .run(&[
            "model",
            &url,
            "--model=fake-1",
            &key_flag,
            "--keep-loopback",
        ])
        .ends(0);
    let _gateway = Gateway::start(version, &stage, port);
    let answer = asked(&stage);
    assert_eq!(
        answer["problem"], "model_does_not_answer",
        "{version}: {answer:#}"
    );
    assert_eq!(
        answer["code"], "model_provider_failed",
        "{version}: {answer:#}"
    );
}

#[test]
fn every_kind_of_provider_answers_on_the_pinned_version() {
    every_kind_answers("2026.2.9");
}

#[test]
fn every_kind_of_provider_answers_on_the_newest_version() {
    every_kind_answers("2026.9.6");
}

/// N1 of issue 13: without a provider the probes are well and the turn fails; the doctor says both.
#[test]
fn without_a_provider_the_doctor_says_so_before_anybody_asks() {
    let (stage, port) = stage("2026.2.9");
    let _gateway = Gateway::start("2026.2.9", &stage, port);
    let run = stage.run(&["doctor", "--json"]).ends(1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let problem = |name: &str| {
        report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["name"] == name)
            .unwrap()["problem"]
            .clone()
    };
    assert_eq!(problem("probe-with-token"), Value::Null);
    assert_eq!(problem("model-provider"), "model_provider_missing");
    assert_eq!(asked(&stage)["code"], "model_provider_failed");
}
