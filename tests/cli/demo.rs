//! `host-shim demo`: plays to its end, without network, gateway or key.

use crate::support::{program, run};

#[test]
fn every_scene_goes_as_told_in_both_languages() {
    for (locale, told, last) in [
        ("en", "✓ as expected", "10 scenes, all as expected"),
        ("zh", "✓ 符合预期", "10 个场景，全部符合预期"),
    ] {
        let mut command = program(["demo", "--locale", locale]);
        // The demo brings its own gateway, whatever is set.
        command.env("OPENCLAW_GATEWAY_URL", "http://127.0.0.1:1");
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.out.matches(told).count(), 10, "{ran:?}");
        assert!(ran.out.trim_end().ends_with(last), "{ran:?}");
        for code in [
            "heavy_task_refused",
            "auth_failed",
            "circuit_open",
            "network_or_unreachable",
        ] {
            assert!(ran.out.contains(code), "{code}: {ran:?}");
        }
    }
}
