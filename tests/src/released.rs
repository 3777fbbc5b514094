//! The released components and the programs that run them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The components as `cargo xtask dist` releases them: in the folder that OPENCLAW_RELEASED names,
/// or built from the repository.
pub static RELEASED: LazyLock<Released> = LazyLock::new(|| {
    if let Some(folder) = std::env::var_os("OPENCLAW_RELEASED") {
        return Released(folder.into());
    }
    let folder = own_folder("released");
    output(cargo().args(["xtask", "dist", "--out"]).arg(&folder));
    Released(folder)
});

/// The stock program, of the version that the workspace pins.
pub static WASMTIME: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = repository().join("tests/setup/wasmtime.sh");
    output(&mut Command::new(script)).into()
});

/// The native command line, beside this test's own program.
pub static HOST_SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    // Among all packages: with --package cargo would resolve other features.
    output(cargo().args(["build", "--release", "--locked", "--bin", "host-shim"]));
    let exe = std::env::current_exe().expect("a test binary");
    let built = exe.ancestors().nth(2).expect("target/release");
    built.join("host-shim")
});

/// An empty folder beside this test program, for what its tests share.
pub fn own_folder(what: &str) -> PathBuf {
    let folder = std::env::current_exe()
        .expect("a test binary")
        .with_extension(what);
    // May be left from an earlier run.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    folder
}

/// A folder with what is released.
pub struct Released(PathBuf);

impl Released {
    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the repository")
}

fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(repository());
    // What cargo tells a test of its package: build scripts (ring's) run anew where it changes, and
    // half of all is built again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// Stdout of a program that must succeed; its stderr is the test's.
pub fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.trim().to_owned()
}
