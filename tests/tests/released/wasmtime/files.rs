//! The released files themselves.

use std::process::Command;

use host_shim::ComponentSource;
use host_shim::component::inspect;
use openclaw_tests::released::{RELEASED, output};

use super::command::wasmtime_run;

#[test]
fn the_host_shim_embeds_the_plugin_that_is_released() {
    let embedded = inspect(&ComponentSource::Embedded, None).unwrap();
    let released = inspect(
        &ComponentSource::File(RELEASED.file("openclaw-plugin.wasm")),
        None,
    )
    .unwrap();
    assert_eq!(embedded.sha256, released.sha256);
}

#[test]
fn sums_and_notes_are_of_the_files() {
    output(
        Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(RELEASED.folder()),
    );
    let read = |name| std::fs::read_to_string(RELEASED.file(name)).unwrap();
    let notes = read("RELEASE_NOTES.md");
    let sums = read("SHA256SUMS");
    assert_eq!(sums.lines().count(), 2);
    for line in sums.lines() {
        let (sha256, name) = line.split_once("  ").unwrap();
        let bytes = std::fs::metadata(RELEASED.file(name)).unwrap().len();
        let row = format!("| `{name}` | {bytes} | `{sha256}` |");
        assert!(notes.contains(&row), "{row} is missing:\n{notes}");
    }
}

#[test]
fn the_command_knows_its_version() {
    let ran = output(wasmtime_run(&["-S", "http"]).arg("--version"));
    assert_eq!(ran, concat!("openclaw-cli ", env!("CARGO_PKG_VERSION")));
}

// N13 of issue 13: `inspect` said that the command has the plugin's world, `--component` that it has not.
#[test]
fn inspect_says_what_this_host_can_run() {
    use host_shim::ComponentSource;
    let inspect = |name: &str| {
        let source = ComponentSource::File(RELEASED.file(name));
        host_shim::component::inspect(&source, None).unwrap()
    };
    let plugin = inspect("openclaw-plugin.wasm");
    assert!(
        plugin.world.starts_with("astr:openclaw/plugin@") && plugin.other_world.is_none(),
        "{plugin:?}"
    );
    let command = inspect("openclaw-cli.wasm");
    assert!(command.world.is_empty(), "{command:?}");
    assert!(command.other_world.unwrap().contains("wasi:cli"));
}
