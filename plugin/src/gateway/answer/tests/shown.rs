//! What is shown while an answer streams, and how the final text changes that.

use super::*;

// Report F8: a final text that differs from the stream (paradigmxyz/centaur#179: printed twice;
// mlx-node/mlx-node#45: trailing space trimmed).
#[test]
fn a_final_text_that_differs_is_said_to_and_counts() {
    let (final_text, shown, notices) =
        good(&[delta("tag>ok</tag>"), done("<tag>ok</tag>"), end(json!([]))]);
    assert_eq!(
        (final_text.as_str(), shown.as_str()),
        ("<tag>ok</tag>", "tag>ok</tag>")
    );
    assert_eq!(notices, [NoticeCode::AnswerCorrected]);
    for (streamed, last, corrected) in [
        ("Hello \n", "Hello", false),
        ("Hello", "Hello\n", false),
        ("\nHello", "Hello", false),
        ("one\n\n\ntwo", "one\n\ntwo and three", false),
        ("Hello", "Hullo", true),
        ("Hello there", "Hello", true),
        ("lo there", "Hello there", true),
    ] {
        let (text, shown, notices) = good(&[delta(streamed), completed(last)]);
        assert_eq!(text, last);
        assert_eq!(!notices.is_empty(), corrected, "{streamed:?} {last:?}");
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(solid(&shown) == solid(last), !corrected, "{shown:?}");
    }
}

// Report R2 (attack): recorded with 2026.2.9, whose provider drops out mid-reply: the deltas repeat, the
// final text has them once, no tokens are counted, the status is `completed`.
#[test]
fn a_reply_that_was_begun_again_is_probably_cut_off() {
    let attempt = [delta("part0 "), delta("part1 "), delta("part2")].concat();
    let (answer, _) = read(
        &[
            attempt.repeat(4),
            done("part0 part1 part2"),
            end(json!([message("part0 part1 part2")])),
        ]
        .concat(),
    );
    let answer = answer.expect("an answer");
    assert!(answer.provider_failed);
    let notices: Vec<_> = answer.notices.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        notices,
        [NoticeCode::AnswerCorrected, NoticeCode::AnswerIncomplete]
    );
    for (deltas, last) in [
        ("hahaha", "hahaha"),
        ("PONG", "PONG"),
        ("PO", "PONG"),
        ("POPONG", "PONG"),
    ] {
        let (answer, _) = read(&(delta(deltas) + &completed(last)));
        assert!(
            !answer.expect("an answer").provider_failed,
            "{deltas} {last}"
        );
    }
}

// Report R3 (attack): an answer without text is not a failure.
#[test]
fn an_answer_without_text_says_so() {
    let stock = [
        delta("No response "),
        delta("from OpenClaw."),
        completed(STOCK_SENTENCE),
    ];
    for stream in [
        vec![end(json!([]))],
        vec![delta(""), completed("")],
        stock.to_vec(),
    ] {
        let (text, shown, notices) = good(&stream);
        assert_eq!((text.as_str(), shown.as_str()), ("", ""));
        assert_eq!(notices, [NoticeCode::AnswerEmpty]);
    }
}

// Report R8 (attack): 2026.2.9 removes MEDIA lines too late (openclaw/openclaw#156113: the line was shown).
#[test]
fn pieces_of_media_lines_are_not_shown() {
    for (deltas, last, text) in [
        (vec!["ME", "DIA: https:/", "/x/y.png"], "", ""),
        (
            vec!["Here.\n", "ME", "DIA", ": ./a b.png\n"],
            "Here.",
            "Here.",
        ),
        (
            vec!["Here.\n", "M", "EDIA: https:/", "after"],
            "Here.\nMEDIA: https:/after",
            "Here.\nafter",
        ),
        (
            vec!["MEDIA: https:/", "after"],
            "MEDIA: https:/after",
            "after",
        ),
        (vec!["MEDIA:", "\nafter"], "MEDIA:\nafter", "after"),
        (vec!["MEDIA: ./", "x.png"], "MEDIA: ./x.png", ""),
        (
            vec!["Here.\n  MEDIA: `https://x/y.png` a chart"],
            "",
            "Here.",
        ),
        (vec!["Here.\n", "ME"], "Here.\nME", "Here."),
        (vec!["one\n", "ME", "after"], "one\nafter", "one\nafter"),
        (
            vec!["one\n", "MEDIA: ./x\ntwo\n", "three"],
            "one\ntwo\nthree",
            "one\ntwo\nthree",
        ),
    ] {
        let mut stream: Vec<String> = deltas.iter().map(|text| delta(text)).collect();
        let whole = if last.is_empty() {
            end(json!([]))
        } else {
            completed(last)
        };
        stream.push(whole);
        let (end, shown, notices) = good(&stream);
        let corrected = notices.contains(&NoticeCode::AnswerCorrected);
        assert!(!corrected, "{deltas:?} {end:?} {shown:?}");
        assert!(end.starts_with(text), "{deltas:?}: {end:?}");
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(solid(&shown), solid(&end), "{deltas:?}");
        assert!(!shown.contains("ME"), "{deltas:?}: {shown:?}");
    }
}

#[test]
fn what_only_looks_like_a_media_line_is_shown() {
    for deltas in [
        vec!["M", "y name"],
        vec!["METHOD"],
        vec!["one\nM", "E", "MORY: two\n", "three"],
        vec!["ME"],
        vec!["a MEDIA: b"],
        vec!["one\nM"],
        vec!["```\n", "MEDIA: ./x.png\n", "```\nend"],
        vec!["multi", "media:\n", "media: no\n", "\n", "Media: no"],
        vec!["", "\n", " M", "\n"],
    ] {
        let whole = deltas.concat();
        let mut stream: Vec<String> = deltas.iter().map(|text| delta(text)).collect();
        stream.push(completed(&whole));
        assert_eq!(text(&stream), whole);
        // Also where only the deltas show it.
        stream.pop();
        stream.push(end(json!([])));
        assert_eq!(text(&stream), whole);
    }
    // Held text of an interrupted answer is not lost.
    let (_, shown) = read(&(delta("one\nM") + &delta("")));
    assert_eq!(shown, "one\nM");
    let (_, shown) = read(&(delta("one\nMEDIA: ./x.png\nt") + &delta("wo")));
    assert_eq!(shown, "one\ntwo");
}

// Report R2, R3, R4, R8 (attack): streams of real gateways with a fake model provider.
#[test]
fn recorded_streams_are_read_right() {
    for (stream, text, notices) in [
        (
            include_str!("recorded/2026.2.9-provider-drops.sse"),
            "part0 part1 part2",
            vec![NoticeCode::AnswerCorrected, NoticeCode::AnswerIncomplete],
        ),
        (
            include_str!("recorded/2026.9.6-token-limit.sse"),
            "cut off",
            vec![NoticeCode::AnswerIncomplete],
        ),
        (
            include_str!("recorded/2026.9.6-media-only.sse"),
            "",
            vec![NoticeCode::AnswerEmpty],
        ),
        (
            include_str!("recorded/2026.2.9-media-only.sse"),
            "",
            vec![NoticeCode::AnswerEmpty],
        ),
        (
            include_str!("recorded/2026.2.9-media-mid.sse"),
            "before\nafter end",
            vec![],
        ),
        (
            include_str!("recorded/2026.2.9-media-first.sse"),
            "after end",
            vec![],
        ),
        (
            include_str!("recorded/2026.2.9-media-local.sse"),
            "Here:\nafter",
            vec![],
        ),
    ] {
        let (answer, shown, said) = good(&[stream.to_owned()]);
        assert_eq!((answer.as_str(), &said), (text, &notices));
        if !notices.contains(&NoticeCode::AnswerCorrected) {
            assert_eq!(shown, text);
        }
    }
}
