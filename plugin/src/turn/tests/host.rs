//! The fake host: virtual time, simulated memory and scripted gateways.

use super::scenes::stream_head;
pub(super) use super::taken::{Reader, Taken};
use super::*;
use crate::config::Gateway;
use crate::host::{AnswerBody, Host, Post};
use openclaw_core::config::Timeouts;
use openclaw_core::guards::memory::{Bound, Sample};
use openclaw_core::workspace::OpenError;
use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Waker};

/// What a scripted gateway does with a request.
pub(super) enum Scene {
    Fails(Failure),
    Answers(Head, Vec<Result<Vec<u8>, Failure>>),
    /// Sends the head and these pieces, then hangs.
    Hangs(Vec<Vec<u8>>),
    /// Like `Hangs`, with another head.
    HangsAfter(Head, Vec<Vec<u8>>),
    /// Reads the request and never answers.
    IsSilent,
    /// Never reads the request.
    IsDeaf,
    /// Sends the head, then pieces as they are added.
    Lives(Live),
}

/// Pieces of an answer, added by the test.
pub(super) type Live = Rc<RefCell<VecDeque<Vec<u8>>>>;

/// A request as it was sent.
pub(super) struct Sent {
    pub(super) authority: String,
    pub(super) authorized: bool,
    pub(super) agent: String,
    pub(super) body: Value,
}

/// Files by path.
pub(super) type Workspace = BTreeMap<String, Result<Vec<u8>, OpenError>>;

#[derive(Default)]
pub(super) struct FakeHost {
    pub(super) now: Cell<u64>,
    pub(super) sleepers: RefCell<Vec<u64>>,
    pub(super) available: Cell<Option<u64>>,
    /// Why the memory reading is an estimate.
    pub(super) estimated: RefCell<Option<String>>,
    pub(super) scenes: RefCell<VecDeque<Scene>>,
    pub(super) sent: RefCell<Vec<Sent>>,
    pub(super) tool_calls: RefCell<Vec<(String, ToolCall)>>,
    /// Available memory after a tool has run.
    pub(super) available_after_tool: Cell<Option<u64>>,
    pub(super) tools_hang: Cell<bool>,
    /// Whatever the component waits for takes a moment.
    pub(super) dawdles: Cell<bool>,
    /// Answers that were begun.
    pub(super) opened: Cell<u32>,
    /// Called on each reading for the available memory.
    pub(super) each_reading: RefCell<Option<Box<dyn Fn() -> u64>>>,
    /// Bytes returned by the tools `long` and `control`.
    pub(super) long_output: Cell<usize>,
    pub(super) finished: Cell<u32>,
    /// The common workspace; none if the host has none.
    pub(super) workspace: RefCell<Option<Workspace>>,
    /// Paths of `GET` requests.
    pub(super) gets: RefCell<Vec<String>>,
    /// Answers whose connection was dropped.
    pub(super) closed: Cell<u32>,
}

pub(super) struct ScriptedBody {
    pieces: VecDeque<Result<Vec<u8>, Failure>>,
    live: Live,
    hangs: bool,
    world: Rc<FakeHost>,
}

impl Drop for ScriptedBody {
    fn drop(&mut self) {
        self.world.closed.set(self.world.closed.get() + 1);
    }
}

impl AnswerBody for ScriptedBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        self.world.moment().await;
        if let Some(piece) = self.pieces.pop_front() {
            return piece.map(Some);
        }
        if !self.hangs {
            return Ok(None);
        }
        let added = |_: &mut Context<'_>| match self.live.borrow_mut().pop_front() {
            Some(piece) => Poll::Ready(Ok(Some(piece))),
            None => Poll::Pending,
        };
        poll_fn(added).await
    }

    fn finish(self) {
        self.world.finished.set(self.world.finished.get() + 1);
    }
}

impl FakeHost {
    /// One poll, if it dawdles.
    async fn moment(&self) {
        if self.dawdles.get() {
            a_moment().await;
        }
    }
}

/// One poll.
pub(super) async fn a_moment() {
    let mut polled = false;
    poll_fn(|cx| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

trait Scenes {
    fn next_scene(&self) -> Scene;

    async fn answer(&self, scene: Scene) -> Result<(Head, ScriptedBody), Failure>;
}

impl Scenes for Rc<FakeHost> {
    fn next_scene(&self) -> Scene {
        let next = self.scenes.borrow_mut().pop_front();
        next.expect("a scene for every request")
    }

    async fn answer(&self, scene: Scene) -> Result<(Head, ScriptedBody), Failure> {
        self.moment().await;
        let body = |pieces, live, hangs| {
            self.opened.set(self.opened.get() + 1);
            ScriptedBody {
                pieces,
                live,
                hangs,
                world: self.clone(),
            }
        };
        let all = |pieces: Vec<Vec<u8>>| pieces.into_iter().map(Ok).collect();
        match scene {
            Scene::Fails(failure) => Err(failure),
            Scene::Answers(head, pieces) => Ok((head, body(pieces.into(), Live::default(), false))),
            Scene::Hangs(pieces) => Ok((stream_head(), body(all(pieces), Live::default(), true))),
            Scene::HangsAfter(head, pieces) => Ok((head, body(all(pieces), Live::default(), true))),
            Scene::Lives(live) => Ok((stream_head(), body(VecDeque::new(), live, true))),
            Scene::IsSilent | Scene::IsDeaf => pending().await,
        }
    }
}

impl Host for Rc<FakeHost> {
    type Body = ScriptedBody;

    fn now_ms(&self) -> u64 {
        self.now.get()
    }

    async fn sleep_until_ms(&self, when: u64) {
        poll_fn(|_| {
            if self.now.get() >= when {
                return Poll::Ready(());
            }
            self.sleepers.borrow_mut().push(when);
            Poll::Pending
        })
        .await;
    }

    fn memory(&self) -> Result<Sample, String> {
        if let Some(reading) = &*self.each_reading.borrow() {
            self.available.set(Some(reading()));
        }
        let available = self.available.get().ok_or("no /proc here")?;
        Ok(Sample {
            available,
            total: 2048 * MIB,
            bound: Bound::Machine,
            estimated: self.estimated.borrow().clone(),
        })
    }

    async fn post(&self, post: Post<'_>) -> Result<(Head, ScriptedBody), Failure> {
        let body: Vec<u8> = post
            .body
            .map_or(b"{}".to_vec(), |body| body.chunks().flatten().collect());
        self.sent.borrow_mut().push(Sent {
            authority: post.gateway.origin.authority.clone(),
            authorized: post.authorized,
            agent: post.agent_id.unwrap_or_default().to_owned(),
            body: serde_json::from_slice(&body).expect("JSON"),
        });
        let scene = self.next_scene();
        self.moment().await;
        post.sent.set(!matches!(scene, Scene::IsDeaf));
        self.answer(scene).await
    }

    async fn get(
        &self,
        gateway: &Gateway,
        path: &str,
        _: &Timeouts,
    ) -> Result<(Head, ScriptedBody), Failure> {
        let path = format!("{}{path}", gateway.origin.authority);
        self.gets.borrow_mut().push(path);
        self.answer(self.next_scene()).await
    }

    async fn open(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, OpenError> {
        if path.starts_with("hangs") {
            return pending().await;
        }
        let workspace = self.workspace.borrow();
        let files = workspace.as_ref().ok_or(OpenError::NoRoot)?;
        let data = files
            .get(path)
            .cloned()
            .unwrap_or(Err(OpenError::NotFound))?;
        let fits = data.len() <= max_bytes;
        fits.then_some(data).ok_or(OpenError::TooLarge)
    }

    async fn run_tool(&self, turn_id: &str, call: ToolCall) -> Result<String, String> {
        let name = call.name.clone();
        self.tool_calls
            .borrow_mut()
            .push((turn_id.to_owned(), call));
        self.moment().await;
        if let Some(after) = self.available_after_tool.take() {
            self.available.set(Some(after));
        }
        if self.tools_hang.get() {
            std::future::pending::<()>().await;
        }
        match name.as_str() {
            "fails" => Err("no such city".into()),
            "long" => Ok("x".repeat(self.long_output.get())),
            "control" => Ok("\u{1}".repeat(self.long_output.get())),
            _ => Ok(format!("output of {name}")),
        }
    }
}

/// Polls to completion; time advances to the next sleeper when nothing else can run.
pub(super) fn drive<F: Future>(world: &FakeHost, future: Pin<&mut F>) -> F::Output {
    let mut future = future;
    loop {
        world.sleepers.borrow_mut().clear();
        if let Poll::Ready(end) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return end;
        }
        let next = world.sleepers.borrow().iter().min().copied();
        world
            .now
            .set(next.expect("it waits for something that will never happen"));
    }
}

/// Polls once: progress without time passing.
pub(super) fn step<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(super) struct Setup {
    pub(super) state: State,
    pub(super) world: Rc<FakeHost>,
}

pub(super) fn config() -> Config {
    Config {
        gateway_primary_url: "http://primary:1".into(),
        gateway_bearer_token: "t0ken".into(),
        ..Config::default()
    }
}

pub(super) fn with_backup() -> Config {
    Config {
        gateway_backup_url: Some("http://backup:2".into()),
        ..config()
    }
}

pub(super) fn setup(config: Config, scenes: Vec<Scene>) -> Setup {
    let state = State::default();
    state.configure(Checked::new(config).unwrap_or_else(|error| panic!("{error:?}")));
    let world = Rc::new(FakeHost {
        available: Cell::new(Some(1024 * MIB)),
        ..FakeHost::default()
    });
    world.scenes.replace(scenes.into());
    Setup { state, world }
}

impl Setup {
    pub(super) fn ask_with(&self, turn: &TurnRequest, events: &Taken) -> Result<Reply, Fault> {
        drive(
            &self.world,
            pin!(run(&self.state, &self.world, events, turn, pending())),
        )
    }

    pub(super) fn ask(&self, turn: &TurnRequest) -> (Result<Reply, Fault>, Taken) {
        let events = Taken::default();
        (self.ask_with(turn, &events), events)
    }

    pub(super) fn code(&self, turn: &TurnRequest) -> FaultCode {
        self.ask(turn).0.expect_err("a fault").code
    }

    pub(super) fn then(&self, scene: Scene) -> &Self {
        self.world.scenes.borrow_mut().push_back(scene);
        self
    }

    /// Decides about a request of the turn `t1`.
    pub(super) fn decide(
        &self,
        request: &str,
        approve: bool,
        role: DeciderRole,
    ) -> Result<(), DecideError> {
        let by = Decider {
            name: "Ann (7)".into(),
            role,
        };
        let now = self.world.now.get();
        self.state.decide("t1", request, approve, by, now)
    }

    /// The names of the tools that ran.
    pub(super) fn ran(&self) -> Vec<String> {
        let calls = self.world.tool_calls.borrow();
        calls.iter().map(|(_, call)| call.name.clone()).collect()
    }

    /// The outputs in the latest request.
    pub(super) fn outputs(&self) -> Vec<String> {
        let sent = self.world.sent.borrow();
        let input = sent.last().expect("a request").body["input"].clone();
        let outputs = input.as_array().expect("a list").iter();
        let outputs = outputs.filter_map(|item| item["output"].as_str().map(str::to_owned));
        outputs.collect()
    }

    /// The agents asked, in order.
    pub(super) fn agents(&self) -> Vec<String> {
        let sent = self.world.sent.borrow();
        sent.iter().map(|sent| sent.agent.clone()).collect()
    }

    /// What waits for approval.
    pub(super) fn pending(&self) -> Vec<openclaw_core::approval::PendingApproval> {
        let reading = self.world.memory();
        self.state.status(self.world.now.get(), reading).approvals
    }

    pub(super) fn breaker(&self, at: usize) -> breaker::State {
        self.state.breaker(at, self.world.now.get()).state
    }

    pub(super) fn sent_to(&self) -> Vec<String> {
        self.world
            .sent
            .borrow()
            .iter()
            .map(|sent| sent.authority.clone())
            .collect()
    }
}
