//! No merge was committed half done.

use super::{files, root};

#[test]
fn no_file_has_conflict_markers() {
    let markers = ["<".repeat(7) + " ", ">".repeat(7) + " "];
    for file in files() {
        let bytes = std::fs::read(root().join(&file)).unwrap();
        if bytes.contains(&0) {
            continue; // Not text.
        }
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(
                !markers
                    .iter()
                    .any(|marker| line.starts_with(marker.as_bytes())),
                "{}: {}",
                file.display(),
                String::from_utf8_lossy(line)
            );
        }
    }
}
