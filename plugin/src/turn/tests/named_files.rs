//! Files that an answer names.

use super::files::*;
use super::host::*;
use super::*;

#[test]
fn what_follows_the_lines_and_what_is_fenced_is_shown_as_it_is_answered() {
    for (text, answer, sent) in [
        ("A.\n\nASTR_FILE: a.png\n\nB.\n", "A.\n\n\nB.", 1),
        (
            "Write:\n```\nASTR_FILE: a.png\n```\nSo.",
            "Write:\n```\nASTR_FILE: a.png\n```\nSo.",
            0,
        ),
        ("A.\n\nAS it is.\n", "A.\n\nAS it is.\n", 0),
    ] {
        let setup = with_workspace(config(), vec![says(text)], &[("a.png", PNG)]);
        let (end, events) = setup.ask(&takes_files(&setup, "x"));
        assert_eq!(end.expect("a reply").text, answer);
        assert_eq!(
            (events.shown().as_str(), events.files().len()),
            (answer, sent)
        );
        assert_eq!(events.notices(), []);
    }
}

#[test]
fn a_gateway_that_offers_tools_sends_nothing_that_an_answer_only_names() {
    let Scene::Answers(head, pieces) = says("Echo.\nASTR_FILE: MEMORY.md") else {
        unreachable!()
    };
    let pieces = [Ok(NEW.to_vec())].into_iter().chain(pieces).collect();
    let setup = with_workspace(
        config(),
        vec![Scene::Answers(head, pieces)],
        &[("MEMORY.md", b"mine")],
    );
    let (end, events) = setup.ask(&takes_files(&setup, "x"));
    assert_eq!(
        (end.expect("a reply").text.as_str(), names(&events)),
        ("Echo.", vec![])
    );
    assert!(setup.world.gets.borrow().is_empty());
}

#[test]
fn a_flood_of_refused_files_is_summed_up() {
    let lines: String = (0..32).map(|at| format!("ASTR_FILE: ../{at}\n")).collect();
    let setup = with_workspace(config(), vec![says(&lines)], &[]);
    let (_, events) = setup.ask(&takes_files(&setup, "x"));
    let texts = events.notice_texts();
    assert_eq!(texts.len(), 11, "{texts:?}");
    assert_eq!(texts[10], "22 more files not sent.");
}

#[test]
fn a_file_that_does_not_come_costs_an_answered_turn_nothing() {
    let lines = "Done.\nASTR_FILE: hangs.txt\nASTR_FILE: hangs.txt2\nASTR_FILE: a.png";
    for turn_seconds in [1800, 30] {
        let mut config = config();
        config.timeouts.turn = Duration::from_secs(turn_seconds);
        let setup = with_workspace(config, vec![says(lines)], &[("a.png", PNG)]);
        let (end, events) = setup.ask(&takes_files(&setup, "x"));
        assert_eq!(end.expect("a reply").text, "Done.");
        let late = events.notice_texts();
        assert!(late[0].contains("did not arrive in time"), "{late:?}");
        // All of them together take as long as one.
        assert!(setup.world.now.get() <= 60_000);
        assert_eq!(setup.state.breaker(0, 0).failures, 0);
        assert_eq!(names(&events), ["a.png"]);
    }
}
