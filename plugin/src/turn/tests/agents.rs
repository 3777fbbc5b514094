//! The level picks the agent.

use super::host::*;
use super::scenes::*;
use super::*;
use openclaw_core::context::{Quote, TurnContext};

fn level_agents() -> Config {
    Config {
        level_agents: true,
        ..config()
    }
}

fn at(level: Level) -> TurnRequest {
    TurnRequest {
        level,
        ..turn("hi")
    }
}

#[test]
fn each_level_has_its_agent_and_talk_offers_no_tools() {
    let answers = || Level::ALL.iter().map(|_| replies("ok")).collect::<Vec<_>>();
    let asked = |config: Config| {
        let setup = setup(config, answers());
        for level in Level::ALL.iter().copied() {
            let tools = vec![tool("t", Level::Talk)];
            assert!(setup.ask(&TurnRequest { tools, ..at(level) }).0.is_ok());
        }
        let sent = setup.world.sent.borrow();
        assert_eq!(sent[0].body.get("tools"), None);
        assert!(sent.iter().all(|sent| sent.body["model"] == "openclaw"));
        assert!(
            sent.iter().all(|sent| sent.body["user"] == "astr-s"),
            "per agent at the gateway"
        );
        drop(sent);
        setup.agents()
    };
    assert_eq!(asked(config()), ["main"; 5]);
    assert_eq!(
        asked(level_agents()),
        ["main-l0", "main-l1", "main-l2", "main-l3", "main-l4"]
    );
    let names = ["talk", "look", "act", "host", "root"];
    let named = Config {
        level_agent_names: names.map(str::to_owned).to_vec(),
        ..level_agents()
    };
    assert_eq!(asked(named), names);
}

#[test]
fn low_memory_asks_the_read_only_agent() {
    let setup = setup(level_agents(), vec![replies("ok")]);
    setup.world.available.set(Some(350 * MIB - 1));
    let (end, events) = setup.ask(&at(Level::Root));
    assert_eq!(end.expect("a reply").level, Level::ReadOnly);
    assert_eq!(setup.agents(), ["main-l1"]);
    assert_eq!(events.notices(), [NoticeCode::LevelLowered]);
}

#[test]
fn a_level_that_drops_within_a_turn_hands_over_to_the_lower_agent() {
    let round = |id: &str| calls(json!([call(id, "one", "{}")]));
    let scenes = vec![round("a"), round("b"), round("c"), replies("done")];
    let setup = setup(level_agents(), scenes);
    // The first call lowers the memory, which the next request sees; later there is enough again.
    setup.world.available_after_tool.set(Some(300 * MIB));
    let readings = Cell::new(0);
    let world = Rc::downgrade(&setup.world);
    *setup.world.each_reading.borrow_mut() = Some(Box::new(move || {
        readings.set(readings.get() + 1);
        let world = world.upgrade().expect("alive");
        if readings.get() > 3 {
            2048 * MIB
        } else {
            world.available.get().expect("set")
        }
    }));
    let turn = TurnRequest {
        tools: vec![tool("one", Level::Act)],
        context: Some(TurnContext {
            sender_name: "Bo".into(),
            ..TurnContext::default()
        }),
        ..at(Level::Act)
    };
    let (end, events) = setup.ask(&turn);
    let reply = end.expect("a reply");
    assert_eq!(
        (reply.text.as_str(), reply.level),
        ("done", Level::ReadOnly)
    );
    assert_eq!(
        setup.agents(),
        ["main-l2", "main-l1", "main-l1", "main-l1"],
        "and stays there"
    );
    assert_eq!(setup.ran(), ["one"]);
    let denied = NoticeCode::ToolDenied;
    assert_eq!(
        events.notices(),
        [
            NoticeCode::LevelLowered,
            NoticeCode::AgentSwitched,
            denied,
            denied
        ]
    );
    let sent = setup.world.sent.borrow();
    let taken_over = &sent[1].body;
    let content = &taken_over["input"][0]["content"];
    assert_eq!(content[1]["text"], "hi");
    let block = content[0]["text"].as_str().expect("a block");
    assert!(block.contains("sender: \"Bo\"\n"), "{block}");
    assert!(
        block.contains("tool \"one\" returned: \"output of one\"\n"),
        "{block}"
    );
    assert_eq!(
        taken_over["input"].as_array().map(Vec::len),
        Some(1),
        "no outputs of unknown calls"
    );
    assert_eq!(taken_over.get("tools"), None);
    assert!(
        taken_over["instructions"]
            .as_str()
            .expect("text")
            .contains("L1 (read-only)")
    );
    // The lower agent's own calls are answered as usual.
    for (at, id) in [(2, "b"), (3, "c")] {
        let answered = &sent[at].body["input"][0];
        assert_eq!(answered["call_id"], id);
        let output = answered["output"].as_str().expect("text");
        assert!(output.contains("needs the permission level L2"), "{output}");
    }
}

#[test]
fn without_level_agents_a_turn_stays_with_its_agent() {
    let round = |id: &str| calls(json!([call(id, "one", "{}")]));
    let setup = setup(config(), vec![round("a"), round("b"), replies("done")]);
    setup.world.available_after_tool.set(Some(300 * MIB));
    let tools = vec![tool("one", Level::Act)];
    let (_, events) = setup.ask(&TurnRequest {
        tools,
        ..at(Level::Act)
    });
    assert_eq!(setup.agents(), ["main"; 3]);
    assert!(!events.notices().contains(&NoticeCode::AgentSwitched));
    assert_eq!(
        setup.world.sent.borrow()[2].body["input"][0]["call_id"],
        "b"
    );
}

#[test]
fn the_user_is_told_that_another_agent_answers_a_conversation() {
    let new = |scenes| setup(level_agents(), scenes);
    let ok = || replies("ok");
    let setup = new(vec![ok(), ok(), refused(), ok(), ok(), ok()]);
    let notices = |setup: &Setup, level, session: &str| {
        let session = session.to_owned();
        let (end, events) = setup.ask(&TurnRequest {
            session,
            ..at(level)
        });
        assert!(end.is_ok() || events.notice_texts().is_empty());
        events.notices()
    };
    assert_eq!(notices(&setup, Level::Act, "s"), []);
    assert_eq!(notices(&setup, Level::Act, "s"), []);
    assert_eq!(notices(&setup, Level::Act, "s"), [], "nothing was answered");
    assert_eq!(notices(&setup, Level::ReadOnly, "other"), []);
    let (_, events) = setup.ask(&at(Level::ReadOnly));
    assert_eq!(events.notices(), [NoticeCode::AgentSwitched]);
    assert!(events.notice_texts()[0].contains("`main-l1`"));
    assert_eq!(notices(&setup, Level::ReadOnly, "s"), []);
    // A trap or a restart does not lose it.
    let next = new(vec![ok(), ok()]);
    next.state
        .carry(&setup.state.snapshot())
        .expect("a snapshot");
    next.state
        .configure(Checked::new(level_agents()).expect("good"));
    assert_eq!(notices(&next, Level::Act, "s"), [NoticeCode::AgentSwitched]);
    assert_eq!(notices(&next, Level::ReadOnly, "other"), []);
}

#[test]
fn an_agent_that_the_gateway_does_not_have_is_a_mistake_of_the_settings() {
    // As recorded from 2026.9.6; 2026.2.9 makes the agent on the spot.
    let body = r#"{"error":{"message":"Unknown agent 'main-l1'.","type":"invalid_request_error"}}"#;
    let setup = setup(level_agents(), vec![refuses(400, body), refuses(400, body)]);
    for _ in 0..2 {
        let fault = setup
            .ask(&at(Level::ReadOnly))
            .0
            .expect_err("no such agent");
        assert_eq!(fault.code, FaultCode::ConfigInvalid);
        assert!(
            fault.message.contains("Unknown agent 'main-l1'"),
            "{}",
            fault.message
        );
        let fault = fault.outward(Locale::En);
        assert!(fault.cause.contains("does not have the agent"), "{fault:?}");
        assert!(fault.remedy.contains("sidecar upgrade"), "{fault:?}");
    }
    assert_eq!(setup.breaker(0), breaker::State::Closed);
}

// A quote counts for the size of the request, but its words are somebody else's.
#[test]
fn a_quote_does_not_make_a_task_heavy_by_its_words_but_by_its_size() {
    let quoting = |text: String| TurnRequest {
        context: Some(TurnContext {
            quoted: Some(Quote {
                sender: String::new(),
                text,
            }),
            ..TurnContext::default()
        }),
        ..turn("what does that mean?")
    };
    let mut config = config();
    config.limits.heavy_bytes = 4_096;
    let ask = |text: &str| {
        let setup = setup(config.clone(), vec![replies("ok")]);
        setup.world.available.set(Some(400 * MIB));
        setup
            .ask(&quoting(text.to_owned()))
            .0
            .map_err(|fault| fault.code)
    };
    assert!(ask("please draw an image, 画一张图片").is_ok());
    assert_eq!(ask(&"字".repeat(3_000)), Err(FaultCode::HeavyTaskRefused));
}
