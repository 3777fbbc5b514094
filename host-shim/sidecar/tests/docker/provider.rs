//! A chat-completions provider for the containers: it streams two words, whatever it is asked, and keeps which
//! tools the model was offered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The address of the engine's own bridge: reached from containers, and from no other machine.
fn bridge() -> String {
    let format = "{{(index .IPAM.Config 0).Gateway}}";
    let output = super::docker(&["network", "inspect", "bridge", "--format", format]);
    let address = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    match address.is_empty() {
        // Some engines leave it out until a container is there; this is their default.
        true => "172.17.0.1".to_owned(),
        false => address,
    }
}

/// A running provider; it ends with the test process.
pub struct Provider {
    pub port: u16,
    offered: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    pub fn start() -> Self {
        // As one that listens on every address, without being open to other machines.
        let bridge = TcpListener::bind((bridge(), 0)).unwrap();
        let port = bridge.local_addr().unwrap().port();
        let loopback = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let offered = Arc::new(Mutex::new(Vec::new()));
        for listener in [bridge, loopback] {
            let seen = offered.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let seen = seen.clone();
                    std::thread::spawn(move || answer(stream, &seen));
                }
            });
        }
        Self { port, offered }
    }

    /// The tools that the model was offered in the last turn, sorted; forgotten afterwards.
    pub fn offered(&self) -> Vec<String> {
        std::mem::take(&mut *self.offered.lock().unwrap())
    }
}

fn answer(stream: TcpStream, offered: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(bytes) = line.strip_prefix("content-length:") {
            length = bytes.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let tools = request["tools"].as_array().into_iter().flatten();
    let names = tools.filter_map(|tool| tool["function"]["name"].as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    *offered.lock().ok()? = names;
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "fake-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let usage = json!({"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "fake-1", "choices": [],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}});
    let chunks = [
        chunk(
            json!({"role": "assistant", "content": "pong "}),
            Value::Null,
        ),
        chunk(json!({"content": "from the provider"}), Value::Null),
        chunk(json!({}), json!("stop")),
        usage,
    ];
    let data = chunks.map(|chunk| format!("data: {chunk}\n\n")).concat();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let mut stream = reader.into_inner();
    write!(stream, "{head}{data}data: [DONE]\n\n").ok()
}
