//! Whether SELinux is enforcing.

use std::path::Path;
use std::time::Duration;

use crate::process::{self, Surroundings};
use crate::read_file;

/// Where the kernel shows it, below the root of the file system.
const ENFORCE: &str = "sys/fs/selinux/enforce";

/// Whether SELinux is enforcing, according to the kernel below `top` (`/`) or else `getenforce`; `None`
/// without SELinux, as on every system but Linux.
pub fn is_enforced(top: &Path, surroundings: &Surroundings) -> Option<bool> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    if let Ok(text) = read_file::read_text(&top.join(ENFORCE)) {
        return Some(text.trim() == "1");
    }
    // In a container the kernel's folder may be hidden while the tool works.
    surroundings.find("getenforce")?;
    let command = surroundings.command(&["getenforce"], top);
    let output = process::run(command, Duration::from_secs(5)).ok()?;
    match output.stdout.trim() {
        "Enforcing" => Some(true),
        "Permissive" => Some(false),
        _ => None,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_kernel_is_asked_before_the_tool() {
        let temp = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            path: Some(temp.path().into()),
            set: Vec::new(),
        };
        let is = || is_enforced(temp.path(), &surroundings);
        assert_eq!(is(), None);
        let tool = temp.path().join("getenforce");
        for (says, enforced) in [
            ("Enforcing", Some(true)),
            ("Permissive", Some(false)),
            ("Disabled", None),
        ] {
            fs::write(&tool, format!("#!/bin/sh\necho {says}\n")).unwrap();
            fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(is(), enforced, "{says}");
        }
        fs::create_dir_all(temp.path().join("sys/fs/selinux")).unwrap();
        for (says, enforced) in [("1", Some(true)), ("0\n", Some(false))] {
            fs::write(temp.path().join(ENFORCE), says).unwrap();
            assert_eq!(is(), enforced, "{says}");
        }
    }
}
