//! Real gateways of both versions under faults: the rows R of tests/reports that do their gateway no harm. Each version
//! has one gateway for all of them; see `storm.rs` for the others.

use std::fs;
use std::time::Duration;

use host_shim::{Attachment, Event, FaultCode, Level, NoticeCode, Turn, TurnRequest};
use openclaw_tests::provider::PONG;
use openclaw_tests::real::{Real, ended, patiently};
use openclaw_tests::real_gateway::{NEWEST, PINNED};
use openclaw_tests::rig::{tool, turn_with};

/// Tests that do their gateway no harm.
macro_rules! shared {
    ($($test:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let (real, _turn) = crate::shared(super::VERSION, &super::SHARED).await;
            crate::faults::$test(&real).await;
        })*
    };
}

/// All tests, of one version.
macro_rules! tests {
    ($module:ident, $version:ident) => {
        mod $module {
            const VERSION: &str = crate::faults::$version;
            static SHARED: crate::Shared = crate::Shared::const_new(std::sync::Weak::new());

            mod a_running_gateway {
                shared! {
                    a_cancelled_run_never_has_a_second_one_beside_it
                    a_provider_that_drops_is_noticed
                    an_answer_of_a_media_line_only_is_no_fault
                    an_answer_cut_off_at_the_token_limit_says_so
                    a_lock_that_a_killed_gateway_left_is_not_put_down_to_the_provider
                    a_tool_with_a_built_ins_name_does_not_count
                    a_file_that_the_gateway_shortens_is_told_beforehand
                    bad_tokens_of_another_client_lock_out_the_good_one
                    pieces_of_a_media_line_are_not_shown
                }
            }
        }
    };
}

tests!(v2026_2_9, PINNED);
tests!(v2026_9_6, NEWEST);

pub(crate) fn is_newest(real: &Real) -> bool {
    real.gateway.version() == NEWEST
}

/// Reads on until the answer begins.
pub(crate) async fn first_delta(turn: &mut Turn) -> String {
    loop {
        match patiently(turn.next_event()).await {
            Some(Event::Delta { text }) => return text,
            Some(_) => {}
            None => panic!("no delta"),
        }
    }
}

/// The breaker is closed and a turn goes through.
async fn assert_answers(real: &Real) {
    let next = real.run("next", "hi").await;
    assert_eq!(next.reply().text, PONG);
}

// Report R1 (openclaw/openclaw#54388): a run goes on after its client has left.
async fn a_cancelled_run_never_has_a_second_one_beside_it(real: &Real) {
    real.provider.close_gate();
    patiently(real.provider.idle()).await;
    real.provider.most_at_a_time();
    let mut held = real.begin("held", "MAGIC_HOLD");
    first_delta(&mut held).await;
    held.cancel();
    assert_eq!(ended(held).await.fault().code, FaultCode::Cancelled);

    let mut next = real.begin("next", "hi");
    if is_newest(real) {
        // The gate is still closed: the gateway has stopped that run.
        let next = ended(next).await;
        assert_eq!(next.reply().text, PONG);
        assert!(next.notices().is_empty(), "{:?}", next.events);
        patiently(real.provider.idle()).await;
    } else {
        let first = patiently(next.next_event()).await;
        let waits =
            matches!(&first, Some(Event::Notice(notice)) if notice.code == NoticeCode::Queued);
        assert!(waits, "{first:?}");
        real.provider.gate().open();
        let next = ended(next).await;
        assert_eq!(next.reply().text, PONG);
        assert!(next.notices().is_empty(), "{:?}", next.events);
    }
    assert_eq!(real.provider.most_at_a_time(), 1);
}

// Report R2 (attack): both ask their provider again, 2026.9.6 for more than a minute.
async fn a_provider_that_drops_is_noticed(real: &Real) {
    let dropped = real.run("drops", "MAGIC_DROP").await;
    if is_newest(real) {
        assert_eq!(dropped.fault().code, FaultCode::ModelProviderFailed);
        assert_eq!(dropped.fault().partial_text, "Half a");
    } else {
        assert_eq!(dropped.reply().text, "Half a");
        let notices = dropped.notices();
        assert!(
            notices.contains(&NoticeCode::AnswerIncomplete),
            "{notices:?}"
        );
    }
    real.plugin.reset().await.unwrap();
}

// Report R3 (attack).
async fn an_answer_of_a_media_line_only_is_no_fault(real: &Real) {
    for _ in 0..2 {
        let empty = real.run("media", "MAGIC_MEDIA_ONLY").await;
        assert_eq!(empty.reply().text, "");
        assert_eq!(empty.notices(), [NoticeCode::AnswerEmpty]);
    }
    assert_answers(real).await;
}

// Report R4 (attack): 2026.2.9 does not say that an answer was cut off.
async fn an_answer_cut_off_at_the_token_limit_says_so(real: &Real) {
    let cut = real.run("length", "MAGIC_LENGTH").await;
    assert_eq!(cut.reply().text, "Half of an answer");
    let says = cut.notices() == [NoticeCode::AnswerIncomplete];
    assert_eq!(says, is_newest(real), "{:?}", cut.events);
}

// Report R5: 2026.2.9 waits 10 s for the lock of its sessions, and takes away one that is 30 s old.
async fn a_lock_that_a_killed_gateway_left_is_not_put_down_to_the_provider(real: &Real) {
    let lock = real
        .gateway
        .state_file("agents/main/sessions/sessions.json.lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    fs::write(&lock, r#"{"pid":1,"startedAt":1}"#).unwrap();
    let locked = real.run("locked", "hi").await;
    fs::remove_file(&lock).unwrap();
    if is_newest(real) {
        // It keeps its sessions in a database.
        assert_eq!(locked.reply().text, PONG);
    } else {
        assert_eq!(locked.fault().code, FaultCode::GatewayError);
        assert!(
            locked.fault().cause.contains("lock on its session files"),
            "{:?}",
            locked.end
        );
    }
    real.plugin.reset().await.unwrap();
    assert_answers(real).await;
}

// Report R6 (attack): 2026.2.9 runs its own tool without a word.
async fn a_tool_with_a_built_ins_name_does_not_count(real: &Real) {
    for _ in 0..2 {
        let tools = [tool("exec", Level::ReadOnly)];
        let turn = real.ask(turn_with("hi", Level::ReadOnly, &tools)).await;
        if is_newest(real) {
            assert_eq!(turn.fault().code, FaultCode::RequestRejected);
            assert!(turn.fault().cause.contains("built into the gateway"));
        } else {
            assert_eq!(turn.reply().text, PONG);
        }
    }
    assert_answers(real).await;
}

// Report R7 (attack).
async fn a_file_that_the_gateway_shortens_is_told_beforehand(real: &Real) {
    const LINE: usize = 10;
    let most = if is_newest(real) { 60_000 } else { 200_000 };
    let lines = (0..25_000).map(|line| format!("{line:09}\n"));
    let request = TurnRequest {
        session: "long".to_owned(),
        attachments: vec![Attachment {
            media_type: "text/plain".to_owned(),
            filename: "long.txt".to_owned(),
            data: lines.collect::<String>().into_bytes(),
        }],
        ..TurnRequest::new("read it")
    };
    let long = real.ask(request).await;
    assert_eq!(long.reply().text, PONG);
    let said = long
        .notice(NoticeCode::AttachmentShortened)
        .expect("a notice");
    assert!(said.contains(&format!("first {most} characters")), "{said}");
    assert!(said.contains("long.txt"), "{said}");
    let call = real.model_call().to_string();
    let has = |line: usize| call.contains(&format!("{line:09}"));
    assert!(has(most / LINE - 50), "less than that reaches the model");
    assert!(!has(most / LINE + 1), "more than that reaches the model");
}

// Report R8 (attack).
async fn pieces_of_a_media_line_are_not_shown(real: &Real) {
    let amid = real.run("amid", "MAGIC_MEDIA_AMID").await;
    for text in [&amid.reply().text, &amid.deltas()] {
        assert!(!text.contains("ME") && !text.contains("https:"), "{text:?}");
        assert!(
            text.starts_with("Before.") && text.ends_with("After."),
            "{text:?}"
        );
    }
}

// Report R11 (attack): 2026.2.9 locks out nobody.
async fn bad_tokens_of_another_client_lock_out_the_good_one(real: &Real) {
    for _ in 0..3 {
        assert_eq!(real.gateway.try_token("another").unwrap(), 401);
    }
    let locked_out = real.run("good", "hi").await;
    if is_newest(real) {
        let fault = locked_out.fault();
        assert_eq!(fault.code, FaultCode::RateLimited);
        assert!(
            fault.cause.contains("other clients' wrong tokens"),
            "{}",
            fault.cause
        );
        assert!(fault.retry_after.is_some());
        // Until the time is over.
        let again = async {
            while real.run("good", "hi").await.end.is_err() {
                tokio::time::sleep(Duration::from_millis(200)).await;
                real.plugin.reset().await.unwrap();
            }
        };
        patiently(again).await;
    }
    assert_answers(real).await;
}
