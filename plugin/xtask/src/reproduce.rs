//! Whether the released files depend only on the commit.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::dist;

/// Builds the last commit in two fresh folders of different names, each with a target folder of
/// its own, and compares the files.
pub fn check(root: &Path) -> Result<()> {
    let mut sums = Vec::new();
    for name in ["one", "another-folder"] {
        let place = tempfile::Builder::new().prefix("reproduce-").tempdir()?;
        let clone = place.path().join(name);
        let status = Command::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(root)
            .arg(&clone)
            .status()
            .context("cannot start git")?;
        ensure!(status.success(), "cannot clone {}", root.display());
        let files = dist::files(&clone, &clone.join("target"))?;
        println!("built in {}", clone.display());
        sums.push(dist::sums(&files));
    }
    println!("first folder:\n{}second folder:\n{}", sums[0], sums[1]);
    ensure!(sums[0] == sums[1], "two builds of one commit differ");
    println!("the same bytes from two folders");
    Ok(())
}
