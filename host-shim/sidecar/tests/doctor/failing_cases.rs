//! The broken roots: what is changed in a healthy one, and in what the doctor sees around it.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use openclaw_core::{fault::FaultCode, locale::Locale};
use openclaw_plugin::fault::Why;
use openclaw_plugin::gateway::classify::{self, Head};
use openclaw_sidecar::doctor::{Facts, Listener, Memory};
use openclaw_sidecar::dotenv;
use openclaw_sidecar::engine::{Container, Flavour, Presence};
use openclaw_sidecar::error::{Error, ErrorKind};
use openclaw_sidecar::interpolate::Dialect;
use openclaw_sidecar::layout::Root;
use openclaw_sidecar::plugin_settings::{self, PluginSettings};
use openclaw_sidecar::probe::Probe;
use openclaw_sidecar::read_file::Content;
use openclaw_sidecar::secret::Token;
use openclaw_sidecar::text::Text;
use serde_json::json;

use super::common::make_pipe;
use super::healthy::{CONFIG, MIB, TOKEN, answered, chmod, edit, set_env};

/// One broken root: what is changed in a healthy one, and in what the doctor sees around it.
pub struct Case {
    pub name: &'static str,
    pub root: fn(&Root),
    pub facts: fn(&mut Facts),
}

pub const fn files(name: &'static str, root: fn(&Root)) -> Case {
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

/// Nothing runs yet, so that a new token is a safe fix.
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

fn leave_a_journal(root: &Root) {
    fs::create_dir(root.join(".sidecar")).unwrap();
    let journal = json!({"operation": "upgrade", "from": "2026.2.9", "to": "2026.9.6",
        "restore_point": "x", "used": null, "was_running": true, "step": "switching"});
    fs::write(root.journal(), journal.to_string()).unwrap();
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

/// Those of the root, the `.env`, the container and the machine, by what is broken.
pub const CASES: &[Case] = &[
    // The root.
    files("root-missing", |root| {
        fs::remove_dir_all(root.path()).unwrap()
    }),
    files("root-is-a-file", |root| {
        fs::remove_dir_all(root.path()).unwrap();
        fs::write(root.path(), "").unwrap();
    }),
    // Somebody who is not root looks at root's folder.
    seen("root-denied", |facts| {
        facts.denied = true;
        facts.entries.clear();
        facts.env = Content::Missing;
        facts.config = Content::Missing;
        facts.compose = Content::Missing;
    }),
    seen("files-denied", |facts| {
        facts.env = Content::Unreadable("Permission denied (os error 13)".to_owned());
        facts.config = Content::Unreadable("Permission denied (os error 13)".to_owned());
        facts.compose = Content::Unreadable("Permission denied (os error 13)".to_owned());
        facts.journal = Content::Unreadable("Permission denied (os error 13)".to_owned());
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
    // Report A19 (attack): a named pipe, and something without end, in the place of a file.
    files("file-is-a-pipe", |root| {
        fs::remove_file(root.join(".env")).unwrap();
        make_pipe(&root.join(".env"));
    }),
    files("file-too-large", |root| {
        let file = fs::OpenOptions::new().write(true).open(root.join(CONFIG));
        file.unwrap().set_len(1 << 40).unwrap();
    }),
    files("modes-open", |root| {
        chmod(root, ".env", 0o644);
        chmod(root, "", 0o755);
    }),
    seen("owner-root", |facts| {
        facts.entries.get_mut("data/openclaw_home").unwrap().uid = Some(0);
    }),
    // As a gateway has left it that root has started by hand.
    seen("owner-root-inside", |facts| {
        facts.container = Ok(None);
        no_gateway(facts);
        facts.foreign_state = Some(("data/openclaw_home/agents/main".to_owned(), 0));
    }),
    files("journal-left", leave_a_journal),
    Case {
        name: "journal-under-way",
        root: leave_a_journal,
        facts: |facts| facts.changing = true,
    },
    files("journal-unreadable", |root| {
        fs::create_dir(root.join(".sidecar")).unwrap();
        fs::write(root.journal(), "{").unwrap();
    }),
    // The .env.
    files("env-not-assignments", |root| {
        fs::write(root.join(".env"), "A=1\nno assignment\n").unwrap()
    }),
    // Report F22: a `$` that the two generations of Compose read differently (docker/compose#9060),
    // and lines that the older one skips.
    files("env-read-differently", |root| {
        edit(
            root,
            ".env",
            "OPENCLAW_GATEWAY_TOKEN=",
            &format!("MY_TOKEN={TOKEN}\nOPENCLAW_GATEWAY_TOKEN="),
        );
        set_env(root, dotenv::TOKEN, "$MY_TOKEN");
    }),
    seen("env-line-skipped", |facts| {
        let text =
            format!("OPENCLAW_VERSION=2026.2.9\nno assignment\nOPENCLAW_GATEWAY_TOKEN={TOKEN}\n");
        let env = dotenv::Env::parse_as(&text, Dialect::Python, &|_| None);
        facts.env = Content::Good(env.unwrap());
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
    files("token-too-long", |root| {
        set_env(root, dotenv::TOKEN, &"0123456789abcdef".repeat(300))
    }),
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
    seen("version-known-problems", |_| {}),
    seen("plugin-config-unreadable", |facts| {
        facts.plugin = Some(plugin_settings::read("/no/such/plugin.json".as_ref()));
    }),
    seen("plugin-token-differs", |facts| {
        facts.plugin = Some(Ok(PluginSettings {
            url: Some("http://127.0.0.1:18790".to_owned()),
            token: Token::new("fedcba9876543210fedcba9876543210"),
            agent: None,
            level_agents: true,
            level_agent_names: Vec::new(),
        }));
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
    seen("engine-silent", |facts| {
        let texts = [
            Text::new("no answer", "没有应答"),
            Text::new("it hangs", "它卡住了"),
            Text::new("look at its state", "请检查其状态"),
        ];
        facts.container = Err(Error::new(ErrorKind::EngineSilent, texts));
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
    seen("token-without-scope", |facts| {
        let head = Head {
            status: 403,
            ..Head::default()
        };
        let body = br#"{"error":{"type":"forbidden","message":"missing scope: operator.write"}}"#;
        let fault = classify::classify(&head, body, Locale::En);
        facts.bearer = Some(Probe::Answered {
            status: head.status,
            why: Why {
                code: fault.code,
                texts: fault.texts,
            },
            message: fault.message,
            clock_ahead: Some(0),
        });
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
    seen("unexpected-answer", |facts| {
        facts.stranger = answered(500, FaultCode::GatewayError, "HTTP 500: api_error");
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
    seen("sizing-needs-swap", |facts| {
        facts.memory = Ok(Memory {
            available: 1700 * MIB,
            total: 1960 * MIB,
        });
        facts.swap = 2048 * MIB;
    }),
    seen("sizing-too-small", |facts| {
        facts.memory = Ok(Memory {
            available: 1700 * MIB,
            total: 1960 * MIB,
        });
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
            why: FaultCode::AuthFailed.into(),
            message: String::new(),
            clock_ahead: Some(-90),
        });
    }),
];
