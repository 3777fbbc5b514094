//! The work for an answer grows with its bytes, not with their square. Found by fuzzing: a component that computes for
//! too long is ended, with all turns that wait.

use super::*;
use std::time::{Duration, Instant};

/// Bytes of the longest answer.
const LONGEST: usize = 16 << 20;

/// Far more than linear work takes on a busy machine, far less than quadratic work takes on an idle one.
const HANGS: Duration = Duration::from_secs(15);

fn takes_no_time(first: &str, again: &str) {
    let begun = Instant::now();
    let mut reader = AnswerReader::new(Format::Stream, LONGEST as u64, Locale::En);
    let mut shown = String::new();
    reader.push(first.as_bytes(), &mut shown);
    let piece = again.repeat((64 << 10) / again.len() + 1);
    for _ in 0..(LONGEST - first.len()) / piece.len() {
        reader.push(piece.as_bytes(), &mut shown);
        assert!(begun.elapsed() < HANGS, "quadratic: {:.60}", again);
    }
    assert!(!reader.ended());
    assert!(reader.finish(&mut shown).is_err());
}

#[test]
fn white_space_is_looked_at_once() {
    takes_no_time("", &delta(&" ".repeat(2000)));
    takes_no_time("", &delta(&"\t \n".repeat(700)));
    takes_no_time(&delta("MED"), &delta(" "));
}

#[test]
fn texts_within_a_longer_one_are_looked_for_seldom() {
    let long = format!("{}b", "a".repeat(LONGEST / 2));
    takes_no_time(&done(&long), &done("b"));
    takes_no_time(&done(&long), &done("ab"));
}

#[test]
fn a_shorter_finished_text_corrects_a_longer_one_unless_it_is_a_part_of_it() {
    for times in [10, 100_000] {
        let long = "a long text ".repeat(times);
        for (short, kept) in [("corrected", "corrected"), ("a long", long.trim_end())] {
            let mut reader = AnswerReader::new(Format::Stream, LONGEST as u64, Locale::En);
            let stream = [done(&long), done(short), end(json!([]))].concat();
            reader.push(stream.as_bytes(), &mut String::new());
            let answer = reader.finish(&mut String::new()).expect("an answer");
            assert_eq!(answer.text.trim_end(), kept);
        }
    }
}
