//! The Compose project of a root. Compose names it after the folder by default, so two roots with the
//! same folder name would share a project and take over each other's container.

use std::path::Path;

use crate::dotenv::{self, Env};
use crate::layout::Root;

/// Where a project's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// `COMPOSE_PROJECT_NAME`, in the `.env` or the shell.
    Variable,
    /// `name:` of the compose file.
    File,
    /// The folder's name.
    Folder,
}

/// The name of a root's project, as Compose chooses it. `named` is the compose file's `name:`, if this
/// version of Compose reads it.
pub fn of(root: &Root, env: &Env, named: Option<&str>) -> (String, Source) {
    let variable = env.get(dotenv::PROJECT).map(str::to_owned);
    let variable = variable.or_else(|| dotenv::shell(dotenv::PROJECT));
    let given = variable
        .filter(|name| !name.is_empty())
        .map(|name| (name, Source::Variable))
        .or_else(|| Some((named?.to_owned(), Source::File)));
    match given {
        Some((name, source)) => (plain(&name), source),
        None => (folder_name(root.path()), Source::Folder),
    }
}

/// A unique and stable name for this root: the folder's name and a hash of the whole path.
pub fn own_name(root: &Path) -> String {
    // FNV-1a: stable across versions of this program and of Rust.
    let hash = root
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let folder = folder_name(root);
    let folder = if folder.is_empty() {
        "openclaw"
    } else {
        &folder
    };
    // It becomes part of container, network and host names.
    let folder = &folder[..folder.len().min(40)];
    format!("{folder}-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

fn folder_name(root: &Path) -> String {
    plain(&root.file_name().unwrap_or_default().to_string_lossy())
}

/// The name as Compose normalizes it.
fn plain(name: &str) -> String {
    let kept = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c);
    let name: String = name.to_lowercase().chars().filter(kept).collect();
    name.trim_start_matches(['_', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_has_a_name_of_its_own_that_compose_takes() {
        let name = |path: &str| own_name(Path::new(path));
        // Fixed here: existing roots must keep their names.
        assert_eq!(name("/srv/a/openclaw"), "openclaw-8f4d13ff");
        assert_ne!(name("/srv/a/openclaw"), name("/srv/b/openclaw"));
        assert_ne!(name("/srv/a/openclaw"), name("/srv/a/openclaw2"));
        let long = "/x/".to_owned() + &"long".repeat(60);
        for path in ["/", "/机器人", "/srv/_My Bot!", "/a/-x", &long] {
            let name = name(path);
            assert!(name.len() <= 49, "{name}");
            assert_eq!(plain(&name), name);
            assert!(!name.is_empty());
        }
    }

    #[test]
    fn the_name_is_chosen_as_compose_chooses_it() {
        let root = Root::new(Path::new("/srv/My.Bot")).unwrap();
        let of = |text: &str, named| of(&root, &Env::parse(text).unwrap(), named);
        assert_eq!(of("", None), ("mybot".to_owned(), Source::Folder));
        assert_eq!(of("", Some("x")), ("x".to_owned(), Source::File));
        let named = of("COMPOSE_PROJECT_NAME=One\n", Some("x"));
        assert_eq!(named, ("one".to_owned(), Source::Variable));
        assert_eq!(of("COMPOSE_PROJECT_NAME=\n", None).1, Source::Folder);
    }
}
