//! `wasmtime run --invoke`: the exported functions, with values in WAVE.

use openclaw_core::config::Config;
use openclaw_tests::program::Ran;
use openclaw_tests::wit_config::{Style, written};

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
    let mut loose = Config::default();
    loose.limits.heavy_floor = 1;
    let config = written(&loose, "http://127.0.0.1:18789", "t0ken", Style::Wave);
    let refused = invoke(&format!("configure({config}, none)"));
    assert!(
        refused.out.contains(r#"err({key: "heavy_floor_mib""#),
        "{refused:?}"
    );
}
