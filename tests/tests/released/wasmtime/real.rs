//! The commands of plugin/wasi/README.md under the stock `wasmtime run`, against a real gateway. It prints what it
//! runs and what comes, piece by piece: `cargo test … -- --nocapture` shows it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use openclaw_tests::program::{Ran, TOKEN};
use openclaw_tests::provider::{HELD, PONG, Provider};
use openclaw_tests::real_gateway::{Options, PINNED, RealGateway};
use openclaw_tests::released::{RELEASED, WASMTIME, output, repository};
use openclaw_tests::rig::PATIENCE;

/// The page's command that ends so.
fn command(end: &str) -> String {
    let page = std::fs::read_to_string(repository().join("plugin/wasi/README.md")).unwrap();
    let mut commands = page.lines().filter(|line| line.starts_with("wasmtime "));
    let found = commands.find(|command| command.ends_with(end));
    found
        .unwrap_or_else(|| panic!("the page has no command that ends with {end}"))
        .to_owned()
}

/// Runs a line as a shell does, beside the released files, printing it and what comes; `then` is
/// called with each piece of the answer as soon as it is there.
fn run(line: &str, url: &str, mut then: impl FnMut(&str)) -> Ran {
    println!("\n$ {line}");
    let mut child = Command::new("sh")
        .args(["-c", line])
        .current_dir(RELEASED.folder())
        .env_clear()
        .env("PATH", path())
        .env("OPENCLAW_GATEWAY_URL", url)
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let told = BufReader::new(child.stderr.take().unwrap());
    let told = std::thread::spawn(move || {
        let mut all = Vec::new();
        for line in told.lines() {
            let line = line.unwrap();
            println!("  stderr   {line}");
            all.push(line + "\n");
        }
        all.concat()
    });
    let (send, pieces) = mpsc::channel();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = out.read(&mut piece) {
            send.send(piece[..length].to_vec()).unwrap();
        }
    });
    let mut all = Vec::new();
    loop {
        match pieces.recv_timeout(PATIENCE) {
            Ok(piece) => {
                let text = String::from_utf8_lossy(&piece).into_owned();
                for line in text.lines().filter(|line| !line.is_empty()) {
                    println!("  {:>6.2} s {line}", started.elapsed().as_secs_f64());
                }
                all.extend(piece);
                then(&text);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // It would outlive the test otherwise.
                let _ = child.kill();
                panic!("it hangs: {line}");
            }
        }
    }
    reader.join().unwrap();
    let status = child.wait().unwrap();
    println!("  exit code {}", status.code().unwrap_or(-1));
    Ran::from(std::process::Output {
        status,
        stdout: all,
        stderr: told.join().unwrap().into_bytes(),
    })
}

/// The usual programs, and the stock wasmtime.
fn path() -> std::ffi::OsString {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let own = WASMTIME.parent().unwrap().to_owned();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&usual))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_gateway_answers_through_wasmtime_run() {
    let provider = Provider::start().await.unwrap();
    let options = Options::new(TOKEN, &provider.url());
    let started = tokio::task::spawn_blocking(move || {
        // Before the gateway, which should not wait for a build.
        let version = output(Command::new(&*WASMTIME).arg("--version"));
        println!("\n$ wasmtime --version\n  {version}");
        let pinned = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        let pinned = pinned.split("wasmtime = { version = \"=").nth(1).unwrap();
        let pinned = pinned.split('"').next().unwrap();
        assert_eq!(version.split(' ').nth(1), Some(pinned), "not the library's");
        println!(
            "{}",
            output(Command::new("cat").arg(RELEASED.file("SHA256SUMS")))
        );
        RealGateway::start(&options)
    });
    let gateway = started
        .await
        .unwrap()
        .unwrap_or_else(|error| panic!("{error}"));
    let url = gateway.url();
    println!(
        "OpenClaw {PINNED} is at {url}: OPENCLAW_GATEWAY_URL, and its token OPENCLAW_GATEWAY_TOKEN"
    );

    let quiet = |_: &str| {};
    let diagnosis = run(&command(" diagnose"), &url, quiet);
    assert_eq!(diagnosis.code, 0, "{diagnosis:?}");
    assert!(
        provider.calls().is_empty(),
        "the diagnosis cost a model call"
    );
    let status = run(&command(" status --json"), &url, quiet);
    assert_eq!(status.code, 0, "{status:?}");
    assert!(status.json()[0]["memory"]["available_mib"].is_u64());

    let ping = command(" ask \"ping\"");
    let answer = run(&ping, &url, quiet);
    assert_eq!((answer.code, answer.out.trim_end()), (0, PONG));
    let lines = run(&ping.replace(" ask ", " ask --json "), &url, quiet).json();
    assert_eq!(lines.last().unwrap()["text"], PONG);
    assert!(
        lines.iter().any(|line| line["event"] == "delta"),
        "{lines:?}"
    );

    println!("\nThe model says the rest only once the beginning has been seen here:");
    let mut early = String::new();
    // As JSON: a pipe gets the text once, when it is final.
    let hold = ping.replace("ask \"ping\"", "ask --json \"MAGIC_HOLD\"");
    let held = run(&hold, &url, |piece| {
        if early.is_empty() {
            early = piece.to_owned();
            provider.gate().open();
        }
    });
    assert_eq!(held.code, 0, "{held:?}");
    assert_eq!(held.json().last().unwrap()["text"], HELD);
    assert!(
        early.contains("delta") && !early.contains("completed"),
        "{early}"
    );

    println!(
        "\nA /proc with 300 MB available: a heavy turn is refused, and the level is at most L1."
    );
    let calls = provider.calls().len();
    let low = tempfile::tempdir().unwrap();
    let meminfo = "MemTotal:        2000000 kB\nMemAvailable:     300000 kB\n";
    std::fs::write(low.path().join("meminfo"), meminfo).unwrap();
    let folder = format!("--dir {}::/proc", low.path().display());
    let low = |ask: &str| {
        ping.replace("--dir /proc", &folder)
            .replace("ask \"ping\"", ask)
    };
    run(&low("ask \"draw an image\""), &url, quiet).failed(
        32,
        &["error[heavy_task_refused]", "292 MiB", "capped at L1"],
    );
    assert_eq!(provider.calls().len(), calls, "a refused turn was sent");
    let lowered = run(&low("ask --level L2 \"ping\""), &url, quiet);
    lowered.failed(0, &["lowered from L2 to L1"]);

    println!("\nThe gateway is gone:");
    drop(gateway);
    run(&ping, &url, quiet).failed(12, &["error[network_or_unreachable]", "  remedy: "]);
}
