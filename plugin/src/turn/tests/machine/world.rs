//! The host of the scripts: one gateway that does with each turn's requests what its script says.

use super::super::scenes::{call, completed, delta, guarded_tool, message, sse, stream_head, tool};
use super::*;
use crate::config::Gateway;
use crate::host::{AnswerBody, Events, Host, Post};
use openclaw_core::config::Timeouts;
use openclaw_core::guards::memory::{Bound, Sample};
use openclaw_core::workspace::OpenError;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// First event of a gateway that stops a run when its client is gone.
const NEW: &[u8] = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":{\"input_tokens_details\":{}}}}\n\n";

pub(super) struct World {
    pub now: Cell<u64>,
    pub available: Cell<u64>,
    /// What is to come, by turn.
    acts: RefCell<BTreeMap<usize, VecDeque<Act>>>,
    /// Streams that are open, and how they go on.
    streams: RefCell<BTreeMap<usize, Option<bool>>>,
    /// Slow tools that run, and whether they are to end.
    tools: RefCell<BTreeMap<usize, bool>>,
    /// The turn that is polled, and what each sleeps for.
    polled: Cell<usize>,
    timers: RefCell<BTreeSet<(usize, u64)>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: Cell::new(0),
            available: Cell::new(1024 * MIB),
            acts: RefCell::default(),
            streams: RefCell::default(),
            tools: RefCell::default(),
            polled: Cell::new(0),
            timers: RefCell::default(),
        }
    }
}

impl World {
    pub fn expect(&self, number: usize, acts: &[Act]) {
        let acts = acts.iter().copied().collect();
        self.acts.borrow_mut().insert(number, acts);
    }

    pub fn polls(&self, number: usize) {
        self.polled.set(number);
        self.timers.borrow_mut().retain(|(turn, _)| *turn != number);
    }

    pub fn forget(&self, number: usize) {
        self.polls(number);
        self.tools.borrow_mut().remove(&number);
    }

    pub fn next_timer(&self) -> Option<u64> {
        self.timers.borrow().iter().map(|(_, when)| *when).min()
    }

    pub fn end_stream(&self, number: usize, good: bool) {
        if let Some(stream) = self.streams.borrow_mut().get_mut(&number) {
            *stream = Some(good);
        }
    }

    pub fn end_tool(&self, number: usize) {
        if let Some(ended) = self.tools.borrow_mut().get_mut(&number) {
            *ended = true;
        }
    }
}

pub(super) fn id(number: usize) -> String {
    format!("turn-{number}")
}

/// The request of a turn. Its session says which it is.
pub(super) fn request(number: usize, kind: Kind, patience: Patience) -> TurnRequest {
    TurnRequest {
        id: id(number),
        session: number.to_string(),
        level: Level::Act,
        heavy: kind == Kind::Heavy,
        patience,
        tools: vec![
            tool("quick", Level::Act),
            tool("slow", Level::Act),
            guarded_tool("guarded", Level::Act, Approval::Asker),
        ],
        ..TurnRequest::new(if kind == Kind::Blank { " " } else { "x" })
    }
}

pub(super) struct Body {
    world: Rc<World>,
    pieces: VecDeque<Vec<u8>>,
    /// The turn of a stream that goes on when the script says so.
    live: Option<usize>,
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(number) = self.live {
            self.world.streams.borrow_mut().remove(&number);
        }
    }
}

impl AnswerBody for Body {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(piece) = self.pieces.pop_front() {
            return Ok(Some(piece));
        }
        let Some(number) = self.live else {
            return Ok(None);
        };
        let went_on = poll_fn(|_| match self.world.streams.borrow_mut().get_mut(&number) {
            Some(Some(good)) => Poll::Ready(*good),
            _ => Poll::Pending,
        });
        match went_on.await {
            true => Ok(Some(sse(&[completed(json!([message("xy")]))]))),
            false => Err(Failure::Broken {
                why: "reset".into(),
                uploaded: true,
            }),
        }
    }

    fn finish(self) {}
}

impl Host for Rc<World> {
    type Body = Body;

    fn now_ms(&self) -> u64 {
        self.now.get()
    }

    async fn sleep_until_ms(&self, when: u64) {
        poll_fn(|_| {
            if self.now.get() >= when {
                return Poll::Ready(());
            }
            self.timers.borrow_mut().insert((self.polled.get(), when));
            Poll::Pending
        })
        .await;
    }

    fn memory(&self) -> Result<Sample, String> {
        Ok(Sample {
            available: self.available.get(),
            total: 2048 * MIB,
            bound: Bound::Machine,
            estimated: None,
        })
    }

    async fn post(&self, post: Post<'_>) -> Result<(Head, Body), Failure> {
        // What must hold whatever the model says.
        assert!(self.streams.borrow().is_empty(), "two at a time");
        let body: Vec<u8> = post.body.expect("a body").chunks().flatten().collect();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let number = body["user"]
            .as_str()
            .and_then(|user| user.strip_prefix("astr-"));
        let number: usize = number.expect("a session").parse().expect("a number");
        let mut acts = self.acts.borrow_mut();
        let act = acts.get_mut(&number).and_then(VecDeque::pop_front);
        let answer = |head, pieces: Vec<Vec<u8>>, live| {
            let body = Body {
                world: self.clone(),
                pieces: pieces.into(),
                live,
            };
            Ok((head, body))
        };
        let error = |status, retry_after: Option<u64>| Head {
            status,
            content_type: "application/json".into(),
            retry_after: retry_after
                .map(|seconds| seconds.to_string())
                .unwrap_or_default(),
            ..Head::default()
        };
        let calls = |name| vec![sse(&[completed(json!([call("c", name, "{}")]))])];
        post.sent.set(!matches!(act, Some(Act::Refuses)));
        match act.unwrap_or(Act::Replies) {
            Act::Replies => {
                let events = [delta("x"), completed(json!([message("x")]))];
                answer(stream_head(), vec![sse(&events)], None)
            }
            Act::Refuses => Err(Failure::NotSent("connection refused".into())),
            Act::Resets => Err(Failure::Broken {
                why: "reset".into(),
                uploaded: true,
            }),
            Act::Fails(seconds) => answer(error(500, seconds), vec![b"{}".to_vec()], None),
            Act::Rejects => answer(error(400, None), vec![b"{}".to_vec()], None),
            Act::Streams { stops } => {
                self.streams.borrow_mut().insert(number, None);
                let begun = match stops {
                    true => [NEW, &sse(&[delta("x")])].concat(),
                    false => sse(&[delta("x")]),
                };
                answer(stream_head(), vec![begun], Some(number))
            }
            Act::CallsTool => answer(stream_head(), calls("quick"), None),
            Act::CallsSlowTool => answer(stream_head(), calls("slow"), None),
            Act::CallsGuarded => answer(stream_head(), calls("guarded"), None),
        }
    }

    async fn get(&self, _: &Gateway, _: &str, _: &Timeouts) -> Result<(Head, Body), Failure> {
        unreachable!("no turn sends files")
    }

    async fn open(&self, _: &str, _: usize) -> Result<Vec<u8>, OpenError> {
        unreachable!("no turn sends files")
    }

    async fn run_tool(&self, turn_id: &str, call: ToolCall) -> Result<String, String> {
        if call.name == "slow" {
            let number = turn_id
                .trim_start_matches("turn-")
                .parse()
                .expect("a number");
            self.tools.borrow_mut().insert(number, false);
            poll_fn(|_| match self.tools.borrow().get(&number) {
                Some(true) => Poll::Ready(()),
                _ => Poll::Pending,
            })
            .await;
            self.tools.borrow_mut().remove(&number);
        }
        Ok("output".into())
    }
}

/// What a turn's caller has seen.
#[derive(Default)]
pub(super) struct Seen {
    requests: RefCell<Vec<String>>,
    queued: Cell<bool>,
}

impl Seen {
    pub fn latest_request(&self) -> Option<String> {
        self.requests.borrow().last().cloned()
    }

    pub fn queued(&self) -> bool {
        self.queued.get()
    }
}

impl Events for Seen {
    async fn emit(&self, event: Event) -> bool {
        match event {
            Event::ApprovalRequested(request) => self.requests.borrow_mut().push(request.id),
            Event::Notice(notice) if notice.code == NoticeCode::Queued => self.queued.set(true),
            _ => {}
        }
        true
    }
}
