//! Bad input: each a clear error that says what to do, and nothing is asked.

use crate::support::{Gateway, Ran, TOKEN, file, program, run, run_with_input};

/// The program said what is wrong, in one of its own errors, and ended with 2 unless told.
fn refused(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(ran.out, "", "{ran:?}");
    assert!(ran.err.starts_with("error"), "{ran:?}");
    for part in parts {
        assert!(ran.err.contains(part), "{part} is missing: {ran:?}");
    }
}

#[test]
fn urls_that_are_no_origin() {
    let gateway = Gateway::start();
    let path = format!("{}/v1/responses", gateway.url());
    let no_scheme = gateway.url().replace("http://", "");
    let user = gateway.url().replace("http://", "http://user:pass@");
    for url in [
        path.as_str(),
        no_scheme.as_str(),
        user.as_str(),
        "ftp://127.0.0.1",
        "http://",
        "x y",
    ] {
        let ran = run(gateway.program(["ask", "--gateway-url", url, "hi"]));
        refused(
            &ran,
            2,
            &[
                "config_invalid",
                "gateway_primary_url",
                "--gateway-url",
                "remedy:",
            ],
        );
        let ran = run(gateway.program(["ask", "--backup-url", url, "hi"]));
        refused(
            &ran,
            2,
            &["config_invalid", "gateway_backup_url", "--backup-url"],
        );
    }
    assert!(gateway.requests().is_empty(), "something was asked");
}

#[test]
fn tokens_that_cannot_be_one() {
    let gateway = Gateway::start();
    let broken = format!("{TOKEN}\nX-Evil: 1");
    for token in [
        broken.as_str(),
        "replace_with_strong_random_token",
        "__OPENCLAW_REDACTED__",
        "Bearer abc",
        "秘密",
        "with blank",
    ] {
        let mut command = gateway.program(["ask", "hi"]);
        command.env("OPENCLAW_GATEWAY_TOKEN", token);
        refused(
            &run(command),
            2,
            &["config_invalid", "gateway_bearer_token", "--token-file"],
        );
    }
    let mut command = gateway.program(["ask", "hi"]);
    command.env_remove("OPENCLAW_GATEWAY_TOKEN");
    refused(
        &run(command),
        2,
        &["config_invalid", "OPENCLAW_GATEWAY_TOKEN"],
    );
    assert!(gateway.requests().is_empty(), "something was asked");
}

#[test]
fn a_token_file_takes_the_place_of_the_environment_s_token() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "token", format!("{TOKEN}\n").as_bytes());
    let mut command = gateway.program(["ask", "--token-file", &path, "hi"]);
    command.env("OPENCLAW_GATEWAY_TOKEN", "another-one");
    assert_eq!(run(command).code, 0);
    let two_lines = file(folder.path(), "two", format!("{TOKEN}\nmore\n").as_bytes());
    let ran = run(gateway.program(["ask", "--token-file", &two_lines, "hi"]));
    refused(&ran, 2, &["config_invalid", "gateway_bearer_token"]);
    let ran = run(gateway.program(["ask", "--token-file", "/nowhere/token", "hi"]));
    refused(&ran, 2, &["gateway_bearer_token_file", "/nowhere/token"]);
}

#[test]
fn config_files_with_mistakes() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    for (content, parts) in [
        (
            "gateway_primary_uri = \"http://127.0.0.1\"",
            &["gateway_primary_uri", "did you mean"][..],
        ),
        ("queue_length = \"many\"", &["queue_length", "whole number"]),
        ("heavy_floor_mib = 100", &["heavy_floor_mib", "512"]),
        ("breaker_failures = 3", &["breaker_failures"]),
        ("breaker_open_seconds = 1", &["breaker_open_seconds"]),
        ("max_level = \"L9\"", &["max_level", "L4"]),
        ("locale = \"fr\"", &["locale", "zh"]),
        ("gateway_agent_id = \"No Such\"", &["gateway_agent_id"]),
        ("this is not toml", &["not TOML at line 1"]),
    ] {
        let path = file(folder.path(), "c.toml", content.as_bytes());
        let ran = run(gateway.program(["ask", "--config", &path, "hi"]));
        refused(&ran, 2, parts);
    }
    let secret = format!("gateway_bearer_token = [\"{TOKEN}\"]");
    let path = file(folder.path(), "c.toml", secret.as_bytes());
    refused(
        &run(program(["ask", "--config", &path, "hi"])),
        2,
        &["gateway_bearer_token"],
    );
    refused(
        &run(program(["ask", "--config", "/nowhere.toml", "hi"])),
        2,
        &["/nowhere.toml"],
    );
    assert!(gateway.requests().is_empty(), "something was asked");
}

#[test]
fn attachments_that_cannot_be_sent() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let unknown = file(folder.path(), "x.bin", &[0, 1, 2, 3]);
    let lying = file(folder.path(), "y.png", b"no image");
    let here = folder.path().to_str().unwrap().to_owned();
    for (path, code, part) in [
        ("/nowhere/cat.png", 2, "/nowhere/cat.png"),
        (here.as_str(), 2, "directory"),
        (unknown.as_str(), 20, "unknown type"),
        (lying.as_str(), 20, "image/png"),
    ] {
        let ran = run(gateway.program(["ask", "--attach", path, "what?"]));
        refused(&ran, code, &[part, "remedy:"]);
    }
    let huge = folder.path().join("huge.pdf");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(21 << 20)
        .unwrap();
    let ran = run(gateway.program(["ask", "--attach", huge.to_str().unwrap(), "what?"]));
    refused(&ran, 21, &["request_too_large", "huge.pdf"]);
    assert!(gateway.requests().is_empty(), "something was asked");
}

#[test]
fn levels_and_languages_that_do_not_exist() {
    let ran = run(program(["ask", "--level", "L9", "hi"]));
    refused(&ran, 2, &["L9", "L0, L1, L2, L3 and L4"]);
    refused(&run(program(["--locale", "fr", "status"])), 2, &["fr"]);
    let ran = run(program(["--locale", "zh", "ask", "--level", "L9", "hi"]));
    assert!(
        ran.code == 2 && ran.err.starts_with("错误: 参数"),
        "{ran:?}"
    );
    refused(
        &run(program(["ask", "--token", "x", "hi"])),
        2,
        &["--token"],
    );
}

#[test]
fn stdin_that_is_empty_or_no_text() {
    let gateway = Gateway::start();
    let ran = run_with_input(gateway.program(["ask"]), b"");
    refused(&ran, 2, &["nothing to ask", "remedy:"]);
    let ran = run_with_input(gateway.program(["ask", "-"]), b"abc\xff\xfe");
    refused(&ran, 2, &["not UTF-8 at byte 3", "remedy:"]);
    assert!(gateway.requests().is_empty(), "something was asked");
}

#[test]
fn components_that_are_none_or_of_another_world() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(folder.path(), "text.wasm", b"not wasm at all");
    let module = file(folder.path(), "module.wasm", b"\0asm\x01\0\0\0");
    let empty = file(folder.path(), "empty.wasm", b"\0asm\x0d\0\x01\0");
    for (path, parts) in [
        (
            text.as_str(),
            &["text.wasm", "not a WebAssembly component"][..],
        ),
        (
            module.as_str(),
            &["module.wasm", "not a WebAssembly component"],
        ),
        (empty.as_str(), &["empty.wasm", "astr:openclaw/plugin"]),
        ("/nowhere.wasm", &["/nowhere.wasm", "cannot be read"]),
    ] {
        refused(&run(program(["status", "--component", path])), 2, parts);
        refused(&run(program(["inspect", path])), 2, parts);
        refused(&run(program(["session", "--component", path])), 2, parts);
    }
}
