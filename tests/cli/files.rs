//! Files that the agent sends: saved by `ask` and `chat`, in the events of `session`.

use std::fs;

use openclaw_fake_gateway::{Answer, Scene};
use serde_json::json;

use crate::support::{Gateway, Session, run, run_with_input};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and some content";

/// A gateway of a version that hands out no files, and the folder that the machine shares with it.
fn stage(answers: usize) -> (Gateway, tempfile::TempDir) {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("shared")).unwrap();
    fs::write(folder.path().join("shared/chart.png"), PNG).unwrap();
    for _ in 0..answers {
        let text = "Here.\nASTR_FILE: chart.png\nASTR_FILE: ../secret.txt";
        gateway.push(Answer::text(text).runs_on());
    }
    (gateway, folder)
}

#[test]
fn ask_saves_files_and_overwrites_none() {
    let (gateway, folder) = stage(2);
    let shared = folder.path().join("shared");
    let saved = folder.path().join("out/deep");
    for (name, json) in [("chart.png", false), ("chart-2.png", true)] {
        let mut ask = gateway.program(["ask", "--level", "L2", "draw"]);
        ask.arg("--workspace").arg(&shared);
        ask.arg("--save-files").arg(&saved);
        if json {
            ask.arg("--json");
        }
        let ran = run(ask);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(fs::read(saved.join(name)).unwrap(), PNG);
        if json {
            let lines = ran.json();
            let file = lines.iter().find(|line| line["event"] == "file").unwrap();
            assert_eq!(
                (&file["filename"], &file["media_type"]),
                (&json!("chart.png"), &json!("image/png"))
            );
        } else {
            assert_eq!(ran.out, "Here.\n");
            assert!(
                ran.err.contains("chart.png") && ran.err.contains("../secret.txt"),
                "{ran:?}"
            );
        }
    }
    assert_eq!(fs::read_dir(&saved).unwrap().count(), 2);
}

#[test]
fn a_folder_that_cannot_be_made_is_told_before_anything_is_asked() {
    let (gateway, folder) = stage(1);
    let blocked = folder.path().join("file");
    fs::write(&blocked, "x").unwrap();
    let mut ask = gateway.program(["ask", "--level", "L2", "draw", "--save-files"]);
    let ran = run({
        ask.arg(&blocked);
        ask
    });
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(gateway.turns().is_empty(), "nothing is asked in vain");
}

#[test]
fn chat_saves_files_too() {
    let (gateway, folder) = stage(1);
    let mut chat = gateway.program(["chat", "--level", "L2", "--save-files"]);
    chat.arg(folder.path());
    chat.arg("--workspace").arg(folder.path().join("shared"));
    let ran = run_with_input(chat, b"draw\n/quit\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::read(folder.path().join("chart.png")).unwrap(), PNG);
}

#[test]
fn a_session_gets_files_as_events_if_the_ask_takes_them() {
    let (gateway, folder) = stage(1);
    let mut program = gateway.program(["session", "--workspace"]);
    program.arg(folder.path().join("shared"));
    let mut session = Session::start(program);
    session.send(json!({"id": 1, "op": "ask", "text": "draw", "level": "L2", "files": true}));
    let file = session.event(1, "file");
    let data = "iVBORw0KGgogYW5kIHNvbWUgY29udGVudA==";
    assert_eq!(
        file,
        json!({"id": 1, "event": "file", "media_type": "image/png", "filename": "chart.png", "data": data})
    );
    let refused = session.event(1, "notice");
    assert_eq!(refused["code"], "file_refused");
    assert_eq!(session.event(1, "completed")["text"], "Here.");
    gateway.push(Scene::reply("ASTR_FILE: chart.png"));
    session.send(json!({"id": 2, "op": "ask", "text": "draw", "level": "L2"}));
    assert_eq!(
        session.event(2, "completed")["text"],
        "ASTR_FILE: chart.png"
    );
}

#[test]
fn a_file_that_cannot_be_saved_fails_the_command_after_the_answer() {
    let (gateway, folder) = stage(2);
    // All names are taken.
    for number in 2..=1000 {
        fs::write(folder.path().join(format!("chart-{number}.png")), "mine").unwrap();
    }
    fs::write(folder.path().join("chart.png"), "mine").unwrap();
    for command in ["ask", "chat"] {
        let mut program = gateway.program([command, "--level", "L2", "--save-files"]);
        program.arg(folder.path());
        program.arg("--workspace").arg(folder.path().join("shared"));
        if command == "ask" {
            program.arg("draw");
        }
        let ran = run_with_input(program, b"draw\n");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains("Here."), "{ran:?}");
        assert!(ran.err.contains("cannot save chart.png"), "{ran:?}");
    }
    assert_eq!(fs::read(folder.path().join("chart.png")).unwrap(), b"mine");
}
