//! AstrBot in a container that does not reach the gateway.

use openclaw_sidecar::astrbot_container::inside::{Answer, Plugin, Seen, Unseen};
use openclaw_sidecar::astrbot_container::{AstrBotContainer, NetworkMode};
use openclaw_sidecar::doctor::{AstrBotFacts, Facts};
use openclaw_sidecar::engine::Networks;

use super::failing_cases::Case;

const fn seen(name: &'static str, facts: fn(&mut Facts)) -> Case {
    Case {
        name,
        root: |_| {},
        facts,
    }
}

fn networks(names: &[(&str, &str)]) -> Networks {
    let own = names.iter();
    own.map(|(name, address)| ((*name).to_owned(), vec![(*address).to_owned()]))
        .collect()
}

fn answered(status: u16) -> Answer {
    Answer {
        status: Some(status),
        ..Answer::default()
    }
}

/// Both containers as they are when all is well, then changed.
fn connected(facts: &mut Facts, change: fn(&mut AstrBotFacts, &mut Seen)) {
    if let Ok(Some(gateway)) = &mut facts.container {
        gateway.networks = networks(&[("root_default", "172.18.0.2"), ("shared", "172.19.0.2")]);
    }
    let url = "http://openclaw-gateway:18789".to_owned();
    let mut seen = Seen {
        addresses: vec!["172.19.0.2".to_owned()],
        own: answered(400),
        plugin: Some(Plugin {
            url,
            host: "openclaw-gateway".to_owned(),
            same_token: true,
            same_address: true,
            answer: Some(answered(400)),
        }),
        ..Seen::default()
    };
    let mut it = AstrBotFacts {
        name: "astrbot".to_owned(),
        connected: true,
        container: Ok(Some(AstrBotContainer {
            id: "ab".to_owned(),
            name: "astrbot".to_owned(),
            status: "running".to_owned(),
            is_astrbot: true,
            networks: networks(&[("bot_default", "172.20.0.2"), ("shared", "172.19.0.3")]),
            ..AstrBotContainer::default()
        })),
        gateway: ("openclaw-gateway".to_owned(), 18789),
        seen: None,
    };
    change(&mut it, &mut seen);
    it.seen.get_or_insert(Ok(seen));
    facts.astrbot_container = Some(it);
}

fn container(it: &mut AstrBotFacts) -> &mut AstrBotContainer {
    it.container.as_mut().unwrap().as_mut().unwrap()
}

fn plugin(seen: &mut Seen) -> &mut Plugin {
    seen.plugin.as_mut().unwrap()
}

fn moved(seen: &mut Seen, url: &str, host: &str) {
    let plugin = plugin(seen);
    plugin.url = url.to_owned();
    plugin.host = host.to_owned();
    plugin.same_address = false;
    plugin.answer = None;
}

/// By what is broken.
pub const CASES: &[Case] = &[
    seen("astrbot-not-connected", |facts| {
        connected(facts, |it, _| it.connected = false)
    }),
    seen("astrbot-container-missing", |facts| {
        connected(facts, |it, _| it.container = Ok(None))
    }),
    seen("astrbot-container-stopped", |facts| {
        connected(facts, |it, _| container(it).status = "exited".to_owned())
    }),
    seen("astrbot-container-paused", |facts| {
        connected(facts, |it, _| container(it).status = "paused".to_owned())
    }),
    seen("astrbot-silent", |facts| {
        connected(facts, |it, _| {
            let words = "docker did not end within 10 s".to_owned();
            it.seen = Some(Err(Unseen::TimedOut(words)))
        })
    }),
    seen("astrbot-container-other", |facts| {
        connected(facts, |it, _| {
            container(it).is_astrbot = false;
            container(it).image = "mlikiowa/napcat-docker:latest".to_owned();
        })
    }),
    seen("astrbot-no-common-network", |facts| {
        connected(facts, |it, seen| {
            // The default bridge has no names: it does not count.
            container(it).networks = networks(&[("bridge", "172.17.0.2")]);
            seen.addresses.clear();
            seen.unresolved = "[Errno -2] Name or service not known".to_owned();
        });
        if let Ok(Some(gateway)) = &mut facts.container {
            gateway
                .networks
                .extend(networks(&[("bridge", "172.17.0.3")]));
        }
    }),
    seen("astrbot-name-unresolved", |facts| {
        connected(facts, |_, seen| {
            seen.addresses.clear();
            seen.unresolved = "[Errno -2] Name or service not known".to_owned();
            seen.own = Answer::default();
            plugin(seen).answer = None;
        })
    }),
    seen("astrbot-name-elsewhere", |facts| {
        connected(facts, |_, seen| {
            seen.addresses.push("172.19.0.9".to_owned())
        })
    }),
    seen("astrbot-port-closed", |facts| {
        connected(facts, |_, seen| {
            seen.own = Answer {
                failed: "connect".to_owned(),
                error: "[Errno 111] Connection refused".to_owned(),
                ..Answer::default()
            };
            plugin(seen).answer = Some(seen.own.clone());
        })
    }),
    seen("astrbot-loopback-address", |facts| {
        connected(facts, |_, seen| {
            moved(seen, "http://127.0.0.1:18789", "127.0.0.1")
        })
    }),
    seen("astrbot-address-with-path", |facts| {
        connected(facts, |_, seen| {
            let url = "http://openclaw-gateway:18789/v1/responses";
            moved(seen, url, "openclaw-gateway")
        })
    }),
    seen("astrbot-other-address", |facts| {
        connected(facts, |_, seen| {
            moved(seen, "http://10.0.0.9:18789", "10.0.0.9");
            plugin(seen).same_token = false;
        })
    }),
    seen("astrbot-plugin-absent", |facts| {
        connected(facts, |_, seen| seen.plugin = None)
    }),
    seen("astrbot-settings-unreadable", |facts| {
        connected(facts, |_, seen| {
            seen.plugin = None;
            seen.settings_error = "JSONDecodeError".to_owned();
        })
    }),
    seen("astrbot-token-refused", |facts| {
        connected(facts, |_, seen| {
            plugin(seen).same_token = false;
            plugin(seen).answer = Some(answered(401));
        })
    }),
    seen("astrbot-token-outdated", |facts| {
        connected(facts, |_, seen| {
            seen.own = answered(401);
            plugin(seen).answer = Some(answered(401));
        })
    }),
    seen("astrbot-locked-out", |facts| {
        connected(facts, |_, seen| plugin(seen).answer = Some(answered(429)))
    }),
    seen("astrbot-unexpected-answer", |facts| {
        connected(facts, |_, seen| {
            seen.own = Answer {
                body: "Not Found\n".to_owned(),
                ..answered(404)
            };
            plugin(seen).answer = Some(seen.own.clone());
        })
    }),
    seen("astrbot-unknown", |facts| {
        let error = openclaw_sidecar::engine::Engine::find(
            &openclaw_sidecar::process::Surroundings {
                path: Some("/nowhere".into()),
                set: Vec::new(),
            },
            &facts.root,
        );
        let Err(error) = error else { panic!() };
        connected(facts, |_, _| {});
        facts.astrbot_container.as_mut().unwrap().container = Err(error);
    }),
];

/// What is well is not named, also with this machine's network and without Python in the container.
#[test]
fn a_connected_container_is_well() {
    let temp = tempfile::tempdir().unwrap();
    let root = super::new_root(temp.path());
    let on_host: fn(&mut AstrBotFacts, &mut Seen) = |it, seen| {
        container(it).mode = NetworkMode::Host;
        container(it).networks.clear();
        it.gateway = ("127.0.0.1".to_owned(), 18789);
        seen.addresses = vec!["127.0.0.1".to_owned()];
        plugin(seen).url = "http://127.0.0.1:18789".to_owned();
    };
    let no_python: fn(&mut AstrBotFacts, &mut Seen) =
        |it, _| it.seen = Some(Err(Unseen::Failed("python3: not found".to_owned())));
    for change in [|_: &mut AstrBotFacts, _: &mut Seen| {}, on_host, no_python] {
        let mut facts = super::healthy(&root);
        connected(&mut facts, change);
        let checks = openclaw_sidecar::doctor::diagnose(&facts);
        let wrong: Vec<_> = checks
            .iter()
            .filter(|check| check.id.as_str().starts_with("astrbot") && check.problem.is_some())
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
