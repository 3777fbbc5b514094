//! Calls, and unused data that must not cost anything.

use super::*;

// Report F15: no arguments, in every spelling (openai/openai-agents-js#664: `""`;
// aws-samples/bedrock-engineer#188: nested quotation marks).
#[test]
fn no_arguments_are_an_empty_object_however_they_are_written() {
    let arguments = |given: Value| {
        let mut call = json!({"type": "function_call", "call_id": "a", "name": "t"});
        if given != json!("absent") {
            call["arguments"] = given;
        }
        let (answer, _) = read(&end(json!([call])));
        answer.expect("an answer").calls[0].arguments.clone()
    };
    for none in [
        json!("absent"),
        json!(null),
        json!(""),
        json!("  \n"),
        json!("null"),
        json!("{}"),
        json!({}),
        json!("\"\""),
        json!("\"{}\""),
        json!("\"null\""),
        json!("\" \""),
    ] {
        assert_eq!(arguments(none.clone()), "{}", "{none}");
    }
    assert_eq!(arguments(json!({"x": 1})), r#"{"x":1}"#);
    assert_eq!(arguments(json!(r#"{"x":1}"#)), r#"{"x":1}"#);
    assert_eq!(arguments(json!(r#""{\"x\":1}""#)), r#"{"x":1}"#);
    // Anything else is passed on for the caller to judge.
    assert_eq!(arguments(json!("[]")), "[]");
    assert_eq!(arguments(json!(7)), "7");
    assert_eq!(arguments(json!("{\"x\":")), "{\"x\":");
    // Report F1: half an emoji in the arguments.
    assert_eq!(
        arguments(json!(r#"{"x":"hi \ud83d"}"#)),
        r#"{"x":"hi \ufffd"}"#
    );
}

fn call_event(kind: &str, index: Option<u64>, item: Value) -> String {
    let mut fields = json!({"type": format!("response.{kind}"), "item": item});
    if let Some(index) = index {
        fields["output_index"] = json!(index);
    }
    event(&fields.to_string())
}

fn calls(stream: &[String]) -> Vec<(String, String)> {
    let (answer, _) = read(&stream.concat());
    let calls = answer.expect("an answer").calls;
    calls
        .into_iter()
        .map(|call| (call.id, call.arguments))
        .collect()
}

// Report A14 (attack): calls without an index, or all with the same one (langchain-ai/langchain#40392: one of
// them was lost; LibreChat-AI/agents#260: index 0 for every call).
#[test]
fn calls_that_have_no_index_of_their_own_all_come() {
    let item = |id: &str, arguments: &str| json!({"type": "function_call", "call_id": id, "name": "t", "arguments": arguments});
    for index in [None, Some(0)] {
        let stream = [
            call_event("output_item.added", index, item("a", "")),
            call_event("output_item.added", index, item("b", "")),
            call_event("output_item.done", index, item("a", r#"{"x":1}"#)),
            call_event("output_item.done", index, item("b", "")),
            end(json!([])),
        ];
        let all = [("a".into(), r#"{"x":1}"#.into()), ("b".into(), "{}".into())];
        assert_eq!(calls(&stream), all);
    }
    // Without ids, calls at two positions are two calls.
    let nameless = json!({"type": "function_call", "name": "t", "arguments": "{}"});
    let stream = [
        call_event("output_item.added", Some(0), nameless.clone()),
        call_event("output_item.done", Some(0), nameless.clone()),
        call_event("output_item.done", Some(1), nameless),
        end(json!([])),
    ];
    assert_eq!(calls(&stream).len(), 2);
}

#[test]
fn a_call_is_as_full_as_the_fullest_word_of_it() {
    let item = |arguments: &str| json!({"type": "function_call", "id": "i", "call_id": "a", "name": "t", "arguments": arguments});
    let arguments = event(
        r#"{"type":"response.function_call_arguments.done","item_id":"i","output_index":0,"arguments":"{\"x\":1}"}"#,
    );
    let added = || call_event("output_item.added", Some(0), item(""));
    let full = [("a".to_owned(), r#"{"x":1}"#.to_owned())];
    for stream in [
        vec![added(), arguments.clone(), end(json!([]))],
        vec![
            added(),
            arguments.clone(),
            call_event("output_item.done", Some(0), item("")),
            end(json!([])),
        ],
        vec![added(), arguments, end(json!([item("")]))],
        vec![
            call_event("output_item.done", Some(0), item(r#"{"x":1}"#)),
            end(json!([item("{}")])),
        ],
        vec![end(json!([item(r#"{"x":1}"#)]))],
    ] {
        assert_eq!(calls(&stream), full, "{stream:?}");
    }
}

// Report A4, A11 (attack): unused values are never built.
#[test]
fn what_is_not_used_costs_nothing() {
    let wide = format!("[{}0]", r#"{"":0},"#.repeat(100_000));
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for value in [
        wide.as_str(),
        &deep,
        "1e400",
        "-1e999999",
        "[NaN,Infinity]",
        r#""\ud83d\q""#,
    ] {
        let stream = [
            format!("event: response.reasoning.delta\ndata: {{\"x\":{value}}}\n\n"),
            format!(
                "data: {{\"type\":\"response.output_text.delta\",\"x\":{value},\"delta\":\"PO\",\"y\":{value}}}\n\n"
            ),
            format!(
                "data: {{\"type\":\"response.completed\",\"response\":{{\"x\":{value},\"status\":\"completed\",\"output\":[{value},{{\"type\":\"message\",\"x\":{value},\"content\":[{{\"type\":\"output_text\",\"text\":\"PONG\",\"x\":{value}}}]}}],\"usage\":{value}}}}}\n\n"
            ),
        ];
        let (end, shown) = read_pieces(Format::Stream, stream.concat().as_bytes().chunks(4096));
        assert_eq!(end.expect("an answer").text, "PONG");
        assert_eq!(shown, "PONG");
    }
}

// Report A4 (attack): many parts and calls take linear time.
#[test]
fn many_parts_and_calls_are_read_in_time() {
    let mut stream = String::new();
    for at in (0..20_000).rev() {
        stream += &format!(
            "data: {{\"type\":\"response.output_text.delta\",\"output_index\":{at},\"delta\":\"x\"}}\n\n"
        );
        stream += &format!(
            "data: {{\"type\":\"response.output_item.done\",\"output_index\":{at},\"item\":{{\"type\":\"function_call\",\"call_id\":\"c{at}\"}}}}\n\n"
        );
    }
    stream += &end(json!([]));
    let mut reader = AnswerReader::new(Format::Stream, 1 << 24, Locale::En);
    let mut shown = String::new();
    reader.push(stream.as_bytes(), &mut shown);
    assert_eq!(
        reader.finish(&mut shown).expect("an answer").calls.len(),
        20_000
    );
}

// Report F16, A8: calls may share an id; the round finds repetitions.
#[test]
fn calls_of_one_id_in_two_places_are_two() {
    let item = |arguments: &str| json!({"type": "function_call", "call_id": "t", "name": "t", "arguments": arguments});
    let mut stream = vec![];
    for (index, arguments) in [(0, r#"{"x":1}"#), (1, r#"{"x":2}"#)] {
        stream.push(call_event("output_item.added", Some(index), item("")));
        stream.push(call_event("output_item.done", Some(index), item(arguments)));
    }
    stream.push(end(json!([])));
    let both = [r#"{"x":1}"#, r#"{"x":2}"#].map(|x| ("t".to_owned(), x.to_owned()));
    assert_eq!(calls(&stream), both);
}

#[test]
fn more_calls_than_any_request_could_answer_are_no_answer() {
    let call = r#"{"type":"function_call"},"#;
    let body = format!(r#"{{"output":[{}{{}}]}}"#, call.repeat(100_001));
    let (end, _) = read_pieces(Format::Json, [body.as_bytes()].into_iter());
    assert_eq!(end.expect_err("too many").code, FaultCode::ProtocolError);
}
