//! AstrBot in a container, over a stand-in engine.

mod common;

use std::fs;

use common::Stage;
use common::terminal::OnTerminal;
use openclaw_sidecar::dotenv::{ASTRBOT_CONTAINER, PROVIDER_KEY};
use serde_json::{Value, json};

const COMPOSE: &str = "openclaw_sidecar.compose.yml";

/// The gateway's container and AstrBot's, which Compose made in `bot`, as `docker inspect` describes them.
fn with_astrbot(stage: &Stage, change: impl FnOnce(&mut Value)) {
    let bot = stage.folder.path().join("bot");
    fs::create_dir_all(bot.join("data")).unwrap();
    fs::write(bot.join("compose.yml"), "services: {}\n").unwrap();
    let label = |name: &str| format!("com.docker.compose.{name}");
    let networks = |names: &[(&str, &str)]| -> Value {
        let all = names.iter();
        all.map(|(name, address)| ((*name).to_owned(), json!({"IPAddress": address})))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let root = stage.root.path().display().to_string();
    let gateway = json!({
        "Id": "0123456789abcdef", "Name": "/root-openclaw-gateway-1", "RestartCount": 0,
        "Config": {"Image": "ghcr.io/openclaw/openclaw:2026.2.9", "Labels": {
            label("project"): "root", label("service"): "openclaw-gateway", label("project.working_dir"): root,
        }},
        "HostConfig": {"Memory": 1_610_612_736_u64},
        "State": {"Status": "running", "StartedAt": "2026-11-23T12:00:00Z", "Health": {"Status": "healthy", "Log": []}},
        "NetworkSettings": {"Networks": networks(&[("root_default", "172.18.0.2")])},
    });
    let mut astrbot = json!({
        "Id": "ab0123456789abcd", "Name": "/astrbot",
        "Config": {"Image": "soulter/astrbot:latest", "Env": ["MODEL_KEY=sk-of-the-container"], "Labels": {
            label("project"): "bot", label("service"): "astrbot",
            label("project.working_dir"): bot, label("project.config_files"): bot.join("compose.yml"),
        }},
        "HostConfig": {"NetworkMode": "bot_default"},
        "Mounts": [{"Destination": "/AstrBot/data", "Source": bot.join("data")}],
        "State": {"Status": "running"},
        "NetworkSettings": {"Networks": networks(&[("bot_default", "172.20.0.2")])},
    });
    change(&mut astrbot);
    let all = Value::from(vec![gateway, astrbot]);
    stage.file("containers.json", &format!("{all:#}"));
}

/// What the doctor says of AstrBot's container: name and problem of each check.
fn seen(stage: &Stage) -> Vec<(String, Value)> {
    let run = stage.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| {
            let name = check["name"].as_str().unwrap_or_default();
            name.starts_with("astrbot-")
        })
        .map(|check| {
            (
                check["name"].as_str().unwrap().to_owned(),
                check["problem"].clone(),
            )
        })
        .collect()
}

#[test]
fn one_command_connects_it_and_the_settings_have_the_services_name() {
    let stage = Stage::running();
    with_astrbot(&stage, |_| {});
    let first = seen(&stage);
    assert_eq!(
        first,
        [(
            "astrbot-container".to_owned(),
            json!("astrbot_not_connected")
        )]
    );

    let before = fs::read_to_string(stage.root.join(COMPOSE)).unwrap();
    let run = stage.run(&["astrbot", "--container=astrbot"]).ends(0);
    let run = run
        .says("connected AstrBot's container `astrbot`")
        .says("created   network")
        .says("gateway_primary_url   http://openclaw-gateway:18789")
        .says("sidecar doctor --root");
    assert!(!run.stderr.contains(stage.env().token().expose()));
    assert_eq!(stage.env().get(ASTRBOT_CONTAINER), Some("astrbot"));
    let over = stage.folder.path().join("bot/compose.override.yml");
    assert!(
        fs::read_to_string(&over)
            .unwrap()
            .contains("external: true")
    );
    let compose = fs::read_to_string(stage.root.join(COMPOSE)).unwrap();
    let rest = compose
        .lines()
        .filter(|line| before.lines().any(|old| old == *line));
    assert_eq!(rest.count(), before.lines().count(), "only lines are added");
    let network = compose
        .lines()
        .find_map(|line| line.strip_prefix("    name: "))
        .unwrap();
    let network = network.trim_matches('"').to_owned();
    assert!(stage.has(&format!("networks/{network}")), "{network}");
    // Both join while they run.
    let connect = format!("docker network connect {network} ab0123456789abcd\n");
    let gateway =
        format!("docker network connect --alias openclaw-gateway {network} 0123456789abcdef\n");
    assert!(stage.calls().contains(&connect), "{}", stage.calls());
    assert!(stage.calls().contains(&gateway), "{}", stage.calls());

    let settings = stage.run(&["print-config"]).ends(0).stdout;
    assert!(
        settings.contains("http://openclaw-gateway:18789"),
        "{settings}"
    );
    // host-shim itself runs on this machine, where the port stays where it is.
    for format in ["env", "toml"] {
        let run = stage.run(&["print-config", "--format", format]).ends(0);
        let address = format!("http://127.0.0.1:{}", stage.port);
        assert!(run.stdout.contains(&address), "{run:?}");
    }
    assert!(compose.contains("127.0.0.1:${OPENCLAW_HOST_PORT"));
    // Nothing of it is lost when the template is written again.
    stage.run(&["init", "--force"]).ends(0);
    assert_eq!(
        fs::read_to_string(stage.root.join(COMPOSE)).unwrap(),
        compose
    );

    // A second time changes nothing.
    let again = stage.run(&["astrbot", "--container=astrbot"]).ends(0);
    assert!(!again.stderr.contains("created"), "{again:?}");
    // The network was removed (docker network prune): `up` makes it again.
    fs::remove_file(stage.standin().join(format!("networks/{network}"))).unwrap();
    stage.run(&["up", "--wait=5"]);
    assert!(stage.has(&format!("networks/{network}")));
}

#[test]
fn the_doctor_looks_from_inside_and_no_command_line_has_the_token() {
    let stage = Stage::running();
    with_astrbot(&stage, |_| {});
    stage.run(&["astrbot", "--container=astrbot"]).ends(0);
    // Without Python in the container nothing can be seen, but Docker still tells of the networks.
    let problem = |name: &str| {
        let all = seen(&stage);
        all.into_iter().find(|(check, _)| check == name).unwrap().1
    };
    assert_eq!(problem("astrbot-network"), "astrbot_no_common_network");
    assert_eq!(problem("astrbot-reach"), Value::Null);
    let plugin = json!({"url": "http://127.0.0.1:18789", "host": "127.0.0.1", "same_token": true});
    let answer = json!({"unresolved": "Name or service not known", "plugin": plugin});
    stage.file("exec-answer", &answer.to_string());
    assert_eq!(problem("astrbot-url"), "astrbot_loopback_address");
    let token = stage.env().token();
    assert!(!stage.calls().contains(token.expose()));
    let input = fs::read_to_string(stage.standin().join("exec-input")).unwrap();
    let input: Value = serde_json::from_str(&input).unwrap();
    assert_eq!(input["token"], token.expose());
    assert_eq!(input["known"], json!(["172.18.0.2"]));
    assert!(stage.calls().contains("python3 -I -c"));
    assert_eq!(input["host"], "openclaw-gateway");
    assert_eq!(input["port"], 18789);

    // The repair connects both containers, and restarts neither.
    let before = stage.calls().len();
    stage.run(&["doctor", "--fix"]);
    let calls = stage.calls().split_off(before);
    assert!(calls.contains(" ab0123456789abcd\n"), "{calls}");
    assert!(calls.contains("--alias openclaw-gateway"), "{calls}");
    assert!(
        !calls.contains(" up ") && !calls.contains("restart"),
        "{calls}"
    );
}

#[test]
fn what_cannot_be_connected_is_one_clear_line_and_nothing_is_written() {
    let refuse = |stage: &Stage, words: &[&str], said: &str| {
        fs::remove_dir_all(stage.root.path()).unwrap();
        let run = stage.run(&[&["init"], words].concat());
        run.ends(1).says(said);
        assert!(!stage.root.path().exists(), "{said}");
    };
    type Change = fn(&mut Value);
    let stopped: Change = |it| it["State"]["Status"] = json!("exited");
    let another: Change = |it| {
        it["Config"]["Image"] = json!("mlikiowa/napcat-docker:latest");
        it["Mounts"] = json!([]);
    };
    let fine: Change = |_| {};
    let cases: [(Change, &[&str], &str); 5] = [
        (
            stopped,
            &["--astrbot-container=astrbot"],
            "docker start astrbot",
        ),
        (
            another,
            &["--astrbot-container=astrbot"],
            "(mlikiowa/napcat-docker:latest) is not AstrBot",
        ),
        (
            fine,
            &["--astrbot-container=bot"],
            "astrbot (soulter/astrbot:latest, running)",
        ),
        (
            fine,
            &["--astrbot-container=-f"],
            "There is no container `-f`",
        ),
        (fine, &["--from-astrbot"], "--astrbot-container NAME"),
    ];
    for (change, words, said) in &cases[..4] {
        let stage = Stage::new();
        with_astrbot(&stage, change);
        refuse(&stage, words, said);
    }
    let stage = Stage::new();
    stage
        .run(&["model", "--from-astrbot"])
        .ends(1)
        .says(cases[4].2);
    stage.flavour("none");
    refuse(
        &stage,
        &["--astrbot-container=astrbot"],
        "Neither Docker nor Podman",
    );
}

#[test]
fn a_compose_file_that_a_panel_keeps_is_told() {
    let stage = Stage::new();
    with_astrbot(&stage, |it| {
        let labels = &mut it["Config"]["Labels"];
        labels["com.docker.compose.project.working_dir"] = json!("/data/compose/12");
        labels["com.docker.compose.project.config_files"] = json!("/data/compose/12/compose.yml");
    });
    stage
        .run(&["astrbot", "--container=astrbot"])
        .ends(0)
        .says("is not on this machine")
        .says("astrbot.override.yml");
    let own = fs::read_to_string(stage.root.join("astrbot.override.yml")).unwrap();
    assert!(own.contains("networks: [default, openclaw]"), "{own}");
}

// Bad input of the issue: an existing network with other settings.
#[test]
fn a_network_of_somebody_else_or_with_other_settings_is_named() {
    let stage = Stage::new();
    with_astrbot(&stage, |_| {});
    let before = fs::read(stage.root.join(COMPOSE)).unwrap();
    let run = |words: &[&str]| stage.run(&[&["astrbot", "--container=astrbot"], words].concat());
    stage.file(
        "networks/shared",
        r#"[{"Driver": "macvlan", "Labels": {}}]"#,
    );
    run(&["--network=shared"])
        .ends(1)
        .says("its driver is macvlan");
    run(&["--network=-x"])
        .ends(1)
        .says("not a valid network name");
    // The name that we would take.
    let own = stage.env().get("COMPOSE_PROJECT_NAME").unwrap().to_owned() + "-astrbot";
    let taken = |owner: &str| format!(r#"[{{"Driver": "bridge", "Labels": {{{owner}}}}}]"#);
    stage.file(&format!("networks/{own}"), &taken(""));
    run(&[])
        .ends(1)
        .says("is not this sidecar's.")
        .says("--network with another name");
    let other = taken(r#""openclaw-sidecar.root": "/srv/other""#);
    stage.file(&format!("networks/{own}"), &other);
    run(&[]).ends(1).says("/srv/other");
    let network = format!("--network={own}");
    stage.file("no-connect", "0123456789abcdef");
    run(&[&network]).ends(1).says("cannot join");
    assert_eq!(fs::read(stage.root.join(COMPOSE)).unwrap(), before);
    assert_eq!(stage.env().get(ASTRBOT_CONTAINER), None);
    // By name it is taken all the same.
    stage.file("no-connect", "");
    run(&[&network]).ends(0);
    assert_eq!(stage.env().get(ASTRBOT_CONTAINER), Some("astrbot"));
}

#[test]
fn networks_that_cannot_be_shared_are_told_apart() {
    for (mode, status, said) in [
        ("host", 0, "http://127.0.0.1:"),
        ("none", 1, "has no network"),
        ("container:ab", 1, "uses that of `ab`"),
    ] {
        let stage = Stage::new();
        with_astrbot(&stage, |it| it["HostConfig"]["NetworkMode"] = json!(mode));
        stage
            .run(&["astrbot", "--container=astrbot"])
            .ends(status)
            .says(said);
        assert!(!stage.calls().contains("network"), "{}", stage.calls());
    }
    for mode in ["host", "bridge", "default"] {
        let stage = Stage::new();
        with_astrbot(&stage, |_| {});
        let with = format!("    init: true\n    network_mode: {mode}\n");
        stage.edit(COMPOSE, "    init: true\n", &with);
        let run = stage.run(&["astrbot", "--container=astrbot"]);
        run.ends(1)
            .says("Remove network_mode from openclaw-gateway");
    }
}

#[test]
fn the_provider_comes_from_the_mounted_folder_and_its_loopback_is_not_the_host() {
    let stage = Stage::new();
    with_astrbot(&stage, |_| {});
    stage.run(&["astrbot", "--container=astrbot"]).ends(0);
    let provider = |url: &str| {
        let config = json!({"provider": [{"id": "mine", "type": "openai_chat_completion", "enable": true,
            "api_base": url, "model": "m", "key": ["$MODEL_KEY"]}]});
        let path = stage.folder.path().join("bot/data/cmd_config.json");
        fs::write(path, format!("\u{feff}{config}")).unwrap();
    };
    let take = || stage.run(&["model", "--from-astrbot"]);
    provider("http://127.0.0.1:11434/v1");
    take()
        .ends(1)
        .says("which is AstrBot's container `astrbot` itself, not this machine");
    provider("http://ollama:11434/v1");
    take().ends(0).says("docker network connect");
    provider("https://llm.example.com/v1");
    let run = take().ends(0);
    assert!(!run.stderr.contains("docker network connect"), "{run:?}");
    // The variable is set in the container, not here.
    assert_eq!(stage.env().get(PROVIDER_KEY), Some("sk-of-the-container"));

    // With this machine's network, 127.0.0.1 is this machine.
    with_astrbot(&stage, |it| it["HostConfig"]["NetworkMode"] = json!("host"));
    let run = stage.run(&["astrbot", "--container=astrbot"]).ends(0);
    run.says("gateway_primary_url   http://127.0.0.1:");
    provider("http://127.0.0.1:11434/v1");
    take().ends(0).says("host.docker.internal");
    // Nothing mounted.
    with_astrbot(&stage, |it| it["Mounts"] = json!([]));
    take()
        .ends(1)
        .says("docker cp astrbot:/AstrBot/data/cmd_config.json");
}

#[test]
fn a_port_of_ones_own_needs_no_file_edited() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.root.path()).unwrap();
    let run = stage.run(&["init", "--port=18888"]).ends(0);
    let run = run.says("gateway_primary_url   http://127.0.0.1:18888");
    assert!(!run.stdout.contains("18789"), "{run:?}");
    assert_eq!(stage.env().port(), Ok(18888));
    stage.run(&["init", "--port=0"]).ends(2);
}

#[test]
fn on_a_terminal_init_offers_the_containers_that_look_like_astrbot() {
    let stage = Stage::new();
    with_astrbot(&stage, |_| {});
    fs::remove_dir_all(stage.root.path()).unwrap();
    let mut terminal = OnTerminal::start(&stage, &["init"]);
    terminal
        .answers("Which one should reach the gateway?", "\n")
        .answers("Which model service", "\n");
    assert!(terminal.ends(0).contains("Next: choose"));
    assert_eq!(stage.env().get(ASTRBOT_CONTAINER), None);
    let mut terminal = OnTerminal::start(&stage, &["init"]);
    terminal
        .answers("astrbot (soulter/astrbot:latest, running)", "1\n")
        .answers("Which model service", "\n");
    terminal.ends(0);
    assert_eq!(stage.env().get(ASTRBOT_CONTAINER), Some("astrbot"));
    // Once it is known nobody is asked, and it is looked for only where its name is not given.
    let mut terminal = OnTerminal::start(&stage, &["init"]);
    terminal.answers("Which model service", "\n");
    terminal.ends(0);
    let mut terminal = OnTerminal::start(&stage, &["astrbot"]);
    terminal.answers("Which one", "1\n");
    assert!(terminal.ends(0).contains("unchanged"));
    stage
        .run(&["astrbot"])
        .ends(1)
        .says("Pass --container NAME");
}
