//! Modes and owners.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(path)
}

pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

pub(super) fn set_mode_of(file: &File, _: &Path, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

pub(super) fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.mode() & 0o7777)
}

pub(super) fn user() -> Option<u32> {
    Some(this_user())
}

pub(super) fn owner(metadata: &Metadata) -> Option<u32> {
    Some(metadata.uid())
}

pub(super) fn give_to_owner_of(file: &File, other: &Metadata) {
    // Best effort: only root can change the owner, and others own what they replace.
    let _ = std::os::unix::fs::fchown(file, Some(other.uid()), Some(other.gid()));
}

pub(super) fn check_file(file: &File, _: &Path) -> Result<(), String> {
    check(&file.metadata().map_err(|error| error.to_string())?)
}

pub(super) fn check_folder(path: &Path) -> Result<(), String> {
    check(&fs::metadata(path).map_err(|error| error.to_string())?)
}

pub(super) fn check_folders_above(lowest: Option<&Path>) -> Result<(), String> {
    for folder in lowest.iter().flat_map(|lowest| lowest.ancestors()) {
        fs::metadata(folder)
            .map_err(|error| error.to_string())
            .and_then(|metadata| check_above(&metadata))
            .map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    Ok(())
}

fn check(metadata: &Metadata) -> Result<(), String> {
    check_owner(metadata)?;
    if metadata.mode() & 0o022 != 0 {
        return Err(others_may_write(metadata));
    }
    Ok(())
}

fn check_above(metadata: &Metadata) -> Result<(), String> {
    check_owner(metadata)?;
    // In a sticky folder such as /tmp others cannot rename or delete our files. Distributions that give
    // every user a private group of the same number let that group write (umask 002).
    let sticky = metadata.mode() & 0o1000 != 0;
    let group_is_this_user = metadata.gid() == this_user() && metadata.gid() == group();
    let writers = if group_is_this_user { 0o002 } else { 0o022 };
    if metadata.mode() & writers != 0 && !sticky {
        return Err(others_may_write(metadata));
    }
    Ok(())
}

fn check_owner(metadata: &Metadata) -> Result<(), String> {
    let (owner, user) = (metadata.uid(), this_user());
    if owner != user && owner != 0 {
        return Err(format!(
            "it belongs to user {owner}; only files of this user ({user}) and root are trusted"
        ));
    }
    Ok(())
}

fn others_may_write(metadata: &Metadata) -> String {
    let mode = metadata.mode() & 0o7777;
    format!("others may write it (mode {mode:03o}); run chmod go-w on it")
}

fn this_user() -> u32 {
    // SAFETY: no preconditions; cannot fail.
    unsafe { libc::geteuid() }
}

fn group() -> u32 {
    // SAFETY: no preconditions; cannot fail.
    unsafe { libc::getegid() }
}
