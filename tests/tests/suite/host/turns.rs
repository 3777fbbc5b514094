//! Turns: events, cancellation, connections.

use super::*;
use host_shim::{FaultCode, TurnRequest};
use openclaw_fake_gateway::{Answer, Gate, Scene};

#[test]
fn events_come_while_the_gateway_still_writes() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("first").hold(&gate).delta(" second"));
        let mut turn = plugin.ask(TurnRequest::new("hi"));
        assert_eq!(
            turn.next_event().await,
            Some(Event::Delta {
                text: "first".to_owned()
            })
        );
        assert!(futures::poll!(Box::pin(turn.next_event())).is_pending());
        // An answer to another question meanwhile.
        assert_eq!(plugin.status().await.unwrap().in_flight, 1);
        gate.open();
        let (events, reply) = collect(turn).await;
        assert_eq!(deltas(&events), " second");
        assert_eq!(reply.unwrap().text, "first second");
        assert_eq!(plugin.status().await.unwrap().in_flight, 0);
    });
}

#[test]
fn a_request_that_is_too_large_is_refused_and_ends_no_other_turn() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("a").hold(&gate));
        let running = plugin.ask(TurnRequest::new("1"));
        gate.reached().await;
        let mut huge = TurnRequest::new("look");
        huge.attachments.push(host_shim::Attachment {
            media_type: "image/png".to_owned(),
            filename: String::new(),
            data: vec![0; 100 << 20],
        });
        let fault = plugin.ask(huge).reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::RequestTooLarge);
        assert!(!fault.remedy.is_empty(), "{fault:?}");
        gate.open();
        assert_eq!(running.reply().await.unwrap().text, "a");
    });
}

#[test]
fn as_much_as_may_wait_waits_and_the_largest_answer_comes_through() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("a").hold(&gate));
        let largest = "b".repeat(1 << 20);
        gateway.push(Answer::new().delta(&largest));
        let large = |mib: usize| {
            let mut request = TurnRequest::new("look");
            request.attachments = vec![host_shim::Attachment {
                media_type: "text/plain".to_owned(),
                filename: String::new(),
                data: vec![b'x'; (mib << 20) - 1000],
            }];
            request.attachments = vec![request.attachments[0].clone(); 3];
            request
        };
        // 15 MiB run, 15 MiB wait, and 15 MiB more are refused: the component lives through it.
        let running = plugin.ask(large(5));
        gate.reached().await;
        let waiting = plugin.ask(large(5));
        while plugin.status().await.unwrap().queued == 0 {}
        let refused = plugin.ask(large(5)).reply().await.unwrap_err();
        assert_eq!(refused.code, FaultCode::Busy, "{refused:?}");
        gate.open();
        assert_eq!(running.reply().await.unwrap().text, "a");
        assert!(waiting.reply().await.unwrap().text == largest);
    });
}

// Report P12 (attack): a reader that is slow or gone must not hold the queue for everyone.
#[test]
fn a_turn_that_nobody_reads_ends_and_the_next_one_runs() {
    run(async {
        let (gateway, plugin) = pair().await;
        let mut answer = Answer::new();
        for _ in 0..5000 {
            answer = answer.delta("word ");
        }
        gateway.push(answer);
        gateway.push(Scene::reply("next"));
        let unread = plugin.ask(TurnRequest::new("hi"));
        let next = plugin.ask(TurnRequest::new("next")).reply().await.unwrap();
        assert_eq!(next.text, "next");
        let (events, reply) = collect(unread).await;
        assert_eq!(deltas(&events), "word ".repeat(5000));
        assert_eq!(reply.unwrap().text, "word ".repeat(5000));
    });
}
