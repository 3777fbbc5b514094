//! FIN and RST after every byte of a turn, and a pause after every byte.
//!
//! Each exchange is written in pieces, each with what the turn has come to once its last byte is there: an account of
//! its own, which knows nothing of the readers under test.

use host_shim::{FaultCode::*, Level, TurnRequest};
use openclaw_fake_gateway::{End, Scene};
use openclaw_tests::rig::{tool, turn_with};
use openclaw_tests::wire::{completed, delta, message, response};
use serde_json::json;

use super::{Bench, Expected, Tally};

/// Bytes, and what a turn ends with if nothing comes after them.
type Piece = (String, Expected);

/// An answer that is cut.
struct Exchange {
    name: &'static str,
    /// Whole answers before it, in rounds of tool calls.
    before: Vec<String>,
    /// The answer in pieces.
    pieces: Vec<Piece>,
    /// The connection is kept after it.
    kept: bool,
    /// The turn goes on after it: whole answers.
    after: Vec<String>,
}

fn reply(text: &str) -> Expected {
    Expected {
        code: None,
        text: text.to_owned(),
    }
}

fn fault(code: host_shim::FaultCode, text: &str) -> Expected {
    Expected {
        code: Some(code),
        text: text.to_owned(),
    }
}

const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Events as chunks; the line break after a chunk stands before what follows.
fn chunked(head: &str, shown: &str, events: Vec<(String, Expected)>) -> Vec<Piece> {
    let mut pieces = vec![(head.to_owned(), fault(StreamInterrupted, shown))];
    let mut last = fault(StreamInterrupted, shown);
    for (at, (event, then)) in events.into_iter().enumerate() {
        let before = if at == 0 { "" } else { "\r\n" };
        pieces.push((
            format!("{before}{:x}\r\n{event}", event.len()),
            then.clone(),
        ));
        last = then;
    }
    pieces.push(("\r\n0\r\n\r\n".to_owned(), last));
    pieces
}

fn whole(pieces: &[Piece]) -> String {
    pieces.iter().map(|(bytes, _)| bytes.as_str()).collect()
}

fn exchanges() -> Vec<Exchange> {
    let cut = |text: &str| fault(StreamInterrupted, text);
    let good = || {
        vec![
            (delta("PO"), cut("PO")),
            (format!(": alive\n\n{}", delta("NG 好")), cut("PONG 好")),
            (completed(&message("PONG 好")), reply("PONG 好")),
            ("data: [DONE]\n\n".to_owned(), reply("PONG 好")),
        ]
    };
    let body = response(&message("PONG"));
    let json_head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let words = r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#;
    let call = r#"{"type":"function_call","call_id":"c1","name":"get_time","arguments":"{}"}"#;
    let first = chunked(
        HEAD,
        "",
        vec![
            (delta("Well."), cut("Well.")),
            (completed(call), reply("Well.\n\nIt is noon.")),
        ],
    );
    let second = chunked(
        HEAD,
        "Well.",
        vec![
            (delta("It is "), cut("Well.\n\nIt is ")),
            (
                completed(&message("It is noon.")),
                reply("Well.\n\nIt is noon."),
            ),
        ],
    );
    let exchange = |name, pieces, kept| Exchange {
        name,
        before: vec![],
        pieces,
        kept,
        after: vec![],
    };
    vec![
        exchange("a stream", chunked(HEAD, "", good()), true),
        exchange(
            "a stream after interim answers",
            chunked(
                &format!(
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n{HEAD}"
                ),
                "",
                vec![(completed(&message("PONG")), reply("PONG"))],
            ),
            true,
        ),
        exchange(
            "a stream to the end of the connection",
            std::iter::once((
                "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_owned(),
                cut(""),
            ))
            .chain(good())
            .collect(),
            false,
        ),
        exchange(
            "JSON",
            vec![(json_head, cut("")), (body, reply("PONG"))],
            true,
        ),
        exchange(
            "a refusal",
            vec![
                (
                    format!(
                        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                        words.len()
                    ),
                    fault(AuthFailed, ""),
                ),
                (words.to_owned(), fault(AuthFailed, "")),
            ],
            true,
        ),
        Exchange {
            name: "a round of tool calls",
            after: vec![whole(&second)],
            ..exchange("", first.clone(), true)
        },
        Exchange {
            name: "the answer after a round of tool calls",
            before: vec![whole(&first)],
            ..exchange("", second, true)
        },
    ]
}

impl Exchange {
    /// What a turn has come to after so many bytes.
    fn after(&self, bytes: usize) -> Expected {
        let shown = if self.before.is_empty() { "" } else { "Well." };
        let mut come = fault(NetworkOrUnreachable, shown);
        let mut end = 0;
        for (piece, then) in &self.pieces {
            end += piece.len();
            if end > bytes {
                break;
            }
            come.clone_from(then);
        }
        come
    }

    /// Plays these pieces as its answer.
    async fn play(&self, bench: &mut Bench, how: &str, answer: Scene, goes_on: bool) -> Expected {
        let kept = |text: &String| Scene::wire(text.as_bytes()).then(End::KeepAlive);
        let mut scenes: Vec<Scene> = self.before.iter().map(kept).collect();
        scenes.push(answer);
        if goes_on {
            scenes.extend(self.after.iter().map(kept));
        }
        let request = match self.before.is_empty() && self.after.is_empty() {
            true => TurnRequest::new("hi"),
            false => turn_with("hi", Level::ReadOnly, &[tool("get_time", Level::ReadOnly)]),
        };
        let what = format!("{}, {how}", self.name);
        let played = bench.play_turn(&what, scenes, request, false).await;
        Expected::of(&played)
    }
}

pub(super) async fn cuts() -> Tally {
    let mut tally = Tally::default();
    for exchange in exchanges() {
        let mut bench = Bench::new(json!({})).await;
        let bytes = whole(&exchange.pieces).into_bytes();
        let complete = exchange.after(bytes.len());
        let end = match exchange.kept {
            true => End::KeepAlive,
            false => End::Close,
        };
        // What a turn may have come to by then: a reset may overtake what was sent before it.
        let mut come = Vec::new();
        for at in 0..=bytes.len() {
            let (start, rest) = bytes.split_at(at);
            let expected = exchange.after(at);
            if come.last() != Some(&expected) {
                come.push(expected.clone());
            }
            let goes_on = expected.code.is_none();
            let fin = Scene::wire(start).then(End::Close);
            let got = exchange
                .play(&mut bench, &format!("FIN after {at} bytes"), fin, goes_on)
                .await;
            assert_eq!(got, expected, "{}, FIN after {at} bytes", exchange.name);

            // The next request of a turn that a reset cuts off may or may not be sent.
            if exchange.after.is_empty() || !goes_on {
                let rst = Scene::wire(start).then(End::Reset);
                let got = exchange
                    .play(&mut bench, &format!("RST after {at} bytes"), rst, false)
                    .await;
                assert!(
                    come.contains(&got),
                    "{}, RST after {at} bytes: {got:?}",
                    exchange.name
                );
            }

            let pieces = Scene::wire_pieces([start.to_vec(), rest.to_vec()]).then(end);
            let got = exchange
                .play(&mut bench, &format!("in two at {at}"), pieces, true)
                .await;
            assert_eq!(got, complete, "{}, in two at {at}", exchange.name);
            tally.cases += 3;
        }
        bench.next_works(exchange.name).await;
        tally.turns += bench.close().await;
    }
    tally
}
