//! Every recorded answer of real gateways, through the real component, in pieces of several sizes.

use std::collections::BTreeSet;

use host_shim::{Event, FaultCode, Level, TurnRequest};
use openclaw_fake_gateway::{FakeGateway, Scene};
use openclaw_tests::rig::{Outcome, Recorder, Rig, TOKEN, tool, turn_with};
use openclaw_tests::transcript::{self, Recording, VERSIONS};
use serde_json::{Value, json};

mod table;

use table::{Expected, Row, Unusable};

/// The exchanges of a version that can be used, and the others.
pub(crate) fn rows(version: &str) -> (&'static [Row], &'static [Unusable]) {
    match version {
        "2026.2.9" => (table::V2026_2_9, table::UNUSABLE_2026_2_9),
        "2026.9.6" => (table::V2026_9_6, table::UNUSABLE_2026_9_6),
        other => panic!("no table for {other}"),
    }
}

#[test]
fn every_recorded_exchange_is_in_exactly_one_table_and_every_row_has_a_file() {
    for version in VERSIONS {
        let (usable, unusable) = rows(version);
        let mut listed = BTreeSet::new();
        let names = usable
            .iter()
            .map(|row| row.0)
            .chain(unusable.iter().map(|row| row.0));
        for name in names {
            assert!(
                listed.insert(name.to_owned()),
                "{version}/{name} is listed twice"
            );
        }
        assert_eq!(listed, transcript::names(version), "{version}");
    }
}

/// One plugin for all exchanges of a version.
struct Replayer {
    rig: Rig,
}

impl Replayer {
    async fn new() -> Self {
        let gateway = FakeGateway::start(TOKEN).await.unwrap();
        Self {
            rig: Rig::at(gateway, json!({})).await,
        }
    }

    /// Plays the scene to one turn. A turn that calls tools is answered "Done." afterwards.
    async fn play(&self, expected: &Expected, scene: Scene) -> (Outcome, Recorder) {
        // Every exchange is a turn of its own: the failures before it do not count.
        self.rig.plugin.reset().await.unwrap();
        let recorder = Recorder::default();
        let request = match expected {
            Expected::Calls(_) => {
                let tools = ["get_weather", "get_time"].map(|name| tool(name, Level::ReadOnly));
                turn_with("hi", Level::ReadOnly, &tools)
            }
            _ => TurnRequest::new("hi"),
        };
        self.rig.gateway.push(scene);
        if let Expected::Calls(_) = expected {
            self.rig.gateway.push(Scene::reply("Done."));
        }
        let outcome = self.rig.run_with(request, recorder.runner()).await;
        assert_eq!(
            self.rig.gateway.scenes_left(),
            0,
            "not everything was asked for"
        );
        (outcome, recorder)
    }
}

/// Compares the end of a turn with what it must be.
fn check(
    what: &str,
    recording: &Recording,
    expected: &Expected,
    outcome: &Outcome,
    tools: &Recorder,
) {
    match *expected {
        Expected::Reply(text) => {
            assert_eq!(outcome.reply().text, text, "{what}");
            check_reply(what, recording, outcome);
        }
        Expected::LongReply(length) => {
            let text = &outcome.reply().text;
            assert_eq!(text.len(), length, "{what}");
            assert!(text.bytes().all(|b| b == b'x' || b == b'\n'), "{what}");
            check_reply(what, recording, outcome);
        }
        Expected::Calls(calls) => {
            let made = tools.calls();
            let made: Vec<_> = made
                .iter()
                .map(|c| (c.name.as_str(), c.arguments.as_str()))
                .collect();
            assert_eq!(made, calls, "{what}");
            assert_eq!(outcome.reply().text, "Done.", "{what}");
            let ended = outcome
                .events
                .iter()
                .filter(|event| {
                    matches!(
                        event,
                        Event::ToolEnded {
                            succeeded: true,
                            ..
                        }
                    )
                })
                .count();
            assert_eq!(ended, calls.len(), "{what}: {:?}", outcome.events);
        }
        Expected::Fault(code, words) => {
            let fault = outcome.fault();
            assert_eq!(fault.code, code, "{what}: {fault:?}");
            assert!(fault.message.contains(words), "{what}: {fault:?}");
            if recording.status != 200 {
                assert_eq!(fault.http_status, Some(recording.status), "{what}");
            }
            assert!(
                !fault.cause.is_empty() && !fault.remedy.is_empty(),
                "{what}: {fault:?}"
            );
            assert_eq!(fault.partial_text, "", "{what}");
        }
        Expected::Interrupted(partial) => {
            let fault = outcome.fault();
            assert_eq!(
                fault.code,
                FaultCode::StreamInterrupted,
                "{what}: {fault:?}"
            );
            assert_eq!(fault.partial_text, partial, "{what}");
            assert_eq!(outcome.deltas(), partial, "{what}");
        }
    }
}

/// A reply carries the recorded response's id and usage, and the deltas were shown as they came.
fn check_reply(what: &str, recording: &Recording, outcome: &Outcome) {
    let response = recording.response().unwrap_or(Value::Null);
    let reply = outcome.reply();
    assert_eq!(
        Some(reply.response_id.as_str()),
        response["id"].as_str(),
        "{what}"
    );
    let usage = reply
        .usage
        .map(|usage| (usage.input_tokens, usage.output_tokens));
    // All zero is how the gateway writes that its provider reported none.
    let number = |key: &str| response["usage"][key].as_u64().filter(|number| *number > 0);
    assert_eq!(
        usage,
        number("input_tokens").zip(number("output_tokens")),
        "{what}"
    );
    if recording.is_stream() {
        assert_eq!(outcome.deltas(), recording.deltas(), "{what}");
    }
}

/// Plays every usable exchange of both versions as `scene` makes it; how many those were.
async fn replay(how: &str, scene: impl Fn(&Recording) -> Option<Scene>) -> usize {
    let mut played = 0;
    for version in VERSIONS {
        let replayer = Replayer::new().await;
        for (name, expected) in rows(version).0 {
            let recording = Recording::load(version, name);
            let Some(scene) = scene(&recording) else {
                continue;
            };
            let what = format!("{version}/{name} {how}");
            let (outcome, tools) = replayer.play(expected, scene).await;
            check(&what, &recording, expected, &outcome, &tools);
            played += 1;
        }
    }
    played
}

#[tokio::test(flavor = "multi_thread")]
async fn every_exchange_ends_as_expected_replayed_whole() {
    assert_eq!(
        replay("whole", |recording| Some(recording.replay())).await,
        151
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_ends_as_expected_replayed_in_the_pieces_that_arrived() {
    assert_eq!(
        replay("as it arrived", Recording::replay_as_arrived).await,
        24
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_exchange_ends_as_expected_replayed_in_pieces_of_7_bytes_on_the_wire() {
    let small = |recording: &Recording| recording.wire.len() < 16 * 1024;
    let scene = |recording: &Recording| small(recording).then(|| recording.replay().split_every(7));
    assert_eq!(replay("in pieces of 7 bytes", scene).await, 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_ends_as_expected_replayed_in_chunks_of_1_byte() {
    assert_eq!(replay_chunked(1).await, 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_ends_as_expected_replayed_in_one_chunk() {
    assert_eq!(replay_chunked(usize::MAX).await, 25);
}

async fn replay_chunked(bytes: usize) -> usize {
    replay(&format!("in chunks of {bytes}"), |recording| {
        recording
            .is_stream()
            .then(|| recording.replay_chunked(bytes))
    })
    .await
}
