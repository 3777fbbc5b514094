//! Which container is this root's, and whose project Compose works on, over a stand-in engine.

mod common;

use std::fs;
use std::path::Path;

use common::{Run, Stage};
use openclaw_sidecar::dotenv;
use openclaw_sidecar::project;
use serde_json::{Value, json};

/// A container as `docker inspect` describes it; `more` is laid over.
fn described(id: &str, status: &str, created: &str, labels: Value) -> Value {
    json!({
        "Id": id, "Created": created, "RestartCount": 0,
        "Config": { "Image": "ghcr.io/openclaw/openclaw:2026.2.9", "Labels": labels },
        "HostConfig": { "Memory": 1_610_612_736_u64 },
        "State": {
            "Status": status, "OOMKilled": false, "ExitCode": 0, "StartedAt": created,
            "Health": { "Status": if status == "running" { "healthy" } else { "unhealthy" }, "Log": [] },
        },
    })
}

/// The labels of Compose v2, and of v1 where they differ.
fn labels(root: &Path, project: &str) -> Value {
    json!({
        "com.docker.compose.project": project,
        "com.docker.compose.service": "openclaw-gateway",
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.container-number": "1",
        "com.docker.compose.project.working_dir": root.display().to_string(),
        "com.docker.compose.project.config_files": root.join("openclaw_sidecar.compose.yml").display().to_string(),
    })
}

fn with(mut labels: Value, key: &str, value: &str) -> Value {
    labels[format!("com.docker.compose.{key}")] = Value::from(value);
    labels
}

fn put(stage: &Stage, containers: &[Value]) {
    stage.file("containers.json", &format!("{:#}", Value::from(containers)));
}

/// The doctor's check of the container.
fn container(stage: &Stage) -> Value {
    let run = stage.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "container");
    check.unwrap().clone()
}

#[test]
fn what_compose_run_made_and_what_ended_before_does_not_count() {
    // Report F25: a newer one-off container hid the healthy gateway (docker/compose#13178: the
    // service's own comes before what `run` made).
    let stage = Stage::running();
    let root = stage.root.path();
    let own = || labels(root, "root");
    let healthy = described("aaa", "running", "2026-11-01T00:00:00Z", own());
    let one_off = with(own(), "oneoff", "True");
    let newer = "2026-11-02T00:00:00Z";
    let older = "2026-10-01T00:00:00Z";
    let cases = [
        vec![
            described("bbb", "exited", newer, one_off.clone()),
            healthy.clone(),
        ],
        vec![
            described("bbb", "running", newer, one_off.clone()),
            healthy.clone(),
        ],
        vec![
            described("bbb", "exited", newer, with(own(), "oneoff", "true")),
            healthy.clone(),
        ],
        vec![described("bbb", "exited", older, own()), healthy.clone()],
        vec![healthy.clone(), described("bbb", "exited", newer, own())],
        vec![described("bbb", "created", newer, own()), healthy.clone()],
        // Of somebody else, or of another service's name is not asked for.
        vec![
            described(
                "bbb",
                "exited",
                newer,
                labels(Path::new("/elsewhere"), "root"),
            ),
            healthy.clone(),
        ],
        // From before Compose noted the folder: the project is what there is.
        vec![described(
            "bbb",
            "running",
            older,
            json!({"com.docker.compose.project": "root", "com.docker.compose.service": "openclaw-gateway"}),
        )],
    ];
    let text = fs::read_to_string(root.join(".env")).unwrap();
    fs::write(
        root.join(".env"),
        dotenv::set(&text, dotenv::PROJECT, "root"),
    )
    .unwrap();
    for containers in cases {
        put(&stage, &containers);
        let check = container(&stage);
        assert_eq!(check["ok"], true, "{containers:#?}: {check}");
        stage.run(&["up"]).ends(0);
    }
    // Of those that have ended the newest says why.
    put(
        &stage,
        &[
            described("aaa", "dead", older, own()),
            described("bbb", "exited", newer, own()),
            described("ccc", "exited", "2026-11-03T00:00:00Z", one_off),
        ],
    );
    assert!(
        container(&stage)["detail"]
            .as_str()
            .unwrap()
            .contains("exited")
    );
}

#[test]
fn a_root_is_the_same_behind_every_link_and_by_every_path() {
    // Report F26: over a link Compose labels the link's path (docker/compose#12026).
    let stage = Stage::running();
    let root = stage.root.path();
    let link = stage.folder.path().join("link");
    std::os::unix::fs::symlink(root, &link).unwrap();
    let parents = stage.folder.path().join("parents");
    std::os::unix::fs::symlink(stage.folder.path(), &parents).unwrap();
    let relative = with(
        labels(root, "root"),
        "project.config_files",
        "openclaw_sidecar.compose.yml",
    );
    let from_elsewhere = with(
        labels(Path::new("/"), "root"),
        "project.config_files",
        &link
            .join("openclaw_sidecar.compose.yml")
            .display()
            .to_string(),
    );
    for labels in [
        labels(root, "root"),
        labels(&link, "link"),
        labels(&parents.join("root"), "root"),
        labels(&root.join("."), "root"),
        labels(&root.join("data/.."), "root"),
        relative,
        from_elsewhere,
    ] {
        put(
            &stage,
            &[described(
                "aaa",
                "running",
                "2026-11-01T00:00:00Z",
                labels.clone(),
            )],
        );
        assert_eq!(container(&stage)["ok"], true, "{labels}");
    }
    // Whatever the root is called, Compose is started in its real path, and told so.
    fs::remove_file(stage.standin().join("containers.json")).unwrap();
    for named in [
        link.clone(),
        parents.join("root"),
        link.join("../root/data/.."),
        link.join(""),
    ] {
        let _ = fs::remove_file(stage.standin().join("projects"));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_openclaw-sidecar"));
        let output = command
            .args(["up", "--locale=en", "--root"])
            .arg(&named)
            .env("PATH", stage.path())
            .env("STANDIN", stage.standin())
            .env("PWD", &link)
            .current_dir(&link)
            .output();
        Run::of(output.unwrap()).ends(0);
        let projects = fs::read_to_string(stage.standin().join("projects")).unwrap();
        let expected = format!(" {}\n", root.display());
        assert!(projects.ends_with(&expected), "{named:?}: {projects}");
    }
}

/// The projects of the `up` and `down` so far.
fn projects(stage: &Stage) -> Vec<String> {
    let text = fs::read_to_string(stage.standin().join("projects")).unwrap_or_default();
    let words = text
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap().to_owned());
    words.collect()
}

/// Another root of this name, with a compose file.
fn another(stage: &Stage) -> std::path::PathBuf {
    let other = stage.folder.path().join("other/root");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("openclaw_sidecar.compose.yml"), "services: {}\n").unwrap();
    other
}

#[test]
fn every_new_root_has_a_project_of_its_own() {
    // Report F27: two folders of one name are one project to Compose (docker/compose#2120).
    let stage = Stage::new();
    let own = project::own_name(stage.root.path());
    assert_eq!(stage.env().get(dotenv::PROJECT), Some(own.as_str()));
    // What the shell exports does not win over it.
    let run = stage
        .command(&["up"])
        .env("COMPOSE_PROJECT_NAME", "shell")
        .output();
    Run::of(run.unwrap()).ends(0);
    stage.run(&["down"]).ends(0);
    assert_eq!(projects(&stage), [own.as_str(), &own]);
    fs::remove_file(stage.root.join(".env")).unwrap();
    stage.run(&["doctor", "--fix"]);
    assert_eq!(stage.env().get(dotenv::PROJECT), Some(own.as_str()));
}

fn without_project(stage: &Stage) {
    let path = stage.root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(dotenv::PROJECT))
        .collect();
    fs::write(path, kept.join("\n") + "\n").unwrap();
}

#[test]
fn a_root_that_is_there_keeps_its_project() {
    for made_as in ["root", "exported-by-hand"] {
        let stage = Stage::running();
        without_project(&stage);
        let before = fs::read(stage.root.join(".env")).unwrap();
        put(
            &stage,
            &[described(
                "aaa",
                "running",
                "2026-11-01T00:00:00Z",
                labels(stage.root.path(), made_as),
            )],
        );
        stage.run(&["up"]).ends(0);
        stage.run(&["init"]).ends(0);
        stage.run(&["logs"]).ends(0);
        stage.run(&["down"]).ends(0);
        assert_eq!(projects(&stage), [made_as, made_as, made_as]);
        assert_eq!(fs::read(stage.root.join(".env")).unwrap(), before);
    }
}

#[test]
fn another_roots_container_is_never_taken_over_or_removed() {
    // Report F27: the second `up` recreated the first one's container (docker/compose#4939).
    for first in ["up", "down"] {
        let stage = Stage::new();
        without_project(&stage);
        let other = another(&stage);
        let theirs = described(
            "bbb",
            "running",
            "2026-11-01T00:00:00Z",
            labels(&other, "root"),
        );
        put(&stage, std::slice::from_ref(&theirs));
        let own = project::own_name(stage.root.path());
        let run = stage.run(&[first]);
        assert!(run.stderr.contains(&own), "{run:?}");
        assert_eq!(projects(&stage), [own.as_str()], "{run:?}");
        assert_eq!(stage.env().get(dotenv::PROJECT), Some(own.as_str()));
        // Once its own is there, that is what counts.
        let ours = described(
            "aaa",
            "running",
            "2026-11-02T00:00:00Z",
            labels(stage.root.path(), &own),
        );
        put(&stage, &[theirs, ours]);
        stage.run(&["restart"]).ends(0);
        assert_eq!(projects(&stage).last(), Some(&own));
    }
}

#[test]
fn a_copy_of_a_root_gets_a_name_and_a_name_that_was_chosen_is_respected() {
    let stage = Stage::new();
    let other = another(&stage);
    let theirs = project::own_name(&other);
    let set = |name: &str| {
        let path = stage.root.join(".env");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, dotenv::set(&text, dotenv::PROJECT, name)).unwrap();
    };
    // `cp -a` copies the name that was made for the original.
    set(&theirs);
    put(
        &stage,
        &[described(
            "bbb",
            "running",
            "2026-11-01T00:00:00Z",
            labels(&other, &theirs),
        )],
    );
    stage.run(&["down"]).ends(0);
    assert_eq!(projects(&stage), [project::own_name(stage.root.path())]);
    // A name of the user's own is not changed.
    set("chosen");
    put(
        &stage,
        &[described(
            "bbb",
            "running",
            "2026-11-01T00:00:00Z",
            labels(&other, "chosen"),
        )],
    );
    stage.run(&["up"]).ends(1).says("COMPOSE_PROJECT_NAME");
    assert_eq!(stage.env().get(dotenv::PROJECT), Some("chosen"));
    // A root that was moved has left nothing at its old path: its container is its own.
    fs::remove_dir_all(&other).unwrap();
    stage.run(&["down"]).ends(0);
    assert_eq!(projects(&stage).last().unwrap(), "chosen");
}

#[test]
fn a_gateway_of_another_services_name_is_found_by_that() {
    // Report F24: other names of the service.
    let stage = Stage::running();
    let path = stage.root.join("openclaw_sidecar.compose.yml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("  openclaw-gateway:", "  assistant:")).unwrap();
    stage.run(&["up"]).ends(0);
    let calls = stage.calls();
    assert!(
        calls.contains("com.docker.compose.service=assistant"),
        "{calls}"
    );
    stage.run(&["logs"]).ends(0);
    assert!(
        stage.calls().contains("logs --tail=100 assistant"),
        "{}",
        stage.calls()
    );
}

#[test]
fn a_gateway_of_a_profile_is_started_with_it() {
    // Report F24: profiles that plain `up` leaves out.
    for (chosen, expected) in [("", "bots"), ("x", "x,bots"), ("x,bots", "-"), ("*", "-")] {
        let stage = Stage::new();
        let path = stage.root.join("openclaw_sidecar.compose.yml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            text.replace(
                "    init: true\n",
                "    init: true\n    profiles: [bots, all]\n",
            ),
        )
        .unwrap();
        if !chosen.is_empty() {
            let env = stage.root.join(".env");
            let text = fs::read_to_string(&env).unwrap();
            fs::write(&env, dotenv::set(&text, "COMPOSE_PROFILES", chosen)).unwrap();
        }
        stage.run(&["up"]).ends(0);
        let projects = fs::read_to_string(stage.standin().join("projects")).unwrap();
        assert_eq!(projects.split(' ').nth(2), Some(expected), "{chosen}");
    }
}
