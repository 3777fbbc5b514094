//! Sample turns and gateway answers.

use super::host::Scene;
use super::*;

pub(super) fn turn(text: &str) -> TurnRequest {
    TurnRequest {
        id: "t1".into(),
        session: "s".into(),
        level: Level::Act,
        ..TurnRequest::new(text)
    }
}

pub(super) fn tool(name: &str, level: Level) -> Tool {
    Tool {
        name: name.into(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.into(),
        level,
        approval: Default::default(),
    }
}

pub(super) fn guarded_tool(name: &str, level: Level, approval: Approval) -> Tool {
    Tool {
        approval,
        ..tool(name, level)
    }
}

pub(super) fn stream_head() -> Head {
    Head {
        status: 200,
        content_type: "text/event-stream".into(),
        ..Head::default()
    }
}

pub(super) fn sse(events: &[Value]) -> Vec<u8> {
    let frame = |data: &Value| {
        format!(
            "event: {}\ndata: {data}\n\n",
            data["type"].as_str().expect("a type")
        )
    };
    events.iter().map(frame).collect::<String>().into_bytes()
}

pub(super) fn delta(text: &str) -> Value {
    json!({"type": "response.output_text.delta", "delta": text})
}

pub(super) fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "r1", "status": "completed", "output": output,
        "usage": {"input_tokens": 10, "output_tokens": 2}}})
}

pub(super) fn message(text: &str) -> Value {
    json!({"type": "message", "content": [{"type": "output_text", "text": text}]})
}

pub(super) fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments})
}

pub(super) fn replies(text: &str) -> Scene {
    Scene::Answers(
        stream_head(),
        vec![Ok(sse(&[delta(text), completed(json!([message(text)]))]))],
    )
}

pub(super) fn calls(calls: Value) -> Scene {
    Scene::Answers(stream_head(), vec![Ok(sse(&[completed(calls)]))])
}

pub(super) fn refuses(status: u16, body: &str) -> Scene {
    let head = Head {
        status,
        content_type: "application/json".into(),
        ..Head::default()
    };
    Scene::Answers(head, vec![Ok(body.as_bytes().to_vec())])
}

pub(super) fn refused() -> Scene {
    Scene::Fails(Failure::NotSent("connection refused".into()))
}

pub(super) fn reset() -> Scene {
    Scene::Fails(Failure::Broken {
        why: "reset".into(),
        uploaded: true,
    })
}
