//! Size limits of a turn, and notices about truncated attachments.

use super::host::*;
use super::scenes::*;
use super::*;

fn with_tool() -> TurnRequest {
    TurnRequest {
        tools: vec![tool("one", Level::ReadOnly)],
        ..turn("x")
    }
}

/// A round with this many bytes of text and a tool call.
fn says(bytes: usize) -> Scene {
    let text = "x".repeat(bytes);
    let output = json!([call("a", "one", "{}")]);
    Scene::Answers(
        stream_head(),
        vec![Ok(sse(&[delta(&text), completed(output)]))],
    )
}

// Report A5 (attack): 3 rounds of 15 MB, or 9 of 3.9 MB, were each within the limit for one answer.
#[test]
fn the_answers_of_a_turn_are_bounded_together() {
    let ask = |scenes| {
        let config = Config {
            max_answer_bytes: 100_000,
            ..config()
        };
        let setup = setup(config, scenes);
        setup.ask(&with_tool()).0
    };
    let reply = ask(vec![says(40_000), says(40_000), replies("done")]).expect("within it");
    assert_eq!(reply.text.len(), 40_000 + 2 + 40_000 + 2 + 4);
    let many = (0..8)
        .map(|_| says(9_000))
        .chain([replies(&"y".repeat(30_000))]);
    for scenes in [vec![says(90_000), says(40_000)], many.collect()] {
        let fault = ask(scenes).expect_err("too long together");
        assert_eq!(fault.code, FaultCode::ProtocolError);
        assert!(
            fault.message.contains("exceeded 100000 bytes in total"),
            "{}",
            fault.message
        );
        assert!(
            fault.partial_text.len() > 70_000,
            "what had arrived is kept"
        );
    }
    // A single answer is limited as before.
    let fault = ask(vec![says(100_001)]).expect_err("too long alone");
    assert!(
        fault.message.contains("the answer is over 100000 bytes"),
        "{}",
        fault.message
    );
}

fn file(name: &str, media_type: &str, text: String) -> Attachment {
    Attachment {
        media_type: media_type.into(),
        filename: name.into(),
        data: text.into_bytes(),
    }
}

// Report R7 (attack): the model gets 200,000 characters of a text file (2.9), or 60,000 (9.6).
#[test]
fn what_a_gateway_leaves_of_a_text_file_is_said_before_it_is_sent() {
    let said = |new: bool, attachments: Vec<Attachment>| {
        let setup = setup(config(), vec![replies("ok")]);
        let of = setup.state.config().expect("a config");
        setup.state.learn_stops(0, &of, new);
        let (end, events) = setup.ask(&TurnRequest {
            attachments,
            ..turn("x")
        });
        assert!(end.is_ok());
        assert!(
            events
                .notices()
                .iter()
                .all(|code| *code == NoticeCode::AttachmentShortened)
        );
        events.notice_texts().join("|")
    };
    let text = |characters| vec![file("a.txt", "text/plain", "x".repeat(characters))];
    assert_eq!(said(true, text(60_000)), "");
    assert!(said(true, text(60_001)).contains("the first 60000 characters"));
    assert!(said(true, text(60_001)).contains("a.txt"));
    assert_eq!(said(false, text(60_000)), "");
    assert!(said(false, text(60_001)).starts_with("By default, newer gateways"));
    assert!(said(false, text(200_000)).starts_with("By default, newer gateways"));
    assert!(said(false, text(200_001)).contains("the first 200000 characters"));
    // Counts characters, not bytes; JSON and CSV too, but not images or PDFs.
    let wide = |count| vec![file("", "text/csv", "字".repeat(count))];
    assert_eq!(said(true, wide(60_000)), "");
    assert!(said(true, wide(60_001)).contains("text/csv"));
    let emoji = vec![file("e", "application/json", "🦞".repeat(30_001))];
    assert!(said(true, emoji).contains("60000"));
    assert_eq!(
        said(
            true,
            vec![file("a.pdf", "application/pdf", "%PDF".repeat(1 << 17))]
        ),
        ""
    );
    // Names are bounded, printable and masked; so is their number.
    let names = (0..100).map(|_| file("t0ken\u{1b}", "text/plain", "x".repeat(70_000)));
    let all = said(true, names.collect());
    assert!(
        all.len() < 300 && all.contains('…') && !all.contains("t0ken"),
        "{all}"
    );
}
