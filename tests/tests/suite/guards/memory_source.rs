//! | memory source | min(MemAvailable, limit minus use without reclaimable cache), over all cgroups |

use std::collections::HashMap;
use std::io;

use host_shim::{Bound, FaultCode, Level, Plugin, TurnRequest};
use openclaw_fake_gateway::FakeGateway;
use openclaw_tests::rig::{MIB, TOKEN, cache_dir, code, config, within};
use serde_json::json;

#[tokio::test]
async fn guard_memory_source_is_by_default_this_machine_or_the_container_around_this_process() {
    let plugin = Plugin::builder()
        .config(config("http://127.0.0.1:9", json!({})))
        .cache_dir(cache_dir())
        .build()
        .await
        .unwrap();
    let seen = within(plugin.status()).await.unwrap().memory;
    let read = openclaw_memory::read_system().unwrap();
    assert_eq!(
        (seen.total, seen.bound),
        (Some(read.total), Some(read.bound))
    );
    // Other programs run meanwhile.
    let available = seen.available.expect("this system can be read");
    assert!(
        available.abs_diff(read.available) < read.total / 4,
        "{seen:?} {read:?}"
    );
}

/// A machine with 8 GiB available, and this process two groups deep; only the outer one has a
/// limit. Bytes.
fn container(limit: u64, current: u64, inactive_file: u64) -> HashMap<&'static str, String> {
    HashMap::from([
        (
            "/proc/meminfo",
            "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n".to_owned(),
        ),
        ("/proc/self/cgroup", "0::/outer/inner\n".to_owned()),
        (
            "/proc/self/mountinfo",
            "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n".to_owned(),
        ),
        ("/sys/fs/cgroup/cgroup.controllers", "memory\n".to_owned()),
        ("/sys/fs/cgroup/outer/inner/memory.max", "max\n".to_owned()),
        (
            "/sys/fs/cgroup/outer/inner/memory.current",
            "1000\n".to_owned(),
        ),
        (
            "/sys/fs/cgroup/outer/inner/memory.stat",
            "inactive_file 0\n".to_owned(),
        ),
        ("/sys/fs/cgroup/outer/memory.max", format!("{limit}\n")),
        (
            "/sys/fs/cgroup/outer/memory.current",
            format!("{current}\n"),
        ),
        (
            "/sys/fs/cgroup/outer/memory.stat",
            format!("inactive_file {inactive_file}\n"),
        ),
    ])
}

/// A plugin that reads its memory from these files.
async fn plugin_in(files: HashMap<&'static str, String>) -> (FakeGateway, Plugin) {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    let memory = move || {
        let file = |path: &std::path::Path| {
            let text = path.to_str().and_then(|path| files.get(path));
            text.cloned()
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        openclaw_memory::read(file).map_err(|error| error.to_string())
    };
    let plugin = Plugin::builder()
        .config(config(&gateway.url(), json!({})))
        .memory(memory)
        .cache_dir(cache_dir())
        .build()
        .await
        .unwrap();
    (gateway, plugin)
}

#[tokio::test]
async fn guard_memory_source_the_limit_of_an_outer_container_counts_and_its_file_cache_does_not() {
    // 1000 MiB allowed, 900 used, of which some are cache that can be reclaimed.
    let heavy = || TurnRequest {
        heavy: true,
        ..TurnRequest::new("hi")
    };
    let root = || TurnRequest {
        level: Level::Root,
        ..TurnRequest::new("hi")
    };

    let (_gateway, plugin) = plugin_in(container(1000 * MIB, 900 * MIB, 412 * MIB)).await;
    let memory = plugin.status().await.unwrap().memory;
    assert_eq!(
        (memory.available, memory.bound),
        (Some(512 * MIB), Some(Bound::Container))
    );
    within(plugin.ask(heavy()).reply()).await.unwrap();

    let (_gateway, plugin) = plugin_in(container(1000 * MIB, 900 * MIB, 412 * MIB - 1)).await;
    assert_eq!(
        code(&within(plugin.ask(heavy()).reply()).await),
        FaultCode::HeavyTaskRefused
    );
    assert_eq!(
        within(plugin.ask(root()).reply()).await.unwrap().level,
        Level::Root
    );

    let (_gateway, plugin) = plugin_in(container(1000 * MIB, 900 * MIB, 250 * MIB - 1)).await;
    assert_eq!(
        within(plugin.ask(root()).reply()).await.unwrap().level,
        Level::ReadOnly
    );
}

#[tokio::test]
async fn guard_memory_source_a_limit_that_cannot_be_read_is_unreadable_not_plenty() {
    let mut files = container(1000 * MIB, 900 * MIB, 0);
    files.insert("/sys/fs/cgroup/outer/memory.max", "a lot\n".to_owned());
    let (_gateway, plugin) = plugin_in(files).await;
    let memory = plugin.status().await.unwrap().memory;
    assert_eq!(
        (memory.available, memory.level_cap),
        (None, Level::ReadOnly)
    );
    assert!(
        !memory.heavy_allowed && memory.unreadable.is_some(),
        "{memory:?}"
    );
}
