//! The memory that the command sees through preopened folders.

use std::fs;

use openclaw_fake_gateway::FakeGateway;
use openclaw_tests::program::TOKEN;
use tempfile::TempDir;

use super::command::Run;

const MIB: u64 = 1 << 20;

/// Folders that look like a machine's `/proc` and `/sys/fs/cgroup`.
struct Machine(TempDir);

impl Machine {
    /// With so many KiB available and no control groups.
    fn with_kib(available: u64) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir_all(folder.path().join("proc/self")).unwrap();
        fs::create_dir_all(folder.path().join("cgroup")).unwrap();
        let machine = Self(folder);
        let meminfo = format!("MemTotal: 8388608 kB\nMemAvailable: {available} kB\n");
        machine.write("proc/meminfo", &meminfo);
        machine
    }

    /// In a container with this limit and use, in bytes.
    fn in_container(self, limit: u64, used: u64, cache: u64) -> Self {
        self.write("proc/self/cgroup", "0::/\n");
        self.write(
            "proc/self/mountinfo",
            "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
        );
        self.write("cgroup/cgroup.controllers", "memory\n");
        self.write("cgroup/memory.max", &limit.to_string());
        self.write("cgroup/memory.current", &used.to_string());
        self.write("cgroup/memory.stat", &format!("inactive_file {cache}\n"));
        self
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).unwrap();
    }

    /// What `--dir` gets.
    fn folders(&self) -> [String; 2] {
        let place = self.0.path().display();
        [
            format!("{place}/proc::/proc"),
            format!("{place}/cgroup::/sys/fs/cgroup"),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn low_memory_in_a_preopened_folder_refuses_a_heavy_turn_and_lowers_the_level() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let run = |machine: &Machine| Run::at(&gateway.url()).folders(machine.folders());
    let heavy = ["ask", "--level", "L2", "--heavy", "draw"];

    let low = Machine::with_kib(300 * 1024);
    run(&low)
        .run(&heavy)
        .await
        .failed(32, &["error[heavy_task_refused]", "300 MiB", "to L1"]);
    // As it is asked by default, at L0.
    run(&low)
        .run(&["ask", "draw an image"])
        .await
        .failed(32, &["300 MiB", "capped at L1"]);
    assert!(gateway.requests().is_empty(), "a refused turn was sent");
    let ran = run(&low)
        .run(&["ask", "--level", "L2", "--json", "hello"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()[0]["code"], "level_lowered");
    assert_eq!(ran.json().last().unwrap()["level"], "L1");
    let status = &run(&low).run(&["status", "--json"]).await.json()[0];
    assert_eq!(status["memory"]["available_mib"], 300);
    assert_eq!(status["memory"]["level_cap"], "L1");
    assert_eq!(status["memory"]["heavy_allowed"], false);

    // Strictly less: at exactly 512 MiB the rule does not hold.
    run(&Machine::with_kib(512 * 1024 - 1))
        .run(&heavy)
        .await
        .failed(32, &["511 MiB"]);
    let ran = run(&Machine::with_kib(512 * 1024)).run(&heavy).await;
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_containers_limit_bounds_and_its_cache_is_not_counted_as_used() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let status = async |machine: Machine| {
        let run = Run::at(&gateway.url()).folders(machine.folders());
        run.run(&["status", "--json"]).await.json().remove(0)["memory"].clone()
    };
    let roomy = Machine::with_kib(4096 * 1024);
    let memory = status(roomy.in_container(1024 * MIB, 900 * MIB, 300 * MIB)).await;
    assert_eq!(memory["available_mib"], 424);
    assert_eq!(memory["total_mib"], 1024);
    assert_eq!(memory["bound"], "container");
    assert_eq!(memory["heavy_allowed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_that_cannot_be_read_counts_as_short_and_is_said() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let run = || Run::at(&gateway.url()).folders([]);
    run()
        .run(&["ask", "--heavy", "a"])
        .await
        .failed(32, &["/proc/meminfo", "--dir /proc"]);
    let ran = run().run(&["ask", "--level", "L4", "a"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("level at most L1"), "{ran:?}");

    // Control groups that are mounted but not given could allow less than the machine has.
    let machine = Machine::with_kib(4096 * 1024).in_container(1024 * MIB, 0, 0);
    let [proc, _] = machine.folders();
    let ran = Run::at(&gateway.url())
        .folders([proc])
        .run(&["status"])
        .await;
    assert!(ran.out.contains("--dir /sys/fs/cgroup"), "{ran:?}");
}

// Reports F21 (dotnet/orleans#6005: WSL1 has no MemAvailable) and A22: as much as can be read, and said.
#[tokio::test(flavor = "multi_thread")]
async fn memory_that_is_an_estimate_is_said() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let run = |machine: &Machine| Run::at(&gateway.url()).folders(machine.folders());

    let old = Machine::with_kib(0);
    let meminfo = "MemTotal: 8388608 kB\nMemFree: 4194304 kB\n";
    old.write("proc/meminfo", meminfo);
    let status = &run(&old).run(&["status", "--json"]).await.json()[0];
    let memory = &status["memory"];
    let why = memory["estimated"].as_str().expect("it is said");
    assert!(why.contains("MemAvailable"), "{memory}");
    let available = memory["available_mib"].as_u64().unwrap();
    assert!((4000..4096).contains(&available), "{memory}");
    let ran = run(&old).run(&["ask", "--heavy", "--json", "hello"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()[0]["code"], "memory_estimated");

    // Another container's groups, which this one may not look into, beside its own.
    let machine = Machine::with_kib(4096 * 1024).in_container(1024 * MIB, 100 * MIB, 0);
    machine.write(
        "proc/self/mountinfo",
        "28 23 0:26 / /run/hidden rw - cgroup2 cgroup2 rw\n\
         29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    );
    let status = &run(&machine).run(&["status", "--json"]).await.json()[0];
    assert_eq!(status["memory"]["available_mib"], 924);
    assert_eq!(status["memory"].get("estimated"), None);
}
