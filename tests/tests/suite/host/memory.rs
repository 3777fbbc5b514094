//! What turns leave in the component's memory.

use super::*;
use host_shim::TurnRequest;
use openclaw_tests::resources::alone;

/// Bytes in use of what the component's memory has beyond its initial data: the mapping after the artifact's
/// writable one.
fn component_heap() -> usize {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = maps.lines();
    let data = lines.find(|line| line.ends_with(".cwasm") && line.contains(" rw-p "));
    let range = data.unwrap().split(' ').next().unwrap();
    let end = range.split('-').nth(1).unwrap();
    assert!(lines.any(|line| line.starts_with(end) && line.contains(" rw-p ")));
    let resident = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
    resident
        .trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        << 10
}

#[test]
fn thousands_of_turns_leave_nothing_in_the_components_memory() {
    // In a process of its own: other tests' components are in this one.
    let name = "host::memory::thousands_of_turns_leave_nothing_in_the_components_memory";
    alone(name, || {
        run(async {
            let (_gateway, plugin) = pair().await;
            let turns = async |count: usize| {
                for _ in 0..count {
                    plugin.ask(TurnRequest::new("hi")).reply().await.unwrap();
                }
            };
            turns(500).await;
            let before = component_heap();
            turns(2_000).await;
            let after = component_heap();
            // 32 bytes for each turn.
            assert!(after < before + 64_000, "{before} bytes became {after}");
        })
    });
}
