//! The sources themselves: pages, links, lengths of files and what depends on what.
//!
//! Nothing of the product is used here, so that this links in no time.

mod conflicts;
mod dependencies;
mod documents;
mod downloads;
mod lengths;
mod links;
mod page;
mod pages;
mod words;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the repository")
}

/// Our own files, relative to the root; not what builds and editors leave there.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let foreign = name.starts_with('.') && name != ".ci" && name != ".cargo"
                || matches!(&*name, "target" | "node_modules" | "__pycache__");
            if foreign {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// The text of a file below the root.
fn read(file: impl AsRef<Path>) -> String {
    let file = root().join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
