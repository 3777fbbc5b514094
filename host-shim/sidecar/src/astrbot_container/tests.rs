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
    assert_eq!(found, std::slice::from_ref(&astrbot));
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
    command.args(["-I", "-c", include_str!("look.py")]);
    let output =
        process::run_with_input(command, &input.to_string(), Duration::from_secs(30)).unwrap();
    inside::read(&output).unwrap()
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
#[cfg_attr(windows, ignore = "runs programs of the container")]
fn the_script_sees_what_the_plugin_sees_and_tells_no_token() {
    let temp = tempfile::tempdir().unwrap();
    let settings = temp.path().join("settings.json");
    let port = gateway("the-token-0123456789");
    let ask = |host: &str, token: &str| {
        look(
            &json!({"host": host, "port": port, "known": null, "token": token, "settings": settings}),
        )
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
    let seen = look(
        &json!({"host": "127.0.0.1", "port": 1, "known": null, "token": "t", "settings": settings}),
    );
    assert_eq!(seen.own.failed, "connect");
    std::fs::write(&settings, "[").unwrap();
    assert_eq!(ask("127.0.0.1", "t").settings_error, "JSONDecodeError");
}

#[test]
#[cfg_attr(windows, ignore = "runs programs of the container")]
fn no_token_is_sent_where_the_name_leads_elsewhere() {
    let temp = tempfile::tempdir().unwrap();
    let settings = temp.path().join("settings.json");
    let port = gateway("t");
    let url = format!("http://127.0.0.1:{port}");
    for own in ["t", "another"] {
        let text = json!({"gateway_primary_url": url, "gateway_bearer_token": own});
        std::fs::write(&settings, text.to_string()).unwrap();
        for (known, sent) in [
            (Value::Null, true),
            (json!([]), false),
            (json!(["172.19.0.2", "127.0.0.1"]), true),
            (json!(["172.19.0.2"]), false),
        ] {
            let seen = look(&json!({
                "host": "127.0.0.1", "port": port, "known": known, "token": "t", "settings": settings,
            }));
            assert_eq!(seen.addresses, ["127.0.0.1"]);
            let answered = seen.own.status.is_some();
            let plugins = seen.plugin.unwrap().answer.is_some();
            assert_eq!((answered, plugins), (sent, sent), "{known}");
        }
    }
}

#[test]
#[cfg_attr(windows, ignore = "runs programs of the container")]
fn words_of_the_container_are_printable_lines() {
    const BAD: &str = "a\u{1b}[2J\n\u{202e}b";
    let answer = json!({"body": BAD, "failed": BAD, "error": BAD});
    let seen = json!({
        "addresses": [BAD], "unresolved": BAD, "own": answer, "settings_error": BAD,
        "plugin": {"url": BAD, "host": BAD, "same_token": true, "answer": answer},
    });
    let write = |words: &str, end: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("cat; {end}")]);
        process::run_with_input(command, words, Duration::from_secs(30)).unwrap()
    };
    let seen = inside::read(&write(&seen.to_string(), "exit 0")).unwrap();
    let told = format!("{seen:?}");
    assert_eq!(told.matches("\"a[2J b\"").count(), 11, "{told}");
    let exits = inside::read(&write("first\na\u{1b}[2J\rb", "exit 3"));
    assert_eq!(exits.unwrap_err().to_string(), "a[2J b");
    let wrong = json!({"own": {"status": BAD}}).to_string();
    let wrong = inside::read(&write(&wrong, "exit 0"))
        .unwrap_err()
        .to_string();
    assert!(!wrong.contains(['\u{1b}', '\n']), "{wrong}");
}

#[test]
#[cfg_attr(windows, ignore = "runs programs of the container")]
fn this_gateways_address_is_one_without_a_path_under_any_name_of_this_machine() {
    let temp = tempfile::tempdir().unwrap();
    let settings = temp.path().join("settings.json");
    let port = gateway("t");
    let plugin = |host: &str, url: &str| {
        let text = json!({"gateway_primary_url": url, "gateway_bearer_token": "another"});
        std::fs::write(&settings, text.to_string()).unwrap();
        let seen = look(&json!({
            "host": host, "port": port, "known": null, "token": "t", "settings": settings,
        }));
        seen.plugin.unwrap()
    };
    for (url, same, answered) in [
        (format!("http://127.0.0.1:{port}/"), true, Some(401)),
        (format!("http://LOCALHOST:{port}"), true, Some(401)),
        (format!("http://127.0.0.1:{port}/v1/responses"), false, None),
        (format!("https://127.0.0.1:{port}"), false, None),
        ("http://127.0.0.1:1".to_owned(), false, None),
    ] {
        let plugin = plugin("127.0.0.1", &url);
        let status = plugin.answer.and_then(|answer| answer.status);
        assert_eq!((plugin.same_address, status), (same, answered), "{url}");
    }
    // Compose publishes on 127.0.0.1 only. Who listens on the other loopback gets no token, also not by `localhost`.
    let stranger = TcpListener::bind(("::1", port)).ok();
    let six = plugin("127.0.0.1", &format!("http://[::1]:{port}"));
    assert!(!six.same_address && six.answer.is_none(), "{six:?}");
    assert_eq!(six.url, format!("http://[::1]:{port}"));
    let localhost = plugin("127.0.0.1", &format!("http://localhost:{port}"));
    assert_eq!(localhost.answer.and_then(|answer| answer.status), Some(401));
    if let Some(stranger) = stranger {
        stranger.set_nonblocking(true).unwrap();
        assert!(stranger.accept().is_err(), "the token went to a stranger");
    }
    // The address is the same even where the name cannot be resolved.
    let unresolved = plugin("nobody.invalid", &format!("http://nobody.invalid:{port}"));
    assert_eq!((unresolved.same_address, unresolved.answer), (true, None));
    let loopback = plugin("nobody.invalid", &format!("http://127.0.0.1:{port}"));
    assert!(!loopback.same_address);
}
