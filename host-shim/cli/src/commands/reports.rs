//! The commands that report and do not ask: `status`, `diagnose`, `inspect`, `compile`.

use std::io;

use host_shim::{ComponentInfo, ComponentSource, Locale};
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_render::{CliError, Failure, Style, exit_of_diagnosis, printable, write_line};
use serde::Serialize;

use crate::args::{Compile, Format, Global, Inspect};
use crate::output::{print, show};
use crate::setup::{Setup, cache_dir, component_source, load_failure, source_of};

/// `status`.
pub async fn status(format: &Format, setup: Setup) -> Result<u8, CliError> {
    let locale = setup.locale;
    let builder = setup.builder();
    let (plugin, _) = setup.plugin_without_gateway(builder).await?;
    let status = plugin.status().await;
    let status = status.map_err(|fault| Failure::fault(&fault, locale))?;
    report(format, &status, || {
        openclaw_render::status_without_turns(&status, Style::coloured(locale))
    })
}

/// `diagnose`. The exit code is that of the first thing that is wrong.
pub async fn diagnose(format: &Format, setup: Setup) -> Result<u8, CliError> {
    let locale = setup.locale;
    let builder = setup.builder();
    let (plugin, missing) = setup.plugin_without_gateway(builder).await?;
    show(&missing.unwrap_or_default());
    let found = plugin.diagnose(Some(locale)).await;
    let found = found.map_err(|fault| Failure::fault(&fault, locale))?;
    report(format, &found, || {
        openclaw_render::diagnosis_without_turns(&found, Style::coloured(locale))
    })?;
    Ok(exit_of_diagnosis(&found))
}

/// `inspect`.
pub fn inspect(options: &Inspect, global: &Global, locale: Locale) -> Result<u8, CliError> {
    let source = match &options.file {
        Some(path) => source_of(path),
        None => component_source(global),
    };
    let info = host_shim::component::inspect(&source, cache_dir().as_deref())
        .map_err(|error| load_failure(&error, locale))?;
    report(&options.format, &info, || component(&info, locale))
}

/// `compile`.
pub fn compile(options: &Compile, locale: Locale) -> Result<u8, CliError> {
    let source = ComponentSource::File(options.input.clone());
    let compiled = match &options.target {
        Some(target) => host_shim::component::compile_for(&source, target, &options.output),
        None => host_shim::component::compile_to(&source, &options.output),
    };
    let info = compiled.map_err(|error| load_failure(&error, locale))?;
    let (output, sha256) = (options.output.display(), info.sha256);
    print(&say!(locale,
        en: "{output}: compiled from the component with SHA-256 {sha256}\n",
        zh: "{output}：由 SHA-256 为 {sha256} 的组件编译而成\n"))
}

/// One JSON object, or a text.
fn report(
    format: &Format,
    value: &impl Serialize,
    text: impl FnOnce() -> String,
) -> Result<u8, CliError> {
    if format.json {
        write_line(&mut io::stdout(), value)?;
        Ok(exit::OK)
    } else {
        print(&text())
    }
}

/// What a component is.
fn component(info: &ComponentInfo, locale: Locale) -> String {
    let style = Style::coloured(locale);
    let size = info.size;
    let world = match &info.other_world {
        None => info.world.clone(),
        Some(why) => say!(locale, en: "another one: {why}", zh: "其他接口：{why}"),
    };
    let mut out = [
        (
            say!(locale, en: "world", zh: "接口"),
            printable(&world).into_owned(),
        ),
        (
            say!(locale, en: "version", zh: "版本"),
            info.version.clone(),
        ),
        (
            say!(locale, en: "size", zh: "大小"),
            say!(locale, en: "{size} bytes", zh: "{size} 字节"),
        ),
        ("sha256".to_owned(), info.sha256.clone()),
    ]
    .map(|(name, text)| style.row(&name, &text))
    .concat();
    for (mut name, interfaces) in [
        (say!(locale, en: "imports", zh: "导入"), &info.imports),
        (say!(locale, en: "exports", zh: "导出"), &info.exports),
    ] {
        for interface in interfaces {
            out += &style.row(&name, &printable(interface));
            name.clear();
        }
    }
    out
}
