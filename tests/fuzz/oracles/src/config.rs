//! Settings that are taken are within their limits, are the same when printed and read again, and no message has the
//! token.

use openclaw_core::bindings::Times as _;
use openclaw_core::config::{Config, ExposeSecret, KEYS};
use openclaw_core::locale::Locale;
use openclaw_core::origin::Origin;
use openclaw_core::token;
use openclaw_plugin::config::Checked;
use serde_json::Value;

use crate::bounded;
use crate::input::{Input, MOST};

/// Stands where the input says so, as a token that is none of its other words.
const TOKEN: &str = "cAnArY-0f-The-fuZZer-9d41e7";

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 16);
    let text = String::from_utf8_lossy(&bytes);
    address(&text);
    flaw(&text);
    let read = bounded(64 * text.len() + (16 << 10), || {
        serde_json::from_str::<Config>(&text)
    });
    let Ok(mut config) = read else {
        return;
    };
    if input.choice(1, 2) == 0 {
        config.gateway_bearer_token = TOKEN.into();
    }
    let token = config.gateway_bearer_token.expose_secret().to_owned();
    let quotes = |said: &str| token.len() > 16 && !text.contains(&token) && said.contains(&token);
    assert!(!quotes(&format!("{config:?}")));
    let printed = serde_json::to_string(&config).expect("settings are JSON");
    assert!(!quotes(&printed));
    match bounded(64 * text.len() + (16 << 10), || {
        Checked::new(config.clone())
    }) {
        Err(error) => {
            for locale in [Locale::En, Locale::Zh] {
                let said = error.message(locale);
                assert!(!said.is_empty() && !quotes(&said), "{said}");
            }
            assert!(!quotes(&format!("{error:?}")));
        }
        Ok(checked) => {
            tightens(&checked);
            again(&printed, &config);
            for gateway in &checked.gateways {
                assert!(!quotes(&gateway.url()));
                assert_eq!(Origin::parse(&gateway.url()).as_ref(), Ok(&gateway.origin));
            }
        }
    }
}

/// An address that is taken is the same when it is written and read again, and has nothing but scheme, host and port.
fn address(text: &str) {
    let Ok(origin) = bounded(4 * text.len() + 1024, || Origin::parse(text)) else {
        return;
    };
    let url = origin.url();
    assert_eq!(Origin::parse(&url), Ok(origin));
    assert!(url.is_ascii() && url.to_ascii_lowercase() == url);
    let authority = url.split_once("://").expect("a scheme").1;
    assert!(!authority.contains(['/', '?', '#', '\\', '@', ' ', '%']));
}

/// What can be a token is what a header can carry, and is what it says.
fn flaw(text: &str) {
    if token::flaw(text).is_none() {
        assert!((1..=4096).contains(&text.len()));
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

/// "A config may tighten them."
fn tightens(checked: &Checked) {
    let (limits, defaults) = (&checked.limits, Config::default().limits);
    assert!(limits.heavy_floor >= defaults.heavy_floor);
    assert!(limits.read_only_floor >= defaults.read_only_floor);
    assert!((1..=defaults.breaker_failures).contains(&limits.breaker_failures));
    assert!(limits.breaker_open >= defaults.breaker_open);
    assert!(limits.heavy_bytes <= defaults.heavy_bytes);
    assert!(limits.breaker().open_ms >= 60_000);
    let timeouts = &checked.timeouts;
    for time in [
        timeouts.connect,
        timeouts.first_byte,
        timeouts.idle,
        timeouts.turn,
    ] {
        assert!((1..=86_400_000).contains(&time.millis()));
    }
}

/// Printing and reading changes nothing but the secrets.
fn again(printed: &str, config: &Config) {
    let mut read: Config = serde_json::from_str(printed).expect("its own JSON");
    read.gateway_bearer_token
        .clone_from(&config.gateway_bearer_token);
    read.gateway_backup_bearer_token
        .clone_from(&config.gateway_backup_bearer_token);
    assert_eq!(serde_json::to_string(&read).expect("JSON"), printed);
    assert!(Checked::new(read).is_ok(), "{printed}");
    let fields: Value = serde_json::from_str(printed).expect("JSON");
    for key in KEYS.iter().filter(|key| key.is_secret()) {
        let masked = fields.get(key.name).and_then(Value::as_str);
        assert!(masked.is_none_or(|masked| masked.is_empty() || masked == "***"));
    }
}
