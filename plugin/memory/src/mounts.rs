//! Mounted control group hierarchies, from `/proc/self/mountinfo`.

use std::path::{Component, Path, PathBuf};

use crate::cgroup::PATH_MAX;

/// The cgroup version of a hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// v1, with the memory controller.
    V1,
    /// v2.
    V2,
}

/// A mounted hierarchy.
#[derive(Debug)]
pub(crate) struct Mount {
    /// The group at the mount point.
    root: PathBuf,
    /// The mount point.
    pub point: PathBuf,
    /// Its version.
    pub kind: Kind,
    /// Something else is mounted over it.
    pub is_covered: bool,
}

/// The position of a group relative to a mount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// In this folder below the mount point.
    Below(PathBuf),
    /// Below the mount point, but the folders in between are unknown.
    Deeper,
    /// Not below the mount point.
    Elsewhere,
}

/// Finds the hierarchies among all mounts. Unparsable lines belong to other file systems and are skipped.
pub(crate) fn parse(text: &str) -> Vec<Mount> {
    let lines: Vec<Line<'_>> = text.lines().filter_map(line).collect();
    let found = lines.iter().filter_map(|line| {
        let over = |other: &Line<'_>| other.parent == line.id && other.point == line.point;
        Some(Mount {
            kind: line.kind?,
            root: unescaped(line.root.trim_end_matches("//deleted")),
            point: unescaped(line.point),
            is_covered: lines.iter().any(|other| other.id != line.id && over(other)),
        })
    });
    found.collect()
}

/// A mount as it is written, of which a machine may have hundreds.
struct Line<'a> {
    id: u64,
    parent: u64,
    root: &'a str,
    point: &'a str,
    /// None for other file systems.
    kind: Option<Kind>,
}

// ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL…] - TYPE SOURCE SUPER-OPTIONS
fn line(line: &str) -> Option<Line<'_>> {
    let (place, system) = line.split_once(" - ")?;
    let mut place = place.split(' ');
    let mut system = system.split(' ');
    let (id, parent) = (place.next()?, place.next()?);
    let (root, point) = (place.nth(1)?, place.next()?);
    if root.len().max(point.len()) > PATH_MAX {
        return None;
    }
    let (fs_type, options) = (system.next()?, system.nth(1).unwrap_or_default());
    let kind = match fs_type {
        "cgroup" if options.split(',').any(|option| option == "memory") => Some(Kind::V1),
        "cgroup2" => Some(Kind::V2),
        _ => None,
    };
    Some(Line {
        id: id.parse().ok()?,
        parent: parent.parse().ok()?,
        root,
        point,
        kind,
    })
}

/// Spaces and backslashes in a path are written as three octal digits.
fn unescaped(path: &str) -> PathBuf {
    let mut parts = path.split('\\');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        let byte = part.get(..3).and_then(|d| u8::from_str_radix(d, 8).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[3..]);
            }
            None => {
                bytes.push(b'\\');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

impl Mount {
    /// The position of `group`. Both it and the mount's root are relative to the process's namespace, so
    /// either may climb with `..`.
    pub fn view(&self, group: &str) -> View {
        let group = Path::new(group);
        let inner = group.strip_prefix(&self.root).ok();
        let named = |part| matches!(part, Component::Normal(_));
        if let Some(inner) = inner.filter(|inner| inner.components().all(named)) {
            return View::Below(inner.to_owned());
        }
        let climbs = |path: &Path| {
            let up = |part: &Component| *part == Component::ParentDir;
            path.components().skip(1).take_while(up).count()
        };
        let root_climbs = climbs(&self.root);
        let only_climbs = self.root.components().skip(1).count() == root_climbs;
        if only_climbs && climbs(group) < root_climbs {
            View::Deeper
        } else {
            View::Elsewhere
        }
    }
}
