use super::*;

fn config(url: &str, token: &str) -> Config {
    Config {
        primary: Endpoint {
            url: url.into(),
            bearer_token: token.into(),
        },
        backup: None,
        agent_id: "main".into(),
        limits: Limits::default(),
        bounds: Bounds::default(),
        locale: Locale::En,
    }
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
        let checked = config(url, "t0ken")
            .check()
            .unwrap_or_else(|e| panic!("{url}: {}", e.message));
        assert_eq!(checked.gateways[0].url(), canonical);
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
        // Report F31 (attack): taken here, and refused by the host.
        "http://[1:2:3]",
        "http://[::1%25lo]",
        "http://[:::]",
        "http://a\nb",
        "http://[::1]x",
    ] {
        let error = config(url, "t0ken")
            .check()
            .err()
            .unwrap_or_else(|| panic!("{url} must be refused"));
        assert_eq!(error.key, "gateway_primary_url", "{url}");
        assert!(
            error.message.contains("http://127.0.0.1:18789"),
            "{url}: {}",
            error.message
        );
        assert!(!error.message.contains('\n'), "{url}");
    }
}

#[test]
fn a_password_in_an_address_is_not_repeated() {
    for url in ["http://u:s3cret@a", "u:s3cret@a"] {
        let error = config(url, "t0ken").check().err().expect("refused");
        assert!(!error.message.contains("s3cret"), "{}", error.message);
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
        let error = config("http://a", token).check().err().expect("refused");
        assert_eq!(error.key, "gateway_bearer_token", "{token:?}");
        assert!(!error.message.contains("s3"), "{}", error.message);
    }
}

#[test]
fn errors_are_told_in_the_locale() {
    type Change = fn(&mut Config);
    let changes: [(&str, Change); 9] = [
        ("gateway_primary_url", |c| {
            c.primary.url = "http://a/x".into()
        }),
        ("gateway_primary_url", |c| c.primary.url = "a".into()),
        ("gateway_bearer_token", |c| {
            c.primary.bearer_token = "changeme".into()
        }),
        ("gateway_backup_url", |c| c.backup = Some(c.primary.clone())),
        ("gateway_agent_id", |c| c.agent_id = "A".into()),
        ("heavy_floor_mib", |c| c.limits.heavy_floor = 0),
        ("breaker_open_seconds", |c| c.limits.breaker.open_ms = 1),
        ("heavy_words", |c| c.limits.heavy_words = vec!["".into()]),
        ("max_tool_rounds", |c| c.bounds.max_tool_rounds = 65),
    ];
    for (key, change) in changes {
        let mut config = config("http://a", "t0ken");
        config.locale = Locale::Zh;
        change(&mut config);
        let error = config.check().err().expect("refused");
        assert_eq!(error.key, key);
        let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(error.message.contains(chinese), "{}", error.message);
    }
}

#[test]
fn the_backup_is_another_gateway() {
    let with_backup = |url: &str| Config {
        backup: Some(Endpoint {
            url: url.into(),
            bearer_token: "t".into(),
        }),
        ..config("http://a:1", "t")
    };
    assert_eq!(
        with_backup("http://A:1/").check().err().map(|e| e.key),
        Some("gateway_backup_url".into())
    );
    assert_eq!(
        with_backup("http://a:2")
            .check()
            .map(|c| c.gateways.len())
            .ok(),
        Some(2)
    );
}

#[test]
fn agent_ids_and_bounds() {
    for agent in ["", "Main", "a b", "a/b", &"x".repeat(65)] {
        let error = Config {
            agent_id: agent.to_string(),
            ..config("http://a", "t")
        }
        .check()
        .err();
        assert_eq!(error.map(|e| e.key), Some("gateway_agent_id".into()));
    }
    let mut zero = config("http://a", "t");
    zero.bounds.turn_ms = 0;
    let error = zero.check().err().expect("refused");
    assert_eq!(error.key, "turn_timeout_seconds");
    assert_eq!(error.message, "0 is not allowed: 0.001 to 86400 seconds");
}
