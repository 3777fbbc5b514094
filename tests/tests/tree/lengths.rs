//! A file holds one idea.

use super::{files, root};

/// Lines of a source file, at most.
const LONGEST: usize = 400;

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let mut longer = Vec::new();
    for file in files() {
        // Recorded, generated or given by others.
        if file.starts_with("tests/fixtures") || file.starts_with("wit/deps") {
            continue;
        }
        let ending = file.extension().and_then(|ending| ending.to_str());
        let source = matches!(ending, Some("rs" | "py" | "sh" | "mjs" | "html" | "wit"));
        // The others are scripts if they say so in their first line.
        if !source && ending.is_some() {
            continue;
        }
        let bytes = std::fs::read(root().join(&file)).unwrap();
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        if (source || bytes.starts_with(b"#!")) && lines > LONGEST {
            longer.push(format!("{}: {lines}", file.display()));
        }
    }
    assert!(
        longer.is_empty(),
        "longer than {LONGEST} lines:\n{}",
        longer.join("\n")
    );
}
