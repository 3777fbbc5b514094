//! up, down, ps, logs, restart over every flavour of Compose, played by the stand-in.

mod common;

use std::fs;

use common::Stage;

#[test]
fn up_works_with_every_compose() {
    for (flavour, words) in [
        (
            "compose-v2",
            "docker compose -f openclaw_sidecar.compose.yml up -d",
        ),
        (
            "compose-v1",
            "docker-compose -f openclaw_sidecar.compose.yml up -d",
        ),
        (
            "podman",
            "podman-compose -f openclaw_sidecar.compose.yml up -d",
        ),
    ] {
        let stage = Stage::new();
        stage.flavour(flavour);
        stage.run(&["up"]).ends(0).says("both probes succeeded");
        assert!(
            stage.calls().contains(words),
            "{flavour}: {}",
            stage.calls()
        );
        assert_eq!(
            stage.versions(),
            ("2026.2.9".into(), Some("2026.2.9".into()))
        );
        let ps = stage.run(&["ps"]).ends(0);
        assert!(ps.stdout.contains("openclaw-gateway"), "{ps:?}");
        stage.run(&["restart"]).ends(0);
        assert!(stage.calls().contains("--force-recreate"));
        stage.run(&["down"]).ends(0).says("data is kept");
        assert_eq!(stage.versions().1, None);
    }
}

#[test]
fn an_exported_variable_does_not_win_over_the_env_file() {
    let stage = Stage::new();
    let run = stage
        .command(&["up"])
        .env("OPENCLAW_VERSION", "1999.1.1")
        .output()
        .unwrap();
    common::Run::of(run).ends(0);
    assert_eq!(stage.versions().1.as_deref(), Some("2026.2.9"));
}

#[test]
fn without_an_engine_up_says_what_to_install() {
    for (flavour, words) in [
        ("none", "Neither Docker nor Podman"),
        ("no-compose", "no Compose for it"),
    ] {
        let stage = Stage::new();
        stage.flavour(flavour);
        stage
            .run(&["up"])
            .ends(1)
            .says(words)
            .says("apt-get install");
    }
    let stage = Stage::new();
    stage.file("engine-down", "");
    stage
        .run(&["up"])
        .ends(1)
        .says("does not respond")
        .says("systemctl start docker");
}

#[test]
fn up_tells_why_from_the_containers_own_log_and_masks_the_token() {
    for (becomes, words) in [
        ("exited", "The container is exited (exit status 1)"),
        ("unhealthy", "health check fails. stand-in says unhealthy"),
        ("oom", "killed for lack of memory"),
        ("restarting", "keeps exiting"),
    ] {
        let stage = Stage::new();
        let token = stage.env().token();
        stage.file("becomes/2026.2.9", becomes);
        stage.file(
            "log/2026.2.9",
            &format!("Gateway start blocked: {}\n", token.expose()),
        );
        let run = stage
            .run(&["up"])
            .ends(1)
            .says(words)
            .says("Gateway start blocked: ***");
        assert!(!run.stderr.contains(token.expose()));
    }
}

#[test]
fn up_gives_up_at_its_limit_while_the_gateway_only_starts() {
    let stage = Stage::new();
    stage.file("becomes/2026.2.9", "starting");
    stage.answers.lock().unwrap().without_token = (503, "starting");
    stage
        .run(&["up", "--wait=1"])
        .ends(1)
        .says("did not become healthy within 1 s");
}

// N7 of issue 13: Docker makes its first health check only after an interval of 30 s.
#[test]
fn up_ends_when_the_gateway_answers_and_doctor_agrees() {
    let stage = Stage::new();
    stage.file("becomes/2026.2.9", "starting");
    stage
        .run(&["up", "--wait=1"])
        .ends(0)
        .says("both probes succeeded");
    let run = stage.run(&["doctor"]);
    assert!(
        run.stdout
            .contains("and answering; Docker has not run its first health check yet"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("has been starting"), "{run:?}");
}

#[test]
fn up_is_not_content_with_health_alone() {
    let stage = Stage::new();
    stage.answers.lock().unwrap().with_token = (401, common::UNAUTHORIZED);
    stage.run(&["up"]).ends(1).says("auth_failed");
    stage.answers.lock().unwrap().without_token = (405, "Method Not Allowed");
    stage
        .run(&["up"])
        .ends(1)
        .says("responses_endpoint_not_enabled_or_not_found");
    stage.answers.lock().unwrap().without_token = (400, common::BAD_BODY);
    stage.run(&["up"]).ends(1).says("without a token");
}

#[test]
fn up_refuses_unusable_files_before_it_starts_anything() {
    for (file, content, words) in [
        (
            ".env",
            "OPENCLAW_VERSION=2026.2.9\n",
            "OPENCLAW_GATEWAY_TOKEN is not set",
        ),
        (".env", "not an assignment\n", "line 1"),
        (
            "openclaw_sidecar.config.json5",
            "{ gateway: ",
            "openclaw_sidecar.config.json5",
        ),
        ("openclaw_sidecar.config.json5", "{}", "gateway.mode"),
        (
            "openclaw_sidecar.compose.yml",
            "services: [",
            "openclaw_sidecar.compose.yml",
        ),
        (
            "openclaw_sidecar.compose.yml",
            "services: {}",
            "no service openclaw-gateway",
        ),
    ] {
        let stage = Stage::new();
        fs::write(stage.root.join(file), content).unwrap();
        stage.run(&["up"]).ends(1).says(words);
        assert!(!stage.calls().contains(" up "), "{file}: {}", stage.calls());
    }
}

#[test]
fn compose_words_reach_the_user_when_it_fails() {
    let stage = Stage::new();
    stage.file("up-fails", "");
    stage
        .run(&["up"])
        .ends(1)
        .says("port is already allocated")
        .says("set another OPENCLAW_HOST_PORT in .env");
}

#[test]
fn a_user_who_may_not_use_the_engine_is_told_how() {
    for flavour in ["compose-v2", "compose-v1"] {
        let stage = Stage::new();
        stage.flavour(flavour);
        stage.file(
            "engine-down",
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        );
        for words in ["up", "logs", "down"] {
            stage
                .run(&[words])
                .ends(1)
                .says("This user may not use `docker`: permission denied")
                .says("sudo usermod -aG docker $USER");
        }
    }
}

#[test]
fn up_pulls_a_missing_image_first_and_says_when_it_cannot() {
    for (flavour, engine) in [("compose-v2", "docker"), ("podman", "podman")] {
        let stage = Stage::new();
        stage.flavour(flavour);
        stage.file("no-pull/2026.2.9", "");
        stage
            .run(&["up"])
            .ends(1)
            .says("Cannot pull")
            .says("manifest unknown");
        assert!(!stage.calls().contains(" up "), "{}", stage.calls());
        fs::remove_file(stage.standin().join("no-pull/2026.2.9")).unwrap();
        stage.run(&["up"]).ends(0).says("pulling");
        let call = format!("{engine} pull ghcr.io/openclaw/openclaw:2026.2.9\n");
        assert!(stage.calls().contains(&call), "{}", stage.calls());
    }
}

#[test]
fn logs_come_with_the_secrets_masked() {
    let stage = Stage::running();
    let path = stage.root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        openclaw_sidecar::dotenv::set(&text, "OPENCLAW_PROVIDER_API_KEY", "sk-0123456789"),
    )
    .unwrap();
    let token = stage.env().token();
    stage.file(
        "log/2026.2.9",
        &format!("one\ntoken {} key sk-0123456789 end\n", token.expose()),
    );
    let run = stage.run(&["logs"]).ends(0);
    assert_eq!(run.stdout, "one\ntoken *** key *** end\n");
}

#[test]
fn a_root_that_is_not_there_is_a_clear_error() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.root.path()).unwrap();
    for words in [
        &["up"][..],
        &["down"],
        &["upgrade", "2026.9.6"],
        &["rollback"],
    ] {
        stage.run(words).ends(1).says("does not exist").says("init");
    }
}

#[test]
fn print_config_is_ready_to_paste_and_refuses_a_placeholder() {
    let stage = Stage::new();
    let run = stage.run(&["print-config"]).ends(0);
    let value: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(value["gateway_bearer_token"], stage.env().token().expose());
    assert_eq!(
        value["gateway_primary_url"],
        format!("http://127.0.0.1:{}", stage.port)
    );
    assert_eq!(value["gateway_level_agents"], true);
    let list = stage
        .run(&["print-config", "--format=level-agents", "--agent-id=amy"])
        .ends(0);
    let list = openclaw_sidecar::gateway_config::parse(&list.stdout).unwrap();
    assert_eq!(list[2]["id"], "amy-l1");
    // Without the agents, 2026.2.9 would create them with all tools.
    let run = stage
        .run(&["print-config", "--agent-id=amy", "--format=toml"])
        .ends(0);
    assert!(
        run.stdout.contains("gateway_level_agents = false"),
        "{run:?}"
    );
    fs::write(
        stage.root.join(".env"),
        "OPENCLAW_GATEWAY_TOKEN=replace_with_strong_random_token\n",
    )
    .unwrap();
    stage
        .run(&["print-config"])
        .ends(1)
        .says("not a usable token");
}

#[test]
fn init_does_not_disturb_a_change_under_way() {
    let stage = Stage::new();
    let config = stage.root.join("openclaw_sidecar.config.json5");
    fs::write(&config, "{}").unwrap();
    let held = openclaw_sidecar::lock::lock(&stage.root).unwrap();
    stage
        .run(&["init", "--force"])
        .ends(1)
        .says("Another command");
    assert_eq!(fs::read_to_string(&config).unwrap(), "{}");
    drop(held);
    stage.run(&["init", "--force"]).ends(0).says("backup: ");
}

#[test]
fn init_never_prints_the_token() {
    let stage = Stage::new();
    fs::remove_file(stage.root.join(".env")).unwrap();
    let run = stage.run(&["init"]).ends(0);
    let token = stage.env().token();
    assert!(!run.stderr.contains(token.expose()) && !run.stdout.contains(token.expose()));
}
