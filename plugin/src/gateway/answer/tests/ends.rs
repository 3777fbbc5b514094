//! Answers that do not simply complete.

use super::*;

#[test]
fn done_without_an_end_is_an_interruption_however_it_is_written() {
    for mark in [
        "[DONE]",
        "[done]",
        "\"[DONE]\"",
        " [DONE] ",
        "[DONE]\ndata:",
    ] {
        for name in ["", "event: done\n", "event: message\n"] {
            let stream = format!("{}{name}data: {mark}\n\n", delta("PO"));
            let (end, shown) = read(&stream);
            assert_eq!(
                end.expect_err("interrupted").code,
                FaultCode::StreamInterrupted
            );
            assert_eq!(shown, "PO");
        }
    }
}

// Report F5, R4: an answer cut off at the token limit (BerriAI/litellm#37710: reported as complete, or a 500
// if nothing was left to show; apache/airflow#72150: the content filter).
#[test]
fn a_cut_off_answer_says_so_and_why() {
    let cut = |kind: &str, details: Value, output: Value| {
        let response =
            json!({"status": "incomplete", "output": output, "incomplete_details": details});
        event(&json!({"type": format!("response.{kind}"), "response": response}).to_string())
    };
    for (details, why) in [
        (json!({"reason": "max_output_tokens"}), "max_output_tokens"),
        (json!({"reason": "content_filter"}), "content_filter"),
        (
            json!({"reason": "wind\u{202e} and\nweather"}),
            "wind and weather",
        ),
        (json!("pause_turn"), "pause_turn"),
        (json!({"reason": 7}), "no reason"),
        (json!(null), "no reason"),
        (json!({}), "no reason"),
    ] {
        for kind in ["incomplete", "completed"] {
            let stream =
                delta("Once up") + &cut(kind, details.clone(), json!([message("Once up")]));
            let (end, shown) = read(&stream);
            let answer = end.expect("an answer");
            assert_eq!(
                (answer.text.as_str(), shown.as_str()),
                ("Once up", "Once up")
            );
            let [(NoticeCode::AnswerIncomplete, words)] = &answer.notices[..] else {
                panic!("{:?}", answer.notices);
            };
            assert!(words.contains(why), "{words}");
            let fault = read(&cut(kind, details.clone(), json!([])))
                .0
                .expect_err("nothing");
            assert_eq!(fault.code, FaultCode::ModelProviderFailed);
            assert!(fault.message.contains(why), "{}", fault.message);
        }
    }
    // 2026.2.9 marks every answer with a call as incomplete.
    let call = json!({"type": "function_call", "call_id": "a", "name": "t", "arguments": "{}"});
    let (end, _) = read(&cut("completed", json!(null), json!([call])));
    assert_eq!(end.expect("an answer").notices, []);
}

// Report F7: an error instead of an answer (OpenCSGs/csghub-server#1369: an exhausted balance wrapped as an
// answer). Classification is tested elsewhere.
#[test]
fn an_error_instead_of_an_answer_is_quoted() {
    let words = "Insufficient Balance";
    let bodies = [
        json!({"error": {"message": words, "code": "insufficient_quota"}}),
        json!({"error": words}),
        json!({"error": {"message": words}, "output": []}),
        json!({"type": "error", "error": {"type": "billing_error", "message": words}}),
        json!({"status": "completed", "error": {"message": words}}),
        json!({"code": 1113, "msg": words}),
        json!({"detail": words}),
        json!({"status": 402, "message": words}),
        json!({"status": "error", "message": words}),
        json!({"status": "failed", "error": {"message": words}}),
        json!({"status": "completed", "output": [], "error": {"message": words}}),
    ];
    for body in &bodies {
        let body = body.to_string();
        let (end, _) = read_pieces(Format::Json, body.as_bytes().chunks(1));
        let fault = end.expect_err(&body);
        assert!(fault.message.contains(words), "{body}: {}", fault.message);
    }
    let events = [
        format!("event: error\ndata: {{\"message\":\"{words}\",\"type\":\"server_error\"}}\n\n"),
        format!("event: error\ndata: {words}\n\n"),
        format!("data: {{\"error\":{{\"message\":\"{words}\"}}}}\n\n"),
        event(&json!({"type": "error", "code": "insufficient_quota", "message": words}).to_string()),
        event(&json!({"type": "error", "error": {"message": words}}).to_string()),
        event(&json!({"type": "response.error", "error": {"message": words}}).to_string()),
        event(&json!({"type": "response.failed", "response": {"error": {"message": words}}}).to_string()),
        event(&json!({"type": "response.completed", "response": {"output": [], "error": {"message": words}}}).to_string()),
        // Wei-Shaw/sub2api#1471: cut off within an event, with the error in the same event.
        format!("data: {{\"type\":\"response.completed\",\"resp\ndata: {{\"type\":\"error\",\"message\":\"{words}\"}}\n\n"),
    ];
    for event in events {
        let (end, shown) = read(&(delta("half") + &event));
        let fault = end.expect_err(&event);
        assert!(fault.message.contains(words), "{event}: {}", fault.message);
        assert_eq!(shown, "half");
    }
}

#[test]
fn a_body_that_is_neither_answer_nor_error_cannot_be_read() {
    for body in [
        "{}",
        "[]",
        "7",
        "{\"choices\":[]}",
        "{\"id\": oops}",
        "{\"status\":\"completed\"}",
        "{\"status\":\"queued\"}",
    ] {
        let (end, _) = read_pieces(Format::Json, body.as_bytes().chunks(1));
        assert_eq!(
            end.expect_err(body).code,
            FaultCode::ProtocolError,
            "{body}"
        );
    }
    let loose = json!({"output": [message("PONG")]}).to_string();
    let (end, shown) = read_pieces(Format::Json, loose.as_bytes().chunks(1));
    assert_eq!(
        (end.expect("an answer").text, shown),
        ("PONG".into(), "PONG".into())
    );
}
