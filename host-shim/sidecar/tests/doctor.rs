//! Every sick root, its diagnosis and its cure, against golden files in `tests/golden`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p openclaw-sidecar --test doctor` writes them anew.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::Stage;
use openclaw_plugin::fault::{FaultCode, Locale};
use openclaw_sidecar::doctor::{self, Content, Facts, Listener, Memory, Scope, Status};
use openclaw_sidecar::dotenv;
use openclaw_sidecar::durable::Durable;
use openclaw_sidecar::engine::{Container, Flavour, Presence};
use openclaw_sidecar::init::init;
use openclaw_sidecar::layout::{ENTRIES, Root};
use openclaw_sidecar::plugin_settings::PluginSettings;
use openclaw_sidecar::probe::Probe;
use openclaw_sidecar::process::Surroundings;
use openclaw_sidecar::secret::Token;
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const MIB: u64 = 1 << 20;

/// One sick root: what is done to a healthy one, and to what is seen around it.
struct Case {
    name: &'static str,
    root: fn(&Root),
    facts: fn(&mut Facts),
}

const fn files(name: &'static str, root: fn(&Root)) -> Case {
    Case {
        name,
        root,
        facts: |_| {},
    }
}

const fn seen(name: &'static str, facts: fn(&mut Facts)) -> Case {
    Case {
        name,
        root: |_| {},
        facts,
    }
}

/// Nothing runs yet, so that a new token is a safe treatment.
const fn before_start(name: &'static str, root: fn(&Root)) -> Case {
    Case {
        name,
        root,
        facts: |facts| {
            facts.container = Ok(None);
            no_gateway(facts);
        },
    }
}

fn edit(root: &Root, file: &str, from: &str, to: &str) {
    let path = root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn set_env(root: &Root, key: &str, value: &str) {
    let path = root.join(".env");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, dotenv::set(&text, key, value)).unwrap();
}

fn chmod(root: &Root, entry: &str, mode: u32) {
    openclaw_sidecar::durable::set_mode(&root.join(entry), mode).unwrap();
}

fn answered(status: u16, code: FaultCode, message: &str) -> Option<Probe> {
    Some(Probe::Answered {
        status,
        code,
        message: message.to_owned(),
        clock_ahead: Some(0),
    })
}

fn container(facts: &mut Facts, change: fn(&mut Container)) {
    let mut container = facts.in_container().unwrap().clone();
    change(&mut container);
    facts.container = Ok(Some(container));
}

fn no_gateway(facts: &mut Facts) {
    facts.listener = None;
    facts.stranger = None;
    facts.bearer = None;
}

const CONFIG: &str = "openclaw_sidecar.config.json5";
const COMPOSE: &str = "openclaw_sidecar.compose.yml";

const CASES: &[Case] = &[
    // The root.
    files("root-missing", |root| {
        fs::remove_dir_all(root.path()).unwrap()
    }),
    files("file-missing", |root| {
        fs::remove_file(root.join(CONFIG)).unwrap()
    }),
    files("folder-missing", |root| {
        fs::remove_dir_all(root.join("data")).unwrap()
    }),
    files("file-is-a-folder", |root| {
        fs::remove_file(root.join(CONFIG)).unwrap();
        fs::create_dir(root.join(CONFIG)).unwrap();
    }),
    files("modes-open", |root| {
        chmod(root, ".env", 0o644);
        chmod(root, "", 0o755);
    }),
    seen("owner-root", |facts| {
        facts.entries.get_mut("data/openclaw_home").unwrap().uid = Some(0);
    }),
    files("journal-left", |root| {
        fs::create_dir(root.join(".sidecar")).unwrap();
        let journal = json!({"operation": "upgrade", "from": "2026.2.9", "to": "2026.9.6",
            "restore_point": "x", "used": null, "was_running": true, "step": "switching"});
        fs::write(root.journal(), journal.to_string()).unwrap();
    }),
    files("journal-unreadable", |root| {
        fs::create_dir(root.join(".sidecar")).unwrap();
        fs::write(root.journal(), "{").unwrap();
    }),
    // The .env.
    files("env-not-assignments", |root| {
        fs::write(root.join(".env"), "A=1\nno assignment\n").unwrap()
    }),
    files("env-bad-port", |root| {
        set_env(root, "OPENCLAW_HOST_PORT", "70000")
    }),
    before_start("token-missing", |root| set_env(root, dotenv::TOKEN, "")),
    before_start("token-placeholder", |root| {
        set_env(root, dotenv::TOKEN, "replace_with_strong_random_token")
    }),
    before_start("token-redacted", |root| {
        set_env(root, dotenv::TOKEN, "__OPENCLAW_REDACTED__")
    }),
    files("token-weak", |root| set_env(root, dotenv::TOKEN, "secret")),
    files("token-blank-inside", |root| {
        set_env(root, dotenv::TOKEN, "'0123456789abcdef 0123456789abcdef'")
    }),
    seen("env-shadowed", |facts| {
        facts
            .exported
            .insert(dotenv::VERSION.to_owned(), Token::new("2026.1.1"));
    }),
    files("version-missing", |root| set_env(root, dotenv::VERSION, "")),
    files("version-latest", |root| {
        set_env(root, dotenv::VERSION, "latest")
    }),
    seen("plugin-token-differs", |facts| {
        facts.plugin = Some(Ok(PluginSettings {
            url: Some("http://127.0.0.1:18790".to_owned()),
            token: Token::new("fedcba9876543210fedcba9876543210"),
        }));
    }),
    // The config.
    files("config-not-json5", |root| {
        edit(root, CONFIG, "mode: \"local\",", "mode: \"local")
    }),
    files("config-mode", |root| {
        edit(root, CONFIG, "mode: \"local\",", "")
    }),
    files("config-password", |root| {
        edit(
            root,
            CONFIG,
            "auth: { mode: \"token\" }",
            "auth: { mode: \"password\" }",
        )
    }),
    files("config-token", |root| {
        edit(
            root,
            CONFIG,
            "auth: { mode: \"token\" }",
            "auth: { token: \"x\" }",
        )
    }),
    files("config-endpoint-off", |root| {
        edit(root, CONFIG, "enabled: true", "enabled: false")
    }),
    // The compose file.
    files("compose-not-yaml", |root| {
        edit(root, COMPOSE, "services:", "services: [")
    }),
    files("compose-no-service", |root| {
        edit(root, COMPOSE, "openclaw-gateway:", "gateway:")
    }),
    files("compose-binds-loopback", |root| {
        edit(
            root,
            COMPOSE,
            "\"--bind\", \"lan\"",
            "\"--bind\", \"loopback\"",
        )
    }),
    files("compose-publishes-everywhere", |root| {
        edit(root, COMPOSE, "127.0.0.1:${", "${")
    }),
    files("compose-publishes-nothing", |root| {
        edit(root, COMPOSE, "    ports:\n", "    x-ports:\n")
    }),
    // The engine and the container.
    seen("engine-missing", |facts| {
        facts.engine = Presence::NoEngine;
        facts.container = Ok(None);
        no_gateway(facts);
    }),
    seen("engine-without-compose", |facts| {
        facts.engine = Presence::NoCompose { engine: "docker" };
        facts.container = Ok(None);
        no_gateway(facts);
    }),
    seen("engine-not-running", |facts| {
        facts.engine = Presence::NotRunning {
            flavour: Flavour::ComposeV1,
            error: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.".to_owned(),
        };
        facts.container = Ok(None);
        no_gateway(facts);
    }),
    seen("container-missing", |facts| {
        facts.container = Ok(None);
        no_gateway(facts);
    }),
    seen("container-starting", |facts| {
        container(facts, |container| container.health = "starting".to_owned());
        facts.stranger = Some(Probe::Failed {
            error: "connection reset".to_owned(),
        });
        facts.bearer = facts.stranger.clone();
    }),
    seen("container-unhealthy", |facts| {
        container(facts, |container| container.health = "unhealthy".to_owned());
        facts.log_tail = "one\ntwo".to_owned();
    }),
    seen("container-exited", |facts| {
        container(facts, |container| {
            container.status = "exited".to_owned();
            container.exit_code = 1;
        });
        facts.log_tail = "Gateway start blocked".to_owned();
        no_gateway(facts);
    }),
    seen("container-oom-killed", |facts| {
        container(facts, |container| container.memory_limit = 512 * MIB);
        facts.oom_kills = 2;
    }),
    seen("container-restart-loop", |facts| {
        container(facts, |container| container.restarts = 7)
    }),
    seen("container-other-version", |facts| {
        container(facts, |container| {
            container.image = "ghcr.io/openclaw/openclaw:2026.1.1".to_owned()
        });
    }),
    seen("container-without-limit", |facts| {
        container(facts, |container| container.memory_limit = 0)
    }),
    seen("container-without-health", |facts| {
        container(facts, |container| container.health = String::new())
    }),
    // The port and the probes.
    seen("gateway-not-running", |facts| {
        facts.container = Ok(None);
        no_gateway(facts);
    }),
    seen("gateway-starting-by-hand", |facts| {
        facts.container = Ok(None);
        no_gateway(facts);
        facts.starting = Some((4711, "openclaw-gatewa".to_owned()));
    }),
    seen("port-taken", |facts| {
        facts.container = Ok(None);
        facts.listener = Some(Listener {
            process: Some((4711, "nginx".to_owned())),
        });
        facts.stranger = answered(
            200,
            FaultCode::ResponsesEndpointNotEnabledOrNotFound,
            "HTTP 200: a web page",
        );
        facts.bearer = facts.stranger.clone();
    }),
    seen("token-refused", |facts| {
        facts.bearer = answered(401, FaultCode::AuthFailed, "HTTP 401: Unauthorized");
    }),
    seen("endpoint-off", |facts| {
        facts.stranger = answered(
            405,
            FaultCode::ResponsesEndpointNotEnabledOrNotFound,
            "HTTP 405: Method Not Allowed",
        );
        facts.bearer = facts.stranger.clone();
    }),
    seen("gateway-not-ready", |facts| {
        facts.stranger = answered(
            503,
            FaultCode::GatewayError,
            "HTTP 503: Plugin runtime is starting",
        );
        facts.bearer = facts.stranger.clone();
    }),
    seen("no-authentication", |facts| {
        facts.stranger = answered(400, FaultCode::RequestRejected, "HTTP 400");
    }),
    seen("locked-out", |facts| {
        facts.stranger = answered(429, FaultCode::RateLimited, "HTTP 429");
        facts.bearer = facts.stranger.clone();
    }),
    // The machine.
    seen("memory-511", |facts| {
        facts.memory = Ok(Memory {
            available: 512 * MIB - 1,
            total: 2048 * MIB,
        })
    }),
    seen("memory-349", |facts| {
        facts.memory = Ok(Memory {
            available: 350 * MIB - 1,
            total: 2048 * MIB,
        })
    }),
    seen("memory-unreadable", |facts| {
        facts.memory = Err("no /proc/meminfo".to_owned())
    }),
    seen("memory-too-small-to-start", |facts| {
        facts.container = Ok(None);
        no_gateway(facts);
        facts.memory = Ok(Memory {
            available: 900 * MIB,
            total: 2048 * MIB,
        });
    }),
    seen("disk-nearly-full", |facts| facts.disk_free = Ok(100 * MIB)),
    seen("disk-small", |facts| facts.disk_free = Ok(3000 * MIB)),
    seen("clock-before-release", |facts| facts.now = UNIX_EPOCH),
    seen("clock-went-back", |facts| {
        facts.entries.get_mut(".env").unwrap().modified =
            Some(facts.now + Duration::from_secs(3600));
    }),
    seen("clocks-differ", |facts| {
        facts.stranger = Some(Probe::Answered {
            status: 401,
            code: FaultCode::AuthFailed,
            message: String::new(),
            clock_ahead: Some(-90),
        });
    }),
];

/// Everything around a root as it is when all is well.
fn healthy(root: &Root) -> Facts {
    let surroundings = Surroundings::default();
    let mut facts = Facts::of_files(&Scope {
        root,
        surroundings: &surroundings,
        plugin: None,
    });
    facts.now = SystemTime::now();
    facts.euid = Some(0);
    for entry in ENTRIES.iter().filter(|entry| entry.container_owns) {
        if let Some(found) = facts.entries.get_mut(entry.path) {
            found.uid = Some(1000);
        }
    }
    facts.exported.clear();
    facts.engine = Presence::Running {
        flavour: Flavour::ComposeV2,
        version: "28.2.2".to_owned(),
    };
    facts.container = Ok(Some(Container {
        id: "abc".to_owned(),
        image: "ghcr.io/openclaw/openclaw:2026.2.9".to_owned(),
        status: "running".to_owned(),
        health: "healthy".to_owned(),
        started_at: "2026-11-23T12:00:00Z".to_owned(),
        memory_limit: 1536 * MIB,
        ..Container::default()
    }));
    facts.port = 18789;
    facts.listener = Some(Listener {
        process: Some((1, "docker-proxy".to_owned())),
    });
    facts.stranger = answered(401, FaultCode::AuthFailed, "HTTP 401: Unauthorized");
    facts.bearer = answered(400, FaultCode::RequestRejected, "HTTP 400");
    facts.memory = Ok(Memory {
        available: 2000 * MIB,
        total: 4000 * MIB,
    });
    facts.disk_free = Ok(20_000 * MIB);
    facts
}

fn new_root(folder: &Path) -> Root {
    let root = folder.join("root");
    fs::create_dir(&root).unwrap();
    let root = Root::new(&root).unwrap();
    init(&root, false, "t", Durable::new(&|_| {})).unwrap();
    chmod(&root, "", 0o700);
    set_env(&root, dotenv::TOKEN, TOKEN);
    root
}

/// The checks that are not simply well, without what differs from machine to machine.
fn report(facts: &Facts, locale: Locale) -> Vec<Value> {
    let checks = doctor::diagnose(facts);
    let value = doctor::json(facts, &checks, &[], locale);
    let validator =
        jsonschema::validator_for(&serde_json::from_str(doctor::SCHEMA).unwrap()).unwrap();
    assert!(validator.is_valid(&value), "{value:#}");
    assert!(!value.to_string().contains(TOKEN));
    let root = facts.root.path().display().to_string();
    let shown: Value = serde_json::from_str(&value.to_string().replace(&root, "ROOT")).unwrap();
    shown["checks"]
        .as_array()
        .unwrap()
        .iter()
        // The notes of the pinned version are in every report; `version-latest` shows it without.
        .filter(|check| check["status"] != "ok" && check["name"] != "version-tools")
        .filter(|check| check["name"] != "version-failures" && check["problem"] != Value::Null)
        .cloned()
        .collect()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.json"))
}

#[test]
fn every_sick_root_has_its_diagnosis_and_its_cure() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for case in CASES {
        let temp = tempfile::tempdir().unwrap();
        let root = new_root(temp.path());
        (case.root)(&root);
        let look = || {
            let mut facts = healthy(&root);
            (case.facts)(&mut facts);
            facts
        };
        let facts = look();
        let checks = doctor::diagnose(&facts);
        let treatments = doctor::treatments(&checks);
        let sick = json!({ "en": report(&facts, Locale::En), "zh": report(&facts, Locale::Zh) });
        assert!(
            !sick["en"].as_array().unwrap().is_empty(),
            "{}: nothing seen",
            case.name
        );
        for treatment in &treatments {
            // Giving away needs root, and the owner of this case is made up.
            if !treatment.describe().en.starts_with("give ") {
                treatment.apply(&root, Durable::new(&|_| {})).unwrap();
            }
        }
        let left: Vec<_> = report(&look(), Locale::En)
            .iter()
            .map(|check| check["problem"].clone())
            .collect();
        let found = json!({
            "diagnosis": sick,
            "treatments": treatments.iter().map(|treatment| treatment.describe().en).collect::<Vec<_>>(),
            "left_after_treatment": left,
        });
        let found = format!("{found:#}\n");
        let path = golden(case.name);
        if update {
            fs::write(&path, &found).unwrap();
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&found) {
            differ.push(format!("{}:\n{found}", case.name));
        }
    }
    assert!(
        differ.is_empty(),
        "differ from tests/golden (UPDATE_GOLDEN=1 writes them anew):\n{}",
        differ.join("\n")
    );
}

#[test]
fn every_golden_file_has_its_case() {
    for entry in fs::read_dir(golden("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".json").unwrap();
        assert!(CASES.iter().any(|case| case.name == name), "{name}");
    }
}

#[test]
fn a_healthy_root_is_well() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let checks = doctor::diagnose(&healthy(&root));
    assert!(
        doctor::is_well(&checks),
        "{}",
        doctor::render(&checks, Locale::En)
    );
    assert!(checks.iter().all(|check| check.status != Status::Wrong));
}

#[test]
fn at_exactly_512_and_350_mib_the_rules_do_not_hold() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let problem = |available| {
        let mut facts = healthy(&root);
        facts.memory = Ok(Memory {
            available,
            total: 2048 * MIB,
        });
        let checks = doctor::diagnose(&facts);
        checks
            .iter()
            .find(|check| check.name == "memory")
            .unwrap()
            .problem
    };
    assert_eq!(problem(512 * MIB), None);
    assert_eq!(problem(350 * MIB), Some("memory_below_512"));
    assert_eq!(problem(350 * MIB - 1), Some("memory_below_350"));
}

#[test]
fn a_gateway_by_hand_that_binds_everywhere_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    edit(&root, CONFIG, "bind: \"loopback\"", "bind: \"lan\"");
    let mut facts = healthy(&root);
    let bind = |facts: &Facts| {
        let checks = doctor::diagnose(facts);
        checks
            .iter()
            .find(|check| check.name == "bind")
            .unwrap()
            .problem
    };
    assert_eq!(bind(&facts), None, "in the container that is right");
    facts.container = Ok(None);
    assert_eq!(bind(&facts), Some("host_binds_beyond_loopback"));
}

/// Over the whole program: an empty folder, as in the first of the shows.
#[test]
fn init_and_doctor_on_an_empty_folder() {
    let stage = Stage::new();
    stage.flavour("none");
    fs::remove_dir_all(stage.root.path()).unwrap();
    stage.run(&["init"]).ends(0);
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(stage.root.join(".env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let run = stage.run(&["doctor"]).ends(1);
    assert!(
        run.stdout.contains("no Docker and no Podman") && run.stdout.contains("apt-get install"),
        "{run:?}"
    );
}

#[test]
fn fix_does_what_dry_run_says() {
    let stage = Stage::running();
    chmod(&stage.root, ".env", 0o644);
    set_env(&stage.root, dotenv::TOKEN, "");
    // Nobody listens there: no gateway can be running with another token.
    set_env(&stage.root, dotenv::PORT, "1");
    fs::remove_dir_all(stage.root.join("data/openclaw_home/tmp")).unwrap();
    let before = fs::read(stage.root.join(".env")).unwrap();
    let dry = stage.run(&["doctor", "--fix", "--dry-run"]).ends(1);
    for words in [
        "would set the mode of .env to 600",
        "would put a new random",
        "would make the folder data/openclaw_home/tmp",
    ] {
        assert!(dry.stderr.contains(words), "{words}: {dry:?}");
    }
    assert_eq!(fs::read(stage.root.join(".env")).unwrap(), before);
    let fixed = stage.run(&["doctor", "--fix", "--json"]);
    let value: Value = serde_json::from_str(&fixed.stdout).unwrap();
    assert!(value["fixed"].as_array().unwrap().len() >= 3, "{value:#}");
    assert_eq!(stage.env().token().flaw(), None);
    assert!(!fixed.stdout.contains(stage.env().token().expose()));
    let again = doctor::treatments(&doctor::diagnose(&Facts::of_files(&Scope {
        root: &stage.root,
        surroundings: &Surroundings::default(),
        plugin: None,
    })));
    let again: Vec<_> = again
        .iter()
        .filter(|treatment| !treatment.describe().en.starts_with("give "))
        .collect();
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_running_stand_in_is_well_and_the_json_says_so() {
    let stage = Stage::running();
    let run = stage.run(&["doctor", "--json"]);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    let wrong: Vec<_> = value["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["ok"] == false)
        // Not this program's: the owner where the tests are not root, the machine's own memory.
        .filter(|check| {
            check["name"] != "owners" && check["name"] != "memory" && check["name"] != "disk"
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(value["version"], 1);
    let schema = stage.run(&["doctor", "--json-schema"]).ends(0);
    assert_eq!(schema.stdout, doctor::SCHEMA);
}

#[test]
fn memory_kills_that_the_state_has_forgotten_are_named() {
    let stage = Stage::running();
    stage.file("oom-events", "2");
    let run = stage.run(&["doctor"]).ends(1);
    assert!(
        run.stdout
            .contains("killed the gateway for memory (2 in the last day)"),
        "{run:?}"
    );
}

#[test]
fn the_plugins_config_is_compared() {
    let stage = Stage::running();
    let path = stage.folder.path().join("plugin.json");
    let config = |token: &str| {
        let url = format!("http://127.0.0.1:{}", stage.port);
        fs::write(
            &path,
            format!(
                "\u{feff}{}",
                json!({"gateway_primary_url": url, "gateway_bearer_token": token})
            ),
        )
        .unwrap();
        let words = [
            "doctor",
            "--json",
            "--plugin-config",
            path.to_str().unwrap(),
        ];
        let run = stage.run(&words);
        let value: Value = serde_json::from_str(&run.stdout).unwrap();
        let checks = value["checks"].as_array().unwrap().clone();
        checks
            .into_iter()
            .find(|check| check["name"] == "plugin-token")
            .unwrap()
    };
    assert_eq!(config(stage.env().token().expose())["ok"], true);
    let differs = config("fedcba9876543210fedcba9876543210");
    assert_eq!(differs["code"], "auth_failed");
    fs::write(&path, "nonsense").unwrap();
    let run = stage
        .run(&["doctor", "--plugin-config", path.to_str().unwrap()])
        .ends(1);
    assert!(run.stdout.contains("is no config of the plugin"), "{run:?}");
}

#[test]
fn content_is_missing_bad_or_good() {
    let temp = tempfile::tempdir().unwrap();
    let root = new_root(temp.path());
    let facts = healthy(&root);
    assert!(matches!(facts.config, Content::Good(_)) && facts.env.good().is_some());
}
