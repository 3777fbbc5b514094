//! `request_rejected` and `request_too_large`.

use host_shim::FaultCode::{NetworkOrUnreachable, RequestRejected, RequestTooLarge};
use host_shim::{Attachment, Fault, FaultCode, Level, TurnRequest};
use openclaw_fake_gateway::{End, Http, Scene};
use openclaw_tests::rig::{Rig, attachment, tool, turn_with};
use serde_json::json;

use super::{check, fault_of};

#[tokio::test]
async fn fault_request_rejected_on_400_with_the_gateways_words() {
    let fault = fault_of(
        Scene::bad_request("Unrecognized key: 'ghost'"),
        RequestRejected,
    )
    .await;
    assert_eq!(fault.http_status, Some(400));
    assert!(
        fault.message.contains("Unrecognized key: 'ghost'"),
        "{fault:?}"
    );
}

#[tokio::test]
async fn fault_request_too_large_on_413() {
    let fault = fault_of(Http::new(413).text("Payload Too Large"), RequestTooLarge).await;
    assert_eq!(fault.http_status, Some(413));
}

/// A gateway that hangs up while it is still being sent a large request. Written by hand, since the
/// scripted one reads requests whole. Later requests it answers with 401, or it is gone.
async fn ask_one_that_hangs_up(lives: bool) -> (Rig, Fault) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 1024]).await.unwrap();
        stream.set_zero_linger().unwrap();
        drop(stream);
        if !lives {
            return;
        }
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    let rig = Rig::new().await;
    let url = format!("http://{address}");
    let config = openclaw_tests::rig::config(&url, serde_json::json!({}));
    rig.plugin.configure(config).await.unwrap();
    let request = TurnRequest {
        attachments: vec![image(9 << 20)],
        ..TurnRequest::new("what is it?")
    };
    let fault = rig.ask(request).await.unwrap_err();
    serving.abort();
    (rig, fault)
}

// A gateway with a smaller limit than the real one, which hangs up as that does, and lives on.
#[tokio::test]
async fn fault_request_too_large_on_the_reset_of_an_oversized_upload() {
    let (rig, fault) = ask_one_that_hangs_up(true).await;
    check(&rig, &fault, RequestTooLarge).await;
}

// Report A17 (attack): one that dies in the middle of an upload has not found it too large.
#[tokio::test]
async fn fault_network_or_unreachable_on_a_reset_in_an_upload() {
    let (rig, fault) = ask_one_that_hangs_up(false).await;
    check(&rig, &fault, NetworkOrUnreachable).await;
}

// Report A18 (dakrone/clj-http#277: an answer before the request is sent breaks the client): a gateway
// that begins its answer before it has read the request.
#[tokio::test]
async fn an_answer_that_begins_before_the_upload_is_read_is_an_answer() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        // Before the request, in its middle, and at its end: the head, a piece of the answer, the rest.
        let answer = json!({ "id": "r", "status": "completed", "output": [{ "type": "message",
            "role": "assistant", "content": [{ "type": "output_text", "text": "a cat" }] }] });
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let (first, rest) = answer.split_at(10);
        let mut read = 0;
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 64 << 10];
        for (until, piece) in [(1, head.as_str()), (5 << 20, first), (12 << 20, rest)] {
            while read < until {
                read += match stream.read(&mut bytes).await.unwrap() {
                    0 => panic!("the client has left after {read} bytes"),
                    more => more,
                };
            }
            stream.write_all(piece.as_bytes()).await.unwrap();
        }
        while stream.read(&mut bytes).await.is_ok_and(|more| more > 0) {}
    });
    let rig = Rig::new().await;
    let url = format!("http://{address}");
    let config = openclaw_tests::rig::config(&url, json!({}));
    rig.plugin.configure(config).await.unwrap();
    let request = TurnRequest {
        // 12 MiB in base64.
        attachments: vec![image(9 << 20)],
        ..TurnRequest::new("what is it?")
    };
    assert_eq!(rig.ask(request).await.unwrap().text, "a cat");
    serving.abort();
}

fn image(bytes: usize) -> Attachment {
    attachment("image/png", bytes)
}

/// The fault of a turn that is refused before anything is sent.
async fn refused_unsent(request: TurnRequest, code: FaultCode) -> Fault {
    let rig = Rig::new().await;
    let fault = rig.ask(request).await.unwrap_err();
    check(&rig, &fault, code).await;
    assert_eq!(rig.gateway.connections(), 0, "something was sent");
    fault
}

#[tokio::test]
async fn fault_request_rejected_before_sending_on_an_attachment_that_the_gateway_does_not_read() {
    for media_type in [
        "image/bmp",
        "application/zip",
        "video/mp4",
        "",
        "image/png; q=1",
    ] {
        let attachment = Attachment {
            media_type: media_type.to_owned(),
            ..image(10)
        };
        let request = TurnRequest {
            attachments: vec![attachment],
            ..TurnRequest::new("what is it?")
        };
        refused_unsent(request, RequestRejected).await;
    }
}

#[tokio::test]
async fn fault_request_rejected_before_sending_on_an_empty_text() {
    refused_unsent(TurnRequest::new(""), RequestRejected).await;
    refused_unsent(TurnRequest::new(" \n"), RequestRejected).await;
}

#[tokio::test]
async fn fault_request_rejected_before_sending_on_bad_tools() {
    let bad_name = turn_with("hi", Level::Act, &[tool("not a name", Level::Act)]);
    refused_unsent(bad_name, RequestRejected).await;
    let twice = [tool("same", Level::Act), tool("same", Level::ReadOnly)];
    refused_unsent(turn_with("hi", Level::Act, &twice), RequestRejected).await;
    let mut no_schema = tool("a", Level::Act);
    no_schema.parameters = r#"["not an object"]"#.to_owned();
    refused_unsent(turn_with("hi", Level::Act, &[no_schema]), RequestRejected).await;
}

#[tokio::test]
async fn fault_request_too_large_before_sending_on_an_attachment_over_its_limit() {
    const MIB: usize = 1 << 20;
    let file = |bytes| attachment("text/plain", bytes);
    for attachment in [image(10 * MIB + 1), file(5 * MIB + 1)] {
        let request = TurnRequest {
            attachments: vec![attachment],
            ..TurnRequest::new("what is it?")
        };
        refused_unsent(request, RequestTooLarge).await;
    }
}

#[tokio::test]
async fn fault_request_too_large_before_sending_on_a_body_over_20_mib() {
    const MIB: usize = 1 << 20;
    let attachments = vec![image(8 * MIB), image(8 * MIB)];
    let request = TurnRequest {
        attachments,
        ..TurnRequest::new("what are they?")
    };
    refused_unsent(request, RequestTooLarge).await;
}

#[tokio::test]
async fn attachments_at_their_limits_reach_the_gateway_whole() {
    const MIB: usize = 1 << 20;
    let rig = Rig::new().await;
    let attachments = vec![image(10 * MIB), attachment("text/plain", 4 * MIB)];
    let request = TurnRequest {
        attachments,
        ..TurnRequest::new("what are they?")
    };
    rig.ask(request).await.unwrap();
    // The gateway checked type and size of both; here it is seen that they are the same bytes.
    let body = rig.gateway.turns()[0].json.clone().unwrap();
    let parts = body["input"][0]["content"].as_array().unwrap().clone();
    let lengths: Vec<_> = parts
        .iter()
        .filter_map(|part| part["source"]["data"].as_str())
        .map(|data| {
            (
                data.len(),
                &data[..8],
                &data[data.len() - 12..data.len() - 8],
            )
        })
        .collect();
    let base64 = |bytes: usize| bytes.div_ceil(3) * 4;
    let png = (base64(10 * MIB), "iVBORw0K", "ICAg");
    let text = (base64(4 * MIB), "dGV4dCAg", "ICAg");
    assert_eq!(lengths, [png, text]);
}

#[tokio::test]
async fn an_answer_that_ends_the_connection_early_is_read_all_the_same() {
    // As 2026.2.9 does with a bad token: it answers before it has read the body.
    let rig = Rig::new().await;
    rig.gateway
        .answer_everything_with(Scene::unauthorized().then(End::Close));
    let attachments = vec![image(1 << 20)];
    let request = TurnRequest {
        attachments,
        ..TurnRequest::new("what is it?")
    };
    let fault = rig.ask(request).await.unwrap_err();
    check(&rig, &fault, FaultCode::AuthFailed).await;
}
