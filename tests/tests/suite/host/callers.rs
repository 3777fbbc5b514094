//! Callers that leave a turn after any number of its polls: nothing is left behind, and the next turn works.

use std::time::Duration;

use super::*;
use futures::FutureExt as _;
use host_shim::{Approval, Decider, DeciderRole, Level, Tool, TurnRequest};
use openclaw_fake_gateway::{Answer, Scene};

/// A turn with a round of two tool calls, of which one waits for approval.
fn asked(gateway: &FakeGateway, runs_on: bool) -> TurnRequest {
    let mut first = Answer::new().delta("Let me ").delta("see.");
    let mut last = Answer::text("All is done.");
    if runs_on {
        (first, last) = (first.runs_on(), last.runs_on());
    }
    gateway.push(first.call("c1", "free", "{}").call("c2", "asks", "{}"));
    gateway.push(last);
    let tool = |name: &str, approval| Tool {
        name: name.to_owned(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.to_owned(),
        level: Level::ReadOnly,
        approval,
    };
    TurnRequest {
        level: Level::Act,
        tools: vec![tool("free", Approval::None), tool("asks", Approval::Asker)],
        ..TurnRequest::new("hi")
    }
}

/// How a caller leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    DropsTurn,
    DropsReply,
    Cancels,
}

/// Leaves after so many polls, each of which is waited for; false if the turn had ended by then.
async fn leave_after(polls: usize, leaves: Leaves, runs_on: bool) -> bool {
    let (gateway, plugin) = pair().await;
    let mut turn = plugin.ask_with(asked(&gateway, runs_on), tool("output"));
    let id = turn.id().to_owned();
    let mut ended = false;
    for _ in 0..polls {
        // A poll that brings nothing for a while counts too: it waits for what only this test brings.
        let wait = tokio::time::timeout(Duration::from_millis(3), turn.next_event());
        match wait.await {
            Ok(Some(Event::ApprovalRequested(request))) => {
                let by = Decider {
                    name: "Ann".to_owned(),
                    role: DeciderRole::Asker,
                };
                plugin.decide(&id, &request.id, true, by).await.unwrap();
            }
            Ok(None) => {
                ended = true;
                break;
            }
            _ => {}
        }
    }
    match leaves {
        Leaves::DropsTurn => drop(turn),
        Leaves::DropsReply => drop(turn.reply().now_or_never()),
        Leaves::Cancels => {
            turn.cancel();
            let _ = turn.reply().await;
        }
    }
    let what = format!("{leaves:?} after {polls} polls");
    // The gateway goes on to the end of its answer, or is left: the next turn waits for the one or the other.
    gateway.otherwise(Scene::reply("next"));
    loop {
        // What the turn did not ask for answers the next ones.
        let left = gateway.scenes_left();
        let next = plugin.ask(TurnRequest::new("next")).reply().await.unwrap();
        if left == 0 {
            assert_eq!(next.text, "next", "{what}");
            break;
        }
    }
    let status = plugin.status().await.unwrap();
    assert_eq!((status.in_flight, status.queued), (0, 0), "{what}");
    assert_eq!(status.approvals, [], "{what}");
    assert_eq!(status.breakers.primary.unwrap().failures, 0, "{what}");
    // The pool keeps a few.
    assert!(gateway.open_connections() <= 4, "{what}: connections");
    !ended
}

#[test]
fn whoever_leaves_after_any_number_of_polls_leaves_nothing_behind() {
    let mut left = 0;
    for runs_on in [true, false] {
        for leaves in [Leaves::DropsTurn, Leaves::DropsReply, Leaves::Cancels] {
            let (mut polls, mut turns) = (0, 0);
            // Each has its own limit of time. On a slow machine there are many polls in a turn.
            while run(leave_after(polls, leaves, runs_on)) {
                polls += 1 + polls / 8;
                turns += 1;
            }
            assert!(turns > 5, "only {turns} turns");
            left += turns;
        }
    }
    openclaw_tests::resources::count(&format!("dropped callers: {left} turns left under way"));
}
