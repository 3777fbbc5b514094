//! | approval | a person decides, in time, about exactly the calls shown |

use std::time::Duration;

use host_shim::{
    Approval, ApprovalRequest, DecideError, Decider, DeciderRole, Decision, DecisionError, Event,
    FaultCode, Level, Tool, Turn, TurnRequest,
};
use openclaw_fake_gateway::{Answer, Scene};
use openclaw_tests::rig::{Outcome, Recorder, Rig, outcome, tool, turn_with, within};
use serde_json::json;

/// A turn that may call `mine`, for which the asker is asked, and `theirs`, for which an admin is.
fn guarded() -> TurnRequest {
    let guarded = |name: &str, approval| Tool {
        approval,
        ..tool(name, Level::Act)
    };
    let tools = [
        guarded("mine", Approval::Asker),
        guarded("theirs", Approval::Admin),
    ];
    turn_with("hi", Level::Act, &tools)
}

/// Lets the gateway ask for one call of each tool, and then answer.
fn two_calls(rig: &Rig) {
    let round = Answer::new().call("c1", "mine", r#"{"a":1}"#);
    rig.gateway.push(round.call("c2", "theirs", r#"{"b":2}"#));
    rig.gateway.push(Scene::reply("done"));
}

async fn next_request(turn: &mut Turn) -> ApprovalRequest {
    loop {
        match within(turn.next_event()).await.expect("the turn goes on") {
            Event::ApprovalRequested(request) => return request,
            _ => continue,
        }
    }
}

/// A turn that waits for both approvals.
async fn waiting(rig: &Rig, recorder: &Recorder) -> (Turn, ApprovalRequest, ApprovalRequest) {
    two_calls(rig);
    let mut turn = rig.plugin.ask_with(guarded(), recorder.runner());
    let mine = next_request(&mut turn).await;
    let theirs = next_request(&mut turn).await;
    (turn, mine, theirs)
}

async fn decide(
    rig: &Rig,
    turn: &str,
    request: &str,
    approve: bool,
    role: DeciderRole,
) -> Result<(), DecideError> {
    let by = Decider {
        name: "Ann".to_owned(),
        role,
    };
    match rig.plugin.decide(turn, request, approve, by).await {
        Err(DecisionError::Refused(error)) => Err(error),
        other => {
            other.expect("the component is alive");
            Ok(())
        }
    }
}

fn decisions(outcome: &Outcome) -> Vec<(Decision, String)> {
    let ended = |event: &Event| match event {
        Event::ApprovalEnded(ended) => Some((ended.decision, ended.by.clone())),
        _ => None,
    };
    outcome.events.iter().filter_map(ended).collect()
}

fn names(recorder: &Recorder) -> Vec<String> {
    let calls = recorder.calls().into_iter();
    calls.map(|call| call.name).collect()
}

#[tokio::test]
async fn guard_approval_a_call_waits_for_the_right_person_and_nothing_is_open_meanwhile() {
    let (rig, recorder) = (Rig::new().await, Recorder::default());
    let (turn, mine, theirs) = waiting(&rig, &recorder).await;
    let id = turn.id().to_owned();
    assert_eq!(mine.calls[0].arguments, r#"{"a":1}"#);
    assert_eq!(theirs.approver, Approval::Admin);
    rig.advance(100);
    let status = rig.plugin.status().await.unwrap();
    assert_eq!(status.in_flight, 1);
    let shown: Vec<_> = status
        .approvals
        .iter()
        .map(|one| (&one.turn_id, &one.id))
        .collect();
    assert_eq!(shown, [(&id, &mine.id), (&id, &theirs.id)]);
    let left = status.approvals[0].expires_in;
    assert!(
        left <= Duration::from_secs(200) && left > Duration::from_secs(150),
        "{left:?}"
    );
    assert_eq!(rig.gateway.requests().len(), 1);

    let (yes, no) = (true, false);
    let stranger = decide(&rig, &id, &mine.id, yes, DeciderRole::Other).await;
    assert_eq!(stranger, Err(DecideError::NotPermitted));
    let member = decide(&rig, &id, &theirs.id, yes, DeciderRole::Asker).await;
    assert_eq!(member, Err(DecideError::NotPermitted));
    assert_eq!(names(&recorder), Vec::<String>::new());

    assert_eq!(
        decide(&rig, &id, &mine.id, no, DeciderRole::Asker).await,
        Ok(())
    );
    let second = decide(&rig, &id, &mine.id, yes, DeciderRole::Admin).await;
    assert_eq!(second, Err(DecideError::AlreadyDecided));
    assert_eq!(
        decide(&rig, &id, &theirs.id, yes, DeciderRole::Admin).await,
        Ok(())
    );
    let outcome = outcome(turn).await;
    assert_eq!(outcome.reply().text, "done");
    let by_ann = |decision| (decision, "Ann".to_owned());
    assert_eq!(
        decisions(&outcome),
        [by_ann(Decision::Rejected), by_ann(Decision::Approved)]
    );
    assert_eq!(names(&recorder), ["theirs"]);
    let late = decide(&rig, &id, &theirs.id, yes, DeciderRole::Admin).await;
    assert_eq!(late, Err(DecideError::NotPending));
    let status = rig.plugin.status().await.unwrap();
    assert!(status.approvals.is_empty());
    assert_eq!(status.counters.tool_denials, 1);
}

#[tokio::test]
async fn guard_approval_without_an_answer_the_calls_are_not_run() {
    let keys = json!({ "approval_timeout_seconds": 1, "turn_timeout_seconds": 1 });
    let (rig, recorder) = (Rig::with(keys).await, Recorder::default());
    let (turn, ..) = waiting(&rig, &recorder).await;
    let outcome = outcome(turn).await;
    assert_eq!(
        outcome.reply().text,
        "done",
        "the turn's own time did not run"
    );
    let expired = (Decision::Expired, String::new());
    assert_eq!(decisions(&outcome), [expired.clone(), expired]);
    assert_eq!(names(&recorder), Vec::<String>::new());
}

#[tokio::test]
async fn guard_approval_cancelling_means_no_and_the_next_turn_runs() {
    let (rig, recorder) = (Rig::new().await, Recorder::default());
    let (turn, mine, _) = waiting(&rig, &recorder).await;
    let id = turn.id().to_owned();
    turn.canceller().cancel();
    let outcome = outcome(turn).await;
    assert_eq!(outcome.fault().code, FaultCode::Cancelled);
    assert!(decisions(&outcome).is_empty());
    let late = decide(&rig, &id, &mine.id, true, DeciderRole::Admin).await;
    assert_eq!(late, Err(DecideError::NotPending));
    assert!(rig.plugin.status().await.unwrap().approvals.is_empty());
    // The answer that the cancelled turn no longer fetched.
    assert_eq!(rig.say("next").await.unwrap().text, "done");
    assert_eq!(names(&recorder), Vec::<String>::new());
}
