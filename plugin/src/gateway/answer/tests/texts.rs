//! Texts, wherever they come from and however they are encoded.

use super::*;

// Report F1: a chunk boundary in the middle of an emoji (elie222/rakazo#416: an orphaned half in a
// delta made its reader fail).
#[test]
fn half_a_surrogate_pair_costs_no_answer() {
    let split = [raw_delta(r"Hi \ud83d"), raw_delta(r"\ude00 done")];
    let lost = "Hi \u{fffd}\u{fffd} done";
    assert_eq!(text(&[&split[..], &[end(json!([]))]].concat()), lost);
    // If the final text has it whole, that counts, with a notice.
    let (whole, shown, notices) = good(&[&split[..], &[completed("Hi 😀 done")]].concat());
    assert_eq!((whole.as_str(), shown.as_str()), ("Hi 😀 done", lost));
    assert_eq!(notices, [NoticeCode::AnswerCorrected]);
    // In the last event, in skipped events and fields, in field names.
    let last = completed("Hi X").replace('X', r"\ud83d");
    assert_eq!(text(&[last]), "Hi \u{fffd}");
    let skipped = [
        "event: response.reasoning.delta\ndata: {\"delta\":\"\\ud83d\"}\n\n",
        "event: \u{1f}\ndata: \u{fffe}\n\n",
        "data: {\"type\":\"response.output_text.delta\",\"\\ud83d\":1,\"delta\":\"ok\",\"logprobs\":[\"\\udc00\"]}\n\n",
    ];
    assert_eq!(text(&[skipped.concat(), end(json!([]))]), "ok");
}

// Report F1: invalid UTF-8, as written by readers of UTF-16 code units.
#[test]
fn bytes_that_are_no_text_cost_no_answer() {
    let stream = [
        delta("caf").into_bytes(),
        b"event: response.output_text.delta\ndata: {\"delta\":\"\xe9 \xed\xa0\xbd\"}\n\n".to_vec(),
        end(json!([])).into_bytes(),
    ];
    let (end, shown) = read_bytes(&stream.concat());
    assert_eq!(end.expect("an answer").text, shown);
    assert!(shown.starts_with("caf\u{fffd} \u{fffd}"), "{shown}");
}

// Report F2: keep-alives that are not JSON (modelcontextprotocol/python-sdk#1670: an empty `data:`
// line broke the connection; openai/openai-python#3833).
#[test]
fn what_is_no_event_of_ours_need_not_be_json() {
    for skipped in [
        "data:\n\n",
        "data: \n\n",
        "data\n\n",
        "data: \n data:\n\n",
        "event: ping\ndata:\n\n",
        "event: ping\ndata: {\"type\": \"ping\"\n\n",
        "event: keepalive\n\n",
        ": keep-alive 3\n\n",
        "id: 7\nretry: 5\n\n",
        "data: ping\n\n",
        "data: : OPENROUTER PROCESSING\n\n",
        "data: [1,2\n\n",
        "data: null\n\n",
        "event: heartbeat\ndata: 2026-11-26T20:54:00Z\n\n",
        "event: response.created\ndata: {\n\n",
        "event: response.in_progress\ndata: oops\n\n",
        "event: response.queued\ndata: {\"sequence_number\":NaN}\n\n",
        "data: {\"type\":\"response.reasoning_text.delta\",\"delta\":\n\n",
        "data: {\"type\":\"ping\",\"cost\":\n\n",
        "data: {}\n\n",
        "event: response.output_text.delta\ndata:\n\n",
    ] {
        let stream = [
            skipped.into(),
            delta("o"),
            skipped.into(),
            delta("k"),
            skipped.into(),
            completed("ok"),
        ];
        assert_eq!(text(&stream), "ok", "{skipped:?}");
    }
}

// Report F3: the text is anywhere but in the last event (QuantumNous/new-api#4362: empty replies;
// decolua/9router#705: `output` missing).
#[test]
fn the_text_is_taken_from_wherever_it_came() {
    let part_done = |text: &str| {
        let part = json!({"type": "output_text", "text": text});
        event(&json!({"type": "response.content_part.done", "output_index": 0, "content_index": 0, "part": part}).to_string())
    };
    let sources = [
        delta("PONG"),
        done("PONG"),
        part_done("PONG"),
        item_done(message("PONG")),
        item_done(json!({"type": "message", "content": "PONG"})),
    ];
    let nothing = [
        done(""),
        part_done(""),
        item_done(message("")),
        item_done(json!({})),
    ];
    let ends = [
        end(json!([])),
        end(json!(null)),
        end(json!([message("")])),
        end(json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}])),
        event(r#"{"type":"response.completed","response":{"status":"completed"}}"#),
        event(r#"{"type":"response.completed"}"#),
        "event: response.completed\ndata:\n\n".into(),
    ];
    for source in &sources {
        for end in &ends {
            assert_eq!(text(&[source.clone(), end.clone()]), "PONG");
            for empty in &nothing {
                let stream = [empty.clone(), source.clone(), empty.clone(), end.clone()];
                assert_eq!(text(&stream), "PONG", "{stream:?}");
            }
        }
    }
    let all = [&sources[..], &[completed("PONG")]].concat();
    assert_eq!(text(&all), "PONG");
    assert_eq!(text(&[end(json!([message("PONG")]))]), "PONG");
    let short = r#"{"type":"response.completed","response":{"status":"completed","output":[],"output_text":"PONG"}}"#;
    assert_eq!(text(&[event(short)]), "PONG");
}

#[test]
fn an_empty_text_never_erases_a_fuller_one() {
    let second = event(
        &json!({"type": "response.output_text.done", "output_index": 1, "text": "two"}).to_string(),
    );
    let both = [done("one"), second];
    for output in [
        json!([message(""), message("two")]),
        json!([message("one"), message("")]),
        json!([message("two")]),
        json!([message(""), message("")]),
        json!([]),
    ] {
        let stream = [&both[..], &[end(output.clone())]].concat();
        assert_eq!(text(&stream), "one\n\ntwo", "{output}");
    }
    // Items with an id, or nothing, instead of an index.
    let item = |id: Value, text: &str| {
        let mut item = message(text);
        item["id"] = id;
        event(&json!({"type": "response.output_item.done", "item": item}).to_string())
    };
    for ids in [[json!("a"), json!("b")], [json!(null), json!(null)]] {
        let [a, b] = ids;
        let stream = [item(a, "one"), item(b, "two"), end(json!([]))];
        assert_eq!(text(&stream), "one\n\ntwo");
    }
    // A reasoning item before the message shifts its position in the output.
    let output = json!([{"type": "reasoning"}, message("PONG")]);
    assert_eq!(text(&[delta("PONG"), end(output)]), "PONG");
}

// Report F4: a refusal is text too (pipecat-ai/pipecat#5788: a refused turn was silent).
#[test]
fn a_refusal_is_shown() {
    let refusal = json!({"type": "refusal", "refusal": "I can't do that."});
    let refused = json!({"type": "message", "content": [refusal]});
    let at = |mut fields: Value| {
        fields["output_index"] = json!(0);
        fields["content_index"] = json!(0);
        event(&fields.to_string())
    };
    let deltas = [
        at(json!({"type": "response.refusal.delta", "delta": "I can't "})),
        at(json!({"type": "response.refusal.delta", "delta": "do that."})),
    ];
    let refusal_done = at(json!({"type": "response.refusal.done", "refusal": "I can't do that."}));
    let part_done = at(json!({"type": "response.content_part.done", "part": refusal}));
    for source in [
        deltas.concat(),
        refusal_done,
        part_done,
        item_done(refused.clone()),
        end(json!([refused.clone()])),
    ] {
        assert_eq!(text(&[source.clone(), end(json!([]))]), "I can't do that.");
        assert_eq!(text(&[source, end(json!([refused]))]), "I can't do that.");
    }
}
