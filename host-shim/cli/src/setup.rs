//! From the global options to a running plugin.

use std::path::{Path, PathBuf};

use host_shim::{
    ComponentSource, Config, ConfigError, ConfigLoader, LoadError, Locale, Plugin, PluginBuilder,
};
use openclaw_core::config::Key;
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure, no_gateway};

use crate::args::Global;

/// What every command that runs the plugin starts from.
#[derive(Debug)]
pub struct Setup {
    /// Flags over the environment over the file.
    pub config: Config,
    /// The component to run.
    pub source: ComponentSource,
    /// The folder of the agents' files.
    pub workspace: Option<PathBuf>,
    /// The language of texts.
    pub locale: Locale,
}

impl Setup {
    /// Reads the settings. `locale` is what holds if neither a flag nor the file names one.
    pub fn read(global: &Global, locale: Locale) -> Result<Self, CliError> {
        let config = read_config(global, locale).map_err(|e| config_failure(&e, locale))?;
        Ok(Self {
            locale: config.locale,
            config,
            source: component_source(global),
            workspace: global.workspace.clone(),
        })
    }

    /// A builder with the component and its cache, without the config.
    pub fn builder(&self) -> PluginBuilder {
        let builder = builder(self.source.clone());
        match &self.workspace {
            Some(folder) => builder.workspace(folder),
            None => builder,
        }
    }

    /// A plugin that can ask. Settings that are missing or wrong are an error.
    pub async fn plugin(self) -> Result<Plugin, CliError> {
        let builder = self.builder().config(self.config);
        let built = builder.build().await;
        Ok(built.map_err(|e| load_failure(&e, self.locale))?)
    }

    /// A plugin that shows its state even if no gateway is set. Settings that are wrong are an
    /// error; for ones that are missing there is a line to show, and asking will fault.
    pub async fn plugin_without_gateway(
        self,
        builder: PluginBuilder,
    ) -> Result<(Plugin, Option<String>), CliError> {
        let missing = missing_setting(&self.config);
        let builder = match missing {
            Some(_) => builder,
            None => builder.config(self.config),
        };
        let built = builder.build().await;
        let plugin = built.map_err(|e| load_failure(&e, self.locale))?;
        let warning = missing.map(|key| no_gateway(key, &places(key), self.locale));
        Ok((plugin, warning))
    }
}

/// The first setting without which no gateway can be asked, if it is missing.
fn missing_setting(config: &Config) -> Option<&'static str> {
    use secrecy::ExposeSecret as _;

    if config.gateway_primary_url.is_empty() {
        Some("gateway_primary_url")
    } else if config.gateway_bearer_token.expose_secret().is_empty() {
        Some("gateway_bearer_token")
    } else {
        None
    }
}

/// What sets a key, beside the config file: a flag, an environment variable.
fn places(key: &str) -> Vec<&'static str> {
    let flag = match key {
        "gateway_primary_url" => Some("--gateway-url"),
        "gateway_backup_url" => Some("--backup-url"),
        "gateway_bearer_token" | "gateway_bearer_token_file" => Some("--token-file"),
        "gateway_agent_id" => Some("--agent"),
        "gateway_level_agents" => Some("--level-agents"),
        _ => None,
    };
    let variable = Key::find(key).and_then(|key| key.env);
    flag.into_iter().chain(variable).collect()
}

fn read_config(global: &Global, locale: Locale) -> Result<Config, ConfigError> {
    let code = locale.as_str();
    // The lowest layer: what the user's environment or `--locale` says of the language.
    let mut loader = ConfigLoader::new().set("locale", code)?;
    if let Some(path) = &global.config {
        loader = loader.file(path)?;
    }
    loader = loader.process_env()?;
    let token_file = global.token_file.as_ref();
    let flags = [
        ("gateway_primary_url", global.gateway_url.clone()),
        ("gateway_backup_url", global.backup_url.clone()),
        ("gateway_agent_id", global.agent.clone()),
        (
            "gateway_bearer_token_file",
            token_file.map(|path| path.to_string_lossy().into_owned()),
        ),
        ("locale", global.locale.map(|_| code.to_owned())),
    ];
    for (key, value) in flags {
        if let Some(value) = value {
            loader = loader.set(key, value)?;
        }
    }
    if global.level_agents {
        loader = loader.set("gateway_level_agents", true)?;
    }
    loader.finish()
}

/// A wrong setting, for people.
pub fn config_failure(error: &ConfigError, locale: Locale) -> Failure {
    let places = error.key().map(places).unwrap_or_default();
    Failure::setting(&error.text(locale), &places, locale)
}

/// A component that cannot be run, for people.
pub fn load_failure(error: &LoadError, locale: Locale) -> Failure {
    match error {
        LoadError::Config(error) => config_failure(error, locale),
        LoadError::Fault(fault) => Failure::fault(fault, locale),
        LoadError::Unreadable { .. }
        | LoadError::NotAComponent { .. }
        | LoadError::OtherWorld { .. }
        | LoadError::Artifact { .. } => Failure::usage(
            error.to_string(),
            say!(locale,
                en: "Use a plugin component built from this project, or omit the option to use the built-in one.",
                zh: "请使用由本项目构建的插件组件，或省略该选项以使用内置组件。"),
        ),
        LoadError::Target { .. } => Failure::usage(error.to_string(), ""),
        _ => Failure::other(error.to_string(), ""),
    }
}

/// The component that the options name, or the one built in.
pub fn component_source(global: &Global) -> ComponentSource {
    match &global.component {
        Some(path) => source_of(path),
        None => ComponentSource::Embedded,
    }
}

/// A file is a component, or, by its extension, what `compile` made of one.
pub fn source_of(path: &Path) -> ComponentSource {
    match path.extension() {
        Some(extension) if extension == "cwasm" => ComponentSource::Precompiled {
            path: path.to_owned(),
            wasm_sha256: None,
        },
        _ => ComponentSource::File(path.to_owned()),
    }
}

/// A builder with a component and the cache of this user.
pub fn builder(source: ComponentSource) -> PluginBuilder {
    let builder = Plugin::builder().component(source);
    match cache_dir() {
        Some(dir) => builder.cache_dir(dir),
        None => builder,
    }
}

/// Where compiled components are kept: a folder of the user's own.
pub fn cache_dir() -> Option<PathBuf> {
    dirs::cache_dir().map(|dir| dir.join("host-shim"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::args::Cli;

    use super::*;

    fn read(arguments: &[&str], locale: Locale) -> Result<Setup, CliError> {
        let arguments = ["host-shim"].iter().chain(arguments).chain(&["status"]);
        let cli = Cli::try_parse_from(arguments).unwrap();
        Setup::read(&cli.global, locale)
    }

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(
            &file,
            "gateway_agent_id = \"one\"\nlocale = \"zh\"\nqueue_length = 3\ngateway_level_agents = false\n",
        )
        .unwrap();
        let file = file.to_str().unwrap();
        let flags = ["--config", file, "--agent", "two", "--level-agents"];
        let setup = read(&flags, Locale::En).unwrap();
        assert!(setup.config.level_agents);
        assert_eq!(setup.config.gateway_agent_id, "two");
        assert_eq!(setup.config.limits.queue_length, 3);
        // The file's language wins over the environment's, and the flag's over both.
        assert_eq!(setup.locale, Locale::Zh);
        let setup = read(&["--config", file, "--locale", "en"], Locale::En).unwrap();
        assert_eq!(setup.locale, Locale::En);
        assert!(!setup.config.level_agents);
    }

    #[test]
    fn a_bad_file_is_a_failure_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "gateway_url = 5\n").unwrap();
        let read = read(&["--config", file.to_str().unwrap()], Locale::En);
        let Err(CliError::Failure(failure)) = read else {
            panic!()
        };
        assert_eq!(failure.exit, 2);
        assert_eq!(failure.code, Some(host_shim::FaultCode::ConfigInvalid));
        assert!(failure.what.starts_with("gateway_url:"), "{}", failure.what);
    }
}
