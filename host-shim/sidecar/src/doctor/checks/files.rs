//! The root: what is missing, too accessible, or owned by someone else.

use openclaw_core::fault::FaultCode;

use crate::doctor::facts::{Facts, Found};
use crate::doctor::{Check, Fix, Id, messages};
use crate::engine::Presence;
use crate::error;
use crate::layout::{CONTAINER_UID, ENTRIES, ENV, Entry, HOME, JOURNAL, Kind};
use crate::read_file::{Content, LIMIT};
use crate::system_advice;

/// The root is a folder.
pub fn root(facts: &Facts) -> Vec<Check> {
    let root = facts.root.path().display();
    vec![match facts.entries.get("") {
        _ if facts.denied => messages::not_readable(Id::Root, root, "permission denied"),
        None => messages::root_missing(root),
        Some(found) if !found.folder => messages::root_not_a_folder(root),
        Some(_) => messages::root_ok(root),
    }]
}

fn is_right(found: &Found, kind: Kind) -> bool {
    match kind {
        Kind::Folder => found.folder,
        Kind::File => found.regular,
    }
}

/// Every entry of the layout exists and is of the right kind.
pub fn entries(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![messages::no_root(Id::Files)];
    }
    let mut missing = Vec::new();
    let mut other = Vec::new();
    let mut huge = Vec::new();
    for entry in ENTRIES.iter().filter(|entry| !entry.path.is_empty()) {
        match facts.entries.get(entry.path) {
            None if !entry.optional => missing.push(entry),
            Some(found) if !is_right(found, entry.kind) => other.push(entry.path),
            Some(found) if found.regular && found.size > LIMIT => huge.push(entry.path),
            _ => {}
        }
    }
    vec![if !other.is_empty() {
        messages::file_of_other_kind(other.join(", "))
    } else if !huge.is_empty() {
        messages::file_too_large(huge.join(", "), LIMIT >> 20)
    } else if missing.is_empty() {
        messages::files_ok()
    } else {
        let names: Vec<&str> = missing.iter().map(|entry| entry.path).collect();
        messages::file_missing(names.join(", ")).fixed_by(missing.into_iter().flat_map(make))
    }]
}

/// The fixes that create a missing entry.
fn make(entry: &Entry) -> impl Iterator<Item = Fix> {
    let make = match entry.kind {
        Kind::Folder => Fix::MakeFolder(entry.path, entry.mode),
        Kind::File => Fix::WriteTemplate(entry.path, entry.mode),
    };
    let give = Some(Fix::GiveToContainer(entry.path)).filter(|_| entry.container_owns);
    [Some(make), give].into_iter().flatten()
}

/// No other user can read the secrets or change the rest.
pub fn modes(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![messages::no_root(Id::Modes)];
    }
    let open: Vec<(&Entry, u32)> = ENTRIES
        .iter()
        .filter_map(|entry| {
            // An entry of another kind is not ours to change.
            let found = facts.entries.get(entry.path);
            let mode = found.filter(|found| is_right(found, entry.kind))?.mode?;
            (mode & entry.forbidden != 0).then_some((entry, mode))
        })
        .collect();
    if open.is_empty() {
        return vec![messages::modes_ok()];
    }
    let names: Vec<String> = open
        .iter()
        .map(|(entry, mode)| match cfg!(windows) {
            // Windows has access lists, of which the mode is only a summary.
            true => entry.shown().to_owned(),
            false => format!("{} ({mode:o})", entry.shown()),
        })
        .collect();
    let cause = match open.iter().any(|(entry, _)| entry.path == ENV) {
        true => messages::secrets_are_readable(),
        false => messages::files_are_open(),
    };
    let close = |(entry, mode): (&Entry, u32)| Fix::SetMode(entry.path, mode & !entry.forbidden);
    vec![
        messages::mode_too_open(names.join(", "), &cause, &system_advice::close_files())
            .fixed_by(open.into_iter().map(close)),
    ]
}

/// The gateway's user owns everything the gateway writes to.
pub fn owners(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![messages::no_root(Id::Owners)];
    }
    if !cfg!(target_os = "linux") {
        return vec![messages::owners_do_not_matter()];
    }
    // A gateway started by hand runs as whoever started it; only the container has a fixed user.
    let runs = facts.listener.is_some() || facts.starting.is_some();
    if facts.in_container().is_none() && runs {
        return vec![messages::owners_by_hand()];
    }
    let mut foreign: Vec<(&str, &str, u32)> = ENTRIES
        .iter()
        .filter(|entry| entry.container_owns)
        .filter_map(|entry| Some((entry.path, entry.path, facts.entries.get(entry.path)?.uid?)))
        .filter(|(.., uid)| *uid != CONTAINER_UID)
        .collect();
    let healthy = facts
        .in_container()
        .is_some_and(|container| container.health == "healthy");
    match &facts.foreign_state {
        // A healthy gateway does not need what someone put there, and without an engine nothing runs in
        // a container.
        Some((path, uid))
            if !healthy && foreign.is_empty() && facts.engine != Presence::NoEngine =>
        {
            foreign.push((HOME, path, *uid));
        }
        _ => {}
    }
    if foreign.is_empty() {
        return vec![messages::owners_ok()];
    }
    let names: Vec<String> = foreign
        .iter()
        .map(|(_, path, uid)| format!("{path} (uid {uid})"))
        .collect();
    let paths: Vec<&str> = foreign.iter().map(|(entry, ..)| *entry).collect();
    // Only root can give files away.
    let given = foreign.iter().filter(|_| facts.euid == Some(0));
    let fixes = given.map(|(entry, ..)| Fix::GiveToContainer(entry));
    vec![messages::owner_not_container(names.join(", "), paths.join(" ")).fixed_by(fixes)]
}

/// No upgrade or rollback was interrupted.
pub fn journal(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![messages::no_root(Id::Journal)];
    }
    vec![match &facts.journal {
        Content::Missing => messages::journal_ok(),
        Content::Good(journal) if facts.changing => {
            messages::operation_under_way(&journal.from, &journal.to)
        }
        Content::Good(journal) => messages::operation_interrupted(&journal.from, &journal.to),
        Content::Unreadable(error) => messages::not_readable(Id::Journal, JOURNAL, error),
        Content::Bad(error) => Check::failed(
            Id::Journal,
            FaultCode::ConfigInvalid,
            "journal_unreadable",
            &error::journal_unreadable(error),
        ),
    }]
}
