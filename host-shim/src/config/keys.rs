//! Every key with what it takes, for errors and for help texts.

/// One key of the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As users write it.
    pub name: &'static str,
    /// The type that is expected, in words.
    pub expects: &'static str,
    /// Its value is never shown.
    pub secret: bool,
    /// The environment variable that sets it.
    pub env: Option<&'static str>,
}

const fn key(name: &'static str, expects: &'static str) -> Key {
    Key {
        name,
        expects,
        secret: false,
        env: None,
    }
}

const fn env(name: &'static str, expects: &'static str, env: &'static str) -> Key {
    Key {
        name,
        expects,
        secret: false,
        env: Some(env),
    }
}

const URL: &str = "a text: scheme, host and optional port, such as \"http://127.0.0.1:18789\"";
const WHOLE: &str = "a whole number, 0 or more";
const SECONDS: &str = "a number of seconds, 0 or more, fractions allowed";

/// Every key, in the order of [`super::Config`].
pub const KEYS: &[Key] = &[
    env("gateway_primary_url", URL, "OPENCLAW_GATEWAY_URL"),
    Key {
        name: "gateway_bearer_token",
        expects: "a text",
        secret: true,
        env: Some("OPENCLAW_GATEWAY_TOKEN"),
    },
    key(
        "gateway_bearer_token_file",
        "the path of a file that holds the token",
    ),
    env(
        "gateway_agent_id",
        "a text, such as \"main\"",
        "OPENCLAW_GATEWAY_AGENT_ID",
    ),
    env("gateway_backup_url", URL, "OPENCLAW_GATEWAY_BACKUP_URL"),
    Key {
        name: "gateway_backup_bearer_token",
        expects: "a text",
        secret: true,
        env: None,
    },
    key(
        "gateway_backup_bearer_token_file",
        "the path of a file that holds the token",
    ),
    key(
        "max_level",
        "one of \"L0\", \"L1\", \"L2\", \"L3\" and \"L4\"",
    ),
    key("heavy_floor_mib", WHOLE),
    key("read_only_floor_mib", WHOLE),
    key("breaker_failures", WHOLE),
    key("breaker_open_seconds", SECONDS),
    key("queue_length", WHOLE),
    key("queue_wait_seconds", SECONDS),
    key("heavy_bytes", WHOLE),
    key("heavy_words", "a list of texts"),
    key("connect_timeout_seconds", SECONDS),
    key("first_byte_timeout_seconds", SECONDS),
    key("idle_timeout_seconds", SECONDS),
    key("turn_timeout_seconds", SECONDS),
    key("max_answer_bytes", WHOLE),
    key("max_tool_rounds", WHOLE),
    key("locale", "one of \"en\" and \"zh\""),
];

/// The key with this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
