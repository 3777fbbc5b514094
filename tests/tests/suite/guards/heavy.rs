//! | heavy | an attachment, a mark, a word in the text, or a large body |

use host_shim::{FaultCode, TurnRequest};
use openclaw_tests::rig::{MIB, Rig, attachment, code};
use serde_json::json;

/// A rig with too little memory for heavy turns, and enough for others.
async fn short(config: serde_json::Value) -> Rig {
    let rig = Rig::with(config).await;
    rig.memory.available(400 * MIB);
    rig
}

#[tokio::test]
async fn guard_heavy_any_attachment() {
    let rig = short(json!({})).await;
    for media_type in ["image/png", "image/webp", "text/plain", "application/pdf"] {
        let request = TurnRequest {
            attachments: vec![attachment(media_type, 100)],
            ..TurnRequest::new("hi")
        };
        assert_eq!(
            code(&rig.ask(request).await),
            FaultCode::HeavyTaskRefused,
            "{media_type}"
        );
    }
    assert!(rig.gateway.requests().is_empty());
}

#[tokio::test]
async fn guard_heavy_marked_by_the_caller() {
    let rig = short(json!({})).await;
    let request = TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    };
    assert_eq!(code(&rig.ask(request).await), FaultCode::HeavyTaskRefused);
}

#[tokio::test]
async fn guard_heavy_a_text_with_one_of_the_words_in_any_case() {
    let rig = short(json!({})).await;
    let texts = [
        "draw an image",
        "一张图片",
        "cut the video",
        "看视频",
        "open the file",
        "读文件",
        "a pdf",
        "截图给我",
        "绘图",
        "An IMAGE",
        "Report.PDF",
    ];
    for text in texts {
        assert_eq!(
            code(&rig.say(text).await),
            FaultCode::HeavyTaskRefused,
            "{text}"
        );
    }
    assert!(rig.gateway.requests().is_empty());
    rig.say("How is the weather? 天气怎么样？").await.unwrap();
}

#[tokio::test]
async fn guard_heavy_words_can_be_configured() {
    let rig = short(json!({ "heavy_words": ["Compile"] })).await;
    assert_eq!(
        code(&rig.say("please compile it").await),
        FaultCode::HeavyTaskRefused
    );
    rig.say("draw an image").await.unwrap();
}

#[tokio::test]
async fn guard_heavy_a_body_over_the_size() {
    let rig = short(json!({})).await;
    let long = "字".repeat(90_000);
    assert_eq!(code(&rig.say(&long).await), FaultCode::HeavyTaskRefused);
    let shorter = "字".repeat(80_000);
    rig.say(&shorter).await.unwrap();

    let rig = short(json!({ "heavy_bytes": 1000 })).await;
    assert_eq!(
        code(&rig.say(&"a".repeat(1000)).await),
        FaultCode::HeavyTaskRefused
    );
}

#[tokio::test]
async fn guard_heavy_turns_go_through_with_enough_memory() {
    let rig = Rig::new().await;
    let attachments = vec![attachment("image/png", 100), attachment("text/plain", 100)];
    let request = TurnRequest {
        attachments,
        heavy: true,
        ..TurnRequest::new("an image and a file")
    };
    rig.ask(request).await.unwrap();
    assert_eq!(
        rig.gateway.turns().len(),
        1,
        "the gateway accepts the attachments' shape"
    );
}
