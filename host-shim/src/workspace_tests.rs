use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::regular_file::tests::fifo;

/// A folder with the agent's files in `root`, and a secret beside it.
fn stage() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("out")).unwrap();
    fs::write(root.join("a.txt"), "inside").unwrap();
    fs::write(root.join("out/b.txt"), "deeper").unwrap();
    fs::write(folder.path().join("secret"), "SECRET").unwrap();
    let workspace = Workspace::new(Some(root));
    (folder, workspace)
}

/// Tells a thread to stop when dropped.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn regular_files_within_are_read_as_a_whole_or_not_at_all() {
    let (folder, workspace) = stage();
    assert_eq!(workspace.read("a.txt", 6), Ok(b"inside".to_vec()));
    assert_eq!(workspace.read("out/b.txt", 100), Ok(b"deeper".to_vec()));
    assert_eq!(workspace.read("a.txt", 5), Err(OpenError::TooLarge));
    assert_eq!(
        Workspace::default().read("a.txt", 6),
        Err(OpenError::NoRoot)
    );
    // A gigabyte without a block on the disk.
    let sparse = File::create(folder.path().join("root/sparse.txt")).unwrap();
    sparse.set_len(1 << 30).unwrap();
    assert_eq!(
        workspace.read("sparse.txt", 10 << 20),
        Err(OpenError::TooLarge)
    );
    assert_eq!(
        workspace.read("sparse.txt", u64::MAX),
        Err(OpenError::TooLarge)
    );
}

#[test]
fn nothing_outside_no_link_and_nothing_that_waits_is_opened() {
    let (folder, workspace) = stage();
    let root = folder.path().join("root");
    symlink("../secret", root.join("link.txt")).unwrap();
    symlink("a.txt", root.join("inner.txt")).unwrap();
    symlink("..", root.join("up")).unwrap();
    symlink("/", root.join("top")).unwrap();
    fs::hard_link(folder.path().join("secret"), root.join("second.txt")).unwrap();
    fifo(&root, "pipe.txt");
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.txt")).unwrap();
    let secret = folder.path().join("secret");
    for path in [
        "../secret",
        "out/../../secret",
        secret.to_str().unwrap(),
        "link.txt",
        "inner.txt",
        "up/secret",
        "top/etc/passwd",
        "second.txt",
        "a.txt/x",
        "gone.txt",
        "",
        "/",
        "a.txt/",
        "./a.txt",
        "out//b.txt",
        "a.txt\0",
        &"x".repeat(300),
    ] {
        assert_eq!(
            workspace.read(path, 100),
            Err(OpenError::NotFound),
            "{path}"
        );
    }
    for path in ["pipe.txt", "socket.txt", "out"] {
        assert_eq!(
            workspace.read(path, 100),
            Err(OpenError::NotRegular),
            "{path}"
        );
    }
    let gone = Workspace::new(Some(folder.path().join("gone")));
    assert_eq!(gone.read("a.txt", 100), Err(OpenError::NoRoot));
}

#[test]
fn links_and_pipes_that_are_swapped_in_meanwhile_lead_nowhere() {
    let (folder, workspace) = stage();
    let root = folder.path().join("root");
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("b.txt"), "SECRET").unwrap();
    symlink("../secret", root.join("link")).unwrap();
    symlink("../outside", root.join("folder-link")).unwrap();
    fs::create_dir(root.join("folder")).unwrap();
    fs::write(root.join("folder/b.txt"), "deeper").unwrap();
    fifo(&root, "pipe");
    fs::write(root.join("real"), "inside").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Renaming replaces a name at once: it is always one of them.
            let swap = |one: &str, as_name: &str| {
                let _ = fs::rename(root.join(as_name), root.join("aside"));
                let _ = fs::rename(root.join(one), root.join(as_name));
                let _ = fs::rename(root.join("aside"), root.join(one));
            };
            while !done.load(Ordering::Relaxed) {
                for one in ["link", "pipe", "real"] {
                    swap(one, "a.txt");
                }
                swap("folder-link", "folder");
            }
        });
        // Also if the test fails.
        let _stops = Stops(&done);
        let mut read = 0;
        for _ in 0..4_000 {
            for path in ["a.txt", "folder/b.txt"] {
                if let Ok(content) = workspace.read(path, 100) {
                    assert_ne!(content, b"SECRET");
                    read += 1;
                }
            }
        }
        assert!(read > 0, "it was never there");
    });
}
