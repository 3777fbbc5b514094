//! A gateway that costs as little as it can, so that what is measured is the clients: threads and plain sockets, the
//! answer made once.
//!
//! The input says what to answer: `bench DELTAS BYTES PAUSE`, so many deltas of so many bytes each, all at once, or with
//! a pause of so many microseconds between two.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{io, thread};

use serde_json::{Value, json};

/// An answer of so many deltas, of so many bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work {
    /// Number of deltas.
    pub deltas: usize,
    /// Bytes of text in each.
    pub bytes: usize,
    /// Between two deltas.
    pub pause: Duration,
}

impl Work {
    /// What a client asks to get it.
    pub fn input(&self) -> String {
        format!(
            "bench {} {} {}",
            self.deltas,
            self.bytes,
            self.pause.as_micros()
        )
    }

    /// The work that a text, or a request with such a text in it, asks for.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split("bench ").nth(1)?;
        let mut numbers = numbers
            .split(|c: char| !c.is_ascii_digit())
            .map(|number| number.parse::<usize>().ok());
        let (deltas, bytes, pause) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let pause = Duration::from_micros(pause as u64);
        Some(Self {
            deltas,
            bytes,
            pause,
        })
    }

    /// The text of one delta.
    fn delta(&self) -> String {
        "word ".chars().cycle().take(self.bytes).collect()
    }

    /// The chunks of the answer's body: what comes before the deltas, one delta, and what comes after them.
    fn chunks(&self) -> [Vec<u8>; 3] {
        let response = |status: &str, output: Value, tokens: usize| {
            json!({ "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "openclaw",
                "output": output, "usage": { "input_tokens": 1, "output_tokens": tokens, "total_tokens": tokens + 1 } })
        };
        let place = |mut event: Value| {
            event["item_id"] = json!("msg_1");
            event["output_index"] = json!(0);
            event["content_index"] = json!(0);
            chunk(&event)
        };
        let text = self.delta().repeat(self.deltas);
        let content = json!([{ "type": "output_text", "text": text, "annotations": [] }]);
        let message = json!([{ "type": "message", "id": "msg_1", "role": "assistant", "content": content, "status": "completed" }]);
        let created = response("in_progress", json!([]), 0);
        let completed = response("completed", message, self.deltas);
        let mut end = place(json!({ "type": "response.output_text.done", "text": text }));
        end += &chunk(&json!({ "type": "response.completed", "response": completed }));
        end += "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
        [
            chunk(&json!({ "type": "response.created", "response": created })),
            place(json!({ "type": "response.output_text.delta", "delta": self.delta() })),
            end,
        ]
        .map(String::into_bytes)
    }
}

/// An event as a chunk of an HTTP/1.1 body.
fn chunk(event: &Value) -> String {
    let name = event["type"].as_str().unwrap_or_default();
    let text = format!("event: {name}\ndata: {event}\n\n");
    let mut chunk = String::with_capacity(text.len() + 16);
    let _ = write!(chunk, "{:x}\r\n{text}\r\n", text.len());
    chunk
}

/// Starts it on threads of its own, which live as long as the process.
///
/// # Errors
///
/// When no port can be had.
pub fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let kept = Arc::new(Mutex::new(None));
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let kept = kept.clone();
            // A client that leaves is none of the gateway's business.
            thread::spawn(move || serve(socket, &kept));
        }
    });
    Ok(address)
}

/// The answer that was asked for last.
type Kept = Mutex<Option<(Work, Arc<[Vec<u8>; 3]>)>>;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

fn serve(mut socket: TcpStream, kept: &Kept) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket.try_clone()?);
    while let Some(body) = request(&mut reader)? {
        let Some(work) = Work::parse(&String::from_utf8_lossy(&body)) else {
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        };
        let answer = {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            match &*kept {
                Some((same, answer)) if *same == work => answer.clone(),
                _ => kept.insert((work, Arc::new(work.chunks()))).1.clone(),
            }
        };
        let [start, delta, end] = &*answer;
        socket.write_all(&[HEAD, start].concat())?;
        if work.pause.is_zero() {
            // As much at once as a large socket buffer takes.
            let many = delta.repeat(work.deltas.min(1_000));
            for _ in 0..work.deltas / 1_000 {
                socket.write_all(&many)?;
            }
            socket.write_all(&many[..work.deltas % 1_000 * delta.len()])?;
        } else {
            for _ in 0..work.deltas {
                socket.write_all(delta)?;
                thread::sleep(work.pause);
            }
        }
        socket.write_all(end)?;
    }
    Ok(())
}

/// Reads a request and returns its body; none at the connection's end.
fn request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let (mut length, mut chunked) = (0, false);
    loop {
        let line = line(reader)?;
        match line.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap_or(0),
            Some(("transfer-encoding", _)) => chunked = true,
            Some(_) => {}
            None if line.starts_with("post ") => {}
            None if line.is_empty() => break,
            None => return Ok(None),
        }
    }
    let mut body = Vec::new();
    if !chunked {
        reader.take(length).read_to_end(&mut body)?;
        return Ok(Some(body));
    }
    loop {
        let size = u64::from_str_radix(&line(reader)?, 16).map_err(io::Error::other)?;
        reader.by_ref().take(size).read_to_end(&mut body)?;
        line(reader)?;
        if size == 0 {
            return Ok(Some(body));
        }
    }
}

/// A line without its end, in lower case; at the connection's end `-`.
fn line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok("-".to_owned());
    }
    Ok(line.trim_end().to_ascii_lowercase())
}
