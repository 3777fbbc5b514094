//! Whatever the kernel's files say: a reading that is within the total, or an error; and few files read.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use crate::bounded;
use crate::input::{Input, MOST};

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 16);
    let files = files(&bytes);
    let reads = Cell::new(0_usize);
    let file = |path: &Path| {
        reads.set(reads.get() + 1);
        let path = path.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        match files.get(path) {
            Some(text) if text == "denied" => Err(io::ErrorKind::PermissionDenied.into()),
            Some(text) => Ok(text.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    };
    let read = bounded(64 * bytes.len() + (64 << 10), || {
        openclaw_memory::read(file)
    });
    // A few for each mount and each folder of the group's path.
    let most = 64 + 16 * bytes.len();
    assert!(reads.get() <= most, "{} reads", reads.get());
    match read {
        Ok(sample) => {
            assert!(sample.available <= sample.total, "{sample:?}");
            assert!(sample.estimated.is_none_or(|why| !why.is_empty()));
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
}

/// The files in the input: a line `== PATH`, then the content.
fn files(bytes: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix("== ").unwrap_or(&text);
    let parts = text.split("\n== ");
    let file = |part: &str| {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        (path.to_owned(), content.to_owned())
    };
    parts.map(file).collect()
}
