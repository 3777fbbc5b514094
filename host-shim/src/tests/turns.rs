//! Turns: events, cancellation, connections.

use super::*;
use crate::{FaultCode, GatewayName, Level, TurnRequest};
use openclaw_fake_gateway::{Answer, ClosedBy, End, Gate, Scene};
use std::time::Duration;

#[test]
fn a_turn_streams_its_deltas_and_ends_with_the_whole_text() {
    run(async {
        let (gateway, plugin) = pair().await;
        gateway.push(Scene::reply("one two three"));
        let (events, reply) = collect(plugin.ask(TurnRequest::new("hi"))).await;
        let reply = reply.unwrap();
        assert_eq!(deltas(&events), "one two three");
        assert_eq!(reply.text, "one two three");
        assert_eq!(reply.level, Level::Talk);
        assert_eq!(reply.gateway, GatewayName::Primary);
        assert_eq!(reply.usage.unwrap().input_tokens, 123);
    });
}

#[test]
fn a_reply_can_be_had_without_reading_events() {
    run(async {
        let (gateway, plugin) = pair().await;
        let long = "word ".repeat(5000);
        gateway.push(Scene::reply(&long));
        assert_eq!(
            plugin
                .ask(TurnRequest::new("hi"))
                .reply()
                .await
                .unwrap()
                .text,
            long
        );
    });
}

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
fn turns_share_connections() {
    run(async {
        let (gateway, plugin) = pair().await;
        for _ in 0..20 {
            plugin.ask(TurnRequest::new("hi")).reply().await.unwrap();
        }
        // A reply comes before the last byte of its answer: the next turn may find its connection
        // still busy, and make a second one.
        assert!(gateway.connections() <= 2, "{}", gateway.connections());
    });
}

#[test]
fn a_connection_that_the_gateway_closed_meanwhile_is_no_failure() {
    run(async {
        let (gateway, plugin) = pair().await;
        for _ in 0..3 {
            plugin.ask(TurnRequest::new("hi")).reply().await.unwrap();
            gateway.close_connections().await;
        }
        assert_eq!(gateway.turns().len(), 3);
    });
}

#[test]
fn one_turn_at_a_time_the_others_wait_in_order() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("a").hold(&gate));
        gateway.push(Scene::reply("b"));
        gateway.push(Scene::reply("c"));
        let turns = ["1", "2", "3"].map(|text| plugin.ask(TurnRequest::new(text)));
        gate.reached().await;
        let status = plugin.status().await.unwrap();
        assert_eq!((status.in_flight, status.queued), (1, 2));
        assert_eq!(gateway.turns().len(), 1);
        gate.open();
        let replies = futures::future::join_all(turns.map(Turn::reply)).await;
        let texts: Vec<_> = replies
            .into_iter()
            .map(|reply| reply.unwrap().text)
            .collect();
        assert_eq!(texts, ["a", "b", "c"]);
    });
}

#[test]
fn cancelling_ends_the_turn_and_closes_its_connection() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("half").hold(&gate));
        let mut turn = plugin.ask(TurnRequest::new("hi"));
        assert!(turn.next_event().await.is_some());
        let canceller = turn.canceller();
        let waiting = tokio::spawn(async move { turn.reply().await });
        canceller.cancel();
        let fault = waiting.await.unwrap().unwrap_err();
        assert_eq!(fault.code, FaultCode::Cancelled);
        assert_eq!(fault.partial_text, "half");
        assert_eq!(gateway.closed(1).await, ClosedBy::Client);
        // The next one is not held up.
        gateway.push(Scene::reply("next"));
        assert_eq!(
            plugin
                .ask(TurnRequest::new("hi"))
                .reply()
                .await
                .unwrap()
                .text,
            "next"
        );
    });
}

#[test]
fn dropping_a_turn_closes_its_connection() {
    run(async {
        let (gateway, plugin) = pair().await;
        gateway.push(Scene::never_answer());
        let turn = plugin.ask(TurnRequest::new("hi"));
        gateway.request(1).await;
        drop(turn);
        // The gateway may still run it, so the connection is kept for a minute.
        while plugin.status().await.unwrap().counters.cancelled == 0 {}
        plugin.clock().advance(Duration::from_secs(60)).unwrap();
        assert_eq!(gateway.closed(1).await, ClosedBy::Client);
        // In the middle of an answer, with nobody who reads it.
        let gate = Gate::new();
        gateway.push(Answer::text(&"word ".repeat(20_000)).hold(&gate));
        let mut turn = plugin.ask(TurnRequest::new("hi"));
        turn.next_event().await;
        drop(turn);
        assert_eq!(gateway.closed(2).await, ClosedBy::Client);
        assert_eq!(plugin.status().await.unwrap().in_flight, 0);
    });
}

#[test]
fn dropping_a_turn_that_waits_takes_it_out_of_the_queue() {
    run(async {
        let (gateway, plugin) = pair().await;
        let gate = Gate::new();
        gateway.push(Answer::new().delta("a").hold(&gate));
        let first = plugin.ask(TurnRequest::new("1"));
        gate.reached().await;
        let second = plugin.ask(TurnRequest::new("2"));
        while plugin.status().await.unwrap().queued == 0 {}
        drop(second);
        while plugin.status().await.unwrap().queued == 1 {}
        gate.open();
        first.reply().await.unwrap();
        assert_eq!(gateway.turns().len(), 1);
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
        huge.attachments.push(crate::Attachment {
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
            request.attachments = vec![crate::Attachment {
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

#[test]
fn what_the_gateway_does_to_a_turn_is_told_by_its_code() {
    run(async {
        for (scene, code) in [
            (Scene::unauthorized(), FaultCode::AuthFailed),
            (
                Scene::endpoint_off(),
                FaultCode::ResponsesEndpointNotEnabledOrNotFound,
            ),
            (
                Scene::close_before_answer(),
                FaultCode::NetworkOrUnreachable,
            ),
            (
                Scene::reset_before_answer(),
                FaultCode::NetworkOrUnreachable,
            ),
            (
                Answer::text("half").unfinished().then(End::Close),
                FaultCode::StreamInterrupted,
            ),
            (
                Answer::text("half").unfinished().then(End::Reset),
                FaultCode::StreamInterrupted,
            ),
            (
                Scene::wire("nonsense\r\n\r\n").then(End::Close),
                FaultCode::ProtocolError,
            ),
            (
                Scene::redirect("http://127.0.0.1:1/"),
                FaultCode::ProtocolError,
            ),
        ] {
            let (gateway, plugin) = pair().await;
            let shown = format!("{scene:?}");
            gateway.push(scene);
            let end = plugin.ask(TurnRequest::new("hi")).reply().await;
            let fault = end.expect_err(&shown);
            assert_eq!(fault.code, code, "{shown}: {fault}");
            assert!(!fault.remedy.is_empty() && !format!("{fault:?}").contains(TOKEN));
            assert_eq!(gateway.requests().len(), 1, "{shown}");
        }
    });
}

#[test]
fn nobody_listening_is_unreachable_and_the_backup_is_asked() {
    run(async {
        let (first, second) = (gateway().await, gateway().await);
        first.stop().await;
        let mut config = config(&first.url());
        config.gateway_backup_url = Some(second.url());
        let plugin = builder().config(config.clone()).build().await.unwrap();
        let reply = plugin.ask(TurnRequest::new("hi")).reply().await.unwrap();
        assert_eq!(reply.gateway, GatewayName::Backup);
        config.gateway_backup_url = None;
        plugin.configure(config).await.unwrap();
        let fault = plugin
            .ask(TurnRequest::new("hi"))
            .reply()
            .await
            .unwrap_err();
        assert_eq!(fault.code, FaultCode::NetworkOrUnreachable);
    });
}

#[test]
fn the_limits_of_a_config_are_kept() {
    run(async {
        let gateway = gateway().await;
        let short = std::time::Duration::from_millis(30);
        for (scene, word) in [
            (Scene::never_answer(), "first byte"),
            (Answer::text("half").unfinished().then(End::Silence), "idle"),
        ] {
            let mut config = config(&gateway.url());
            config.first_byte_timeout = short;
            config.idle_timeout = short;
            let plugin = builder().config(config).build().await.unwrap();
            gateway.push(scene);
            let fault = plugin
                .ask(TurnRequest::new("hi"))
                .reply()
                .await
                .unwrap_err();
            assert_eq!(fault.code, FaultCode::TimedOut, "{fault}");
            assert!(fault.message.contains(word), "{fault}");
        }
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
