//! A turn that is taken becomes JSON of the promised size with all of it inside, built without a copy; what the level
//! rules out is not offered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;
use openclaw_core::turn::{MAX_REQUEST_BYTES, TurnRequest};
use openclaw_plugin::gateway::dialect::Dialect;
use openclaw_plugin::gateway::request::{Ask, CheckedTurn, ToolOutput, check as checked};
use openclaw_plugin::gateway::session_key::session_key;
use serde_json::Value;

use crate::answer::explains;
use crate::bounded;
use crate::input::{Input, MOST};

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 4);
    let Ok(mut turn) = serde_json::from_slice::<TurnRequest>(&bytes) else {
        return;
    };
    turn.id = "t1".to_owned();
    let locale = [Locale::En, Locale::Zh][usize::from(input.choice(1, 2))];
    // Names and kinds are looked at; nothing is copied but the context, which is cut, and the tools' frames.
    let quote = turn
        .context
        .iter()
        .map(|context| context.bytes())
        .sum::<usize>();
    let most = 4 * quote.min(20_000) + 512 * turn.tools.len() + 256 * turn.attachments.len();
    let most = 8 * (turn.session.len() + most) + (64 << 10);
    let built = match bounded(most, || checked(&turn, locale)) {
        Ok(built) => built,
        Err(fault) => return explains(&fault),
    };
    let outputs = [ToolOutput {
        call_id: format!("call {}", turn.text),
        name: "t".to_owned(),
        output: turn.instructions.clone(),
    }];
    let ask = Ask {
        dialect: [Dialect::Nested, Dialect::Flat][usize::from(input.choice(1, 4) / 2)],
        level: Level::ALL[usize::from(input.choice(2, 5))],
        offer_tools: input.byte(1) < 128,
        outputs: if input.byte(2) < 200 { &[] } else { &outputs },
        handover: None,
    };
    let body = bounded(most + (256 << 10), || {
        let body = built.body(ask);
        let length = body.len();
        let written: u64 = body
            .chunks()
            .inspect(|chunk| assert!(chunk.len() <= 64 << 10))
            .map(|chunk| chunk.len() as u64)
            .sum();
        assert_eq!(written, length);
        length
    });
    assert!(body <= MAX_REQUEST_BYTES || !ask.outputs.is_empty());
    let body: Vec<u8> = built.body(ask).chunks().flatten().collect();
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    is_all_there(&body, &built, &ask);
}

fn is_all_there(body: &Value, built: &CheckedTurn<'_>, ask: &Ask<'_>) {
    let turn = built.turn();
    assert_eq!(body["user"], session_key(&turn.session));
    let said = body["instructions"].as_str().expect("instructions");
    assert!(said.starts_with(&format!(
        "Permission level of this turn: L{}",
        ask.level as u8
    )));
    assert!(said.ends_with(&turn.instructions));
    let input = body["input"].as_array().expect("a list");
    if let Some(output) = ask.outputs.first() {
        assert_eq!(input[0]["call_id"], output.call_id);
        assert_eq!(input[0]["output"], output.output);
    } else {
        let content = input[0]["content"].as_array().expect("content");
        let attached = turn.attachments.len();
        let text = &content[content.len() - attached - 1]["text"];
        assert!(turn.text.trim().is_empty() || *text == turn.text);
        for (part, attachment) in content[content.len() - attached..]
            .iter()
            .zip(&turn.attachments)
        {
            assert_eq!(part["source"]["data"], STANDARD.encode(&attachment.data));
        }
        // Of the untrusted block there is one, before everything else.
        let marks = said_in(content, "⟦astrbot-context⟧");
        assert!(marks <= 1 + turn.text.matches("⟦astrbot-context⟧").count());
    }
    let none = vec![];
    let tools = body["tools"].as_array().unwrap_or(&none);
    let allowed = |level: Level| ask.offer_tools && ask.level > Level::Talk && level <= ask.level;
    let offered = turn.tools.iter().filter(|tool| allowed(tool.level));
    let offered: Vec<_> = offered.map(|tool| tool.name.as_str()).collect();
    let names: Vec<_> = tools
        .iter()
        .map(|tool| match ask.dialect {
            Dialect::Nested => &tool["function"]["name"],
            Dialect::Flat => &tool["name"],
        })
        .map(|name| name.as_str().unwrap_or_default())
        .collect();
    assert_eq!(names, offered);
}

fn said_in(content: &[Value], mark: &str) -> usize {
    let texts = content.iter().filter_map(|part| part["text"].as_str());
    texts.map(|text| text.matches(mark).count()).sum()
}
