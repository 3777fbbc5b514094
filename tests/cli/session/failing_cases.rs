//! A gateway that floods, and a process that is stopped.

use std::time::Duration;

use nix::sys::signal::Signal;
use openclaw_fake_gateway::{Answer, Gate, Http, Scene};
use serde_json::json;

use crate::support::{Gateway, Session, file, send_signal};

// Report A3 (attack): endless interim answers kept the plugin's thread for ever.
#[test]
fn status_cancel_and_quit_answer_whatever_comes_on_the_wire() {
    let chunks = "1\r\nx\r\n".repeat(2000);
    let event = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\
                 \"delta\":\"x\"}\n\n";
    let floods: [(&str, Scene); 7] = [
        ("100", Scene::flood("HTTP/1.1 100 C\r\n\r\n".repeat(2000))),
        (
            "103",
            Scene::flood("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(500)),
        ),
        ("no head", Scene::flood("\r\n".repeat(5000))),
        (
            "chunks",
            Scene::flood(format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
            )),
        ),
        (
            "comments",
            Http::event_stream().forever(": x\n\n".repeat(2000)).into(),
        ),
        (
            "deltas",
            Http::event_stream().forever(event.repeat(200)).into(),
        ),
        (
            "refusal",
            Http::new(500).forever(vec![b'x'; 16 << 10]).into(),
        ),
    ];
    for (what, flood) in floods {
        let gateway = Gateway::start();
        let mut session = Session::start(gateway.program(["session"]));
        gateway.push(flood.clone());
        session.send(json!({"id": 1, "op": "ask", "text": "hi"}));
        gateway.wait(|gateway| async move { drop(gateway.request(1).await) });
        session.call(json!({"id": 2, "op": "status"}), "status");
        // Where the flood has been recognised as one by now, the turn is no longer there.
        session.send(json!({"id": 3, "op": "cancel", "turn": 1}));
        let fault = session.event(1, "fault");
        session.call(json!({"id": 4, "op": "reset"}), "done");
        let reply = session.call(
            json!({"id": 5, "op": "ask", "text": "and now?"}),
            "completed",
        );
        assert_eq!(reply["event"], "completed", "{what}: {fault}");

        gateway.push(flood);
        session.send(json!({"id": 6, "op": "ask", "text": "hi"}));
        gateway.wait(|gateway| async move { drop(gateway.request(3).await) });
        session.send(json!({"id": 7, "op": "quit"}));
        assert_eq!(session.end().1, 0, "{what}");
    }
}

// Report A16 (attack): a stopped process judged its limits before it read what had arrived.
#[test]
fn what_arrived_while_the_process_was_stopped_is_in_time() {
    let folder = tempfile::tempdir().unwrap();
    for limit in ["idle_timeout_seconds", "turn_timeout_seconds"] {
        let config = file(folder.path(), "c.toml", format!("{limit} = 5").as_bytes());
        let gateway = Gateway::start();
        let (first, last) = (Gate::new(), Gate::new());
        let answer = Answer::new()
            .delta("One")
            .hold(&first)
            .delta(" two")
            .hold(&last);
        gateway.push(answer);
        let mut session = Session::start(gateway.program(["session", "--config", &config]));
        session.send(json!({"id": 1, "op": "ask", "text": "hi"}));
        session.event(1, "delta");
        send_signal(session.pid(), Signal::SIGSTOP);
        first.open();
        last.open();
        gateway.wait(|_| async move { last.reached().await });
        // What is left of the answer is sent within this, and the limit is over.
        std::thread::sleep(Duration::from_secs(6));
        send_signal(session.pid(), Signal::SIGCONT);
        assert_eq!(session.event(1, "completed")["text"], "One two", "{limit}");
        assert_eq!(session.end().1, 0);
    }
}
