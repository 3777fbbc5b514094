//! Files that the agent makes, on real gateways of both versions with the sidecar's config: they come out, and no path
//! that leads elsewhere does.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use host_shim::{Attachment, Event, Level, NoticeCode, Plugin, TurnRequest};
use openclaw_tests::real::{Real, ended};
use openclaw_tests::real_gateway::{NEWEST, PINNED};
use openclaw_tests::rig::{Outcome, cache_dir, config};
use serde_json::json;

use crate::TURN;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and some content";
const PDF: &[u8] = b"%PDF-1.7 and some content";

struct Stage {
    real: Real,
    plugin: Plugin,
    workspace: PathBuf,
    offers_tools: bool,
    turns: usize,
}

impl Stage {
    async fn start(version: &str) -> Self {
        let real = Real::start(|options| {
            options.version = version.to_owned();
            options.as_sidecar = true;
        })
        .await;
        let workspace = real.gateway.folder().join("home/.openclaw/workspace");
        let builder = Plugin::builder()
            .config(config(
                &real.gateway.url(),
                json!({ "gateway_level_agents": true, "max_files": 2 }),
            ))
            .cache_dir(cache_dir());
        // Only the older version needs it.
        let builder = match version {
            PINNED => builder.workspace(&workspace),
            _ => builder,
        };
        Self {
            plugin: builder.build().await.expect("the component loads"),
            workspace,
            offers_tools: version == NEWEST,
            real,
            turns: 0,
        }
    }

    /// A turn of a session of its own, whose agent sends these files.
    async fn sends(&mut self, level: Level, paths: &[&str]) -> Outcome {
        self.turns += 1;
        let text = match (self.offers_tools, paths) {
            (true, [path]) => format!(
                "MAGIC_TOOL=send_file MAGIC_ARGS={}",
                json!({ "path": path })
            ),
            _ => {
                let lines = paths.iter().map(|path| format!("\nASTR_FILE: {path}"));
                let said = format!("Here you are.{}", lines.collect::<String>());
                format!("MAGIC_SAY={}", json!(said))
            }
        };
        let request = TurnRequest {
            session: format!("files-{}", self.turns),
            level,
            files: true,
            ..TurnRequest::new(text)
        };
        ended(self.plugin.ask(request)).await
    }

    async fn refuses(&mut self, path: &str) -> String {
        let outcome = self.sends(Level::Act, &[path]).await;
        let reply = outcome.reply().text.clone();
        assert!(!reply.is_empty() && !reply.contains("ASTR_FILE"), "{reply}");
        assert_eq!(files(&outcome), [], "{path}");
        let refused: Vec<_> = outcome
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Notice(notice) if notice.code == NoticeCode::FileRefused => {
                    Some(&notice.text)
                }
                _ => None,
            })
            .collect();
        let [line] = &refused[..] else {
            panic!("{path}: {:?}", outcome.events)
        };
        assert!(!line.contains('\n'), "{line}");
        (*line).clone()
    }
}

fn files(outcome: &Outcome) -> Vec<Attachment> {
    let file = |event: &Event| match event {
        Event::File(file) => Some(file.clone()),
        _ => None,
    };
    outcome.events.iter().filter_map(file).collect()
}

fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo").success());
}

async fn files_come_out(version: &str) {
    let _turn = TURN.lock().await;
    let mut stage = Stage::start(version).await;
    let workspace = stage.workspace.clone();
    fs::create_dir_all(workspace.join("out")).unwrap();
    fs::write(workspace.join("out/the chart.png"), PNG).unwrap();
    fs::write(workspace.join("report.pdf"), PDF).unwrap();
    fs::write(workspace.join("a.txt"), "one").unwrap();
    for (path, name, media_type, data) in [
        ("out/the chart.png", "the chart.png", "image/png", PNG),
        ("report.pdf", "report.pdf", "application/pdf", PDF),
    ] {
        let outcome = stage.sends(Level::Act, &[path]).await;
        let text = &outcome.reply().text;
        assert!(
            !text.is_empty() && !outcome.deltas().contains("ASTR_FILE"),
            "{text}"
        );
        let [file] = &files(&outcome)[..] else {
            panic!("OpenClaw {version}: {:?}", outcome.events)
        };
        assert_eq!(
            (file.filename.as_str(), file.media_type.as_str()),
            (name, media_type)
        );
        assert_eq!(file.data, data);
    }

    let secret = stage.real.gateway.folder().join("openclaw.json");
    symlink(&secret, workspace.join("link.json")).unwrap();
    symlink(secret.parent().unwrap(), workspace.join("up")).unwrap();
    fs::File::create(workspace.join("big.txt"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    fs::write(workspace.join("liar.png"), "MZ\0").unwrap();
    fifo(&workspace.join("pipe.txt"));
    let pipe = match version {
        PINNED => "not a regular file",
        _ => "no such file",
    };
    for (path, why) in [
        ("../openclaw.json", "inside the workspace"),
        ("/etc/passwd", "inside the workspace"),
        ("link.json", "no such file"),
        ("up/openclaw.json", "no such file"),
        ("liar.png", "not what its name says"),
        ("big.txt", "larger than"),
        ("pipe.txt", pipe),
    ] {
        let line = stage.refuses(path).await;
        println!("OpenClaw {version}: {line}");
        assert!(line.contains(path) && line.contains(why), "{line}");
    }
    let many = ["a.txt", "report.pdf", "out/the chart.png"];
    let third = stage.sends(Level::Act, &many).await;
    let (sent, refused) = match version {
        PINNED => (2, true),
        // It offers the tool, so what an answer only names is not sent.
        _ => (0, false),
    };
    assert_eq!(files(&third).len(), sent, "{:?}", third.events);
    assert_eq!(third.notices().contains(&NoticeCode::FileRefused), refused);
    assert!(!third.reply().text.contains("ASTR_FILE"));
    // Below the level it is neither offered nor done.
    let low = stage.sends(Level::ReadOnly, &["a.txt"]).await;
    assert_eq!(files(&low), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_out_of_a_real_gateway_2026_2_9() {
    files_come_out(PINNED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_out_of_a_real_gateway_2026_9_6() {
    files_come_out(NEWEST).await;
}
