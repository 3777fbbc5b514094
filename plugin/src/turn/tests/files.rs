//! Files that the agent sends.

use super::host::*;
use super::scenes::*;
use super::*;
use crate::gateway::sent_file::MAX_FILE_BYTES;
use crate::turn::offer_files;
use openclaw_core::workspace::OpenError;

pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";
/// First event of a gateway that hands out files.
pub(super) const NEW: &[u8] = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":{\"input_tokens_details\":{}}}}\n\n";

/// A turn that takes files.
pub(super) fn takes_files(setup: &Setup, text: &str) -> TurnRequest {
    let mut turn = TurnRequest {
        id: "t1".into(),
        session: "Ann".into(),
        level: Level::Act,
        files: true,
        ..turn(text)
    };
    offer_files(&mut turn, setup.state.config().as_deref());
    turn
}

/// A host with these files in the workspace.
pub(super) fn with_workspace(config: Config, scenes: Vec<Scene>, files: &[(&str, &[u8])]) -> Setup {
    let setup = setup(config, scenes);
    let files = files.iter();
    let files = files.map(|(path, data)| ((*path).to_owned(), Ok(data.to_vec())));
    setup.world.workspace.replace(Some(files.collect()));
    setup
}

/// An answer of this text, a few characters at a time.
pub(super) fn says(text: &str) -> Scene {
    let pieces = text.as_bytes().chunks(3);
    let mut events: Vec<_> = pieces
        .map(|piece| delta(std::str::from_utf8(piece).expect("ASCII")))
        .collect();
    events.push(completed(json!([message(text)])));
    Scene::Answers(stream_head(), vec![Ok(sse(&events))])
}

/// A newer gateway's answer, which calls `send_file` for each of these paths.
fn sends(paths: &[&str]) -> Scene {
    let calls = paths.iter().enumerate().map(|(at, path)| {
        let arguments = json!({ "path": path }).to_string();
        call(&format!("c{at}"), "send_file", &arguments)
    });
    let calls: Vec<_> = calls.collect();
    let bytes = [NEW, &sse(&[completed(json!(calls))])].concat();
    Scene::Answers(stream_head(), vec![Ok(bytes)])
}

/// What a gateway answers for a file.
fn hands_out(status: u16, content_type: &str, data: &[u8]) -> Scene {
    let head = Head {
        status,
        content_type: content_type.into(),
        ..Head::default()
    };
    Scene::Answers(
        head,
        data.chunks(7).map(|piece| Ok(piece.to_vec())).collect(),
    )
}

pub(super) fn names(events: &Taken) -> Vec<String> {
    let files = events.files().into_iter();
    files.map(|file| file.filename).collect()
}

#[test]
fn a_file_named_in_the_answer_comes_out_and_its_line_does_not() {
    let text = "Here it is.\n\nASTR_FILE: out/chart.png\nASTR_FILE: b.pdf";
    let files = [("out/chart.png", PNG), ("b.pdf", &b"%PDF-1.7"[..])];
    let setup = with_workspace(config(), vec![says(text)], &files);
    let (end, events) = setup.ask(&takes_files(&setup, "draw"));
    assert_eq!(end.expect("a reply").text, "Here it is.");
    assert_eq!(events.shown(), "Here it is.");
    assert_eq!(names(&events), ["chart.png", "b.pdf"]);
    let types: Vec<_> = events
        .files()
        .into_iter()
        .map(|file| file.media_type)
        .collect();
    assert_eq!(types, ["image/png", "application/pdf"]);
    assert_eq!(events.files()[0].data, PNG);
    assert_eq!(events.notices(), []);
    let sent = setup.world.sent.borrow();
    let instructions = sent[0].body["instructions"].as_str().expect("a text");
    assert!(
        instructions.contains("ASTR_FILE: relative/path"),
        "{instructions}"
    );
    assert_eq!(sent[0].body["tools"][0]["function"]["name"], "send_file");
    assert!(setup.world.gets.borrow().is_empty());
}

#[test]
fn nothing_changes_for_a_turn_that_does_not_take_files() {
    let text = "Here.\nASTR_FILE: a.png";
    let setup = with_workspace(config(), vec![says(text)], &[("a.png", PNG)]);
    let mut plain = turn("draw");
    offer_files(&mut plain, setup.state.config().as_deref());
    let (end, events) = setup.ask(&plain);
    assert_eq!(end.expect("a reply").text, text);
    assert_eq!((names(&events), events.notices()), (vec![], vec![]));
    let sent = setup.world.sent.borrow();
    assert_eq!(sent[0].body["tools"], Value::Null);
    assert!(
        !sent[0].body["instructions"]
            .to_string()
            .contains("ASTR_FILE")
    );
}

#[test]
fn each_file_that_is_refused_costs_one_line_and_the_turn_goes_on() {
    let text = "Done.\nASTR_FILE: ../a.png\nASTR_FILE: /etc/passwd\nASTR_FILE: liar.png\nASTR_FILE: gone.png\n\
        ASTR_FILE: pipe.txt\nASTR_FILE: big.txt\nASTR_FILE: config.json\nASTR_FILE: good.txt";
    let setup = with_workspace(
        config(),
        vec![says(text)],
        &[("liar.png", b"%PDF-"), ("good.txt", b"hi")],
    );
    let big = vec![b'x'; MAX_FILE_BYTES + 1];
    let mut more = setup.world.workspace.take().expect("a workspace");
    more.insert("pipe.txt".into(), Err(OpenError::NotRegular));
    more.insert("big.txt".into(), Ok(big));
    more.insert("config.json".into(), Ok(b"{\"token\": \"t0ken\"}".to_vec()));
    setup.world.workspace.replace(Some(more));
    let (end, events) = setup.ask(&takes_files(&setup, "x"));
    assert_eq!(end.expect("a reply").text, "Done.");
    assert_eq!(names(&events), ["good.txt"]);
    assert_eq!(events.notices(), [NoticeCode::FileRefused; 7]);
    let texts = events.notice_texts();
    for (text, path, why) in [
        (&texts[0], "`../a.png`", "inside the workspace"),
        (&texts[1], "`/etc/passwd`", "inside the workspace"),
        (&texts[2], "`liar.png`", "not what its name says"),
        (&texts[3], "`gone.png`", "no such file"),
        (&texts[4], "`pipe.txt`", "not a regular file"),
        (&texts[5], "`big.txt`", "larger than the 10240 KiB"),
        (&texts[6], "`config.json`", "contains the gateway's token"),
    ] {
        assert!(text.contains(path) && text.contains(why), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }
}

#[test]
fn number_bytes_level_and_memory_are_bounded() {
    let lines = |names: &[&str]| -> String {
        names
            .iter()
            .map(|name| format!("ASTR_FILE: {name}\n"))
            .collect()
    };
    let all = ["a.txt", "b.txt", "c.txt"];
    let small: Vec<_> = all.iter().map(|name| (*name, &b"x"[..])).collect();
    let two = Config {
        max_files: 2,
        ..config()
    };
    let setup = with_workspace(two, vec![says(&lines(&all))], &small);
    let (_, events) = setup.ask(&takes_files(&setup, "x"));
    assert_eq!(names(&events), ["a.txt", "b.txt"]);
    assert!(events.notice_texts()[0].contains("at most 2 files"));

    let none = Config {
        max_files: 0,
        ..config()
    };
    let setup = with_workspace(none, vec![says(&lines(&all))], &small);
    let (_, events) = setup.ask(&takes_files(&setup, "x"));
    assert_eq!((names(&events), events.notices().len()), (vec![], 1));
    let sent = setup.world.sent.borrow()[0].body.to_string();
    assert!(!sent.contains("send_file"), "not offered");

    // Together at most 20 MiB.
    let large = vec![b'x'; MAX_FILE_BYTES];
    let large: Vec<_> = all.iter().map(|name| (*name, &large[..])).collect();
    let setup = with_workspace(config(), vec![says(&lines(&all))], &large);
    let (_, events) = setup.ask(&takes_files(&setup, "x"));
    assert_eq!(names(&events), ["a.txt", "b.txt"]);
    assert!(events.notice_texts()[0].contains("than the 0 KiB that may still"));

    let setup = with_workspace(config(), vec![says(&lines(&all))], &small);
    let mut low = takes_files(&setup, "x");
    low.level = Level::ReadOnly;
    let (_, events) = setup.ask(&low);
    assert_eq!(names(&events), [""; 0]);
    assert!(events.notice_texts()[0].contains("needs L2, the level is L1"));
    let sent = setup.world.sent.borrow();
    assert!(
        !sent[0].body.to_string().contains("send_file"),
        "not offered"
    );

    // Exactly the floor is enough.
    for (available, sent) in [(512 * MIB, &all[..]), (512 * MIB - 1, &[])] {
        let setup = with_workspace(config(), vec![says(&lines(&all))], &small);
        setup.world.available.set(Some(available));
        let (_, events) = setup.ask(&takes_files(&setup, "x"));
        assert_eq!(names(&events), sent);
        assert_eq!(events.notices().len(), all.len() - sent.len());
    }
}

#[test]
fn a_newer_gateway_hands_the_file_out_itself() {
    let scenes = vec![
        sends(&["out/a b.png"]),
        hands_out(200, "image/png", PNG),
        says("There you are."),
    ];
    let setup = setup(config(), scenes);
    let (end, events) = setup.ask(&takes_files(&setup, "draw"));
    assert_eq!(end.expect("a reply").text, "There you are.");
    assert_eq!(names(&events), ["a b.png"]);
    assert_eq!(events.files()[0].data, PNG);
    assert_eq!(setup.outputs(), ["sent"]);
    assert_eq!(
        events.tools_ended(),
        [""; 0],
        "none of the caller's tools ran"
    );
    assert_eq!(
        setup.world.gets.borrow()[..],
        [
            "primary:1/__openclaw__/assistant-media?source=out%2Fa%20b.png&sessionKey=agent%3Amain%3Aopenresponses-user%3Aastr-%3D41nn"
        ]
    );
}

#[test]
fn faults_of_the_fetch_are_told_to_user_and_model_and_count_for_nothing() {
    for (scene, why) in [
        (hands_out(404, "application/json", b"{}"), "no such file"),
        (
            hands_out(200, "text/html; charset=utf-8", b"<html>"),
            "no such file",
        ),
        (hands_out(500, "text/plain", b"oops"), "HTTP 500"),
        (
            hands_out(200, "image/png", b"GIF89a"),
            "not what its name says",
        ),
        (hands_out(302, "", b""), "HTTP 302"),
        (refused(), "connection refused"),
        (
            Scene::Answers(
                Head {
                    status: 200,
                    ..Head::default()
                },
                vec![
                    Ok(PNG.to_vec()),
                    Err(Failure::Broken {
                        why: "reset".into(),
                        uploaded: true,
                    }),
                ],
            ),
            "reset",
        ),
        (Scene::IsSilent, "did not arrive in time"),
        (Scene::Hangs(vec![PNG.to_vec()]), "did not arrive in time"),
        (
            hands_out(200, "image/png", &vec![0; MAX_FILE_BYTES + 1]),
            "larger than the 10240 KiB",
        ),
    ] {
        let setup = setup(config(), vec![sends(&["a.png"]), scene, says("No.")]);
        let (end, events) = setup.ask(&takes_files(&setup, "draw"));
        assert_eq!(end.expect("a reply").text, "No.", "{why}");
        assert_eq!(names(&events), [""; 0]);
        let codes = events.notices();
        assert_eq!(codes, [NoticeCode::FileRefused], "{why}");
        let text = &events.notice_texts()[0];
        assert!(text.contains("`a.png`") && text.contains(why), "{text}");
        let output = &setup.outputs()[0];
        assert!(
            output.starts_with("error: File not sent") && output.contains(why),
            "{output}"
        );
        assert_eq!(setup.breaker(0), breaker::State::Closed);
    }
}

#[test]
fn many_calls_at_once_are_fetched_one_by_one() {
    let paths = [
        "a.png", "b.png", "c.png", "d.png", "e.png", "f.png", "../g.png",
    ];
    let mut scenes = vec![sends(&paths)];
    scenes.extend((0..5).map(|_| hands_out(200, "image/png", PNG)));
    scenes.push(says("Done."));
    let setup = setup(config(), scenes);
    let (end, events) = setup.ask(&takes_files(&setup, "draw"));
    assert_eq!(end.expect("a reply").text, "Done.");
    assert_eq!(names(&events).len(), 5);
    assert_eq!(events.notices(), [NoticeCode::FileRefused; 2]);
    assert_eq!(
        setup.outputs().iter().filter(|out| *out == "sent").count(),
        5
    );
}

#[test]
fn an_old_gateway_without_a_common_workspace_says_what_is_missing() {
    let mut zh = config();
    zh.locale = Locale::Zh;
    let setup = setup(zh, vec![says("ASTR_FILE: a.png")]);
    let (end, events) = setup.ask(&takes_files(&setup, "draw"));
    assert_eq!(end.expect("a reply").text, "");
    assert_eq!(
        events.notice_texts(),
        ["文件未发送（`a.png`）：此网关版本需要共享的工作区目录，但尚未设置，或目录不存在。"]
    );
}

#[test]
fn a_tool_of_the_same_name_is_refused_with_files() {
    let setup = setup(config(), vec![]);
    let mut turn = takes_files(&setup, "x");
    turn.tools.push(tool("send_file", Level::Act));
    let fault = setup.ask(&turn).0.expect_err("two of a name");
    assert_eq!(fault.code, FaultCode::RequestRejected);
}

#[test]
fn a_marker_that_is_never_finished_is_not_shown_either() {
    let cut = [delta("One.\nASTR_"), delta("FILE: a.p")];
    let scene = Scene::Answers(stream_head(), vec![Ok(sse(&cut))]);
    let setup = with_workspace(config(), vec![scene], &[("a.png", PNG)]);
    let (end, events) = setup.ask(&takes_files(&setup, "x"));
    let fault = end.expect_err("cut off");
    assert_eq!(fault.code, FaultCode::StreamInterrupted);
    assert!(!events.shown().contains("ASTR") && !fault.partial_text.contains("ASTR"));
}

#[test]
fn whoever_leaves_during_a_fetch_leaves_nothing_open() {
    let setup = setup(
        config(),
        vec![
            sends(&["a.png", "b.png"]),
            Scene::Hangs(vec![PNG.to_vec()]),
            replies("next"),
        ],
    );
    {
        let (events, turn) = (Taken::default(), takes_files(&setup, "x"));
        let mut running = Box::pin(run(&setup.state, &setup.world, &events, &turn, pending()));
        assert!(step(running.as_mut()).is_pending());
        let gets = setup.world.gets.borrow().len();
        assert_eq!(gets, 1, "the second waits for the first");
    }
    assert_eq!(setup.state.load(), (0, 0));
    let (opened, closed) = (&setup.world.opened, &setup.world.closed);
    assert_eq!(opened.get(), closed.get(), "no answer is left open");
    assert_eq!(setup.ask(&turn("x")).0.expect("a reply").text, "next");
}
