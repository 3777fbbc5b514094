//! Bad input: each a clear error that says what to do, and nothing is asked.

use serde_json::json;

use crate::support::{Gateway, Ran, Session, TOKEN, fifo, file, program, run, run_with_input};

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

// Report A7 (attack): files that do not end, that block their opener, or that together are too much.
#[test]
fn attachments_that_are_no_files_or_have_no_end() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let pipe = fifo(folder.path(), "pipe.txt");
    let link = folder.path().join("link.txt");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    let half = file(folder.path(), "half.txt", &vec![b'x'; 11 << 20]);
    for (paths, code, part) in [
        (vec![pipe.as_str()], 2, "not a regular file"),
        (vec![link.to_str().unwrap()], 2, "not a regular file"),
        (vec!["/dev/stdin"], 2, "not a regular file"),
        (vec!["/proc/self/pagemap"], 21, "request_too_large"),
        (vec![half.as_str(), half.as_str()], 21, "request_too_large"),
    ] {
        let mut command = gateway.program(["ask", "what?"]);
        for path in &paths {
            command.args(["--attach", path]);
        }
        refused(&run_with_input(command, b"text"), code, &[part, "remedy:"]);

        let attachments: Vec<_> = paths.iter().map(|path| json!({ "path": path })).collect();
        let ask = json!({"id": 1, "op": "ask", "text": "what?", "attachments": attachments});
        let mut session = Session::start(gateway.program(["session"]));
        let fault = session.call(ask, "fault");
        let expected = if code == 21 {
            "request_too_large"
        } else {
            "request_rejected"
        };
        assert_eq!(fault["code"], expected, "{paths:?}: {fault}");
        session.call(json!({"id": 2, "op": "status"}), "status");
        assert_eq!(session.end().1, 0);
    }
    assert!(gateway.requests().is_empty(), "something was asked");
}

// Report A19 (odeke-em/drive#208: reading a named pipe hangs for ever): the start hung until somebody
// wrote to the pipe.
#[test]
fn files_of_settings_that_are_pipes_or_devices() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let pipe = fifo(folder.path(), "pipe");
    let named = file(
        folder.path(),
        "c.toml",
        format!("gateway_bearer_token_file = \"{pipe}\"").as_bytes(),
    );
    for path in [pipe.as_str(), "/dev/zero", "/dev/stdin"] {
        let ran = run(gateway.program(["ask", "--token-file", path, "hi"]));
        refused(
            &ran,
            2,
            &[
                "config_invalid",
                "gateway_bearer_token_file",
                path,
                "regular file",
            ],
        );
        let ran = run(gateway.program(["ask", "--config", path, "hi"]));
        refused(&ran, 2, &["config_invalid", path, "regular file"]);
        for command in ["status", "session"] {
            let ran = run(gateway.program([command, "--component", path]));
            refused(&ran, 2, &[path, "regular file"]);
        }
        refused(&run(program(["inspect", path])), 2, &[path, "regular file"]);
    }
    let mut command = gateway.program(["ask", "--config", &named, "hi"]);
    command.env_remove("OPENCLAW_GATEWAY_TOKEN");
    let ran = run(command);
    refused(
        &ran,
        2,
        &["gateway_bearer_token_file", &pipe, "regular file"],
    );
    let artifact = fifo(folder.path(), "x.cwasm");
    let ran = run(gateway.program(["ask", "--component", &artifact, "hi"]));
    refused(&ran, 2, &["x.cwasm"]);
    fifo(folder.path(), "x.cwasm.json");
    let ran = run(gateway.program(["ask", "--component", &artifact, "hi"]));
    refused(&ran, 2, &["x.cwasm.json", "regular file"]);
    assert!(gateway.requests().is_empty(), "something was asked");
}

// Report A19 (attack): files that only make things faster or nicer do not stop the start either.
#[test]
fn a_cache_and_a_history_of_pipes_are_done_without() {
    let gateway = Gateway::start();
    let home = tempfile::tempdir().unwrap();
    let at_home = |mut command: std::process::Command| {
        command.env("HOME", home.path());
        command
    };
    assert_eq!(run(at_home(gateway.program(["ask", "hi"]))).code, 0);
    let cache = home.path().join(".cache/host-shim");
    let mut replaced = 0;
    for entry in std::fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        std::fs::remove_file(&path).unwrap();
        fifo(&cache, path.file_name().unwrap().to_str().unwrap());
        replaced += 1;
    }
    assert_eq!(replaced, 2, "the code and its description");
    let data = home.path().join(".local/share/host-shim");
    std::fs::create_dir_all(&data).unwrap();
    fifo(&data, "chat-history");
    assert_eq!(run(at_home(gateway.program(["ask", "hi"]))).code, 0);
    let ran = run_with_input(at_home(gateway.program(["chat"])), b"hello\n");
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn levels_and_languages_that_do_not_exist() {
    let ran = run(program(["ask", "--level", "L9", "hi"]));
    refused(&ran, 2, &["L9", "L0, L1, L2, L3, L4"]);
    refused(&run(program(["--locale", "fr", "status"])), 2, &["fr"]);
    let ran = run(program(["--locale", "zh", "ask", "--level", "L9", "hi"]));
    assert!(
        ran.code == 2 && ran.err.starts_with("错误：参数"),
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
