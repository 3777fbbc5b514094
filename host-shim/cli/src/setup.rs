//! From the global options to a running plugin.

use std::path::{Path, PathBuf};

use host_shim::{ComponentSource, Config, ConfigLoader, Locale, Plugin, PluginBuilder};

use super::args::Global;
use super::problem::{Problem, Stop};
use super::text::say;

/// What every command that runs the plugin starts from.
#[derive(Debug)]
pub struct Setup {
    /// Flags over the environment over the file.
    pub config: Config,
    /// The component to run.
    pub source: ComponentSource,
    /// The language of texts.
    pub locale: Locale,
}

impl Setup {
    /// Reads the settings. `locale` is what holds if neither a flag nor the file names one.
    pub fn read(global: &Global, locale: Locale) -> Result<Self, Stop> {
        let config = read_config(global, locale).map_err(|e| Problem::config(&e, locale))?;
        Ok(Self {
            locale: config.locale,
            config,
            source: component_source(global),
        })
    }

    /// A builder with the component and its cache, without the config.
    pub fn builder(&self) -> PluginBuilder {
        builder(self.source.clone())
    }

    /// A plugin that can ask. Settings that are missing or wrong are an error.
    pub async fn plugin(self) -> Result<Plugin, Stop> {
        let builder = self.builder().config(self.config);
        Ok(builder
            .build()
            .await
            .map_err(|e| Problem::load(&e, self.locale))?)
    }

    /// A plugin that tells its state even if no gateway is set. Settings that are wrong are an
    /// error; for ones that are missing there is a line to tell, and asking will fault.
    pub async fn plugin_without_gateway(
        self,
        builder: PluginBuilder,
    ) -> Result<(Plugin, Option<String>), Stop> {
        let missing = missing_setting(&self.config);
        let builder = match missing {
            Some(_) => builder,
            None => builder.config(self.config),
        };
        let plugin = builder
            .build()
            .await
            .map_err(|e| Problem::load(&e, self.locale))?;
        let warning = missing.map(|key| {
            say!(
                self.locale,
                "no gateway is set, so nothing can be asked: {key} is missing\n",
                "没有设置网关，因此无法提问：缺少 {key}\n"
            )
        });
        Ok((plugin, warning))
    }
}

/// The first setting without which no gateway can be asked, and how to give it.
fn missing_setting(config: &Config) -> Option<&'static str> {
    use secrecy::ExposeSecret as _;

    if config.gateway_primary_url.is_empty() {
        Some("gateway_primary_url (--gateway-url, OPENCLAW_GATEWAY_URL)")
    } else if config.gateway_bearer_token.expose_secret().is_empty() {
        Some("gateway_bearer_token (OPENCLAW_GATEWAY_TOKEN, --token-file)")
    } else {
        None
    }
}

fn read_config(global: &Global, locale: Locale) -> Result<Config, host_shim::ConfigError> {
    let code = match locale {
        Locale::En => "en",
        Locale::Zh => "zh",
    };
    // The lowest layer: what the user's environment or `--locale` says of the language.
    let mut loader = ConfigLoader::new().set("locale", code)?;
    if let Some(path) = &global.config {
        loader = loader.file(path)?;
    }
    loader = loader.process_env()?;
    let texts = [
        ("gateway_primary_url", &global.gateway_url),
        ("gateway_backup_url", &global.backup_url),
        ("gateway_agent_id", &global.agent),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            loader = loader.set(key, value.as_str())?;
        }
    }
    if let Some(path) = &global.token_file {
        loader = loader.set(
            "gateway_bearer_token_file",
            path.to_string_lossy().into_owned(),
        )?;
    }
    if global.locale.is_some() {
        loader = loader.set("locale", code)?;
    }
    loader.finish()
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

    use super::super::args::Cli;
    use super::*;

    fn read(arguments: &[&str], locale: Locale) -> Setup {
        let arguments = ["host-shim"].iter().chain(arguments).chain(&["status"]);
        let cli = Cli::try_parse_from(arguments).unwrap();
        Setup::read(&cli.global, locale).unwrap()
    }

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(
            &file,
            "gateway_agent_id = \"one\"\nlocale = \"zh\"\nqueue_length = 3\n",
        )
        .unwrap();
        let file = file.to_str().unwrap();
        let setup = read(&["--config", file, "--agent", "two"], Locale::En);
        assert_eq!(setup.config.gateway_agent_id, "two");
        assert_eq!(setup.config.limits.queue_length, 3);
        // The file's language wins over the environment's, and the flag's over both.
        assert_eq!(setup.locale, Locale::Zh);
        assert_eq!(
            read(&["--config", file, "--locale", "en"], Locale::En).locale,
            Locale::En
        );
    }

    #[test]
    fn a_bad_file_is_a_problem_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "gateway_url = 5\n").unwrap();
        let arguments = ["host-shim", "--config", file.to_str().unwrap(), "status"];
        let cli = Cli::try_parse_from(arguments).unwrap();
        let Err(Stop::Problem(problem)) = Setup::read(&cli.global, Locale::En) else {
            panic!()
        };
        assert_eq!(problem.exit, 2);
        assert_eq!(problem.code, Some("config_invalid"));
        assert!(problem.what.starts_with("gateway_url:"), "{}", problem.what);
    }
}
