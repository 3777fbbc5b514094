//! Every recorded answer in two pieces, at every byte, and broken off after every byte: natively, through the reader
//! that the component has.

use std::fs;
use std::path::Path;

use host_shim::{FaultCode, Locale};
use openclaw_plugin::gateway::answer::{Answer, AnswerReader, Format, sniff};
use openclaw_plugin::gateway::classify::Head;
use openclaw_tests::transcript::{Recording, VERSIONS};

/// Of bodies that are longer, only so many bytes at either end are tried, and some between.
const EVERY: usize = 8 << 10;

/// A prime, so that it does not keep step with the lines.
const STRIDE: usize = 97;

/// How many pieces of recordings, and how often they were split or broken off.
#[derive(Default)]
pub(super) struct Splits {
    pub(super) cases: usize,
    pub(super) splits: usize,
}

/// What a reader made of it, and what it showed.
type Read = (Result<Answer, (FaultCode, String)>, String);

fn read<'a>(format: Format, pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut reader = AnswerReader::new(format, 1 << 24, Locale::En);
    let mut shown = String::new();
    for piece in pieces {
        let before = shown.len();
        reader.push(piece, &mut shown);
        assert!(shown.is_char_boundary(before), "what was shown has changed");
    }
    let end = reader.finish(&mut shown);
    (end.map_err(|fault| (fault.code, fault.message)), shown)
}

/// The bodies of all recorded replies.
fn bodies() -> Vec<(String, Vec<u8>)> {
    let mut bodies = Vec::new();
    for version in VERSIONS {
        for (name, _) in crate::replay::rows(version).0 {
            let recording = Recording::load(version, name);
            if recording.status == 200 {
                bodies.push((format!("{version}/{name}"), recording.body));
            }
        }
    }
    let recorded =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin/src/gateway/answer/tests/recorded");
    for entry in fs::read_dir(recorded).unwrap() {
        let path = entry.unwrap().path();
        bodies.push((path.display().to_string(), fs::read(path).unwrap()));
    }
    bodies
}

pub(super) fn splits() -> Splits {
    let mut all = Splits::default();
    for (name, body) in bodies() {
        let head = Head {
            status: 200,
            ..Head::default()
        };
        // Pages are no answers.
        let Ok(Some(format)) = sniff(&head, &body, true) else {
            continue;
        };
        let whole = read(format, [&*body]);
        assert_eq!(read(format, body.chunks(1)), whole, "{name}, byte by byte");
        all.cases += 1;
        for at in 0..=body.len() {
            let near_an_end = at < EVERY || body.len() - at < EVERY;
            if !near_an_end && at % STRIDE != 0 {
                continue;
            }
            let (start, rest) = body.split_at(at);
            assert_eq!(read(format, [start, rest]), whole, "{name}, at {at}");
            if let Ok(told) = sniff(&head, start, false) {
                assert_eq!(told, Some(format), "{name}, after {at}");
            }
            let cut = read(format, [start]);
            let interrupted = matches!(&cut.0, Err((FaultCode::StreamInterrupted, _)));
            assert!(cut == whole || interrupted, "{name}, cut at {at}: {cut:?}");
            assert!(
                interrupted || format == Format::Stream || at >= body.trim_ascii_end().len(),
                "{name}, cut at {at}"
            );
            if interrupted {
                // What was shown by then; and what might have become a line that is not shown.
                let (_, line) = cut.1.rsplit_once('\n').unwrap_or(("", &cut.1));
                let held = "MEDIA:".starts_with(line.trim()).then_some(line);
                let shown = cut.1.strip_suffix(held.unwrap_or("")).unwrap_or(&cut.1);
                assert!(
                    whole.1.starts_with(shown),
                    "{name}, cut at {at}: {:?}",
                    cut.1
                );
            }
            all.splits += 2;
        }
    }
    assert!(all.cases > 100, "{} recordings", all.cases);
    all
}
