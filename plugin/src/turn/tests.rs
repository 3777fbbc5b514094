//! Turns over a world of the test's own: virtual time, a pretended memory, scripted gateways.

use super::model::*;
use super::outside::{AnswerBody, Events, Failure, Outside, Post};
use super::run;
use crate::config::{Bounds, Config, Endpoint};
use crate::fault::{FaultCode, Locale};
use crate::gateway::refusal::Head;
use crate::guards::breaker;
use crate::guards::limits::{Limits, MIB};
use crate::guards::memory::{Bound, Sample};
use crate::level::Level;
use crate::state::State;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// What a scripted gateway does with one request.
enum Scene {
    Fails(Failure),
    Answers(Head, Vec<Result<Vec<u8>, Failure>>),
    /// Gives the head and these pieces, and then nothing for ever.
    Hangs(Vec<Vec<u8>>),
}

/// One request as it was sent.
struct Sent {
    authority: String,
    authorized: bool,
    body: Value,
}

#[derive(Default)]
struct World {
    now: Cell<u64>,
    sleepers: RefCell<Vec<u64>>,
    available: Cell<Option<u64>>,
    scenes: RefCell<VecDeque<Scene>>,
    sent: RefCell<Vec<Sent>>,
    tool_calls: RefCell<Vec<(String, ToolCall)>>,
    /// Set by a tool that runs: what is available after it.
    available_after_tool: Cell<Option<u64>>,
    tools_hang: Cell<bool>,
    finished: Cell<u32>,
}

struct ScriptedBody(VecDeque<Result<Vec<u8>, Failure>>, bool, Rc<World>);

impl AnswerBody for ScriptedBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.0.pop_front() {
            Some(piece) => piece.map(Some),
            None if self.1 => std::future::pending().await,
            None => Ok(None),
        }
    }

    fn finish(self) {
        self.2.finished.set(self.2.finished.get() + 1);
    }
}

impl Outside for Rc<World> {
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
        let available = self.available.get().ok_or("no /proc here")?;
        Ok(Sample {
            available,
            total: 2048 * MIB,
            bounded_by: Bound::Machine,
        })
    }

    async fn post(&self, post: Post<'_>) -> Result<(Head, ScriptedBody), Failure> {
        let body: Vec<u8> = post
            .body
            .map_or(b"{}".to_vec(), |body| body.chunks().flatten().collect());
        self.sent.borrow_mut().push(Sent {
            authority: post.gateway.authority.clone(),
            authorized: post.authorized,
            body: serde_json::from_slice(&body).expect("JSON"),
        });
        let scene = self
            .scenes
            .borrow_mut()
            .pop_front()
            .expect("a scene for every request");
        match scene {
            Scene::Fails(failure) => Err(failure),
            Scene::Answers(head, pieces) => {
                Ok((head, ScriptedBody(pieces.into(), false, self.clone())))
            }
            Scene::Hangs(pieces) => Ok((
                stream_head(),
                ScriptedBody(pieces.into_iter().map(Ok).collect(), true, self.clone()),
            )),
        }
    }

    async fn run_tool(&self, turn_id: &str, call: ToolCall) -> Result<String, String> {
        let name = call.name.clone();
        self.tool_calls
            .borrow_mut()
            .push((turn_id.to_owned(), call));
        if let Some(after) = self.available_after_tool.take() {
            self.available.set(Some(after));
        }
        if self.tools_hang.get() {
            std::future::pending::<()>().await;
        }
        if name == "fails" {
            Err("no such city".into())
        } else {
            Ok(format!("output of {name}"))
        }
    }
}

/// Events that were taken; false from the n-th on, if told so.
#[derive(Default)]
struct Taken(RefCell<Vec<Event>>, Cell<Option<usize>>);

impl Events for Taken {
    async fn emit(&self, event: Event) -> bool {
        let mut events = self.0.borrow_mut();
        if self.1.get().is_some_and(|most| events.len() >= most) {
            return false;
        }
        events.push(event);
        true
    }
}

impl Taken {
    fn shown(&self) -> String {
        let delta = |event: &Event| {
            if let Event::Delta(text) = event {
                Some(text.clone())
            } else {
                None
            }
        };
        self.0.borrow().iter().filter_map(delta).collect()
    }

    fn notices(&self) -> Vec<NoticeCode> {
        let notice = |event: &Event| {
            if let Event::Notice(code, _) = event {
                Some(*code)
            } else {
                None
            }
        };
        self.0.borrow().iter().filter_map(notice).collect()
    }
}

/// Polls until it is ready; time moves to the next sleeper whenever nothing else can.
fn drive<F: Future>(world: &World, future: Pin<&mut F>) -> F::Output {
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

/// Polls once: as far as it comes without time passing.
fn step<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

struct Setup {
    state: State,
    world: Rc<World>,
}

fn config() -> Config {
    let endpoint = |url: &str| Endpoint {
        url: url.into(),
        bearer_token: "t0ken".into(),
    };
    Config {
        primary: endpoint("http://primary:1"),
        backup: None,
        agent_id: "main".into(),
        limits: Limits::default(),
        bounds: Bounds::default(),
        locale: Locale::En,
    }
}

fn with_backup() -> Config {
    Config {
        backup: Some(Endpoint {
            url: "http://backup:2".into(),
            bearer_token: "t0ken".into(),
        }),
        ..config()
    }
}

fn setup(config: Config, scenes: Vec<Scene>) -> Setup {
    let state = State::default();
    state.configure(config.check().unwrap_or_else(|error| panic!("{error:?}")));
    let world = Rc::new(World {
        available: Cell::new(Some(1024 * MIB)),
        ..World::default()
    });
    world.scenes.replace(scenes.into());
    Setup { state, world }
}

impl Setup {
    fn ask_with(&self, turn: &Turn, events: &Taken) -> Result<Reply, Fault> {
        drive(
            &self.world,
            pin!(run(&self.state, &self.world, events, turn, pending())),
        )
    }

    fn ask(&self, turn: &Turn) -> (Result<Reply, Fault>, Taken) {
        let events = Taken::default();
        (self.ask_with(turn, &events), events)
    }

    fn code(&self, turn: &Turn) -> FaultCode {
        self.ask(turn).0.expect_err("a fault").code
    }

    fn then(&self, scene: Scene) -> &Self {
        self.world.scenes.borrow_mut().push_back(scene);
        self
    }

    fn breaker(&self, at: usize) -> breaker::State {
        self.state.breaker(at, self.world.now.get()).state
    }

    fn sent_to(&self) -> Vec<String> {
        self.world
            .sent
            .borrow()
            .iter()
            .map(|sent| sent.authority.clone())
            .collect()
    }
}

fn turn(text: &str) -> Turn {
    Turn {
        id: "t1".into(),
        text: text.into(),
        session: "s".into(),
        level: Level::Act,
        heavy: false,
        instructions: String::new(),
        attachments: vec![],
        tools: vec![],
    }
}

fn tool(name: &str, needs: Level) -> Tool {
    Tool {
        name: name.into(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.into(),
        needs,
    }
}

fn stream_head() -> Head {
    Head {
        status: 200,
        content_type: "text/event-stream".into(),
        ..Head::default()
    }
}

fn sse(events: &[Value]) -> Vec<u8> {
    let frame = |data: &Value| {
        format!(
            "event: {}\ndata: {data}\n\n",
            data["type"].as_str().expect("a type")
        )
    };
    events.iter().map(frame).collect::<String>().into_bytes()
}

fn delta(text: &str) -> Value {
    json!({"type": "response.output_text.delta", "delta": text})
}

fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "r1", "status": "completed", "output": output,
        "usage": {"input_tokens": 10, "output_tokens": 2}}})
}

fn message(text: &str) -> Value {
    json!({"type": "message", "content": [{"type": "output_text", "text": text}]})
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments})
}

fn replies(text: &str) -> Scene {
    Scene::Answers(
        stream_head(),
        vec![Ok(sse(&[delta(text), completed(json!([message(text)]))]))],
    )
}

fn calls(calls: Value) -> Scene {
    Scene::Answers(stream_head(), vec![Ok(sse(&[completed(calls)]))])
}

fn refuses(status: u16, body: &str) -> Scene {
    let head = Head {
        status,
        content_type: "application/json".into(),
        ..Head::default()
    };
    Scene::Answers(head, vec![Ok(body.as_bytes().to_vec())])
}

fn refused() -> Scene {
    Scene::Fails(Failure::NotSent("connection refused".into()))
}

fn reset() -> Scene {
    Scene::Fails(Failure::Broken {
        why: "reset".into(),
        uploaded: true,
    })
}

#[test]
fn a_turn_streams_and_ends_with_the_final_text() {
    let setup = setup(config(), vec![replies("PONG")]);
    let (end, events) = setup.ask(&turn("ping"));
    let reply = end.expect("a reply");
    assert_eq!(
        (reply.text.as_str(), reply.level, reply.answered_by),
        ("PONG", Level::Act, GatewayName::Primary)
    );
    assert_eq!(events.shown(), "PONG");
    assert!(events.notices().is_empty());
    assert_eq!(
        setup.world.finished.get(),
        1,
        "the connection can be used again"
    );
    assert_eq!(setup.state.load(), (0, 0));
    assert!(setup.world.sent.borrow()[0].authorized);
}

#[test]
fn guard_memory_heavy_refused_strictly_below_512_mib_and_nothing_is_sent() {
    let heavy = Turn {
        heavy: true,
        ..turn("x")
    };
    let at = |available: Option<u64>, turn: &Turn| {
        let setup = setup(config(), vec![replies("ok")]);
        setup.world.available.set(available);
        let (end, events) = setup.ask(turn);
        let sent = setup.world.sent.borrow().len();
        (
            end.map(|reply| reply.level).map_err(|fault| fault.code),
            events.notices(),
            sent,
        )
    };
    let refused = Err(FaultCode::HeavyTaskRefused);
    assert_eq!(at(Some(512 * MIB), &heavy), (Ok(Level::Act), vec![], 1));
    assert_eq!(at(Some(512 * MIB - 1), &heavy), (refused, vec![], 0));
    assert_eq!(
        at(Some(512 * MIB - 1), &turn("x")),
        (Ok(Level::Act), vec![], 1)
    );
    assert_eq!(at(Some(350 * MIB), &turn("x")), (Ok(Level::Act), vec![], 1));
    let lowered = vec![NoticeCode::LevelLowered];
    assert_eq!(
        at(Some(350 * MIB - 1), &turn("x")),
        (Ok(Level::ReadOnly), lowered, 1)
    );
    let unreadable = vec![NoticeCode::MemoryUnreadable, NoticeCode::LevelLowered];
    assert_eq!(
        at(None, &turn("x")),
        (Ok(Level::ReadOnly), unreadable.clone(), 1)
    );
    assert_eq!(at(None, &heavy), (refused, unreadable, 0));
}

#[test]
fn guard_levels_a_config_caps_them() {
    let limits = Limits {
        max_level: Level::ReadOnly,
        ..Limits::default()
    };
    let setup = setup(Config { limits, ..config() }, vec![replies("ok")]);
    let (end, events) = setup.ask(&turn("x"));
    assert_eq!(end.expect("a reply").level, Level::ReadOnly);
    assert_eq!(events.notices(), [NoticeCode::LevelLowered]);
}

#[test]
fn tools_run_in_parallel_and_answer_in_order() {
    let round = json!([
        call("b", "two", "{}"),
        call("a", "one", r#"{"x":1}"#),
        call("c", "fails", "{}"),
        call("d", "one", "[]"),
        call("e", "ghost", "{}"),
        call("f", "rooty", "{}")
    ]);
    let setup = setup(config(), vec![calls(round), replies("done")]);
    let tools = vec![
        tool("one", Level::Talk),
        tool("two", Level::Act),
        tool("fails", Level::ReadOnly),
        tool("rooty", Level::Root),
    ];
    let (end, events) = setup.ask(&Turn { tools, ..turn("x") });
    let reply = end.expect("tools never stop a turn");
    assert_eq!(reply.text, "done");
    assert_eq!(
        reply.usage,
        Some(Usage {
            input_tokens: 20,
            output_tokens: 4
        })
    );
    let sent = setup.world.sent.borrow();
    let outputs: Vec<_> = sent[1].body["input"]
        .as_array()
        .expect("outputs")
        .iter()
        .map(|item| {
            (
                item["call_id"].as_str().expect("id"),
                item["output"].as_str().expect("output"),
            )
        })
        .collect();
    assert_eq!(
        outputs[..2],
        [("b", "output of two"), ("a", "output of one")]
    );
    assert_eq!(outputs[2], ("c", "error: no such city"));
    assert!(outputs[3].0 == "d" && outputs[3].1.contains("no JSON object"));
    assert!(outputs[4].0 == "e" && outputs[4].1.contains("there is no tool"));
    assert!(outputs[5].0 == "f" && outputs[5].1.contains("needs the permission level L4"));
    let ran: Vec<_> = setup
        .world
        .tool_calls
        .borrow()
        .iter()
        .map(|(turn, call)| format!("{turn} {}", call.name))
        .collect();
    assert_eq!(ran, ["t1 two", "t1 one", "t1 fails"]);
    assert_eq!(
        events.notices(),
        [NoticeCode::ToolDenied, NoticeCode::ToolDenied]
    );
    let counters = setup.state.counters();
    assert_eq!((counters.tool_calls, counters.tool_denials), (3, 2));
    let offered = sent[0].body["tools"].as_array().expect("tools").len();
    assert_eq!(offered, 3, "the one above the level is not offered");
}

#[test]
fn guard_memory_is_read_again_before_each_tool_call() {
    let scenes = vec![
        calls(json!([call("a", "one", "{}")])),
        calls(json!([call("b", "one", "{}")])),
        replies("ok"),
    ];
    let setup = setup(config(), scenes);
    setup.world.available_after_tool.set(Some(300 * MIB));
    let (end, events) = setup.ask(&Turn {
        tools: vec![tool("one", Level::Act)],
        ..turn("x")
    });
    assert_eq!(end.expect("a reply").level, Level::ReadOnly);
    assert_eq!(
        setup.world.tool_calls.borrow().len(),
        1,
        "the second is above L1"
    );
    assert_eq!(
        events.notices(),
        [NoticeCode::LevelLowered, NoticeCode::ToolDenied]
    );
    assert!(
        setup.world.sent.borrow()[2].body.get("tools").is_none(),
        "nor is it offered any more"
    );
}

#[test]
fn tool_rounds_are_bounded() {
    let bounds = Bounds {
        max_tool_rounds: 2,
        ..Bounds::default()
    };
    let ask = |scenes| {
        let setup = setup(
            Config {
                bounds: bounds.clone(),
                ..config()
            },
            scenes,
        );
        let (end, events) = setup.ask(&Turn {
            tools: vec![tool("one", Level::Talk)],
            ..turn("x")
        });
        let offers: Vec<bool> = setup
            .world
            .sent
            .borrow()
            .iter()
            .map(|s| s.body.get("tools").is_some())
            .collect();
        let ran = setup.world.tool_calls.borrow().len();
        (end, events.notices(), offers, ran)
    };
    let round = || calls(json!([call("a", "one", "{}")]));
    let (end, notices, offers, ran) = ask(vec![round(), round(), round(), replies("enough")]);
    assert_eq!(end.expect("a reply").text, "enough");
    assert_eq!(notices, [NoticeCode::ToolRoundsExhausted]);
    assert_eq!((offers, ran), (vec![true, true, false, false], 2));
    let (end, ..) = ask(vec![round(), round(), round(), round()]);
    assert_eq!(end.expect_err("no answer").code, FaultCode::ProtocolError);
}

#[test]
fn the_other_shape_of_tools_is_learnt_and_remembered() {
    let flat = r#"{"error":{"message":"tools.0.name: Invalid input: expected string, received undefined","type":"invalid_request_error"}}"#;
    let setup = setup(
        config(),
        vec![
            refuses(400, flat),
            replies("one"),
            replies("two"),
            refuses(400, flat),
        ],
    );
    let turn = Turn {
        tools: vec![tool("t", Level::Talk)],
        ..turn("x")
    };
    let (end, events) = setup.ask(&turn);
    assert_eq!(end.expect("a reply").text, "one");
    assert_eq!(events.notices(), [NoticeCode::DialectChanged]);
    assert_eq!(setup.ask(&turn).0.expect("a reply").text, "two");
    let shapes: Vec<_> = setup
        .world
        .sent
        .borrow()
        .iter()
        .map(|sent| sent.body["tools"][0].get("function").is_some())
        .collect();
    assert_eq!(shapes, [true, false, false]);
    // The same words again are no reason to send the request for ever.
    assert_eq!(setup.code(&turn), FaultCode::RequestRejected);
    assert_eq!(setup.world.sent.borrow().len(), 4);
}

#[test]
fn fault_network_or_unreachable_and_the_breaker_opens_after_two() {
    let setup = setup(config(), vec![refused(), reset()]);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.breaker(0), breaker::State::Closed);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000));
    let (end, _) = setup.ask(&turn("x"));
    let fault = end.expect_err("open");
    assert_eq!(
        (fault.code, fault.retry_after_ms),
        (FaultCode::CircuitOpen, Some(60_000))
    );
    assert_eq!(
        setup.world.sent.borrow().len(),
        2,
        "nothing is sent while it is open"
    );
    setup.world.now.set(60_000);
    assert!(setup.then(replies("ok")).ask(&turn("x")).0.is_ok());
    assert_eq!(setup.breaker(0), breaker::State::Closed);
    let counters = setup.state.counters();
    assert_eq!(
        (
            counters.turns,
            counters.failed,
            counters.refused,
            counters.completed
        ),
        (4, 2, 1, 1)
    );
}

#[test]
fn guard_breaker_ignores_bad_requests_and_refusals_of_the_guards() {
    let setup = setup(config(), vec![refused(), refuses(400, "{}"), refused()]);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.code(&turn("x")), FaultCode::RequestRejected);
    assert_eq!(setup.code(&turn(" ")), FaultCode::RequestRejected);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000));
}

#[test]
fn the_backup_is_asked_only_when_nothing_was_sent_or_the_primary_rests() {
    let setup = setup(with_backup(), vec![refused(), replies("from backup")]);
    let (end, events) = setup.ask(&turn("x"));
    assert_eq!(end.expect("a reply").answered_by, GatewayName::Backup);
    assert_eq!(events.notices(), [NoticeCode::FailedOver]);
    // A reset may have come after the gateway had read the request.
    setup.then(reset());
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.sent_to(), ["primary:1", "backup:2", "primary:1"]);
    assert_eq!(setup.breaker(0), breaker::State::Open(60_000));
    setup.then(replies("again"));
    assert_eq!(
        setup.ask(&turn("x")).0.expect("a reply").answered_by,
        GatewayName::Backup
    );
    assert_eq!(setup.sent_to()[3], "backup:2");
    // Both rest: the sooner of the two is told.
    setup.world.now.set(10_000);
    setup.then(refused()).then(refused());
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.code(&turn("x")), FaultCode::NetworkOrUnreachable);
    let fault = setup.ask(&turn("x")).0.expect_err("both open");
    assert_eq!(
        (fault.code, fault.retry_after_ms),
        (FaultCode::CircuitOpen, Some(50_000))
    );
}

#[test]
fn auth_failed_does_not_fail_over() {
    let setup = setup(
        with_backup(),
        vec![refuses(401, r#"{"error":{"type":"unauthorized"}}"#)],
    );
    let fault = setup.ask(&turn("x")).0.expect_err("a fault");
    assert_eq!(
        (fault.code, fault.http_status),
        (FaultCode::AuthFailed, Some(401))
    );
    assert_eq!(setup.sent_to(), ["primary:1"]);
}

#[test]
fn a_later_round_stays_with_its_gateway() {
    let setup = setup(
        with_backup(),
        vec![calls(json!([call("a", "one", "{}")])), refused()],
    );
    let turn = Turn {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    };
    assert_eq!(setup.code(&turn), FaultCode::NetworkOrUnreachable);
    assert_eq!(setup.sent_to(), ["primary:1", "primary:1"]);
}

#[test]
fn fault_stream_interrupted_keeps_the_partial_text_of_all_rounds() {
    let first = Scene::Answers(
        stream_head(),
        vec![Ok(sse(&[
            delta("Looking."),
            completed(json!([message("Looking."), call("a", "one", "{}")])),
        ]))],
    );
    let cut = Failure::Broken {
        why: "cut".into(),
        uploaded: true,
    };
    let second = Scene::Answers(stream_head(), vec![Ok(sse(&[delta("It is")])), Err(cut)]);
    let setup = setup(config(), vec![first, second]);
    let (end, events) = setup.ask(&Turn {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    });
    let fault = end.expect_err("cut");
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::StreamInterrupted, "Looking.\n\nIt is")
    );
    assert_eq!(events.shown(), fault.partial_text);
}

#[test]
fn fault_timed_out_says_which_limit() {
    for (failure, words) in [
        (Failure::ConnectTimeout, "connect limit of 10 s"),
        (Failure::FirstByteTimeout, "first byte limit of 300 s"),
        (Failure::IdleTimeout, "idle limit of 300 s"),
    ] {
        let fault = setup(config(), vec![Scene::Fails(failure)])
            .ask(&turn("x"))
            .0
            .expect_err("late");
        assert_eq!(fault.code, FaultCode::TimedOut);
        assert!(fault.message.contains(words), "{}", fault.message);
    }
    let hangs = || Scene::Hangs(vec![sse(&[delta("tick")])]);
    let setup = setup(config(), vec![hangs(), hangs()]);
    let fault = setup.ask(&turn("x")).0.expect_err("late");
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::TimedOut, "tick")
    );
    assert!(
        fault.message.contains("whole-turn limit of 1800 s"),
        "{}",
        fault.message
    );
    assert_eq!(setup.world.now.get(), 1_800_000);
    assert_eq!(setup.code(&turn("x")), FaultCode::TimedOut);
    assert!(
        matches!(setup.breaker(0), breaker::State::Open(_)),
        "it counts"
    );
}

#[test]
fn a_tool_that_never_ends_is_not_the_gateways_fault() {
    let round = || calls(json!([call("a", "one", "{}")]));
    let setup = setup(config(), vec![round(), round()]);
    setup.world.tools_hang.set(true);
    let turn = Turn {
        tools: vec![tool("one", Level::Talk)],
        ..turn("x")
    };
    for _ in 0..2 {
        assert_eq!(setup.code(&turn), FaultCode::TimedOut);
    }
    assert_eq!(setup.breaker(0), breaker::State::Closed);
}

#[test]
fn guard_concurrency_one_turn_at_a_time_in_order() {
    let setup = setup(
        config(),
        vec![Scene::Hangs(vec![]), replies("second"), replies("third")],
    );
    let events = [Taken::default(), Taken::default(), Taken::default()];
    let turns = [turn("1"), turn("2"), turn("3")];
    let mut first = Box::pin(run(
        &setup.state,
        &setup.world,
        &events[0],
        &turns[0],
        pending(),
    ));
    let mut second = Box::pin(run(
        &setup.state,
        &setup.world,
        &events[1],
        &turns[1],
        pending(),
    ));
    let mut third = Box::pin(run(
        &setup.state,
        &setup.world,
        &events[2],
        &turns[2],
        pending(),
    ));
    assert!(step(first.as_mut()).is_pending());
    assert!(step(second.as_mut()).is_pending());
    assert!(step(third.as_mut()).is_pending());
    assert_eq!(setup.state.load(), (1, 2));
    assert_eq!(events[1].notices(), [NoticeCode::Queued]);
    assert_eq!(setup.world.sent.borrow().len(), 1);
    drop(first);
    assert!(step(third.as_mut()).is_pending(), "it is not its turn yet");
    assert!(matches!(step(second.as_mut()), Poll::Ready(Ok(reply)) if reply.text == "second"));
    assert!(matches!(step(third.as_mut()), Poll::Ready(Ok(reply)) if reply.text == "third"));
    assert_eq!(
        setup.breaker(0),
        breaker::State::Closed,
        "the cancelled turn counts for nothing"
    );
}

#[test]
fn guard_concurrency_the_queue_and_the_wait_are_bounded() {
    let limits = Limits {
        queue_length: 1,
        queue_wait_ms: 5_000,
        ..Limits::default()
    };
    let setup = setup(Config { limits, ..config() }, vec![Scene::Hangs(vec![])]);
    let (events, turn) = (Taken::default(), turn("x"));
    let mut first = pin!(run(&setup.state, &setup.world, &events, &turn, pending()));
    assert!(step(first.as_mut()).is_pending());
    let waiting_events = Taken::default();
    let mut waiting = Box::pin(run(
        &setup.state,
        &setup.world,
        &waiting_events,
        &turn,
        pending(),
    ));
    assert!(step(waiting.as_mut()).is_pending());
    assert_eq!(setup.code(&turn), FaultCode::Busy, "the queue is full");
    let fault = drive(&setup.world, waiting.as_mut()).expect_err("too long");
    assert_eq!(
        (fault.code, setup.world.now.get()),
        (FaultCode::Busy, 5_000)
    );
    drop(waiting);
    assert_eq!(setup.state.load(), (1, 0), "who gave up has left the queue");
}

#[test]
fn guard_breaker_a_cancelled_trial_gives_its_permit_back() {
    let setup = setup(
        config(),
        vec![refused(), refused(), Scene::Hangs(vec![]), replies("ok")],
    );
    for _ in 0..2 {
        setup.code(&turn("x"));
    }
    setup.world.now.set(60_000);
    {
        let (events, turn) = (Taken::default(), turn("x"));
        let mut trial = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
        assert!(step(trial.as_mut()).is_pending());
    }
    assert_eq!(setup.breaker(0), breaker::State::HalfOpen);
    assert!(
        setup.ask(&turn("x")).0.is_ok(),
        "the next trial is let through"
    );
}

#[test]
fn a_reader_that_is_gone_ends_the_turn() {
    let setup = setup(config(), vec![replies("PONG")]);
    let events = Taken::default();
    events.1.set(Some(0));
    let fault = setup
        .ask_with(&turn("x"), &events)
        .expect_err("nobody reads");
    assert_eq!(
        (fault.code, setup.breaker(0)),
        (FaultCode::Cancelled, breaker::State::Closed)
    );
}

#[test]
fn fault_cancelled_keeps_what_had_been_shown_and_counts_for_nothing() {
    let setup = setup(config(), vec![Scene::Hangs(vec![sse(&[delta("tick")])])]);
    let (events, turn) = (Taken::default(), turn("x"));
    let polls = Cell::new(0);
    // Resolves when the turn has come as far as it can.
    let cancel = poll_fn(|cx| {
        polls.set(polls.get() + 1);
        if polls.get() > 1 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let mut running = pin!(run(&setup.state, &setup.world, &events, &turn, cancel));
    assert!(step(running.as_mut()).is_pending());
    let Poll::Ready(Err(fault)) = step(running.as_mut()) else {
        panic!("cancelled")
    };
    assert_eq!(
        (fault.code, fault.partial_text.as_str()),
        (FaultCode::Cancelled, "tick")
    );
    assert_eq!(
        (setup.state.load(), setup.breaker(0)),
        ((0, 0), breaker::State::Closed)
    );
    assert_eq!(setup.state.counters().cancelled, 1);
}

#[test]
fn a_turn_before_any_config_is_config_invalid() {
    let setup = Setup {
        state: State::default(),
        world: Rc::new(World::default()),
    };
    assert_eq!(setup.code(&turn("x")), FaultCode::ConfigInvalid);
}

#[test]
fn a_snapshot_goes_over_to_a_new_instance() {
    let old = setup(config(), vec![refused(), refused()]);
    for _ in 0..2 {
        old.code(&turn("x"));
    }
    old.state.count(|counters| counters.turns = 7);
    let new = setup(config(), vec![]);
    new.state
        .carry(&old.state.snapshot())
        .expect("the same version");
    assert_eq!(new.breaker(0), breaker::State::Open(60_000));
    assert_eq!(new.state.counters().turns, 7);
    for bad in ["", "2 0", "1 2 3", "x"] {
        assert!(new.state.carry(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert_eq!(
        new.breaker(0),
        breaker::State::Open(60_000),
        "a bad snapshot changes nothing"
    );
}

#[test]
fn diagnose_tells_the_runbooks_faults_apart_without_a_model_call() {
    let unauthorized = r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#;
    let look = |scenes: Vec<Scene>| {
        let setup = setup(config(), scenes);
        let checks = drive(
            &setup.world,
            pin!(crate::diagnose::diagnose(&setup.state, &setup.world, None)),
        );
        assert!(
            setup
                .world
                .sent
                .borrow()
                .iter()
                .all(|sent| sent.body == json!({}))
        );
        checks
            .into_iter()
            .map(|check| (check.name, check.wrong))
            .collect::<Vec<_>>()
    };
    let names = [
        "config",
        "memory",
        "breaker-primary",
        "reach-primary",
        "token-primary",
    ];
    let expect = |wrong: [Option<FaultCode>; 5]| -> Vec<_> {
        names
            .iter()
            .map(|name| name.to_string())
            .zip(wrong)
            .collect()
    };
    let (none, auth) = (None, Some(FaultCode::AuthFailed));
    assert_eq!(
        look(vec![refuses(401, unauthorized), refuses(400, "{}")]),
        expect([none; 5])
    );
    assert_eq!(
        look(vec![refuses(401, unauthorized), refuses(401, unauthorized)]),
        expect([none, none, none, none, auth])
    );
    for (scene, code) in [
        (
            refuses(405, "Method Not Allowed"),
            FaultCode::ResponsesEndpointNotEnabledOrNotFound,
        ),
        (refused(), FaultCode::NetworkOrUnreachable),
        (refuses(200, "{}"), FaultCode::ProtocolError),
    ] {
        assert_eq!(
            look(vec![scene]),
            expect([none, none, none, Some(code), Some(code)])
        );
    }
}
