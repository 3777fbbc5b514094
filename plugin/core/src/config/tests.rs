use super::*;
use crate::token;

fn config() -> Config {
    Config {
        gateway_primary_url: "http://a".into(),
        gateway_bearer_token: "t0ken".into(),
        ..Config::default()
    }
}

fn refused(change: impl FnOnce(&mut Config)) -> ConfigError {
    let mut config = config();
    change(&mut config);
    config.check().expect_err("must be refused")
}

#[test]
fn the_defaults_are_the_runbooks_and_allowed() {
    let config = config();
    assert!(config.check().is_ok());
    let (limits, times) = (&config.limits, &config.timeouts);
    assert_eq!(
        (limits.heavy_floor, limits.read_only_floor),
        (536_870_912, 367_001_600)
    );
    assert_eq!(
        (limits.breaker_failures, limits.breaker_open.as_secs()),
        (2, 60)
    );
    assert_eq!((limits.queue_length, limits.queue_wait.as_secs()), (8, 120));
    assert_eq!(
        (limits.background_length, limits.background_wait.as_secs()),
        (16, 3_600)
    );
    assert_eq!((limits.heavy_bytes, limits.heavy_words.len()), (262_144, 9));
    assert_eq!(
        (times.connect.as_secs(), times.first_byte.as_secs()),
        (10, 300)
    );
    assert_eq!((times.idle.as_secs(), times.turn.as_secs()), (300, 1800));
    assert_eq!(
        (config.max_answer_bytes, config.max_tool_rounds),
        (8 << 20, 8)
    );
    assert_eq!(config.gateway_agent_id, "main");
}

#[test]
fn loosening_is_refused_at_the_boundary() {
    let short = Duration::from_millis(1);
    assert_eq!(
        refused(|c| c.limits.heavy_floor -= 1).key,
        "heavy_floor_mib"
    );
    assert_eq!(
        refused(|c| c.limits.read_only_floor -= 1).key,
        "read_only_floor_mib"
    );
    assert_eq!(
        refused(|c| c.limits.breaker_failures = 3).key,
        "breaker_failures"
    );
    assert_eq!(
        refused(|c| c.limits.breaker_failures = 0).key,
        "breaker_failures"
    );
    assert_eq!(
        refused(|c| c.limits.breaker_open -= short).key,
        "breaker_open_seconds"
    );
    assert_eq!(refused(|c| c.limits.queue_length = 65).key, "queue_length");
    let over = Duration::from_secs(3_600) + short;
    assert_eq!(
        refused(|c| c.limits.queue_wait = over).key,
        "queue_wait_seconds"
    );
    let over = Duration::from_secs(86_400) + short;
    assert_eq!(
        refused(|c| c.limits.background_wait = over).key,
        "background_wait_seconds"
    );
    assert_eq!(
        refused(|c| c.limits.background_length = 65).key,
        "background_length"
    );
    assert_eq!(refused(|c| c.limits.heavy_bytes += 1).key, "heavy_bytes");
    assert_eq!(
        refused(|c| c.limits.heavy_words.push(" ".into())).key,
        "heavy_words"
    );
    let error = refused(|c| c.timeouts.turn = Duration::ZERO);
    assert_eq!(
        error.message(Locale::En),
        "0 seconds is not allowed: 0.001 to 86400 seconds"
    );
}

#[test]
fn tightening_is_allowed() {
    let mut config = config();
    config.limits = Limits {
        max_level: Level::Talk,
        heavy_floor: 1024 * MIB,
        read_only_floor: 900 * MIB,
        breaker_failures: 1,
        breaker_open: Duration::from_secs(600),
        queue_length: 0,
        queue_wait: Duration::ZERO,
        background_length: 0,
        background_wait: Duration::ZERO,
        heavy_bytes: 0,
        heavy_words: vec![],
    };
    assert!(config.check().is_ok());
}

#[test]
fn good_addresses() {
    for (url, canonical) in [
        ("http://127.0.0.1:18789", "http://127.0.0.1:18789"),
        ("http://127.0.0.1:18789/", "http://127.0.0.1:18789"),
        ("HTTPS://Gateway.Example", "https://gateway.example"),
        ("http://[::1]:18789", "http://[::1]:18789"),
        ("http://openclaw_gateway:80", "http://openclaw_gateway"),
        ("https://a:443", "https://a"),
        ("https://a:80", "https://a:80"),
    ] {
        let config = Config {
            gateway_primary_url: url.into(),
            ..config()
        };
        assert_eq!(config.check().expect(url)[0].0.url(), canonical);
    }
}

#[test]
fn bad_addresses_name_key_value_and_what_is_allowed() {
    for url in [
        "",
        "127.0.0.1:18789",
        "ftp://a",
        "http://",
        "http:///x",
        "http://a/v1/responses",
        "http://a?x",
        "http://a#x",
        "http://u:p@a",
        "http://a:0",
        "http://a:65536",
        "http://a:+1",
        "http://a:",
        "http://a b",
        "http://[::1",
        "http://[zz]:1",
        // Report F31 (attack): accepted here, rejected by the host.
        "http://[1:2:3]",
        "http://[::1%25lo]",
        "http://[:::]",
        "http://a\nb",
        "http://[::1]x",
    ] {
        let error = refused(|c| c.gateway_primary_url = url.into());
        let message = error.message(Locale::En);
        assert_eq!(error.key, "gateway_primary_url", "{url}");
        assert!(
            message.contains("http://127.0.0.1:18789"),
            "{url}: {message}"
        );
        assert!(!message.contains('\n'), "{url}");
    }
}

#[test]
fn a_password_in_an_address_is_not_repeated() {
    for url in ["http://u:s3cret@a", "u:s3cret@a"] {
        let message = refused(|c| c.gateway_primary_url = url.into()).message(Locale::En);
        assert!(!message.contains("s3cret"), "{message}");
        // Nor in a dump of what was not checked yet.
        let config = Config {
            gateway_primary_url: url.into(),
            gateway_backup_url: Some(url.into()),
            ..config()
        };
        let dump = format!("{config:?} {config:#?}");
        assert!(!dump.contains("s3cret") && dump.contains("@a"), "{dump}");
    }
}

#[test]
fn bad_tokens_are_refused_and_never_repeated() {
    for token in [
        "",
        "replace_with_strong_random_token",
        "__OPENCLAW_REDACTED__",
        "s3cret\n",
        "s3 cret",
        "Bearer s3cret",
        "s3cret\u{e9}",
        "s3cret\0",
    ] {
        let error = refused(|c| c.gateway_bearer_token = token.into());
        assert_eq!(error.key, "gateway_bearer_token", "{token:?}");
        assert!(!format!("{error} {error:?}").contains("s3"), "{error}");
    }
    assert_eq!(
        refused(|c| c.gateway_bearer_token = "".into()).flaw,
        Flaw::Token(token::Flaw::Missing)
    );
}

#[test]
fn errors_are_told_in_the_locale() {
    type Change = fn(&mut Config);
    let changes: [(&str, Change); 9] = [
        ("gateway_primary_url", |c| {
            c.gateway_primary_url = "http://a/x".into()
        }),
        ("gateway_primary_url", |c| {
            c.gateway_primary_url = "a".into()
        }),
        ("gateway_bearer_token", |c| {
            c.gateway_bearer_token = "changeme".into()
        }),
        ("gateway_backup_url", |c| {
            c.gateway_backup_url = Some(c.gateway_primary_url.clone())
        }),
        ("gateway_agent_id", |c| c.gateway_agent_id = "A".into()),
        ("heavy_floor_mib", |c| c.limits.heavy_floor = 0),
        ("breaker_open_seconds", |c| {
            c.limits.breaker_open = Duration::from_millis(1)
        }),
        ("heavy_words", |c| c.limits.heavy_words = vec!["".into()]),
        ("max_tool_rounds", |c| c.max_tool_rounds = 65),
    ];
    for (key, change) in changes {
        let error = refused(change);
        assert_eq!(error.key, key);
        let (en, zh) = (error.message(Locale::En), error.message(Locale::Zh));
        let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(zh.contains(chinese) && !en.contains(chinese), "{en}, {zh}");
    }
}

#[test]
fn the_backup_is_another_gateway_and_has_the_primarys_token_unless_it_has_its_own() {
    let error = refused(|c| c.gateway_backup_url = Some("http://A:80/".into()));
    assert_eq!(
        (error.key, error.flaw),
        ("gateway_backup_url", Flaw::SameGateway("http://a".into()))
    );
    let mut config = Config {
        gateway_backup_url: Some("http://a:2".into()),
        ..config()
    };
    assert_eq!(config.check().map(|gateways| gateways[1].1), Ok("t0ken"));
    config.gateway_backup_bearer_token = Some("other".into());
    assert_eq!(config.check().map(|gateways| gateways[1].1), Ok("other"));
}

#[test]
fn agents_have_names() {
    for agent in ["", "Main", "a b", "a/b", &"x".repeat(65)] {
        assert_eq!(
            refused(|c| c.gateway_agent_id = agent.into()).key,
            "gateway_agent_id"
        );
    }
}

#[test]
fn every_key_says_what_it_is_in_both_languages() {
    for (at, key) in KEYS.iter().enumerate() {
        assert!(
            KEYS[..at].iter().all(|other| other.name != key.name),
            "{} twice",
            key.name
        );
        assert!(
            key.hint(Locale::En).ends_with('.') && key.hint(Locale::Zh).ends_with('。'),
            "{key:?}"
        );
        assert!(
            !key.title(Locale::En).ends_with('.') && !key.expects(Locale::Zh).is_empty(),
            "{key:?}"
        );
        assert_eq!(Key::find(key.name), Some(key));
    }
}

#[test]
fn the_level_picks_the_agent_only_if_it_is_told_to() {
    let mut config = config();
    assert_eq!(config.agent(Level::Root), "main");
    config.level_agents = true;
    assert_eq!(config.agent(Level::Talk), "main-l0");
    assert_eq!(config.agent(Level::Root), "main-l4");
    config.level_agent_names = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
    assert!(config.check().is_ok());
    assert_eq!(config.agent(Level::ReadOnly), "b");
}

#[test]
fn level_agents_are_five_different_names_or_none() {
    let names = |names: &[&str]| {
        let names = names.iter().map(|name| String::from(*name)).collect();
        refused(|c| c.level_agent_names = names)
    };
    assert_eq!(names(&["a"]).flaw, Flaw::LevelAgents(1));
    assert_eq!(
        names(&["a", "b", "c", "d", "e", "f"]).flaw,
        Flaw::LevelAgents(6)
    );
    let repeated = names(&["a", "b", "c", "d", "a"]);
    assert_eq!(repeated.key, "gateway_level_agent_names");
    assert_eq!(repeated.flaw, Flaw::RepeatedAgent("a".into()));
    assert_eq!(
        names(&["a", "b", "c", "d", "E"]).flaw,
        Flaw::Name("E".into())
    );
    let long = refused(|c| {
        c.gateway_agent_id = "x".repeat(62);
        c.level_agents = true;
    });
    assert_eq!(long.key, "gateway_agent_id");
}
