//! The notes of a release: what changed, and the files with their sizes and SHA-256.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// The part of CHANGELOG.md under `## VERSION`, without that heading.
pub fn changes<'a>(changelog: &'a str, version: &str) -> Result<&'a str> {
    let mut position = 0;
    let mut begun = None;
    for line in changelog.split_inclusive('\n') {
        let start = position;
        position += line.len();
        let Some(heading) = line.strip_prefix("## ") else {
            continue;
        };
        match begun {
            Some(begun) => return Ok(changelog[begun..start].trim()),
            None if heading.split_whitespace().next() == Some(version) => begun = Some(position),
            None => {}
        }
    }
    let begun = begun.with_context(|| format!("CHANGELOG.md has no heading `## {version}`"))?;
    Ok(changelog[begun..].trim())
}

/// Whether CHANGELOG.md lists this version as released.
pub fn is_released(changelog: &str, version: &str) -> bool {
    changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .filter(|heading| heading.split_whitespace().next() == Some(version))
        .any(|heading| !heading.contains("not yet released"))
}

/// A released file, as the notes list it.
pub struct Line<'a> {
    pub name: &'a str,
    pub bytes: usize,
    /// In hexadecimal.
    pub sha256: &'a str,
}

/// The notes in Markdown.
pub fn write(version: &str, changes: &str, files: &[Line]) -> Result<String> {
    let mut notes = format!("# astr-openclaw {version}\n\n{changes}\n\n## Files\n\n");
    notes += "| file | bytes | SHA-256 |\n| --- | ---: | --- |\n";
    for file in files {
        writeln!(
            notes,
            "| `{}` | {} | `{}` |",
            file.name, file.bytes, file.sha256
        )?;
    }
    writeln!(
        notes,
        "\nThe `.wasm` files are components for WASI 0.3.0; the command also needs WASI 0.2, and `cargo xtask reproduce` \
         builds the same bytes. Verify all files with `sha256sum --check SHA256SUMS`."
    )?;
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changes\n\n## 0.2.0 (not yet released)\n\n- Two.\n\n## 0.1.0\n\n- One.\n\n### More\n\n- Other.\n";

    #[test]
    fn the_changes_of_a_version_end_at_the_next_version() {
        assert_eq!(changes(CHANGELOG, "0.2.0").unwrap(), "- Two.");
        assert_eq!(
            changes(CHANGELOG, "0.1.0").unwrap(),
            "- One.\n\n### More\n\n- Other."
        );
        let error = changes(CHANGELOG, "0.1").unwrap_err();
        assert_eq!(error.to_string(), "CHANGELOG.md has no heading `## 0.1`");
    }

    #[test]
    fn a_heading_says_what_is_released() {
        assert!(is_released(CHANGELOG, "0.1.0"));
        assert!(!is_released(CHANGELOG, "0.2.0"));
        assert!(!is_released(CHANGELOG, "0.3.0"));
    }

    #[test]
    fn the_notes_name_every_file_with_its_hash() {
        let files = [Line {
            name: "a.wasm",
            bytes: 12,
            sha256: "c0ffee",
        }];
        let notes = write("0.1.0", "- One.", &files).unwrap();
        assert!(notes.starts_with("# astr-openclaw 0.1.0\n\n- One.\n"));
        assert!(notes.contains("| `a.wasm` | 12 | `c0ffee` |\n"), "{notes}");
    }
}
