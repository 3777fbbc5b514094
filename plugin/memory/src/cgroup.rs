//! The control groups around this process, both versions, from its own up to the mount point.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use procfs_core::FromBufRead;
use procfs_core::process::MountInfo;
use procfs_core::{ProcessCGroup, ProcessCGroups};

use crate::{Bound, Sample, Unreadable, must_read};

const CGROUPS: &str = "/proc/self/cgroup";
const MOUNTS: &str = "/proc/self/mountinfo";

/// The file names and sayings of one version.
struct Version {
    limit: &'static str,
    usage: &'static str,
    /// Keys in `memory.stat` of the cache that is given back, the first one present holds.
    cache: &'static [&'static str],
    /// A file that is in the mount point of every such hierarchy, the root group included.
    always: &'static str,
}

const V1: Version = Version {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    // `total_` is the whole subtree, as the usage is; only there with use_hierarchy.
    cache: &["total_inactive_file", "inactive_file"],
    always: "memory.limit_in_bytes",
};

const V2: Version = Version {
    limit: "memory.max",
    usage: "memory.current",
    cache: &["inactive_file"],
    // The root group has no memory.max.
    always: "cgroup.controllers",
};

/// v1 has no word for "no limit", but a number near 2^63 that depends on the page size.
const V1_UNLIMITED: u64 = 1 << 62;

/// What each limited group around this process leaves; empty where there is none.
pub(crate) fn samples(
    file: &impl Fn(&Path) -> io::Result<String>,
) -> Result<Vec<Sample>, Unreadable> {
    let text = match file(Path::new(CGROUPS)) {
        Ok(text) => text,
        // A kernel without control groups.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Unreadable::File {
                path: CGROUPS.to_owned(),
                error,
            });
        }
    };
    let groups =
        ProcessCGroups::from_buf_read(text.as_bytes()).map_err(|_| Unreadable::Content {
            path: CGROUPS.to_owned(),
            what: "list of groups",
        })?;
    let mounts = must_read(file, Path::new(MOUNTS))?;

    let mut samples = Vec::new();
    // Lines that cannot be read are other file systems' oddities, and none of our business.
    for mount in mounts
        .lines()
        .filter_map(|line| MountInfo::from_line(line).ok())
    {
        let Some((version, group)) = memory_group(&mount, &groups.0) else {
            continue;
        };
        file(&mount.mount_point.join(version.always)).map_err(|error| Unreadable::Mount {
            mount_point: mount.mount_point.display().to_string(),
            error,
        })?;
        for folder in folders(&mount, &group.pathname) {
            samples.extend(sample(file, version, &folder)?);
        }
    }
    Ok(samples)
}

/// If `mount` is a hierarchy that can limit memory: its version, and this process's group in it.
fn memory_group<'a>(
    mount: &MountInfo,
    groups: &'a [ProcessCGroup],
) -> Option<(&'static Version, &'a ProcessCGroup)> {
    match mount.fs_type.as_str() {
        "cgroup" if mount.super_options.contains_key("memory") => groups
            .iter()
            .find(|group| group.controllers.iter().any(|name| name == "memory"))
            .map(|group| (&V1, group)),
        "cgroup2" => groups
            .iter()
            .find(|group| group.hierarchy == 0 && group.controllers.is_empty())
            .map(|group| (&V2, group)),
        _ => None,
    }
}

/// The group's folder and those of its ancestors, as far as this mount shows them.
fn folders(mount: &MountInfo, group: &str) -> Vec<PathBuf> {
    // A mount may show only a part of the hierarchy: `root` is the group that its mount point is.
    // A group outside that part (a container without a cgroup namespace) cannot be seen; the
    // mount point is then the nearest thing to it.
    // Likewise one that was moved out of its namespace, whose path climbs with `..`.
    let inner = Path::new(group)
        .strip_prefix(&mount.root)
        .ok()
        .filter(|inner| {
            inner
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
        })
        .unwrap_or(Path::new(""));
    inner
        .ancestors()
        .map(|inner| mount.mount_point.join(inner))
        .collect()
}

/// What one group leaves; none if it has no limit of its own.
fn sample(
    file: &impl Fn(&Path) -> io::Result<String>,
    version: &Version,
    folder: &Path,
) -> Result<Option<Sample>, Unreadable> {
    let path = folder.join(version.limit);
    let limit = match file(&path) {
        Ok(text) if text.trim() == "max" => return Ok(None),
        Ok(text) => number(&text, &path, "limit")?,
        // The root group, a group without the memory controller, or one that this mount does not
        // show. That the mount can be read at all has been checked.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Unreadable::File {
                path: path.display().to_string(),
                error,
            });
        }
    };
    if limit >= V1_UNLIMITED {
        return Ok(None);
    }
    let path = folder.join(version.usage);
    let usage = number(&must_read(file, &path)?, &path, "usage")?;
    // Without the statistics all of the cache counts as used: rather too careful than killed.
    let cache = file(&folder.join("memory.stat")).map_or(0, |text| cache(&text, version.cache));
    Ok(Some(Sample {
        available: limit.saturating_sub(usage.saturating_sub(cache)),
        total: limit,
        bounded_by: Bound::Container,
    }))
}

fn number(text: &str, path: &Path, what: &'static str) -> Result<u64, Unreadable> {
    text.trim().parse().map_err(|_| Unreadable::Content {
        path: path.display().to_string(),
        what,
    })
}

fn cache(stat: &str, keys: &[&str]) -> u64 {
    let fields: HashMap<&str, u64> = stat
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(key, value)| Some((key, value.trim().parse().ok()?)))
        .collect();
    keys.iter()
        .find_map(|key| fields.get(key).copied())
        .unwrap_or(0)
}
