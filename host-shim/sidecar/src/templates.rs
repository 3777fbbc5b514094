//! The files that `init` writes, from `templates/`.

use std::path::Path;

use crate::dotenv;
use crate::layout::{COMPOSE, CONFIG, ENV, PINNED_VERSION, Root};
use crate::project;
use crate::release::is_pinned_version;
use crate::secret::Token;
use crate::{version_config, versions};

/// The compose file.
pub const COMPOSE_FILE: &str = include_str!("../templates/openclaw_sidecar.compose.yml");
/// The gateway's config, for [`PINNED_VERSION`].
pub const CONFIG_FILE: &str = include_str!("../templates/openclaw_sidecar.config.json5");
/// The example `.env`.
pub const ENV_EXAMPLE: &str = include_str!("../templates/.env.example");
/// The runbook in Chinese.
pub const RUNBOOK_ZH: &str = include_str!("../templates/RUNBOOK.md");
/// The runbook in English.
pub const RUNBOOK_EN: &str = include_str!("../templates/RUNBOOK.en.md");

/// The content of one of the root's files in a new installation in this folder; `None` for another path.
/// The `.env` gets this token and its own Compose project, and the config what the version in an existing
/// `.env` needs.
pub fn content(path: &str, root: &Path, token: &Token) -> Option<String> {
    Some(match path {
        COMPOSE => COMPOSE_FILE.to_owned(),
        CONFIG => config_file(&version_of(root)),
        ENV => env_file(root, token),
        ".env.example" => ENV_EXAMPLE.to_owned(),
        "RUNBOOK.md" => RUNBOOK_ZH.to_owned(),
        "RUNBOOK.en.md" => RUNBOOK_EN.to_owned(),
        _ => return None,
    })
}

/// The gateway's config for a version.
pub fn config_file(version: &str) -> String {
    let written = version_config::with_version(CONFIG_FILE, version);
    written.map_or_else(|_| CONFIG_FILE.to_owned(), |written| written.text)
}

/// The version in the folder's `.env`, or else the pinned one.
fn version_of(root: &Path) -> String {
    let env = Root::new(root).and_then(|root| dotenv::load(&root, Default::default()));
    let version = env
        .ok()
        .and_then(|env| Some(env.get(dotenv::VERSION)?.to_owned()));
    let version = version.filter(|version| is_pinned_version(version));
    version.unwrap_or_else(|| PINNED_VERSION.to_owned())
}

/// The variables that the compose file uses; all are in the example `.env`.
pub fn compose_variables() -> [&'static str; 6] {
    [
        dotenv::VERSION,
        dotenv::TOKEN,
        dotenv::PORT,
        dotenv::MEMORY,
        dotenv::STOP_GRACE,
        dotenv::PROVIDER_KEY,
    ]
}

fn env_file(root: &Path, token: &Token) -> String {
    let body = ENV_EXAMPLE
        .strip_prefix("# Copy to .env (mode 600) or let `host-shim sidecar init` write it.\n")
        .unwrap_or(ENV_EXAMPLE);
    let head = "# Written by `host-shim sidecar init`. Secret: never share or commit this file.\n";
    [
        (dotenv::VERSION, PINNED_VERSION),
        (dotenv::STOP_GRACE, versions::of(PINNED_VERSION).stop_grace),
        (dotenv::TOKEN, token.expose()),
        (dotenv::PROJECT, &project::own_name(root)),
    ]
    .iter()
    .fold(format!("{head}{body}"), |text, (key, value)| {
        dotenv::set(&text, key, value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Flaw;

    #[test]
    fn the_templates_parse_and_agree() {
        let config: serde_json::Value = json5::from_str(CONFIG_FILE).unwrap();
        assert_eq!(
            config["gateway"]["http"]["endpoints"]["responses"]["enabled"],
            true
        );
        let written = version_config::with_version(CONFIG_FILE, PINNED_VERSION).unwrap();
        if std::env::var_os("UPDATE_TEMPLATES").is_some() {
            let path = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/templates/openclaw_sidecar.config.json5"
            );
            std::fs::write(path, &written.text).unwrap();
            return;
        }
        assert_eq!(CONFIG_FILE, written.text, "run with UPDATE_TEMPLATES=1");
        let compose: serde_json::Value = serde_saphyr::from_str(COMPOSE_FILE).unwrap();
        let service = &compose["services"][crate::layout::SERVICE];
        assert!(
            service["image"]
                .as_str()
                .unwrap()
                .starts_with(crate::layout::IMAGE)
        );
        assert_eq!(
            service["ports"][0],
            "127.0.0.1:${OPENCLAW_HOST_PORT:-18789}:18789"
        );
        let example = dotenv::Env::parse(ENV_EXAMPLE).unwrap();
        assert_eq!(example.get(dotenv::VERSION), Some(PINNED_VERSION));
        let range = versions::of(PINNED_VERSION);
        assert_eq!(example.get(dotenv::MEMORY), Some(range.memory_limit));
        assert_eq!(example.get(dotenv::STOP_GRACE), Some(range.stop_grace));
        assert_eq!(
            example.token().flaw(),
            Some(Flaw::Unusable(openclaw_core::token::Flaw::Placeholder))
        );
    }

    #[test]
    fn every_variable_of_the_compose_file_is_known_and_in_the_example() {
        let example = dotenv::Env::parse(ENV_EXAMPLE).unwrap();
        let code: String = COMPOSE_FILE
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect();
        let mut used: Vec<&str> = code
            .split("${")
            .skip(1)
            .map(|rest| rest.split([':', '}']).next().unwrap())
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut known = compose_variables();
        known.sort_unstable();
        assert_eq!(used, known);
        assert!(
            known
                .iter()
                .all(|key| example.iter().any(|(other, _)| other == *key))
        );
    }

    // N8 of issue 13: answers are in the container's log, which is worth knowing.
    #[test]
    fn the_runbooks_say_how_much_of_the_answers_the_log_keeps() {
        let compose: serde_json::Value = serde_saphyr::from_str(COMPOSE_FILE).unwrap();
        let options = &compose["services"][crate::layout::SERVICE]["logging"]["options"];
        let number = |key: &str| {
            let text = options[key].as_str().unwrap().trim_end_matches('m');
            text.parse::<u32>().unwrap()
        };
        let kept = format!("{} MB", number("max-size") * number("max-file"));
        for book in [RUNBOOK_EN, RUNBOOK_ZH] {
            assert!(book.contains(&kept) && book.contains("`logging`"), "{kept}");
        }
    }

    #[test]
    fn a_new_env_has_the_token_and_no_placeholder() {
        let token = Token::new("0123456789abcdef0123456789abcdef");
        let env = dotenv::Env::parse(&content(ENV, Path::new("/srv/x"), &token).unwrap()).unwrap();
        assert_eq!(env.token(), token);
        assert_eq!(env.get(dotenv::VERSION), Some(PINNED_VERSION));
    }
}
