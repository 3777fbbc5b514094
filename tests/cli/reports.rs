//! The commands that look and do not ask.

use host_shim::FaultCode;
use openclaw_fake_gateway::Scene;
use serde_json::json;

use crate::support::{Gateway, program, run};

#[test]
fn status_tells_memory_and_breakers() {
    let gateway = Gateway::start();
    let ran = run(gateway.program(["status", "--json"]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let status = &ran.json()[0];
    assert_eq!(status["breakers"]["primary"]["state"], "closed", "{status}");
    assert!(status["memory"]["available_mib"].is_u64(), "{status}");
    assert_eq!(
        (&status["in_flight"], &status["queued"]),
        (&json!(0), &json!(0))
    );
    assert!(gateway.requests().is_empty(), "status asked the gateway");
    let ran = run(gateway.program(["status", "--locale", "zh"]));
    assert!(
        ran.out.contains("内存") && ran.out.contains("只有执行任务的进程知道"),
        "{ran:?}"
    );
    // N12 of issue 13: a new process has a closed breaker and no turns, whatever AstrBot's has.
    assert!(
        !ran.out.contains("关闭") && !ran.out.contains("累计"),
        "{ran:?}"
    );
    assert!(
        !ran.out.contains('\u{1b}'),
        "colour without a terminal: {ran:?}"
    );
}

#[test]
fn diagnose_exits_with_0_only_if_all_is_well_and_calls_no_model() {
    let gateway = Gateway::start();
    let ran = run(gateway.program(["diagnose"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("✓ token-primary"), "{ran:?}");
    assert!(!ran.out.contains("breaker"), "{ran:?}");

    let mut command = gateway.program(["diagnose"]);
    command.env("OPENCLAW_GATEWAY_TOKEN", "another-one");
    let ran = run(command);
    assert_eq!(ran.code, 10, "{ran:?}");
    for part in ["✗ token-primary", "auth_failed", "cause:", "remedy:"] {
        assert!(ran.out.contains(part), "{part} is missing: {ran:?}");
    }

    gateway.answer_everything_with(Scene::endpoint_off());
    let ran = run(gateway.program(["diagnose", "--json", "--locale", "zh"]));
    assert_eq!(ran.code, 11, "{ran:?}");
    let diagnosis = &ran.json()[0];
    assert_eq!(diagnosis["ok"], false);
    let wrong: Vec<_> = diagnosis["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["ok"] == false)
        .collect();
    assert_eq!(
        wrong[0]["code"],
        "responses_endpoint_not_enabled_or_not_found"
    );
    assert!(
        wrong[0]["remedy"].as_str().unwrap().contains("设为 true"),
        "{diagnosis}"
    );

    gateway.wait(|gateway| async move { gateway.stop().await });
    assert_eq!(run(gateway.program(["diagnose"])).code, 12);
    assert_eq!(gateway.turns().len(), 0, "a model was called");
}

#[test]
fn diagnose_without_a_gateway_names_what_is_missing() {
    let ran = run(program(["diagnose"]));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("✗ config"), "{ran:?}");
    assert!(ran.err.contains("OPENCLAW_GATEWAY_URL"), "{ran:?}");
}

#[test]
fn inspect_shows_the_built_in_component() {
    let ran = run(program(["inspect", "--json"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let info = &ran.json()[0];
    assert_eq!(info["world"], "astr:openclaw/plugin@0.3.0");
    assert_eq!(info["sha256"].as_str().unwrap().len(), 64);
    assert!(info["size"].as_u64().unwrap() < 359_000, "{info}");
    let has = |list: &str, what: &str| {
        info[list]
            .as_array()
            .unwrap()
            .iter()
            .any(|name| name.as_str().unwrap().contains(what))
    };
    for import in [
        "memory-stat",
        "tools",
        "workspace",
        "wasi:http/client@0.3",
        "wasi:clocks/monotonic-clock",
    ] {
        assert!(has("imports", import), "{import}: {info}");
    }
    for none in ["wasi:sockets", "wasi:filesystem"] {
        assert!(!has("imports", none), "{none}: {info}");
    }
    assert!(
        has("exports", "gateway") && has("exports", "guards"),
        "{info}"
    );
    let ran = run(program(["inspect"]));
    assert!(
        ran.out.contains(info["sha256"].as_str().unwrap()),
        "{ran:?}"
    );
}

#[test]
fn what_compile_made_is_run_without_compiling() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join("plugin.cwasm");
    let artifact = artifact.to_str().unwrap();
    let component = folder.path().join("plugin.wasm");
    std::fs::write(&component, host_shim::component::EMBEDDED).unwrap();
    let ran = run(program(["compile", component.to_str().unwrap(), artifact]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run(program(["inspect", "--json", artifact]));
    assert_eq!(ran.json()[0]["code"], "precompiled", "{ran:?}");
    let ran = run(program(["status", "--component", artifact]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run(program(["compile", artifact, "/nowhere/x.cwasm"]));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
}

// Issue 16: the wheel of another platform is built on this one.
#[test]
fn what_is_compiled_for_another_machine_names_it_and_is_not_run_here() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("plugin.wasm");
    std::fs::write(&component, host_shim::component::EMBEDDED).unwrap();
    let component = component.to_str().unwrap();
    let targets = [
        "aarch64-unknown-linux-gnu",
        "x86_64-unknown-linux-musl",
        "x86_64-pc-windows-gnu",
        "aarch64-apple-darwin",
    ];
    let own = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    for target in targets.into_iter().filter(|target| *target != own) {
        let artifact = folder.path().join(format!("{target}.cwasm"));
        let artifact = artifact.to_str().unwrap();
        let ran = run(program([
            "compile", "--target", target, component, artifact,
        ]));
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = run(program(["inspect", artifact]));
        let why = format!("it was made for {target}, but this build is for ");
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(&why), "{ran:?}");
    }
    for (target, why) in [("toaster", "toaster"), ("s390x-unknown-linux-gnu", "s390x")] {
        let artifact = folder.path().join("x.cwasm");
        let artifact = artifact.to_str().unwrap();
        let ran = run(program([
            "compile", "--target", target, component, artifact,
        ]));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.err.contains(why) && ran.err.contains("is not a target"),
            "{ran:?}"
        );
    }
}

#[test]
fn the_tables_are_those_of_the_readme() {
    let ran = run(program(["faults", "--markdown"]));
    assert_eq!(ran.code, 0);
    for code in FaultCode::ALL {
        assert!(ran.out.contains(&format!("| `{code}` |")), "{code}");
    }
    let ran = run(program(["guards", "--markdown", "--locale", "zh"]));
    assert!(
        ran.out.starts_with("| 防护 | 规则 |") && ran.out.contains("350 MiB"),
        "{ran:?}"
    );
}

#[test]
fn help_and_completions_are_printed() {
    let ran = run(program(["--help"]));
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains("Exit codes:") && ran.out.contains("Examples:"),
        "{ran:?}"
    );
    let mut command = program(["help", "ask"]);
    command.env("LC_ALL", "zh_CN.UTF-8");
    assert!(run(command).out.contains("用法："));
    let ran = run(program(["help", "sidecar", "doctor"]));
    assert!(
        ran.code == 0 && ran.out.contains("sidecar doctor"),
        "{ran:?}"
    );
    let ran = run(program(["nonsense"]));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("nonsense"), "{ran:?}");
}
