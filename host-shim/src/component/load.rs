//! Loads a component from its source.

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::artifact::{self, first_line};
use super::engine::{TARGET, engine};
use super::interfaces::{self, Interfaces};
use super::{CodeOrigin, ComponentInfo, ComponentSource, LoadError, cache, digest, trusted_file};
use crate::regular_file::{self, ReadError};

/// The component embedded in this library; empty if it was built without one, as for the Python module.
pub static EMBEDDED: &[u8] = include_bytes!(env!("OPENCLAW_EMBEDDED_WASM"));

/// Largest accepted component file, in bytes; ours has about 300 kB.
const MAX_WASM_BYTES: u64 = 64 << 20;

/// A component that can be instantiated.
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) component: Component,
    pub(crate) info: ComponentInfo,
}

/// Loads a component from a matching artifact, or compiles it.
pub(crate) fn load(source: &ComponentSource, cache: Option<&Path>) -> Result<Loaded, LoadError> {
    let what = source.name();
    let unusable = |e: &wasmtime::Error| LoadError::Unusable {
        what: what.clone(),
        why: first_line(e),
    };
    let engine = engine().map_err(|e| unusable(&e))?;
    let (component, sha256, size, code) = match source {
        ComponentSource::Precompiled { path, wasm_sha256 } => {
            precompiled(&engine, path, wasm_sha256.as_deref())?
        }
        source => {
            let bytes = source.wasm()?;
            let bad = |why| LoadError::NotAComponent {
                what: what.clone(),
                why,
            };
            interfaces::check_header(&bytes).map_err(bad)?;
            let sha256 = digest::of_bytes(&bytes);
            let (component, code) = from_wasm(&engine, &bytes, &sha256, cache, &what)?;
            (component, sha256, bytes.len() as u64, code)
        }
    };
    let interfaces = Interfaces::of(&engine, &component);
    interfaces.check().map_err(|why| LoadError::OtherWorld {
        what,
        expected: interfaces::name(),
        why,
    })?;
    let info = ComponentInfo {
        version: interfaces::VERSION.to_owned(),
        world: interfaces::name(),
        other_world: None,
        sha256,
        size,
        imports: interfaces.imports,
        exports: interfaces.exports,
        code,
    };
    Ok(Loaded {
        engine,
        component,
        info,
    })
}

impl ComponentSource {
    /// The name used in errors.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Embedded => "the embedded component".to_owned(),
            Self::File(path) | Self::Precompiled { path, .. } => path.display().to_string(),
            Self::Bytes(_) => "the given component".to_owned(),
        }
    }

    /// The bytes of the WebAssembly file.
    pub(super) fn wasm(&self) -> Result<std::borrow::Cow<'_, [u8]>, LoadError> {
        let path = match self {
            Self::Embedded => return Ok(EMBEDDED.into()),
            Self::Bytes(bytes) => return Ok((&**bytes).into()),
            Self::File(path) | Self::Precompiled { path, .. } => path,
        };
        let bytes = regular_file::read(path, MAX_WASM_BYTES).map_err(|error| match error {
            ReadError::Io(source) => LoadError::Unreadable {
                path: path.clone(),
                source,
            },
            ReadError::NotRegular | ReadError::TooLong(_) => LoadError::NotAComponent {
                what: self.name(),
                why: format!("it {error}"),
            },
        })?;
        Ok(bytes.into())
    }
}

type Code = (Component, String, u64, CodeOrigin);

/// Loads the named artifact.
fn precompiled(engine: &Engine, path: &Path, wanted: Option<&str>) -> Result<Code, LoadError> {
    let error = |why: String| LoadError::Artifact {
        path: path.to_owned(),
        why,
    };
    if let Err(source) = std::fs::metadata(path) {
        return Err(LoadError::Unreadable {
            path: path.to_owned(),
            source,
        });
    }
    let (component, description) = artifact::load(engine, path).map_err(error)?;
    match wanted {
        Some(wanted) if !wanted.eq_ignore_ascii_case(&description.wasm_sha256) => {
            Err(error(format!(
                "it was compiled from the component {}, expected {wanted}",
                description.wasm_sha256
            )))
        }
        _ => Ok((
            component,
            description.wasm_sha256,
            description.wasm_size,
            CodeOrigin::Precompiled,
        )),
    }
}

/// Loads from the cache, or compiles and stores in it.
fn from_wasm(
    engine: &Engine,
    wasm: &[u8],
    sha256: &str,
    cache: Option<&Path>,
    what: &str,
) -> Result<(Component, CodeOrigin), LoadError> {
    let mut why = "no cache folder is set".to_owned();
    if let Some(dir) = cache {
        let path = cache::place(dir, sha256);
        match artifact::load(engine, &path) {
            Ok((component, description)) if description.wasm_sha256 == sha256 => {
                cache::mark_used(&path);
                return Ok((component, CodeOrigin::Cache));
            }
            Ok(_) => why = format!("{}: it belongs to another component", path.display()),
            Err(error) => why = error,
        }
        tracing::debug!(path = %path.display(), why, "no usable artifact; compiling");
    }
    let code = compile(engine, wasm, what, why)?;
    if let Some(dir) = cache {
        let path = cache::place(dir, sha256);
        let kept = trusted_file::private_dir(dir)
            .and_then(|()| artifact::store(&path, &code, TARGET, sha256, wasm.len() as u64));
        match kept {
            Ok(()) => {
                cache::clean(dir, &path);
                // From the file: the system can share and drop its pages.
                match artifact::load(engine, &path) {
                    Ok((component, _)) => return Ok((component, CodeOrigin::Compiled)),
                    Err(why) => {
                        tracing::warn!(path = %path.display(), why, "the new artifact cannot be used")
                    }
                }
            }
            Err(error) => {
                tracing::warn!(dir = %dir.display(), %error, "the compiled component could not be cached");
            }
        }
    }
    // SAFETY: this engine has just compiled it.
    let component = unsafe { Component::deserialize(engine, &code) };
    match component {
        Ok(component) => Ok((component, CodeOrigin::Compiled)),
        Err(error) => Err(LoadError::Unusable {
            what: what.to_owned(),
            why: first_line(&error),
        }),
    }
}

#[cfg(feature = "compiler")]
fn compile(engine: &Engine, wasm: &[u8], what: &str, _: String) -> Result<Vec<u8>, LoadError> {
    engine
        .precompile_component(wasm)
        .map_err(|error| LoadError::NotAComponent {
            what: what.to_owned(),
            why: first_line(&error),
        })
}

#[cfg(not(feature = "compiler"))]
fn compile(_: &Engine, _: &[u8], what: &str, why: String) -> Result<Vec<u8>, LoadError> {
    Err(LoadError::NoCompiler {
        what: what.to_owned(),
        why,
    })
}

/// Compiles a component ahead of time into `path` (with its description beside it), for
/// [`ComponentSource::Precompiled`].
///
/// # Errors
///
/// The component cannot be loaded, or `path` cannot be written.
#[cfg(feature = "compiler")]
pub fn compile_to(source: &ComponentSource, path: &Path) -> Result<ComponentInfo, LoadError> {
    let loaded = load(source, None)?;
    let code = loaded
        .component
        .serialize()
        .map_err(|error| LoadError::Unusable {
            what: source.name(),
            why: first_line(&error),
        })?;
    keep(path, &code, TARGET, &loaded.info)?;
    Ok(loaded.info)
}

/// As [`compile_to`], for another machine: `target` is the triple of the build that loads it, such as
/// `aarch64-unknown-linux-gnu`. The other architecture than this machine's needs the feature `cross-compiler`.
///
/// # Errors
///
/// The component cannot be loaded here, the target is none of this build's compiler, or `path` cannot be written.
#[cfg(feature = "compiler")]
pub fn compile_for(
    source: &ComponentSource,
    target: &str,
    path: &Path,
) -> Result<ComponentInfo, LoadError> {
    let unknown = |error: wasmtime::Error| LoadError::Target {
        target: target.to_owned(),
        why: first_line(&error),
    };
    let other = super::engine::engine_for(target).map_err(unknown)?;
    // Checked as the component of this machine is.
    let info = load(source, None)?.info;
    let code = compile(&other, &source.wasm()?, &source.name(), String::new())?;
    keep(path, &code, target, &info)?;
    Ok(info)
}

#[cfg(feature = "compiler")]
fn keep(path: &Path, code: &[u8], target: &str, info: &ComponentInfo) -> Result<(), LoadError> {
    artifact::store(path, code, target, &info.sha256, info.size).map_err(|error| {
        LoadError::Artifact {
            path: path.to_owned(),
            why: format!("it cannot be written: {error}"),
        }
    })
}

/// Loads a component and describes it, without running it.
///
/// # Errors
///
/// The component cannot be loaded.
pub fn inspect(source: &ComponentSource, cache: Option<&Path>) -> Result<ComponentInfo, LoadError> {
    let Loaded {
        engine,
        component,
        info,
    } = load(source, cache)?;
    // It may have the right exports and need more than this host supplies.
    Ok(match crate::runtime::check_link(&engine, &component) {
        Ok(()) => info,
        Err(why) => ComponentInfo {
            world: String::new(),
            other_world: Some(first_line(&why)),
            ..info
        },
    })
}
