//! `wasmtime run --invoke`: the exported functions, with values in WAVE.

use openclaw_tests::program::Ran;

use super::command::wasmtime_run;

fn invoke(call: &str) -> Ran {
    let options = ["-S", "http", "--dir", "/proc", "--dir", "/sys/fs/cgroup"];
    let options = [&options[..], &["--invoke", call]].concat();
    wasmtime_run(&options).output().unwrap().into()
}

#[test]
fn exported_functions_can_be_invoked() {
    let status = invoke("status()");
    assert_eq!(status.code, 0, "{status:?}");
    assert!(
        status.out.contains("breakers: []") && status.out.contains("level-cap"),
        "{status:?}"
    );
    let diagnosis = invoke("diagnose(some(en))");
    assert!(
        diagnosis.out.contains("wrong: some(config-invalid)"),
        "{diagnosis:?}"
    );
    let snapshot = invoke("take-snapshot()");
    assert_eq!(snapshot.code, 0, "{snapshot:?}");
    let reset = invoke("reset()");
    assert_eq!(reset.code, 0, "{reset:?}");
    let sample = invoke("read()");
    assert!(sample.out.starts_with("ok({available: "), "{sample:?}");
    let refused = invoke(CONFIGURE);
    assert!(
        refused.out.contains(r#"err({key: "heavy_floor_mib""#),
        "{refused:?}"
    );
}

/// A config that would loosen a limit.
const CONFIGURE: &str = r#"configure({
    primary: {url: "http://127.0.0.1:18789", bearer-token: "t0ken"}, agent-id: "main",
    limits: {max-level: root, heavy-floor: 1, read-only-floor: 367001600, breaker-failures: 2,
        breaker-open-ms: 60000, queue-length: 8, queue-wait-ms: 1000, heavy-bytes: 1000,
        heavy-words: []},
    connect-timeout-ms: 1000, first-byte-timeout-ms: 1000, idle-timeout-ms: 1000,
    turn-timeout-ms: 1000, max-answer-bytes: 8388608, max-tool-rounds: 8, locale: en
}, none)"#;
