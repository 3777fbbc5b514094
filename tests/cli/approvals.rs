//! Tools of a file, and their approval on the terminal or without one.

use openclaw_fake_gateway::{Answer, Scene};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Gateway, Ran, file, press_ctrl_c, run, run_with_input};
use crate::terminal::Terminal;

/// A tool that gives back its arguments, after an admin's approval.
fn tools(folder: &TempDir) -> String {
    let tools = json!([{"name": "repeat", "level": "L2", "approval": "admin",
        "command": ["sh", "-c", "printf 'ran with '; cat"]}]);
    file(folder.path(), "tools.json", tools.to_string().as_bytes())
}

/// The model calls the tool, then answers.
fn play(gateway: &Gateway, answer: &str) {
    gateway.push(Answer::new().call("c1", "repeat", r#"{"disk":1}"#));
    gateway.push(Scene::reply(answer));
}

/// Whether the model got the tool's output in its last request.
fn ran(gateway: &Gateway) -> bool {
    let sent = gateway.turns().pop().unwrap().json.unwrap().to_string();
    assert!(sent.contains("function_call_output"), "{sent}");
    sent.contains("ran with")
}

#[test]
fn on_a_terminal_the_call_is_shown_and_only_a_clear_yes_runs_it() {
    let folder = TempDir::new().unwrap();
    let gateway = Gateway::start();
    let arguments = ["chat", "--level", "L2", "--tools", &tools(&folder)];
    let mut terminal = Terminal::start(gateway.program(arguments));
    for (typed, runs) in [
        ("yes\r", true),
        ("n\r", false),
        ("\r", false),
        ("\u{4}", false),
    ] {
        play(&gateway, "answered");
        terminal.shows("you> ");
        terminal.types("go\r");
        terminal.shows("an admin's approval of:");
        terminal.shows("Run repeat {\"disk\":1}? [y/N] (300 s)");
        if runs {
            // The guards answer meanwhile, and what is unclear is asked again.
            terminal.types("/status\r");
            terminal.shows("repeat: waiting for an admin");
            terminal.shows("[y/N]");
            terminal.types("maybe\r");
            terminal.shows("Please answer y or n.");
            terminal.shows("[y/N]");
        }
        terminal.types(typed);
        terminal.shows(if runs { "approved by" } else { "rejected by" });
        terminal.shows("answered");
        assert_eq!(ran(&gateway), runs, "{typed:?}");
    }
    terminal.shows("you> ");
    terminal.types("\u{4}");
    terminal.ends_with(0);
}

#[test]
fn ctrl_c_at_the_question_is_a_no_and_cancels_the_turn() {
    let folder = TempDir::new().unwrap();
    let gateway = Gateway::start();
    let arguments = ["chat", "--level", "L2", "--tools", &tools(&folder)];
    let mut terminal = Terminal::start(gateway.program(arguments));
    play(&gateway, "never said");
    terminal.shows("you> ");
    terminal.types("go\r");
    terminal.shows("[y/N]");
    press_ctrl_c(&terminal.child);
    terminal.shows("cancelled");
    terminal.shows("you> ");
    assert_eq!(gateway.turns().len(), 1);
    terminal.types("/quit\r");
    terminal.ends_with(0);
}

#[test]
fn a_question_without_an_answer_expires_and_takes_no_later_line() {
    let folder = TempDir::new().unwrap();
    let gateway = Gateway::start();
    let config = file(folder.path(), "c.toml", b"approval_timeout_seconds = 1\n");
    let tools = tools(&folder);
    let arguments = [
        "chat", "--level", "L2", "--tools", &tools, "--config", &config,
    ];
    let mut terminal = Terminal::start(gateway.program(arguments));
    play(&gateway, "gave up");
    gateway.push(Scene::reply("second answer"));
    terminal.shows("you> ");
    terminal.types("go\r");
    terminal.shows("[y/N] (1 s)");
    terminal.shows("no answer in time");
    terminal.shows("gave up");
    assert!(!ran(&gateway));
    terminal.shows("you> ");
    terminal.types("again\r");
    terminal.shows("second answer");
    terminal.shows("you> ");
    terminal.types("/quit\r");
    terminal.ends_with(0);
}

#[test]
fn without_a_terminal_the_next_line_answers_and_the_end_of_the_input_is_a_no() {
    let folder = TempDir::new().unwrap();
    let tools = tools(&folder);
    for (input, runs) in [
        ("go\ny\nhi\n", true),
        ("go\nn\nhi\n", false),
        ("go\n", false),
    ] {
        let gateway = Gateway::start();
        play(&gateway, "answered");
        gateway.push(Scene::reply("greeted"));
        let arguments = ["chat", "--level", "L2", "--tools", &tools];
        let talk = run_with_input(gateway.program(arguments), input.as_bytes());
        assert_eq!(talk.code, 0, "{talk:?}");
        assert!(talk.out.contains("answered"), "{talk:?}");
        assert_eq!(
            talk.out.contains("greeted"),
            input.contains("hi"),
            "{talk:?}"
        );
        let sent = gateway.turns()[1].json.as_ref().unwrap().to_string();
        assert_eq!(sent.contains("ran with"), runs, "{sent}");
    }
}

#[test]
fn ask_refuses_at_once_unless_it_is_told_yes() {
    let folder = TempDir::new().unwrap();
    let tools = tools(&folder);
    let asked = |more: &[&str]| -> (Ran, bool) {
        let gateway = Gateway::start();
        play(&gateway, "answered");
        let arguments = ["ask", "--level", "L2", "--tools", &tools, "go"];
        let ended = run(gateway.program(arguments.iter().chain(more)));
        assert_eq!(ended.code, 0, "{ended:?}");
        let runs = ran(&gateway);
        (ended, runs)
    };
    let (refused, runs) = asked(&[]);
    assert!(!runs && refused.err.contains("Pass --yes"), "{refused:?}");
    assert_eq!(refused.out, "answered\n");
    let (chinese, _) = asked(&["--locale", "zh"]);
    assert!(chinese.err.contains("可用 --yes"), "{chinese:?}");
    let (approved, runs) = asked(&["--yes"]);
    assert!(
        runs && approved.err.contains("approved by --yes"),
        "{approved:?}"
    );
    let (lines, runs) = asked(&["--json"]);
    assert!(!runs, "{lines:?}");
    let events = lines.json();
    let event = |name: &str| events.iter().find(|line| line["event"] == name);
    assert_eq!(event("approval").unwrap()["calls"][0]["name"], "repeat");
    assert_eq!(event("approval-ended").unwrap()["decision"], "rejected");
}

#[test]
fn a_tools_file_that_is_wrong_or_missing_is_an_error_before_anything_is_asked() {
    let folder = TempDir::new().unwrap();
    let wrong = file(
        folder.path(),
        "wrong.json",
        br#"[{"name":"t","level":"L9","command":["t"]}]"#,
    );
    let gateway = Gateway::start();
    for (path, says) in [
        (wrong.as_str(), "[0].level: unknown level `L9`"),
        ("/no/such/file", "No such file"),
        (folder.path().to_str().unwrap(), "not a regular file"),
    ] {
        for command in ["ask", "chat"] {
            let ran = run(gateway.program([command, "--tools", path]));
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(ran.err.contains(says), "{ran:?}");
        }
    }
    assert!(gateway.requests().is_empty());
}

#[test]
fn the_token_is_not_in_the_environment_of_a_tool() {
    let folder = TempDir::new().unwrap();
    let tools = json!([{"name": "repeat", "level": "L2", "command": ["env"]}]);
    let tools = file(folder.path(), "tools.json", tools.to_string().as_bytes());
    let gateway = Gateway::start();
    play(&gateway, "answered");
    run(gateway.program(["ask", "--level", "L2", "--tools", &tools, "go"]));
    let sent = gateway.turns().pop().unwrap().json.unwrap().to_string();
    assert!(sent.contains("OPENCLAW_GATEWAY_URL="), "{sent}");
    assert!(
        !sent.contains(crate::support::TOKEN) && !sent.contains("GATEWAY_TOKEN"),
        "{sent}"
    );
}
