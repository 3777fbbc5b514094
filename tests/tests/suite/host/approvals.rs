//! Approvals as the plugin's callers see them: the runner decides, or nobody is left to.

use std::sync::Mutex;

use super::*;
use futures::future::BoxFuture;
use host_shim::{
    Approval, ApprovalRequest, DecideError, Decider, DeciderRole, Decision, DecisionError,
    FaultCode, Level, Tool, ToolCall, ToolRunner, TurnRequest, Verdict,
};
use openclaw_fake_gateway::{Answer, Scene};
use tokio::sync::oneshot;

/// Asks for the call of a tool that needs an admin's approval.
fn wipe(gateway: &FakeGateway) -> TurnRequest {
    gateway.push(Answer::new().call("c1", "wipe", r#"{"disk":1}"#));
    gateway.push(Scene::reply("done"));
    let mut request = TurnRequest::new("wipe the disk");
    request.level = Level::Act;
    request.tools = vec![Tool {
        name: "wipe".to_owned(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.to_owned(),
        level: Level::ReadOnly,
        approval: Approval::Admin,
    }];
    request
}

fn admin() -> Decider {
    Decider {
        name: "Ann".to_owned(),
        role: DeciderRole::Admin,
    }
}

/// Decides by this function, and runs the tool.
struct Approving<F>(F);

impl<F> ToolRunner for Approving<F>
where
    F: Fn(ApprovalRequest) -> BoxFuture<'static, Verdict> + Send + Sync,
{
    fn run(&self, _: &str, _: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        Box::pin(async { Ok("wiped".to_owned()) })
    }

    fn approve(&self, _: &str, request: ApprovalRequest) -> Option<BoxFuture<'static, Verdict>> {
        Some((self.0)(request))
    }
}

fn says(approve: bool, role: DeciderRole) -> Arc<dyn ToolRunner> {
    Arc::new(Approving(
        move |request: ApprovalRequest| -> BoxFuture<'static, Verdict> {
            assert_eq!(request.calls[0].arguments, r#"{"disk":1}"#);
            let name = "Ann".to_owned();
            let by = Decider { name, role };
            Box::pin(async move { Verdict { approve, by } })
        },
    ))
}

fn panics() -> Arc<dyn ToolRunner> {
    Arc::new(Approving(|_| -> BoxFuture<'static, Verdict> {
        Box::pin(async { panic!("on purpose") })
    }))
}

/// Never decides. Says when it is asked, and is dropped together with what that sent.
fn undecided() -> (
    Arc<dyn ToolRunner>,
    oneshot::Receiver<oneshot::Receiver<()>>,
) {
    let (asked, when_asked) = oneshot::channel();
    let asked = Mutex::new(Some(asked));
    let runner = Approving(move |_| -> BoxFuture<'static, Verdict> {
        let (kept, dropped) = oneshot::channel::<()>();
        if let Some(asked) = asked.lock().unwrap().take() {
            asked.send(dropped).unwrap();
        }
        Box::pin(async move {
            let _kept = kept;
            std::future::pending().await
        })
    });
    (Arc::new(runner), when_asked)
}

async fn request_of(turn: &mut Turn) -> ApprovalRequest {
    loop {
        match turn.next_event().await {
            Some(Event::ApprovalRequested(request)) => return request,
            Some(_) => {}
            None => panic!("the turn has ended"),
        }
    }
}

#[test]
fn the_runner_decides_whether_or_not_the_events_are_read() {
    run(async {
        let (gateway, plugin) = pair().await;
        for (runner, approved, by) in [
            (says(true, DeciderRole::Admin), true, "Ann"),
            (says(false, DeciderRole::Admin), false, "Ann"),
            (says(false, DeciderRole::Asker), false, "Ann"),
            // Who may not approve, and an approver that panics, mean no.
            (says(true, DeciderRole::Asker), false, ""),
            (says(true, DeciderRole::Other), false, ""),
            (panics(), false, ""),
        ] {
            let (events, reply) = collect(plugin.ask_with(wipe(&gateway), runner.clone())).await;
            assert_eq!(reply.unwrap().text, "done");
            let ended = events.iter().find_map(|event| match event {
                Event::ApprovalEnded(outcome) => Some((outcome.decision, outcome.by.as_str())),
                _ => None,
            });
            let decision = match approved {
                true => Decision::Approved,
                false => Decision::Rejected,
            };
            assert_eq!(ended, Some((decision, by)));
            let ran = |event: &Event| matches!(event, Event::ToolCall(_));
            assert_eq!(events.iter().any(ran), approved);
            let turn = plugin.ask_with(wipe(&gateway), runner);
            assert_eq!(turn.reply().await.unwrap().text, "done");
            let sent = gateway.turns().pop().unwrap().body;
            let sent = String::from_utf8(sent).unwrap();
            assert_eq!(sent.contains("wiped"), approved, "{sent}");
        }
    });
}

#[test]
fn a_decision_from_elsewhere_drops_the_runners() {
    run(async {
        let (gateway, plugin) = pair().await;
        let (runner, asked) = undecided();
        let mut turn = plugin.ask_with(wipe(&gateway), runner);
        let dropped = asked.await.unwrap();
        let request = request_of(&mut turn).await;
        plugin
            .decide(turn.id(), &request.id, true, admin())
            .await
            .unwrap();
        assert!(dropped.await.is_err());
        assert_eq!(turn.reply().await.unwrap().text, "done");
    });
}

#[test]
fn a_turn_that_is_dropped_or_a_plugin_that_is_closed_means_no() {
    run(async {
        let (gateway, plugin) = pair().await;
        let (runner, asked) = undecided();
        let turn = plugin.ask_with(wipe(&gateway), runner);
        let dropped = asked.await.unwrap();
        let id = turn.id().to_owned();
        drop(turn);
        assert!(dropped.await.is_err());
        let late = plugin.decide(&id, "a1", true, admin()).await;
        assert!(
            matches!(late, Err(DecisionError::Refused(DecideError::NotPending))),
            "{late:?}"
        );
        assert_eq!(plugin.status().await.unwrap().approvals, []);

        let (gateway, plugin) = pair().await;
        let (runner, asked) = undecided();
        let turn = plugin.ask_with(wipe(&gateway), runner);
        let dropped = asked.await.unwrap();
        let id = turn.id().to_owned();
        plugin.close().await;
        assert!(dropped.await.is_err());
        let fault = turn.reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::Cancelled);
        let late = plugin.decide(&id, "a1", true, admin()).await;
        assert!(
            matches!(&late, Err(DecisionError::Fault(fault)) if fault.code == FaultCode::Cancelled),
            "{late:?}"
        );
    });
}

#[test]
fn a_trap_while_waiting_means_no_and_the_new_instance_knows_nothing_of_it() {
    run(async {
        let gateway = gateway().await;
        let plugin = builder()
            .config(config(&gateway.url()))
            .memory_cap(4 << 20)
            .build()
            .await
            .unwrap();
        let (runner, asked) = undecided();
        let mut turn = plugin.ask_with(wipe(&gateway), runner);
        let dropped = asked.await.unwrap();
        let request = request_of(&mut turn).await;
        let status = plugin.status().await.unwrap();
        assert_eq!(
            (status.in_flight, status.approvals[0].id.as_str()),
            (1, request.id.as_str())
        );
        // More text than the component may have.
        let too_big = TurnRequest::new("x".repeat(6 << 20));
        plugin.ask(too_big).reply().await.unwrap_err();
        assert!(dropped.await.is_err());
        let (events, end) = {
            let id = turn.id().to_owned();
            let all = collect(turn).await;
            let late = plugin.decide(&id, &request.id, true, admin()).await;
            assert!(
                matches!(late, Err(DecisionError::Refused(DecideError::NotPending))),
                "{late:?}"
            );
            all
        };
        assert_eq!(end.unwrap_err().code, FaultCode::PluginTrapped);
        assert_eq!(events, []);
        assert_eq!(plugin.status().await.unwrap().approvals, []);
    });
}
