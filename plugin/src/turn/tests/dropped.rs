//! Callers that leave at every point at which a turn waits for something.

use super::host::*;
use super::scenes::*;
use super::*;
use crate::turn::ABANDONED_MS;

/// How a caller leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    /// The whole task is torn down.
    Drops,
    /// It cancels and lets the rest of the turn be read.
    Cancels,
}

/// Two rounds, with a tool that asks for approval and one that does not, in pieces.
fn scenes() -> Vec<Scene> {
    let created =
        json!({"type": "response.created", "response": {"status": "in_progress", "usage": {}}});
    let round = completed(json!([call("a", "free", "{}"), call("b", "asks", "{}")]));
    let streamed = |events: Vec<Value>| {
        let pieces = events
            .iter()
            .map(|event| Ok(sse(std::slice::from_ref(event))));
        Scene::Answers(stream_head(), pieces.collect())
    };
    vec![
        streamed(vec![
            created.clone(),
            delta("Let me "),
            delta("see."),
            round,
        ]),
        streamed(vec![
            created,
            delta("All "),
            delta("done."),
            completed(json!([])),
        ]),
    ]
}

fn asked() -> TurnRequest {
    TurnRequest {
        tools: vec![
            tool("free", Level::ReadOnly),
            guarded_tool("asks", Level::ReadOnly, Approval::Asker),
        ],
        ..turn("hi")
    }
}

/// Leaves after so many polls; false if the turn had ended by then.
fn leave_after(polls: usize, leaves: Leaves) -> bool {
    let setup = setup(config(), vec![refused(), refused()]);
    // The turn is the trial of an open breaker, so that a permit that is lost would show.
    for _ in 0..2 {
        setup.code(&turn("fails"));
    }
    setup.world.now.set(60_000);
    setup.world.scenes.replace(scenes().into());
    setup.world.dawdles.set(true);
    let (events, asked) = (Taken::default(), asked());
    events.reader.set(Reader::IsSlow);
    let cancelled = Cell::new(false);
    let cancel = poll_fn(|_| match cancelled.get() {
        true => Poll::Ready(()),
        false => Poll::Pending,
    });
    let (state, world) = (&setup.state, &setup.world);
    let mut running = Box::pin(crate::turn::run(state, world, &events, &asked, cancel));
    for _ in 0..polls {
        if let Poll::Ready((end, _)) = step(running.as_mut()) {
            assert_eq!(end.expect("a reply").text, "Let me see.\n\nAll done.");
            assert_eq!(setup.ran(), ["free", "asks"]);
            return false;
        }
        if let Some(request) = setup.pending().first() {
            let decided = setup.decide(&request.id, true, DeciderRole::Asker);
            decided.expect("it is pending");
        }
    }
    let at = format!("{leaves:?} after {polls} polls");
    // From here on time passes only where somebody waits for it.
    setup.world.dawdles.set(false);
    match leaves {
        Leaves::Drops => drop(running),
        Leaves::Cancels => {
            cancelled.set(true);
            let Poll::Ready((end, rest)) = step(running.as_mut()) else {
                panic!("{at}: a cancelled turn ends at once")
            };
            assert_eq!(
                end.expect_err("cancelled").code,
                FaultCode::Cancelled,
                "{at}"
            );
            drop(running);
            let begun = setup.world.now.get();
            if let Some(rest) = rest {
                assert_eq!(setup.state.load(), (1, 0), "{at}: it may still run");
                drive(&setup.world, pin!(rest.read_out()));
            }
            assert!(setup.world.now.get() <= begun + ABANDONED_MS, "{at}");
        }
    }
    assert_eq!(setup.state.load(), (0, 0), "{at}: the queue is free");
    assert_eq!(setup.pending(), [], "{at}: nothing waits for approval");
    let (opened, closed) = (&setup.world.opened, &setup.world.closed);
    assert_eq!(opened.get(), closed.get(), "{at}: no answer is left open");
    let sent = setup.world.sent.borrow().len();
    setup.world.scenes.replace([replies("next")].into());
    let (end, _) = setup.ask(&turn("next"));
    assert_eq!(end.expect("the next trial").text, "next", "{at}");
    assert_eq!(setup.breaker(0), breaker::State::Closed, "{at}");
    assert_eq!(
        setup.world.sent.borrow().len(),
        sent + 1,
        "{at}: asked once"
    );
    true
}

#[test]
fn whoever_leaves_at_any_point_leaves_nothing_behind() {
    for leaves in [Leaves::Drops, Leaves::Cancels] {
        let mut polls = 0;
        while leave_after(polls, leaves) {
            polls += 1;
            assert!(polls < 1000, "it does not end");
        }
        assert!(polls > 20, "only {polls} points");
    }
}
