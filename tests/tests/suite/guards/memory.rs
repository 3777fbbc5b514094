//! | memory | < 512 MiB: heavy refused; < 350 MiB: also at most L1; read at admission and before
//! each tool call |

use host_shim::{Bound, FaultCode, Level, NoticeCode, TurnRequest};
use openclaw_fake_gateway::{Answer, Gate, Scene};
use openclaw_tests::rig::{MIB, Recorder, Rig, code, outcome, tool, turn_with, within};

fn heavy() -> TurnRequest {
    TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    }
}

#[tokio::test]
async fn guard_memory_heavy_refused_strictly_below_512_mib() {
    let rig = Rig::new().await;
    rig.memory.available(512 * MIB - 1);
    let fault = rig.ask(heavy()).await.unwrap_err();
    assert_eq!(fault.code, FaultCode::HeavyTaskRefused);
    assert!(
        fault.message.contains("512"),
        "the floor is named: {fault:?}"
    );
    assert!(rig.gateway.requests().is_empty(), "nothing was sent");

    rig.memory.available(512 * MIB);
    rig.ask(heavy()).await.unwrap();
}

#[tokio::test]
async fn guard_memory_a_light_turn_goes_through_below_512_mib_at_its_level() {
    let rig = Rig::new().await;
    rig.memory.available(512 * MIB - 1);
    let outcome = rig.run(turn_with("hi", Level::Root, &[])).await;
    assert_eq!(outcome.reply().level, Level::Root);
    assert_eq!(outcome.notices(), []);
}

#[tokio::test]
async fn guard_memory_level_at_most_read_only_strictly_below_350_mib() {
    let rig = Rig::new().await;
    rig.memory.available(350 * MIB - 1);
    assert_eq!(
        rig.ask(turn_with("hi", Level::Root, &[]))
            .await
            .unwrap()
            .level,
        Level::ReadOnly
    );
    rig.memory.available(350 * MIB);
    assert_eq!(
        rig.ask(turn_with("hi", Level::Root, &[]))
            .await
            .unwrap()
            .level,
        Level::Root
    );
}

#[tokio::test]
async fn guard_memory_heavy_refused_below_350_mib_too() {
    let rig = Rig::new().await;
    rig.memory.available(0);
    assert_eq!(code(&rig.ask(heavy()).await), FaultCode::HeavyTaskRefused);
}

#[tokio::test]
async fn guard_memory_unreadable_is_treated_as_below_350_mib_and_said() {
    let rig = Rig::new().await;
    rig.memory.unreadable("no /proc here");
    assert_eq!(code(&rig.ask(heavy()).await), FaultCode::HeavyTaskRefused);

    let outcome = rig.run(turn_with("hi", Level::Root, &[])).await;
    assert_eq!(outcome.reply().level, Level::ReadOnly);
    assert!(
        outcome.notices().contains(&NoticeCode::MemoryUnreadable),
        "{outcome:?}"
    );

    let memory = rig.plugin.status().await.unwrap().memory;
    assert_eq!(memory.unreadable.as_deref(), Some("no /proc here"));
    assert_eq!(
        (memory.available, memory.level_cap),
        (None, Level::ReadOnly)
    );
    assert!(!memory.heavy_allowed);
}

// Reports F21 (rust-psutil/rust-psutil#82) and A22: memory of which a part cannot be read is no reason to
// refuse, and is said: in the status and the diagnosis always, to users once.
#[tokio::test]
async fn guard_memory_estimated_holds_and_is_said() {
    let rig = Rig::new().await;
    rig.memory.estimated(512 * MIB, "no MemAvailable here");
    for notices in [vec![NoticeCode::MemoryEstimated], vec![]] {
        let outcome = rig.run(heavy()).await;
        assert_eq!(outcome.notices(), notices);
        outcome.reply();
    }
    let memory = rig.plugin.status().await.unwrap().memory;
    assert_eq!(memory.available, Some(512 * MIB));
    assert_eq!(memory.estimated.as_deref(), Some("no MemAvailable here"));
    assert!(memory.heavy_allowed);
    let checks = within(rig.plugin.diagnose(None)).await.unwrap().checks;
    let check = checks.iter().find(|check| check.name == "memory").unwrap();
    assert!(
        check.ok() && check.detail.contains("no MemAvailable here"),
        "{check:?}"
    );
    // The floors are where they were.
    rig.memory.estimated(512 * MIB - 1, "no MemAvailable here");
    assert_eq!(code(&rig.ask(heavy()).await), FaultCode::HeavyTaskRefused);
}

#[tokio::test]
async fn guard_memory_is_read_after_the_wait_in_the_queue() {
    let rig = Rig::new().await;
    let gate = Gate::new();
    rig.gateway.push(Answer::new().hold(&gate).delta("first"));
    let first = rig.plugin.ask(TurnRequest::new("first"));
    within(gate.reached()).await;
    // Plenty when it is asked, too little when its turn comes.
    let second = rig.plugin.ask(heavy());
    within(async { while rig.plugin.status().await.unwrap().queued == 0 {} }).await;
    rig.memory.available(400 * MIB);
    gate.open();
    assert_eq!(within(first.reply()).await.unwrap().text, "first");
    assert_eq!(
        code(&within(second.reply()).await),
        FaultCode::HeavyTaskRefused
    );
}

#[tokio::test]
async fn guard_memory_is_read_again_before_each_tool_call() {
    let rig = Rig::new().await;
    let gate = Gate::new();
    rig.gateway
        .push(Answer::new().hold(&gate).call("c1", "act", "{}"));
    rig.gateway.push(Scene::reply("Done."));
    let recorder = Recorder::default();
    let request = turn_with("hi", Level::Act, &[tool("act", Level::Act)]);
    let turn = rig.plugin.ask_with(request, recorder.runner());
    within(gate.reached()).await;
    // The tool was offered with plenty of memory; when it is called there is none.
    rig.memory.available(100 * MIB);
    gate.open();
    let outcome = outcome(turn).await;
    assert!(recorder.calls().is_empty(), "the tool was run");
    assert!(
        outcome.notices().contains(&NoticeCode::ToolDenied),
        "{outcome:?}"
    );
    assert_eq!(outcome.reply().level, Level::ReadOnly);
    // And the next request offers it no more.
    let second = rig.gateway.turns()[1].json.clone().unwrap();
    assert_eq!(second.get("tools"), None);
}

#[tokio::test]
async fn guard_memory_status_says_what_is_seen_and_what_follows() {
    let rig = Rig::new().await;
    let cases = [
        (512 * MIB, true, Level::Root),
        (512 * MIB - 1, false, Level::Root),
        (350 * MIB, false, Level::Root),
        (350 * MIB - 1, false, Level::ReadOnly),
    ];
    for (available, heavy_allowed, level_cap) in cases {
        rig.memory.available(available);
        let memory = rig.plugin.status().await.unwrap().memory;
        assert_eq!(memory.available, Some(available));
        assert_eq!(memory.total, Some(8192 * MIB));
        assert_eq!(memory.bound, Some(Bound::Machine));
        assert_eq!(
            (memory.heavy_allowed, memory.level_cap),
            (heavy_allowed, level_cap)
        );
    }
}
