use super::*;

fn parse(line: &str) -> Result<(Id, Op), BadLine> {
    super::parse(line.as_bytes())
}

fn refused(line: &str) -> (Option<Id>, String) {
    let bad = parse(line).unwrap_err();
    (bad.id, bad.message)
}

fn id(value: impl Into<Value>) -> Id {
    Id::try_from(value.into()).unwrap()
}

#[test]
fn every_op_is_understood() {
    let Ok((ask_id, Op::Ask(ask))) = parse(
        r#"{"id":"a","op":"ask","text":"hi","session":"s","level":"L2","heavy":true,
            "patience":"background","files":true,"instructions":"short","attachments":[{"path":"cat.png"},
            {"media_type":"text/plain","data":"aGk=","filename":"h.txt"}],
            "tools":[{"name":"t","description":"d","parameters":{"type":"object"},"level":"L1",
            "approval":"admin"}],"context":{"sender_name":"Ann","is_admin":true,
            "quoted":{"text":"hello"}}}"#,
    ) else {
        panic!("not an ask")
    };
    assert_eq!(ask_id, id("a"));
    assert_eq!(ask.level, Some(Level::Act));
    assert_eq!(
        ask.patience,
        Some(openclaw_core::turn::Patience::Background)
    );
    assert_eq!(ask.files, Some(true));
    let attachments = ask.attachments.unwrap();
    assert_eq!(attachments[0], AskAttachment::Path("cat.png".into()));
    assert!(matches!(&attachments[1], AskAttachment::Content(a) if a.data == b"hi"));
    let tools = ask.tools.unwrap();
    assert_eq!(
        (tools[0].level, tools[0].approval),
        (Level::ReadOnly, openclaw_core::approval::Approval::Admin)
    );
    let context = ask.context.unwrap();
    assert_eq!(
        (context.sender_name.as_str(), context.is_admin),
        ("Ann", true)
    );
    assert_eq!(context.quoted.unwrap().text, "hello");

    assert_eq!(
        parse(r#"{"id":2,"op":"tool-result","turn":"a","call":"c","output":"42"}"#),
        Ok((
            id(2),
            Op::ToolResult(ToolResult {
                turn: id("a"),
                call: "c".to_owned(),
                result: Ok("42".to_owned())
            })
        ))
    );
    assert_eq!(
        parse(r#"{"id":2,"op":"decide","turn":"a","request":"a1","approve":true}"#),
        Ok((
            id(2),
            Op::Decide(Decide {
                turn: id("a"),
                request: "a1".to_owned(),
                approve: true,
                by: None,
                role: None,
            })
        ))
    );
    assert_eq!(
        parse(r#"{"id":2,"op":"cancel","turn":1.5}"#),
        Ok((id(2), Op::Cancel { turn: id(1.5) }))
    );
    assert_eq!(
        parse(r#"{"id":2,"op":"status"}"#),
        Ok((id(2), Op::Status {}))
    );
    assert_eq!(
        parse(r#"{"id":2,"op":"diagnose"}"#),
        Ok((id(2), Op::Diagnose {}))
    );
    assert_eq!(parse(r#"{"id":2,"op":"reset"}"#), Ok((id(2), Op::Reset {})));
    assert_eq!(
        parse(r#"{"id":2,"op":"advance","seconds":0.5}"#),
        Ok((
            id(2),
            Op::Advance {
                by: Duration::from_millis(500)
            }
        ))
    );
    assert!(matches!(parse(r#"{"op":"quit"}"#), Ok((_, Op::Quit {}))));
    assert_eq!(parse(r#"{"id":3,"op":"quit"}"#), Ok((id(3), Op::Quit {})));
}

#[test]
fn memory_pretends_a_number_or_unreadable_and_null_is_the_real_one() {
    let memory = |fields: &str| parse(&format!(r#"{{"id":1,"op":"memory",{fields}}}"#));
    let is = |pretence| Ok((id(1), Op::Memory(pretence)));
    assert_eq!(
        memory(r#""available_mib":350"#),
        is(Pretence::Available(350 << 20))
    );
    assert_eq!(
        memory(r#""available_mib":0.5"#),
        is(Pretence::Available(1 << 19))
    );
    assert_eq!(memory(r#""available_mib":null"#), is(Pretence::Real));
    assert_eq!(memory(r#""unreadable":true"#), is(Pretence::Unreadable));
    for bad in [
        r#""available_mib":-1"#,
        r#""available_mib":"1""#,
        r#""x":1"#,
    ] {
        assert!(
            memory(bad).unwrap_err().message.contains("available_mib"),
            "{bad}"
        );
    }
    assert!(parse(r#"{"id":1,"op":"memory"}"#).is_err());
}

#[test]
fn a_tool_result_has_exactly_one_of_output_and_error() {
    let result = |fields: &str| match parse(&format!(
        r#"{{"id":1,"op":"tool-result","turn":1,"call":"c"{fields}}}"#
    )) {
        Ok((_, Op::ToolResult(result))) => Ok(result.result),
        Ok(other) => panic!("{other:?}"),
        Err(bad) => Err(bad.message),
    };
    assert_eq!(
        result(r#","output":{"t":21}"#),
        Ok(Ok(r#"{"t":21}"#.to_owned()))
    );
    assert_eq!(result(r#","error":"no""#), Ok(Err("no".to_owned())));
    assert!(
        result("")
            .unwrap_err()
            .contains("either `output` or `error`")
    );
    assert!(result(r#","output":"a","error":"b""#).is_err());
}

#[test]
fn bad_lines_are_answered_with_their_id_where_they_have_one() {
    let (of, message) = refused("nonsense");
    assert_eq!(of, None);
    assert!(message.contains("not JSON"), "{message}");
    assert!(refused("[1]").1.contains("not a JSON object"));
    assert!(refused(r#"{"op":"status"}"#).1.contains("`id` is missing"));
    assert_eq!(refused(r#"{"id":{},"op":"status"}"#).0, None);
    assert_eq!(refused(r#"{"id":7}"#).0, Some(id(7)));
    // A number is not the place of an op.
    for op in ["0", "3", "8", "true", "null"] {
        let (of, message) = refused(&format!(r#"{{"id":7,"op":{op}}}"#));
        assert_eq!(of, Some(id(7)), "{op}");
        assert!(message.contains("`op`"), "{message}");
    }
    let long = "x".repeat(5000);
    let line = format!(r#"{{"id":"{long}","op":"fly"}}"#);
    assert_eq!(refused(&line).0, Some(id(long)));
    let (of, message) = refused(r#"{"id":"x","op":"fly"}"#);
    assert_eq!(of, Some(id("x")));
    assert!(
        message.starts_with("unknown op `fly`") && message.contains("tool-result"),
        "{message}"
    );
    let (of, message) = refused(r#"{"id":1,"op":"ask","text":"hi","level":"L9"}"#);
    assert_eq!(of, Some(id(1)));
    assert!(
        message.contains("L9") && message.contains("L4"),
        "{message}"
    );
    for (line, message) in [
        (
            r#"{"id":1,"op":"ask","text":5}"#,
            "ask: text: invalid type: integer `5`, expected a string",
        ),
        (
            r#"{"id":1,"op":"ask","text":"","tools":[{"name":"t","level":"L1"},{"name":1,"level":"L1"}]}"#,
            "ask: tools[1].name: invalid type: integer `1`, expected a string",
        ),
        (
            r#"{"id":1,"op":"tool-result","turn":1,"call":2,"output":""}"#,
            "tool-result: call: invalid type: integer `2`, expected a string",
        ),
        (r#"{"id":1,"op":"cancel"}"#, "cancel: missing field `turn`"),
        (r#"{"id":1,"op":"ask"}"#, "ask: missing field `text`"),
    ] {
        assert_eq!(refused(line).1, message);
    }
    assert!(
        refused(r#"{"id":1,"op":"ask","text":"hi","leval":"L1"}"#)
            .1
            .contains("leval")
    );
    assert!(refused(r#"{"id":1,"op":"status","x":1}"#).1.contains("`x`"));
    assert!(
        refused(r#"{"id":1,"op":"advance","seconds":-1}"#)
            .1
            .contains("0 or more")
    );
    assert!(
        refused(r#"{"id":1,"op":"advance","seconds":1e300}"#)
            .1
            .contains("seconds")
    );
    let line = r#"{"id":1,"op":"ask","text":"","attachments":[{"media_type":"a/b","data":"%"}]}"#;
    assert!(refused(line).1.contains("base64"));
    let line = r#"{"id":1,"op":"ask","text":"","attachments":[{"path":"a","data":"aGk="}]}"#;
    assert!(refused(line).1.contains("either `path`"));
}

#[test]
fn invalid_utf8_is_reported_with_its_place() {
    let bad = super::parse(b"{\"id\":1,\"op\":\"st\xff\"}").unwrap_err();
    assert_eq!(bad.id, Some(id(1)));
    assert!(
        bad.message.contains("not UTF-8 at byte 16"),
        "{}",
        bad.message
    );
}

// Report F17: a line that cannot be read as a whole (helidon-io/helidon#10740: errors without the id leave clients waiting).
#[test]
fn a_line_that_cannot_be_read_as_a_whole_is_refused_with_its_id() {
    let deep = format!(
        r#"{{"op":"ask","text":"hi","tools":[{{"name":"t","level":"L1","parameters":{}{}}}],"id":1}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    for line in [
        r#"{"op":"ask","id":1,"text":"cut of"#,
        r#"{"op":"ask","text":hi,"id":1}"#,
        r#"{"op":"ask","text":"a","text":"b","id":1}"#,
        r#"{"op":"ask","text":"\x","id":1}"#,
        r#"{"op":"ask","text":"\ud8","id":1}"#,
        r#"{"op":"ask","text":"hi","id":1}}"#,
        r#"{"op":"ask","text":"hi","id":1} {"op":"status","id":"other"}"#,
        r#"{"op":"status","seconds":NaN,"id":1}"#,
        "{\"op\":\"ask\",\"text\":\"raw \n break\",\"id\":1}",
        deep.as_str(),
    ] {
        assert_eq!(refused(line).0, Some(id(1)), "{line:.90}");
    }
    let surrogate_in_utf8 = b"{\"op\":\"ask\",\"text\":\"\xed\xa0\xbd\",\"id\":1}";
    assert_eq!(super::parse(surrogate_in_utf8).unwrap_err().id, Some(id(1)));
    // What is no id is not sent back as one.
    for line in [
        r#"{"op":"status","id":true}"#,
        r#"{"op":"status","id":[1]}"#,
        r#"{"op":"status","id":null}"#,
    ] {
        let (of, message) = refused(line);
        assert_eq!(of, None, "{line}");
        assert!(message.contains("a string or a number"), "{message}");
    }
}

// Report F1: half of an emoji in what users and tools say (serde-rs/json#827: such JSON is refused as a whole).
#[test]
fn half_characters_are_replaced_and_the_rest_is_kept() {
    let line = r#"{"op":"ask","id":1,"text":"hi \ud83d","session":"\ude00","instructions":"\ud83d\ude00"}"#;
    let Ok((_, Op::Ask(ask))) = parse(line) else {
        panic!("not an ask")
    };
    assert_eq!(ask.text, "hi \u{fffd}");
    assert_eq!(ask.session.as_deref(), Some("\u{fffd}"));
    assert_eq!(ask.instructions.as_deref(), Some("😀"));
    let line = r#"{"op":"tool-result","id":2,"turn":1,"call":"c","output":{"t":"\udc00"}}"#;
    let Ok((_, Op::ToolResult(result))) = parse(line) else {
        panic!("not a tool result")
    };
    assert_eq!(result.result, Ok("{\"t\":\"\u{fffd}\"}".to_owned()));
    assert_eq!(
        parse("\u{feff}{\"id\":1,\"op\":\"status\"}"),
        Ok((id(1), Op::Status {}))
    );
}
