//! The program in a real control group, with file cache and tmpfs that the kernel really charges to it.
//!
//! It takes root and a writable hierarchy, so cargo leaves these out and the step `11-cgroup` runs them,
//! or says why it cannot.
//!
//! Report F20, and what the issue wants shown: in a group of 600 MiB with 300 MB of file cache heavy
//! tasks are accepted (google/cadvisor#2604, kubernetes' working set: the cache would count as used).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, Session, run};

const MIB: u64 = 1 << 20;

/// A control group that limits memory, removed when dropped.
struct Group {
    folder: PathBuf,
    v2: bool,
}

impl Group {
    /// A new one right below the mount point, where no limit but its own binds it.
    fn new(name: &str, limit_mib: u64) -> Self {
        let v1 = fs::read_to_string("/proc/self/cgroup")
            .unwrap()
            .lines()
            .any(|line| line.split(':').nth(1) == Some("memory"));
        let place = if v1 {
            "/sys/fs/cgroup/memory"
        } else {
            "/sys/fs/cgroup"
        };
        let name = format!("openclaw-test-{}-{name}", std::process::id());
        let group = Self {
            folder: Path::new(place).join(name),
            v2: !v1,
        };
        fs::create_dir(&group.folder).expect("a new control group");
        group.limit(limit_mib);
        group
    }

    fn limit(&self, mib: u64) {
        self.set(
            ["memory.limit_in_bytes", "memory.max"],
            &(mib * MIB).to_string(),
        );
    }

    /// Writes to the file of v1 or v2.
    fn set(&self, [v1, v2]: [&str; 2], value: &str) {
        let path = self.folder.join(if self.v2 { v2 } else { v1 });
        fs::write(&path, value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// All that is charged to it, cache included.
    fn used_mib(&self) -> u64 {
        let name = if self.v2 {
            "memory.current"
        } else {
            "memory.usage_in_bytes"
        };
        let text = fs::read_to_string(self.folder.join(name)).unwrap();
        text.trim().parse::<u64>().unwrap() / MIB
    }

    /// What is charged to it by this name, and now in a list of the kernel's.
    fn stat_mib(&self, name: &str) -> u64 {
        let text = fs::read_to_string(self.folder.join("memory.stat")).unwrap();
        let value = text.lines().find_map(|line| {
            let (found, value) = line.split_once(' ')?;
            (found == name).then(|| value.parse::<u64>().unwrap())
        });
        value.unwrap() / MIB
    }

    /// The command, run in this group from its first instruction on.
    fn inside(&self, command: &Command) -> Command {
        self.inside_after("true", command)
    }

    /// As [`inside`](Self::inside), after this preparation by the shell.
    fn inside_after(&self, prepare: &str, command: &Command) -> Command {
        let mut inside = Command::new("sh");
        inside
            .arg("-ec")
            .arg(format!(
                "echo $$ >\"$0/cgroup.procs\"; {prepare}; exec \"$@\""
            ))
            .arg(&self.folder)
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                inside.env(name, value);
            }
        }
        inside
    }

    /// Runs a script in this group, so that what it reads and writes is charged to it.
    fn sh(&self, script: &str, argument: &Path) {
        let mut sh = Command::new("sh");
        sh.args(["-ec", script]).arg(argument);
        sh.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let Output { status, stderr, .. } = self.inside(&sh).output().unwrap();
        assert!(
            status.success(),
            "{script}: {}",
            String::from_utf8_lossy(&stderr)
        );
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Of its processes the last has been waited for, but may be on its way out.
        for _ in 0..1000 {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.raw_os_error() == Some(16) => std::thread::yield_now(),
                _ => break,
            }
        }
    }
}

/// A tmpfs of its own, unmounted when dropped.
struct Tmpfs(TempDir);

impl Tmpfs {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=500m", "none"]);
        assert!(mount.arg(folder.path()).status().unwrap().success());
        Self(folder)
    }

    /// So many MiB in it, charged to the group. Fewer give some back.
    fn fill(&self, group: &Group, mib: u64) {
        let file = self.0.path().join("file");
        fs::write(&file, []).unwrap();
        group.sh(&format!("head -c {mib}M /dev/zero >\"$0\""), &file);
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// A running session, and what it says.
struct Guarded(Session);

impl Guarded {
    fn memory(&mut self) -> Value {
        let status = json!({"id": "s", "op": "status"});
        self.0.call(status, "status")["memory"].clone()
    }

    /// How a turn ends: `completed` or the fault's code, and the level.
    fn ask(&mut self, heavy: bool) -> (String, Value) {
        let ask = json!({"id": "a", "op": "ask", "text": "hi", "heavy": heavy, "level": "L2"});
        self.0.send(ask);
        loop {
            let event = self.0.next();
            match event["event"].as_str().unwrap() {
                "completed" => return ("completed".to_owned(), event["level"].clone()),
                "fault" => return (event["code"].as_str().unwrap().to_owned(), Value::Null),
                _ => {}
            }
        }
    }

    /// What the guards make of the memory, asked and tried.
    #[track_caller]
    fn allows(&mut self, heavy: bool, level: &str) {
        let memory = self.memory();
        assert_eq!(
            (&memory["heavy_allowed"], &memory["bound"]),
            (&json!(heavy), &json!("container")),
            "{memory}"
        );
        let expected = if heavy {
            "completed"
        } else {
            "heavy_task_refused"
        };
        assert_eq!(self.ask(true).0, expected, "{memory}");
        assert_eq!(
            self.ask(false),
            ("completed".to_owned(), json!(level)),
            "{memory}"
        );
    }
}

/// So that nothing is compiled in the group.
fn warm_up(gateway: &Gateway) {
    assert_eq!(run(gateway.program(["status"])).code, 0);
}

const CACHE_MIB: u64 = 300;

/// A file whose pages are clean, in the cache and charged to the group, and read twice.
fn fill_cache(group: &Group, folder: &Path) {
    let file = folder.join("cached");
    let script = format!(
        "dd if=/dev/zero of=\"$0\" bs=1M count={CACHE_MIB} conv=fsync 2>/dev/null
         cat \"$0\" >/dev/null; cat \"$0\" >/dev/null"
    );
    group.sh(&script, &file);
}

#[test]
#[ignore = "needs root and control groups; run by tests/steps/11-cgroup.sh"]
fn cgroup_heavy_tasks_are_accepted_beside_warm_file_cache() {
    let gateway = Gateway::start();
    warm_up(&gateway);
    let group = Group::new("cache", 600);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut session = Guarded(Session::start(group.inside(&gateway.program(["session"]))));
    let before = session.memory();
    session.allows(true, "L2");

    fill_cache(&group, folder.path());
    assert!(
        group.used_mib() >= CACHE_MIB,
        "{} MiB used",
        group.used_mib()
    );
    session.allows(true, "L2");
    // The cache is not counted, but for what little else the kernel holds for it.
    let available = |memory: &Value| memory["available_mib"].as_u64().unwrap();
    let after = session.memory();
    assert!(
        available(&before) - available(&after) < 40,
        "{before} {after}"
    );
    assert_eq!(after["total_mib"], 600);
    assert_eq!(after.get("estimated"), None, "{after}");

    // A limit that is lowered and raised again while the session runs.
    group.limit(500);
    session.allows(false, "L2");
    group.limit(340);
    session.allows(false, "L1");
    group.limit(500);
    session.allows(false, "L2");
    group.limit(600);
    session.allows(true, "L2");
    assert_eq!(session.0.end().1, 0);
}

#[test]
#[ignore = "needs root and control groups; run by tests/steps/11-cgroup.sh"]
fn cgroup_tmpfs_is_use_and_crosses_both_floors_both_ways() {
    let gateway = Gateway::start();
    warm_up(&gateway);
    let group = Group::new("tmpfs", 600);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let tmpfs = Tmpfs::new();
    let mut session = Guarded(Session::start(group.inside(&gateway.program(["session"]))));
    session.allows(true, "L2");
    for (mib, heavy, level) in [
        (150, false, "L2"),
        (290, false, "L1"),
        (150, false, "L2"),
        (0, true, "L2"),
        (290, false, "L1"),
        (0, true, "L2"),
    ] {
        tmpfs.fill(&group, mib);
        assert!(group.stat_mib("shmem") >= mib);
        session.allows(heavy, level);
    }
    // Beside file cache, which gives way to it.
    fill_cache(&group, folder.path());
    tmpfs.fill(&group, 150);
    session.allows(false, "L2");
    tmpfs.fill(&group, 0);
    session.allows(true, "L2");
    assert_eq!(session.0.end().1, 0);
}

// Report F18 (VictoriaMetrics/VictoriaMetrics#699): the limit is the parent's, and a container shows only
// its own group. v2 has no word for that; there `memory.high` is tried instead: report F19.
#[test]
#[ignore = "needs root and control groups; run by tests/steps/11-cgroup.sh"]
fn cgroup_the_limit_of_a_parent_out_of_sight_or_memory_high_binds() {
    let gateway = Gateway::start();
    warm_up(&gateway);
    let parent = Group::new("parent", 600);
    let tmpfs = Tmpfs::new();
    let session = gateway.program(["session"]);
    if parent.v2 {
        parent.set(["", "memory.max"], "max");
        parent.set(["", "memory.high"], &(600 * MIB).to_string());
        let mut session = Guarded(Session::start(parent.inside(&session)));
        session.allows(true, "L2");
        tmpfs.fill(&parent, 290);
        session.allows(false, "L1");
        return;
    }
    let inner = Group {
        folder: parent.folder.join("inner"),
        v2: false,
    };
    fs::create_dir(&inner.folder).unwrap();
    let mut unshared = Command::new("unshare");
    let script = "mount --bind \"$0\" /sys/fs/cgroup/memory; exec \"$@\"";
    unshared
        .args(["--mount", "sh", "-ec", script])
        .arg(&inner.folder)
        .arg(session.get_program())
        .args(session.get_args());
    for (name, value) in session.get_envs() {
        unshared.env(name, value.unwrap_or_default());
    }
    let mut session = Guarded(Session::start(inner.inside(&unshared)));
    session.allows(true, "L2");
    assert_eq!(session.memory()["total_mib"], 600);
    tmpfs.fill(&inner, 290);
    session.allows(false, "L1");
    tmpfs.fill(&inner, 0);
    session.allows(true, "L2");
    assert_eq!(session.0.end().1, 0);
}

// Report A22 (attack): something is mounted over the control groups.
#[test]
#[ignore = "needs root and control groups; run by tests/steps/11-cgroup.sh"]
fn cgroup_groups_out_of_sight_leave_the_machine_and_are_said_once() {
    let gateway = Gateway::start();
    warm_up(&gateway);
    let group = Group::new("hidden", 600);
    let session = gateway.program(["session"]);
    let mut unshared = Command::new("unshare");
    let script = "mount -t tmpfs none /sys/fs/cgroup; exec \"$@\"";
    unshared
        .args(["--mount", "sh", "-ec", script, "sh"])
        .arg(session.get_program())
        .args(session.get_args());
    for (name, value) in session.get_envs() {
        unshared.env(name, value.unwrap_or_default());
    }
    let mut session = Guarded(Session::start(group.inside(&unshared)));
    let memory = session.memory();
    let why = memory["estimated"].as_str().expect("it is said");
    assert!(
        why.contains("memory control groups cannot be read"),
        "{why}"
    );
    assert_eq!(memory["bound"], "machine");
    for notices in [vec!["memory_estimated"], vec![]] {
        session
            .0
            .send(json!({"id": "n", "op": "ask", "text": "hi"}));
        let mut seen = vec![];
        loop {
            let event = session.0.next();
            match event["event"].as_str().unwrap() {
                "notice" => seen.push(event["code"].as_str().unwrap().to_owned()),
                "completed" => break,
                _ => {}
            }
        }
        assert_eq!(seen, notices);
    }
    assert_eq!(session.0.end().1, 0);
}
