use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::process;

fn container(value: Value) -> AstrBotContainer {
    read(&value)
}

#[test]
fn astrbot_is_known_by_its_image_its_mount_or_its_folder() {
    let by = |image: &str, folder: &str, mount: &str| {
        container(json!({
            "Id": "0a", "Name": "/bot", "State": {"Status": "running"},
            "Config": {"Image": image, "WorkingDir": folder, "Env": ["A=b=c", "X"]},
            "Mounts": [{"Destination": mount, "Source": "/srv/bot/data"}],
            "HostConfig": {"NetworkMode": "bridge"},
        }))
    };
    let whole = by("soulter/astrbot:latest", "/AstrBot", "/AstrBot/data");
    assert_eq!((whole.name.as_str(), whole.runs()), ("bot", true));
    assert_eq!(whole.data.as_deref(), Some(Path::new("/srv/bot/data")));
    assert_eq!(whole.environment["A"], "b=c");
    for (image, folder, mount, known) in [
        ("mirror.example/x/AstrBot:v4", "/", "/x", true),
        ("mine:1", "/AstrBot/", "/x", true),
        ("mine:1", "/", "/AstrBot/data", true),
        ("astrbot.example/napcat:1", "/app", "/AstrBot/other", false),
        ("sha256:0123", "/", "/data", false),
    ] {
        assert_eq!(by(image, folder, mount).is_astrbot, known, "{image}");
    }
}

// NapCat mounts AstrBot's data in AstrBot's own compose file.
#[test]
fn one_that_only_mounts_astrbots_data_is_not_astrbot_beside_it() {
    let by = |name: &str, image: &str, source: &str| {
        container(json!({
            "Name": name, "Config": {"Image": image},
            "Mounts": [{"Destination": "/AstrBot/data", "Source": source}],
        }))
    };
    let napcat = by("napcat", "mlikiowa/napcat-docker:latest", "/srv/bot/data");
    let astrbot = by("astrbot", "soulter/astrbot:latest", "/srv/bot/data");
    let mine = by("mine", "mine:1", "/srv/mine/data");
    let all = [&napcat, &mine, &astrbot].map(Clone::clone).to_vec();
    let found = likely(all);
    assert_eq!(found, [astrbot.clone()]);
    assert_eq!(whose_data(&napcat, &found), Some(&astrbot));
    // An image of one's own is AstrBot by name, and without any other.
    assert_eq!(whose_data(&mine, &found), None);
    assert_eq!(whose_data(&astrbot, &found), None);
    assert_eq!(likely(vec![mine.clone()]), [mine]);
}

#[test]
fn whose_network_it_has_is_read() {
    for (written, mode) in [
        ("default", NetworkMode::Own),
        ("bot_default", NetworkMode::Own),
        ("host", NetworkMode::Host),
        ("none", NetworkMode::None),
        ("container:ab12", NetworkMode::Of("ab12".to_owned())),
    ] {
        let read = container(json!({"HostConfig": {"NetworkMode": written}}));
        assert_eq!(read.mode, mode);
    }
    let networks = json!({"NetworkSettings": {"Networks": {"a": {"IPAddress": "172.18.0.2", "GlobalIPv6Address": ""}}}});
    let networks = container(networks).networks;
    assert_eq!(networks["a"], ["172.18.0.2"]);
}

#[test]
fn a_name_is_no_option() {
    for (name, good) in [
        ("astrbot", true),
        ("astrbot-1.x_y", true),
        ("", false),
        ("-f", false),
        ("a b", false),
        ("a/b", false),
        ("机器人", false),
    ] {
        assert_eq!(is_name(name), good, "{name}");
    }
}

/// What the script says with this input, as in the container.
fn look(input: &Value) -> inside::Seen {
    let mut command = Command::new("python3");
    command.args(["-c", include_str!("look.py")]);
    let output =
        process::run_with_input(command, &input.to_string(), Duration::from_secs(30)).unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

/// A gateway that takes one token, for the next requests.
fn gateway(token: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !request.ends_with(b"{}") {
                match stream.read(&mut piece) {
                    Ok(read @ 1..) => request.extend_from_slice(&piece[..read]),
                    _ => break,
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let good = request.contains(&format!("Bearer {token}\r\n"));
            // A gateway that repeats what it was sent.
            let body = request
                .lines()
                .find(|line| line.contains("Bearer"))
                .unwrap_or_default();
            let status = if good { 400 } else { 401 };
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    port
}

#[test]
fn the_script_sees_what_the_plugin_sees_and_tells_no_token() {
    let temp = tempfile::tempdir().unwrap();
    let settings = temp.path().join("settings.json");
    let port = gateway("the-token-0123456789");
    let ask = |host: &str, token: &str| {
        look(&json!({"host": host, "port": port, "token": token, "settings": settings}))
    };
    let seen = ask("127.0.0.1", "the-token-0123456789");
    assert_eq!(seen.own.status, Some(400));
    assert_eq!(
        (seen.plugin.clone(), seen.addresses),
        (None, vec!["127.0.0.1".to_owned()])
    );
    assert!(seen.own.body.contains("***") && !seen.own.body.contains("0123456789"));

    let write = |url: &str, token: &str| {
        let text = json!({"gateway_primary_url": url, "gateway_bearer_token": token});
        std::fs::write(&settings, format!("\u{feff}{text}")).unwrap();
    };
    write(&format!("http://127.0.0.1:{port}"), "another-9876543210");
    let plugin = ask("127.0.0.1", "the-token-0123456789").plugin.unwrap();
    let answer = plugin.answer.unwrap();
    assert_eq!((plugin.same_token, answer.status), (false, Some(401)));
    assert!(!answer.body.contains("9876543210"), "{answer:?}");

    write("http://127.0.0.1:1", "the-token-0123456789");
    let plugin = ask("127.0.0.1", "the-token-0123456789").plugin.unwrap();
    assert_eq!(plugin.url, "http://127.0.0.1:1");
    assert_eq!((plugin.same_token, plugin.answer), (true, None));

    // Nobody of that name, nobody on that port, settings that are none.
    let seen = ask("nobody.invalid", "t");
    assert!(!seen.unresolved.is_empty() && seen.own.status.is_none());
    let seen = look(&json!({"host": "127.0.0.1", "port": 1, "token": "t", "settings": settings}));
    assert_eq!(seen.own.failed, "connect");
    std::fs::write(&settings, "[").unwrap();
    assert_eq!(ask("127.0.0.1", "t").settings_error, "JSONDecodeError");
}
