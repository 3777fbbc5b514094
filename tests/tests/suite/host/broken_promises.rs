//! What a component may answer that breaks the contract, and functions that trap after it: the caller has one end, and
//! the plugin goes on.

use std::time::Duration;

use super::hostile::{ask, hostile, past_every_limit, run};
use super::*;
use host_shim::{Decider, DeciderRole, FaultCode, TurnRequest};

/// The turn's text, and what its caller has: the start of a reply's text, or the fault's code.
const ANSWERS: [(&str, Result<&str, FaultCode>); 6] = [
    ("nonsense", Ok("\0\u{1b}[2J\u{202e}")),
    ("fault", Err(FaultCode::CircuitOpen)),
    ("say more after the end", Ok("over")),
    ("drop the end", Ok("by default")),
    ("lie", Ok("lie")),
    ("keep the stream", Ok("keep the stream")),
];

#[test]
fn nonsense_is_one_end_and_the_next_turn_works() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        for (text, expected) in ANSWERS {
            let (_, end) = collect(plugin.ask(TurnRequest::new(text))).await;
            match (&end, expected) {
                (Ok(reply), Ok(start)) => assert!(reply.text.starts_with(start), "{text}"),
                (Err(fault), Err(code)) => assert_eq!(fault.code, code, "{text}"),
                _ => panic!("{text}: {end:?}"),
            }
            // Whatever it says, it is shown.
            let shown = format!("{end:?} {:?}", plugin.status().await.unwrap());
            assert!(!shown.contains(TOKEN), "{text}");
            assert_eq!(ask(&plugin, "next").await.unwrap().text, "next", "{text}");
        }
    });
}

#[test]
fn a_function_that_traps_is_told_to_its_caller_and_a_new_instance_serves_the_next() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        for text in [
            "trap at the status",
            "trap at the diagnosis",
            "trap at the reset",
            "trap at the snapshot",
            "ask, then trap when it is decided",
        ] {
            let mut turn = plugin.ask(TurnRequest::new(text));
            let fault = match text {
                "trap at the status" => plugin.status().await.map(drop).unwrap_err(),
                "trap at the diagnosis" => plugin.diagnose(None).await.map(drop).unwrap_err(),
                "trap at the reset" => plugin.reset().await.unwrap_err(),
                "trap at the snapshot" => plugin.snapshot().await.map(drop).unwrap_err(),
                _ => {
                    assert!(turn.next_event().await.is_some());
                    let by = Decider {
                        name: String::new(),
                        role: DeciderRole::Admin,
                    };
                    let decided = plugin.decide(turn.id(), "a1", true, by).await;
                    match decided.unwrap_err() {
                        host_shim::DecisionError::Fault(fault) => fault,
                        other => panic!("{other:?}"),
                    }
                }
            };
            assert_eq!(fault.code, FaultCode::PluginTrapped, "{text}");
            // It may have ended before the trap, which is its end then.
            let _ = turn.reply().await;
            assert_eq!(ask(&plugin, "next").await.unwrap().text, "next", "{text}");
        }
    });
}

#[test]
fn an_end_that_never_comes_and_an_approval_that_never_expires_are_given_up_by_the_clock() {
    run(async {
        let plugin = hostile().build().await.unwrap();
        let turn = plugin.ask(TurnRequest::new("forget the end"));
        assert_eq!(plugin.status().await.unwrap().counters.turns, 1);
        plugin.clock().advance(past_every_limit()).unwrap();
        let fault = turn.reply().await.unwrap_err();
        assert_eq!(fault.code, FaultCode::PluginTrapped);
        // The request expires in 600 million years, and the end of another is told.
        let (events, end) = collect(plugin.ask(TurnRequest::new("ask for ever"))).await;
        assert_eq!(events.len(), 2);
        assert_eq!(end.unwrap().text, "ask for ever");
        plugin.clock().advance(Duration::from_secs(3600)).unwrap();
        assert_eq!(ask(&plugin, "next").await.unwrap().text, "next");
    });
}
