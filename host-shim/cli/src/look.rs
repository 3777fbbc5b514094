//! The commands that look and do not ask: `status`, `diagnose`, `inspect`, `compile`.

use host_shim::{ComponentSource, Locale};
use serde::Serialize;

use super::args::{Compile, Format, Global, Inspect};
use super::problem::{Problem, Stop};
use super::setup::{Setup, cache_dir, component_source, source_of};
use super::text::say;
use super::{exit, print, report, tell};

/// `status`.
pub async fn status(format: &Format, setup: Setup) -> Result<u8, Stop> {
    let locale = setup.locale;
    let builder = setup.builder();
    let (plugin, _) = setup.plugin_without_gateway(builder).await?;
    let status = plugin
        .status()
        .await
        .map_err(|fault| Problem::fault(&fault, locale))?;
    if format.json {
        json(&status)
    } else {
        print(&report::status(&status, locale))
    }
}

/// `diagnose`. The exit code is that of the first thing that is wrong.
pub async fn diagnose(format: &Format, setup: Setup) -> Result<u8, Stop> {
    let locale = setup.locale;
    let builder = setup.builder();
    let (plugin, missing) = setup.plugin_without_gateway(builder).await?;
    if let Some(missing) = missing {
        tell(&missing);
    }
    let found = plugin
        .diagnose(Some(locale))
        .await
        .map_err(|fault| Problem::fault(&fault, locale))?;
    if format.json {
        json(&found)?;
    } else {
        print(&report::diagnosis(&found, locale))?;
    }
    Ok(found
        .checks
        .iter()
        .find_map(|check| check.code)
        .map_or(exit::OK, |code| code.exit_code()))
}

/// `inspect`.
pub fn inspect(options: &Inspect, global: &Global, locale: Locale) -> Result<u8, Stop> {
    let source = match &options.file {
        Some(path) => source_of(path),
        None => component_source(global),
    };
    let info = host_shim::component::inspect(&source, cache_dir().as_deref())
        .map_err(|error| Problem::load(&error, locale))?;
    if options.format.json {
        json(&info)
    } else {
        print(&report::component(&info, locale))
    }
}

/// `compile`.
pub fn compile(options: &Compile, locale: Locale) -> Result<u8, Stop> {
    let source = ComponentSource::File(options.input.clone());
    let info = host_shim::component::compile_to(&source, &options.output)
        .map_err(|error| Problem::load(&error, locale))?;
    let (output, sha256) = (options.output.display(), info.sha256);
    print(&say!(
        locale,
        "{output}: compiled from the component with SHA-256 {sha256}\n",
        "{output}：由 SHA-256 为 {sha256} 的组件编译而成\n"
    ))
}

/// One JSON object on a line.
fn json(value: &impl Serialize) -> Result<u8, Stop> {
    let mut text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    text.push('\n');
    print(&text)
}
