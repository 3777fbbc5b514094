//! `host-shim chat`, with its lines from a pipe and from a terminal.

use openclaw_fake_gateway::{Answer, Gate, Scene};

use crate::support::{Gateway, press_ctrl_c, run_with_input};
use crate::terminal::Terminal;

#[test]
fn lines_from_a_pipe_are_commands_and_turns() {
    let gateway = Gateway::start();
    gateway.push(Scene::reply("first answer"));
    gateway.push(Scene::reply("second answer"));
    let input = "hello\n/状态\n/nonsense\n/reset\nagain\n/诊断\n/help\n/quit\nnever asked\n";
    let ran = run_with_input(gateway.program(["chat"]), input.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in [
        "first answer",
        "second answer",
        "closed",
        "✓ token-primary",
        "/reset-breakers",
    ] {
        assert!(ran.out.contains(part), "{part} is missing: {ran:?}");
    }
    assert!(ran.err.contains("Unknown command /nonsense"), "{ran:?}");
    let turns = gateway.turns();
    assert_eq!(turns.len(), 2, "{ran:?}");
    let session = |turn: usize| turns[turn].json.as_ref().unwrap()["user"].clone();
    assert_ne!(session(0), session(1), "/reset begins a new session");
}

#[test]
fn a_fault_is_told_and_the_talk_goes_on() {
    let gateway = Gateway::start();
    gateway.push(Answer::provider_failed());
    gateway.push(Scene::reply("better now"));
    let ran = run_with_input(gateway.program(["chat"]), b"hello\nagain\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("[model_provider_failed]"), "{ran:?}");
    assert!(ran.out.contains("better now"), "{ran:?}");
}

#[test]
fn on_a_terminal_ctrl_c_cancels_the_turn_first_and_quits_second() {
    let gateway = Gateway::start();
    gateway.push(Scene::reply("good morning"));
    gateway.push(Answer::new().delta("and").hold(&Gate::new()));
    let mut terminal = Terminal::start(gateway.program(["chat"]));
    terminal.shows("you> ");
    terminal.types("hello\r");
    terminal.shows("good morning");
    terminal.shows("you> ");
    terminal.types("go on\r");
    terminal.shows("and");
    // The terminal is no controlling one, so the key's signal is sent by hand.
    press_ctrl_c(&terminal.child);
    terminal.shows("cancelled");
    terminal.shows("you> ");
    terminal.types("\u{3}");
    terminal.ends_with(130);
}

// Report F8: a terminal shows what is streamed, and what it should have been below it (mlx-node/mlx-node#45: deltas that are not what the final event says).
#[test]
fn on_a_terminal_a_correction_is_shown_below_the_streamed_text() {
    let gateway = Gateway::start();
    let gate = Gate::new();
    let answer = Answer::new().delta("tag>ok</tag>").hold(&gate);
    gateway.push(answer.final_text("<tag>ok</tag>"));
    let terminal = Terminal::start(gateway.program(["ask", "go"]));
    terminal.shows("tag>ok</tag>");
    gate.open();
    terminal.shows("final");
    terminal.shows("<tag>ok</tag>");
    terminal.ends_with(0);
}

#[test]
fn at_the_prompt_ctrl_c_asks_once_more_and_ctrl_d_ends() {
    let gateway = Gateway::start();
    let mut terminal = Terminal::start(gateway.program(["chat", "--locale", "zh"]));
    terminal.shows("你> ");
    terminal.types("\u{3}");
    terminal.shows("再按一次");
    terminal.shows("你> ");
    terminal.types("\u{4}");
    terminal.ends_with(0);
}

#[test]
fn colour_and_the_spinner_are_for_terminals_and_no_color_is_obeyed() {
    let gateway = Gateway::start();
    for (no_color, coloured) in [(None, true), (Some("1"), false)] {
        let mut command = gateway.program(["status"]);
        command.envs(no_color.map(|value| ("NO_COLOR", value)));
        let terminal = Terminal::start(command);
        let screen = terminal.screen.clone();
        terminal.shows("allowed");
        terminal.ends_with(0);
        // What `shows` left: the reset of the colour comes right behind the word.
        assert_eq!(screen.lock().unwrap().starts_with('\u{1b}'), coloured);
    }
    let gate = Gate::new();
    gateway.push(Answer::new().hold(&gate).delta("\u{1b}[2Jdone"));
    let terminal = Terminal::start(gateway.program(["ask", "hi"]));
    terminal.shows("Waiting for the gateway");
    gate.open();
    // What could change the terminal is not printed to it.
    terminal.shows("[2K[2Jdone");
    terminal.ends_with(0);
}

#[test]
fn tasks_in_the_background_wait_behind_and_their_answers_come_later() {
    let gateway = Gateway::start();
    let mut terminal = Terminal::start(gateway.program(["chat"]));
    terminal.shows("you> ");
    let gate = Gate::new();
    gateway.push(Answer::new().hold(&gate).delta("the report"));
    terminal.types("/background read it all\r");
    terminal.shows("Task 1 started");
    terminal.shows("you> ");
    gateway.wait(|_| {
        let gate = gate.clone();
        async move { gate.reached().await }
    });
    // It waits behind the first one, and is cancelled there.
    terminal.types("/background and again\r");
    terminal.shows("Task 2 started");
    terminal.types("/tasks\r");
    terminal.shows("2  waiting or running  and again");
    terminal.types("/cancel 2\r");
    terminal.shows("Cancelling task 2");
    terminal.types("/cancel 7\r");
    terminal.shows("No such task");
    gate.open();
    // Asked in the chat, so after it both have ended.
    gateway.push(Scene::reply("hello to you"));
    terminal.types("hello\r");
    terminal.shows("hello to you");
    terminal.shows("Task 1 is done");
    terminal.shows("the report");
    terminal.types("/tasks\r");
    terminal.shows("1  done  read it all");
    terminal.shows("2  cancelled  and again");
    terminal.types("/quit\r");
    terminal.ends_with(0);
    assert_eq!(gateway.turns().len(), 2);
}

#[test]
fn projects_are_conversations_of_their_own() {
    let gateway = Gateway::start();
    for _ in 0..5 {
        gateway.push(Scene::reply("ok"));
    }
    let input = "hello\n@site one\n@site two\n@shop three\n@ann\n";
    let mut chat = gateway.program(["chat", "--session", "s"]);
    chat.env("NO_COLOR", "1");
    let ran = run_with_input(chat, input.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let turns = gateway.turns();
    let session = |turn: usize| turns[turn].json.as_ref().unwrap()["user"].clone();
    assert_eq!(session(1), session(2));
    assert_eq!(session(0), session(4), "a name alone is a text");
    assert_eq!(ran.err.matches("New conversation @").count(), 2, "{ran:?}");
    assert_ne!(session(0), session(1));
    assert_ne!(session(1), session(3));
    let text = turns[1].json.as_ref().unwrap()["input"].to_string();
    assert!(text.contains("one") && !text.contains("@site"), "{text}");
}

#[test]
fn a_script_waits_for_its_tasks_in_the_background() {
    let gateway = Gateway::start();
    for text in ["one is ready", "two is ready"] {
        gateway.push(Scene::reply(text));
    }
    let input = "/background one\n/后台 two\n";
    let ran = run_with_input(gateway.program(["chat"]), input.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in ["one is ready", "two is ready"] {
        assert!(ran.out.contains(part), "{ran:?}");
    }
    assert!(!ran.err.contains("cancelled on exit"), "{ran:?}");
}

#[test]
fn an_answer_that_names_a_file_is_shown_once() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "hi").unwrap();
    let answer = "Here it is.\n\nASTR_FILE: a.txt\n";
    gateway.push(Answer::text(answer).runs_on());
    let mut chat = gateway.program(["chat", "--level", "L2", "--workspace"]);
    chat.arg(folder.path());
    chat.arg("--save-files").arg(folder.path().join("saved"));
    let mut terminal = Terminal::start(chat);
    terminal.shows("you> ");
    terminal.types("draw\r");
    terminal.shows("Here it is.");
    let rest = terminal.shows("you> ");
    terminal.types("/quit\r");
    terminal.ends_with(0);
    assert!(
        !rest.contains("Here it is.") && !rest.contains("corrected"),
        "{rest}"
    );
    assert!(folder.path().join("saved/a.txt").exists());
}
