use super::*;

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn events_have_the_names_of_the_session_protocol() {
    let text = || "hi".to_owned();
    assert_eq!(
        json(&Event::Delta { text: text() }),
        r#"{"event":"delta","text":"hi"}"#
    );
    let notice = Notice {
        code: NoticeCode::LevelLowered,
        text: text(),
    };
    assert_eq!(
        json(&Event::Notice(notice)),
        r#"{"event":"notice","code":"level_lowered","text":"hi"}"#
    );
}

#[test]
fn a_call_is_written_with_its_arguments_as_an_object() {
    let mut call = ToolCall {
        id: "c1".into(),
        name: "weather".into(),
        arguments: r#"{"city":"北京"}"#.into(),
    };
    assert_eq!(
        json(&Event::ToolCall(call.clone())),
        r#"{"event":"tool-call","call":"c1","name":"weather","arguments":{"city":"北京"}}"#
    );
    for (arguments, written) in [("oops", r#""oops""#), ("[1]", r#""[1]""#), ("5", r#""5""#)] {
        call.arguments = arguments.into();
        assert!(json(&call).ends_with(&format!(r#""arguments":{written}}}"#)));
    }
}

#[test]
fn an_attachment_carries_base64_and_refuses_what_is_not() {
    let attachment: Attachment =
        serde_json::from_str(r#"{"media_type":"text/plain","data":"aGk="}"#).unwrap();
    assert_eq!(attachment.data, b"hi");
    assert_eq!(
        json(&attachment),
        r#"{"media_type":"text/plain","filename":"","data":"aGk="}"#
    );
    let error = serde_json::from_str::<Attachment>(r#"{"media_type":"a/b","data":"%"}"#);
    assert!(std::format!("{}", error.unwrap_err()).contains("not base64"));
}
