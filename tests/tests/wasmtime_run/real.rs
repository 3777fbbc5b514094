//! The real gateway, asked by the stock program with the README's command.

use std::process::{Command, Stdio};

use openclaw_tests::provider::{PONG, Provider};
use openclaw_tests::real_gateway::{Options, RealGateway};

use crate::command::{MADE, Ran, TOKEN};

#[tokio::test(flavor = "multi_thread")]
async fn the_real_gateway_answers_through_wasmtime_run() {
    let provider = Provider::start().await.unwrap();
    let options = Options::new(TOKEN, &provider.url());
    let gateway = tokio::task::spawn_blocking(move || RealGateway::start(&options));
    let gateway = gateway
        .await
        .unwrap()
        .unwrap_or_else(|error| panic!("{error}"));
    let url = gateway.url();

    let run = async |arguments: &[&str]| {
        let mut command = Command::new(&MADE.wasmtime);
        command
            .current_dir(MADE.folder.path())
            .args([
                "run",
                "-S",
                "http,inherit-env",
                "--dir",
                "/proc",
                "--dir",
                "/sys/fs/cgroup",
            ])
            .arg("openclaw-cli.wasm")
            .args(arguments)
            .env_clear()
            .env("OPENCLAW_GATEWAY_URL", &url)
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
            .stdin(Stdio::null());
        println!("$ {command:?}");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ran = Ran::from(output.await.unwrap());
        print!("{}{}", ran.err, ran.out);
        println!("exit code {}", ran.code);
        ran
    };
    let version = Command::new(&MADE.wasmtime)
        .arg("--version")
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&version.stdout));

    let diagnosis = run(&["diagnose"]).await;
    assert_eq!(diagnosis.code, 0, "{diagnosis:?}");
    assert!(
        provider.calls().is_empty(),
        "the diagnosis cost a model call"
    );
    let answer = run(&["ask", "ping"]).await;
    assert_eq!((answer.code, answer.out.trim_end()), (0, PONG));
    let lines = run(&["ask", "--json", "ping"]).await.json();
    assert_eq!(lines.last().unwrap()["text"], PONG);
    assert!(
        lines.iter().any(|line| line["event"] == "delta"),
        "{lines:?}"
    );
    drop(gateway);
    run(&["ask", "ping"])
        .await
        .failed(12, &["network_or_unreachable"]);
}
