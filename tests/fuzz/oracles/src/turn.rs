//! A whole turn with a hostile gateway: one end with a code that its breaker counts as the table says, in bounded
//! memory and work, after which nothing runs or waits; and the token is in nothing that a person is shown.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use openclaw_core::config::{Config, MIB, Timeouts};
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::memory::{Bound, Sample};
use openclaw_core::level::Level;
use openclaw_core::turn::{Event, Reply, Tool, ToolCall, TurnRequest};
use openclaw_core::workspace::OpenError;
use openclaw_plugin::config::{Checked, Gateway as Named};
use openclaw_plugin::fault::Fault;
use openclaw_plugin::gateway::classify::Head;
use openclaw_plugin::host::{AnswerBody, Events, Failure, Host, Post};
use openclaw_plugin::state::State;
use openclaw_plugin::turn::{offer_files, run};

use crate::answer::explains;
use crate::bounded;
use crate::input::{Input, MOST};
use crate::is_printable;

const TOKEN: &str = "t0ken-of-the-fuzzer";

/// Bytes held for each byte of an answer: as in `answer`, and what is shown and kept besides.
const FOR_EACH: usize = 40;

/// Files that are named in answers: at most 32 in each, and tried until five have come.
const MOST_FILES: usize = 70 * (32 + 64);

/// An answer: how it begins, its pieces, and whether it breaks off.
struct Answer {
    head: Head,
    pieces: VecDeque<Vec<u8>>,
    breaks: bool,
}

struct Gateway {
    now: Cell<u64>,
    next_wake: Cell<Option<u64>>,
    available: u64,
    answers: RefCell<VecDeque<Answer>>,
    /// Requests sent and pieces read.
    steps: Cell<usize>,
}

struct Body<'a>(&'a Gateway, Answer);

impl AnswerBody for Body<'_> {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        self.0.steps.set(self.0.steps.get() + 1);
        match self.1.pieces.pop_front() {
            Some(piece) => Ok(Some(piece)),
            None if self.1.breaks => Err(Failure::Broken {
                why: "reset".into(),
                uploaded: true,
            }),
            None => Ok(None),
        }
    }

    fn finish(self) {}
}

impl<'a> Host for &'a Gateway {
    type Body = Body<'a>;

    fn now_ms(&self) -> u64 {
        self.now.get()
    }

    async fn sleep_until_ms(&self, when: u64) {
        poll_fn(|_| {
            if self.now.get() >= when {
                return Poll::Ready(());
            }
            let next = self.next_wake.get().map_or(when, |next| next.min(when));
            self.next_wake.set(Some(next));
            Poll::Pending
        })
        .await;
    }

    fn memory(&self) -> Result<Sample, String> {
        Ok(Sample {
            available: self.available,
            total: 2048 * MIB,
            bound: Bound::Machine,
            estimated: None,
        })
    }

    async fn post(&self, post: Post<'_>) -> Result<(Head, Body<'a>), Failure> {
        self.steps.set(self.steps.get() + 1);
        let body = post.body.expect("a body");
        let written: usize = body.chunks().map(|chunk| chunk.len()).sum();
        assert_eq!(written as u64, body.len());
        let Some(answer) = self.answers.borrow_mut().pop_front() else {
            return Err(Failure::NotSent("connection refused".into()));
        };
        post.sent.set(true);
        Ok((answer.head.clone(), Body(self, answer)))
    }

    async fn get(&self, _: &Named, path: &str, _: &Timeouts) -> Result<(Head, Body<'a>), Failure> {
        self.steps.set(self.steps.get() + 1);
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        assert!(path.starts_with("/__openclaw__/assistant-media?source="));
        assert!(path.bytes().all(plain) && !path.contains(TOKEN), "{path}");
        let Some(answer) = self.answers.borrow_mut().pop_front() else {
            return Err(Failure::NotSent("connection refused".into()));
        };
        Ok((answer.head.clone(), Body(self, answer)))
    }

    async fn open(&self, path: &str, _: usize) -> Result<Vec<u8>, OpenError> {
        self.steps.set(self.steps.get() + 1);
        assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."));
        Ok(path.as_bytes().to_vec())
    }

    async fn run_tool(&self, _: &str, call: ToolCall) -> Result<String, String> {
        match call.name.as_str() {
            "fails" => Err("no such city".into()),
            _ => Ok("the output".into()),
        }
    }
}

/// What a person is shown.
#[derive(Default)]
struct Shown(RefCell<Vec<Event>>);

impl Events for Shown {
    async fn emit(&self, event: Event) -> bool {
        self.0.borrow_mut().push(event);
        true
    }
}

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 4);
    let gateway = Gateway {
        now: Cell::new(0),
        next_wake: Cell::new(None),
        available: [1024 * MIB, 512 * MIB, 400 * MIB, 100 * MIB][usize::from(input.choice(1, 4))],
        answers: RefCell::new(answers(&bytes, &input)),
        steps: Cell::new(0),
    };
    let state = State::default();
    let config = Config {
        gateway_primary_url: "http://primary:1".into(),
        gateway_bearer_token: TOKEN.into(),
        gateway_backup_url: (input.choice(2, 4) == 0).then(|| "http://backup:2".into()),
        level_agents: input.choice(2, 3) == 0,
        ..Config::default()
    };
    state.configure(Checked::new(config).expect("good settings"));
    let tool = |name: &str, level| Tool {
        name: name.into(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.into(),
        level,
        approval: Default::default(),
    };
    let mut turn = TurnRequest {
        id: "t1".into(),
        level: Level::Act,
        files: input.byte(1) >= 128,
        tools: vec![
            tool("look", Level::ReadOnly),
            tool("fails", Level::Act),
            tool("root", Level::Root),
        ],
        ..TurnRequest::new("hello")
    };
    offer_files(&mut turn, state.config().as_deref());
    let shown = Shown::default();
    let pieces = gateway
        .answers
        .borrow()
        .iter()
        .map(|one| one.pieces.len())
        .sum::<usize>();
    let most = FOR_EACH * bytes.len() + (1 << 20);
    let end = bounded(most, || drive(&gateway, &state, &shown, &turn));
    // Each answer once, and an end for each.
    assert!(
        gateway.steps.get() <= pieces + 3 * 70 + MOST_FILES,
        "{}",
        gateway.steps.get()
    );
    assert_eq!(state.load(), (0, 0), "nothing runs or waits");
    holds(&end, &shown.0.borrow());
    counted(&state, &end);
}

/// The answers in the input: a line with a status and one with a content type, then the body, up to a line `--`.
fn answers(bytes: &[u8], input: &Input<'_>) -> VecDeque<Answer> {
    let mut rest = bytes;
    let mut answers = VecDeque::new();
    while !rest.is_empty() && answers.len() < 70 {
        let end = rest.windows(4).position(|at| at == b"\n--\n");
        let (one, tail) = match end {
            Some(end) => (&rest[..end + 1], &rest[end + 4..]),
            None => (rest, &b""[..]),
        };
        rest = tail;
        let mut lines = one.splitn(3, |byte| *byte == b'\n');
        let mut line = || lines.next().unwrap_or_default();
        let status = String::from_utf8_lossy(line())
            .trim()
            .parse()
            .unwrap_or(200);
        let content_type = String::from_utf8_lossy(line()).into_owned();
        let pieces = input.pieces(line());
        answers.push_back(Answer {
            head: Head {
                status,
                content_type,
                ..Head::default()
            },
            pieces: pieces.into_iter().map(<[u8]>::to_vec).collect(),
            breaks: input.byte(2) > 128,
        });
    }
    answers
}

type End = Result<Reply, Fault>;

/// Runs the turn and what is left of it; time passes when nothing else can.
fn drive(gateway: &Gateway, state: &State, shown: &Shown, turn: &TurnRequest) -> End {
    let whole = async {
        let (end, rest) = run(state, &gateway, shown, turn, pending()).await;
        if let Some(rest) = rest {
            rest.read_out().await;
        }
        end
    };
    let mut whole = pin!(whole);
    loop {
        gateway.next_wake.set(None);
        let polled = whole.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(end) = polled {
            return end;
        }
        let next = gateway.next_wake.get().expect("it waits for nothing");
        gateway.now.set(next);
    }
}

/// Nothing that a person is shown has the token or a control character.
fn holds(end: &End, events: &[Event]) {
    let mut deltas = String::new();
    let mut running = 0_usize;
    for event in events {
        match event {
            Event::Delta { text } => deltas.push_str(text),
            Event::Notice(notice) => {
                assert!(
                    is_printable(&notice.text) && !notice.text.contains(TOKEN),
                    "{notice:?}"
                );
                assert!(notice.text.len() < 8192);
            }
            Event::ToolCall(call) => {
                running += 1;
                assert!(["look", "fails"].contains(&call.name.as_str()), "{call:?}");
                assert!(call.id.starts_with("t1-"));
            }
            Event::ToolEnded { .. } => running -= 1,
            Event::File(file) => {
                assert!(is_printable(&file.filename) && !file.filename.contains('/'));
                assert!(!file.media_type.is_empty());
            }
            other => panic!("nothing needs approval: {other:?}"),
        }
    }
    assert!(is_printable(&deltas));
    match end {
        Ok(reply) => {
            assert_eq!(running, 0, "a tool that never ended");
            assert!(is_printable(&reply.text) && reply.level <= Level::Act);
        }
        Err(fault) => {
            explains(fault);
            assert!(!fault.message.contains(TOKEN), "{}", fault.message);
            assert!(
                deltas.len() >= fault.partial_text.len() || fault.partial_text.starts_with(&deltas)
            );
        }
    }
}

/// The breaker has counted the end, once, on the gateway that gave it.
fn counted(state: &State, end: &End) {
    let failures: u32 = (0..2).map(|at| state.breaker(at, 0).failures).sum();
    match end {
        Ok(_) => {}
        Err(fault) if fault.code.counts_for_breaker() => assert!((1..=2).contains(&failures)),
        Err(fault) if fault.code == FaultCode::CircuitOpen => panic!("it was closed"),
        Err(_) => assert!(failures <= 1),
    }
}
