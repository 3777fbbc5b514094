//! The scenes of the demo. Each checks what it shows.

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use host_shim::{BreakerState, Event, FaultCode, GatewayName, Level, NoticeCode, TurnRequest};
use openclaw_fake_gateway::{Answer, Gate, Scene as Answered};
use serde_json::Value;

use openclaw_core::locale::say;
use openclaw_render::breaker_state;

use super::stage::{CountWords, Miss, Played, Seen, Stage, check};

/// One scene: English and Chinese title and story, and what is played.
pub struct Scene {
    pub title: [&'static str; 2],
    pub story: [&'static str; 2],
    pub play: for<'a> fn(&'a mut Stage) -> LocalBoxFuture<'a, Played>,
}

/// All scenes, in order.
pub const SCENES: &[Scene] = &[
    Scene {
        title: ["A streamed turn", "流式回答"],
        story: [
            "Text is shown as it arrives; the final reply is authoritative.",
            "文字随到随显；以最终回答为准。",
        ],
        play: |stage| streamed(stage).boxed_local(),
    },
    Scene {
        title: ["A tool call", "工具调用"],
        story: [
            "The model calls one of the caller's tools. The tool needs L1 and the turn has L1, so it runs and its output goes back.",
            "模型调用调用方提供的工具：工具需要 L1，任务也是 L1，因此执行，并把结果返回给模型。",
        ],
        play: |stage| tool_call(stage).boxed_local(),
    },
    Scene {
        title: ["600 MiB of memory", "600 MiB 可用内存"],
        story: [
            "Enough for everything: a heavy task is accepted.",
            "内存充足：重任务放行。",
        ],
        play: |stage| memory_600(stage).boxed_local(),
    },
    Scene {
        title: ["500 MiB of memory", "500 MiB 可用内存"],
        story: [
            "Below 512 MiB: a heavy task is refused before anything is sent; a plain one runs.",
            "低于 512 MiB：重任务在发送前被拒绝，普通任务放行。",
        ],
        play: |stage| memory_500(stage).boxed_local(),
    },
    Scene {
        title: ["300 MiB of memory", "300 MiB 可用内存"],
        story: [
            "Below 350 MiB: heavy tasks are refused, and L2 is lowered to L1, so the L2 tool is not offered.",
            "低于 350 MiB：拒绝重任务，并把 L2 降为 L1：不再提供 L2 工具。",
        ],
        play: |stage| memory_300(stage).boxed_local(),
    },
    Scene {
        title: ["Two turns at once", "同时两个任务"],
        story: [
            "Only one turn runs at a time; the other waits and gets a notice.",
            "始终一次只运行一个；另一个排队等待，并得到提示。",
        ],
        play: |stage| two_at_once(stage).boxed_local(),
    },
    Scene {
        title: ["A wrong token", "令牌错误"],
        story: [
            "The gateway answers 401: auth_failed, with cause and remedy.",
            "网关返回 401：auth_failed，附原因与处理办法。",
        ],
        play: |stage| wrong_token(stage).boxed_local(),
    },
    Scene {
        title: ["The endpoint is switched off", "端点未启用"],
        story: [
            "OpenClaw's default: 405 without `Allow`, whatever the token is.",
            "OpenClaw 的默认设置：无论令牌是否正确，都返回不带 Allow 的 405。",
        ],
        play: |stage| endpoint_off(stage).boxed_local(),
    },
    Scene {
        title: ["The gateway is gone", "网关没有运行"],
        story: [
            "Nothing listens at the address.",
            "该地址没有任何程序在监听。",
        ],
        play: |stage| gateway_gone(stage).boxed_local(),
    },
    Scene {
        title: ["The breaker", "熔断"],
        story: [
            "Two failures open it for 60 s. Then one trial turn runs: the first fails and reopens the breaker, the next succeeds and closes it.",
            "两次失败后打开 60 秒；之后放行一次试探：失败则再次打开，下一次成功则关闭。",
        ],
        play: |stage| breaker(stage).boxed_local(),
    },
];

async fn streamed(stage: &mut Stage) -> Played {
    let text = say!(stage.locale,
        en: "Hello. I am the gateway, and I come word by word.",
        zh: "你好。 我是网关， 我一个词 一个词地 到来。");
    // The rest comes only once the beginning has been shown.
    let gate = Gate::new();
    let (begin, rest) = text.split_at(text.find(' ').unwrap_or_default());
    let answer = Answer::new().delta(begin).hold(&gate);
    let words = rest.split_inclusive(' ');
    stage.next(words.fold(answer, |answer, word| answer.delta(word)));
    let request = TurnRequest::new(say!(stage.locale, en: "Who are you?", zh: "你是谁？"));
    let mut turn = stage.begin(request)?;
    let first = stage.first_event(&mut turn).await?;
    gate.open();
    let seen = stage.finish(turn, vec![first]).await?;
    let reply = seen.reply()?;
    check(seen.said() == text && reply.text == text, || {
        format!("the text is {:?}", reply.text)
    })?;
    check(reply.level == Level::Talk, || {
        format!("the level is {}", reply.level)
    })?;
    check(reply.gateway == GatewayName::Primary, || {
        "not the primary's answer".to_owned()
    })
}

async fn tool_call(stage: &mut Stage) -> Played {
    stage.next(Answer::new().call("call_1", "count_words", r#"{"text":"the quick brown fox"}"#));
    stage.next(Answered::reply(
        &say!(stage.locale, en: "There are 4 words.", zh: "一共有 4 个词。"),
    ));
    let mut request = TurnRequest::new(say!(stage.locale,
        en: "How many words are in 'the quick brown fox'?",
        zh: "“the quick brown fox”有几个词？"));
    request.level = Level::ReadOnly;
    request.tools = vec![CountWords::spec(Level::ReadOnly)];
    let seen = stage.ask(request).await?;
    seen.reply()?;
    let ran = seen.events.iter().any(|event| {
        matches!(
            event,
            Event::ToolEnded {
                succeeded: true,
                ..
            }
        )
    });
    check(ran, || format!("the tool did not run: {:?}", seen.events))?;
    let output = stage
        .arrived()
        .last()
        .and_then(|turn| tool_output(turn.json.as_ref()?));
    stage.say(&format!(
        "   {} {}",
        say!(stage.locale, en: "tool output sent to the gateway:", zh: "网关收到的工具结果："),
        output.as_deref().unwrap_or("—")
    ))?;
    check(output.as_deref() == Some("4"), || {
        format!("the gateway got {output:?}")
    })
}

/// The output of a tool that a request to the gateway brings.
fn tool_output(request: &Value) -> Option<String> {
    let items = request["input"].as_array()?;
    let item = items
        .iter()
        .find(|item| item["type"] == "function_call_output")?;
    item["output"].as_str().map(str::to_owned)
}

async fn memory_600(stage: &mut Stage) -> Played {
    stage.memory_mib(600);
    stage.next(Answered::reply(
        &say!(stage.locale, en: "Here you go: =^.^=", zh: "画好了： =^.^="),
    ));
    let seen = heavy(stage).await?;
    seen.reply().map(drop)
}

async fn memory_500(stage: &mut Stage) -> Played {
    stage.memory_mib(500);
    refused_heavy(stage).await?;
    let seen = light(stage).await?;
    let level = seen.reply()?.level;
    check(level == Level::Act, || format!("the level is {level}"))
}

async fn memory_300(stage: &mut Stage) -> Played {
    stage.memory_mib(300);
    refused_heavy(stage).await?;
    let seen = light(stage).await?;
    let level = seen.reply()?.level;
    check(level == Level::ReadOnly, || format!("the level is {level}"))?;
    check(noticed(&seen.events, NoticeCode::LevelLowered), || {
        "no notice of it".to_owned()
    })?;
    let offered = stage
        .arrived()
        .last()
        .and_then(|turn| turn.json.clone())
        .unwrap_or_default();
    check(!offered.to_string().contains("count_words"), || {
        "the tool was offered".to_owned()
    })
}

/// A heavy task that must be refused without reaching the gateway.
async fn refused_heavy(stage: &mut Stage) -> Played {
    let before = stage.gateway.requests().len();
    let seen = heavy(stage).await?;
    seen.fault(FaultCode::HeavyTaskRefused)?;
    let sent = stage.gateway.requests().len() - before;
    check(sent == 0, || format!("{sent} requests were sent"))
}

async fn heavy(stage: &mut Stage) -> Result<Seen, Miss> {
    let mut request = TurnRequest::new(say!(stage.locale,
        en: "Paint me a cat.",
        zh: "给我画一只猫。"));
    request.heavy = true;
    stage.ask(request).await
}

/// A plain task at L2 with a tool that needs L2.
async fn light(stage: &mut Stage) -> Result<Seen, Miss> {
    let mut request = TurnRequest::new(say!(stage.locale,
        en: "What is 6 times 7?",
        zh: "6 乘 7 等于几？"));
    request.level = Level::Act;
    request.tools = vec![CountWords::spec(Level::Act)];
    stage.next(Answered::reply("42"));
    stage.ask(request).await
}

fn noticed(events: &[Event], code: NoticeCode) -> bool {
    events
        .iter()
        .any(|event| matches!(event, Event::Notice(notice) if notice.code == code))
}

async fn two_at_once(stage: &mut Stage) -> Played {
    let gate = Gate::new();
    stage.next(Answer::new().delta("1").hold(&gate).delta(" 1"));
    stage.next(Answered::reply("2 2"));
    let before = stage.arrived().len();
    let first = stage.begin(TurnRequest::new(say!(stage.locale,
        en: "The first.",
        zh: "第一个。")))?;
    gate.reached().await;
    let mut second = stage.begin(TurnRequest::new(say!(stage.locale,
        en: "The second.",
        zh: "第二个。")))?;
    let seen = [stage.first_event(&mut second).await?];
    check(noticed(&seen, NoticeCode::Queued), || format!("{seen:?}"))?;
    let status = stage.status().await?;
    let (running, waiting) = (status.in_flight, status.queued);
    check((running, waiting) == (1, 1), || {
        format!("{running} running, {waiting} waiting")
    })?;
    let arrived = stage.arrived().len() - before;
    check(arrived == 1, || {
        format!("{arrived} turns are at the gateway")
    })?;
    gate.open();
    let first = stage.finish(first, Vec::new()).await?;
    check(first.reply()?.text == "1 1", || format!("{:?}", first.end))?;
    let second = stage.finish(second, seen.to_vec()).await?;
    check(second.reply()?.text == "2 2", || {
        format!("{:?}", second.end)
    })
}

async fn wrong_token(stage: &mut Stage) -> Played {
    stage.token("not-the-right-one").await.map_err(Miss::Stop)?;
    let seen = hello(stage).await?;
    let fault = seen.fault(FaultCode::AuthFailed)?;
    check(fault.http_status == Some(401), || {
        format!("{:?}", fault.http_status)
    })?;
    let secret = format!("{fault:?}");
    check(!secret.contains("not-the-right-one"), || {
        "the token was shown".to_owned()
    })
}

async fn endpoint_off(stage: &mut Stage) -> Played {
    stage
        .gateway
        .answer_everything_with(Answered::endpoint_off());
    let seen = hello(stage).await?;
    let fault = seen.fault(FaultCode::ResponsesEndpointNotEnabledOrNotFound)?;
    check(fault.http_status == Some(405), || {
        format!("{:?}", fault.http_status)
    })
}

async fn gateway_gone(stage: &mut Stage) -> Played {
    stage.gateway.stop().await;
    hello(stage)
        .await?
        .fault(FaultCode::NetworkOrUnreachable)
        .map(drop)
}

async fn breaker(stage: &mut Stage) -> Played {
    stage.gateway.stop().await;
    for _ in 0..2 {
        hello(stage).await?.fault(FaultCode::NetworkOrUnreachable)?;
    }
    breaker_is(stage, BreakerState::Open).await?;
    let refused = hello(stage).await?;
    let fault = refused.fault(FaultCode::CircuitOpen)?;
    check(fault.retry_after.is_some(), || {
        "no time to retry is given".to_owned()
    })?;

    pass(stage, 60).await?;
    breaker_is(stage, BreakerState::HalfOpen).await?;
    hello(stage).await?.fault(FaultCode::NetworkOrUnreachable)?;
    breaker_is(stage, BreakerState::Open).await?;

    pass(stage, 60).await?;
    stage.gateway.restart().await?;
    stage.next(Answered::reply(
        &say!(stage.locale, en: "I am back.", zh: "我回来了。"),
    ));
    hello(stage).await?.reply()?;
    breaker_is(stage, BreakerState::Closed).await
}

async fn hello(stage: &mut Stage) -> Result<Seen, Miss> {
    stage
        .ask(TurnRequest::new(
            say!(stage.locale, en: "Are you there?", zh: "在吗？"),
        ))
        .await
}

async fn pass(stage: &Stage, seconds: u64) -> Played {
    let text = say!(stage.locale, en: "seconds pass", zh: "秒过去");
    stage.say(&format!("   … {seconds} {text} …"))?;
    stage.advance(seconds)
}

async fn breaker_is(stage: &Stage, expected: BreakerState) -> Played {
    let status = stage.status().await?;
    let state = status.breakers.primary.map(|breaker| breaker.state);
    let shown = state
        .map(|state| breaker_state(state, stage.style))
        .unwrap_or_default();
    stage.say(&format!(
        "   {} {shown}",
        say!(stage.locale, en: "the breaker is", zh: "熔断状态：")
    ))?;
    check(state == Some(expected), || {
        format!("the breaker is {state:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_is_in_both_languages() {
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for scene in SCENES {
            assert!(
                scene.title[0].is_ascii() && scene.story[0].is_ascii(),
                "{}",
                scene.title[0]
            );
            assert!(
                chinese(scene.title[1]) && chinese(scene.story[1]),
                "{}",
                scene.title[0]
            );
        }
    }

    #[test]
    fn the_tool_output_is_found_in_a_request() {
        let request = serde_json::json!({ "input": [
            { "type": "message", "role": "user", "content": "x" },
            { "type": "function_call_output", "call_id": "call_1", "output": "4" },
        ] });
        assert_eq!(tool_output(&request).as_deref(), Some("4"));
        assert_eq!(tool_output(&serde_json::json!({ "input": "x" })), None);
    }
}
