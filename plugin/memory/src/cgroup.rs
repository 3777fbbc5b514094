//! The control groups (v1 and v2) around this process, from its own up to the mount point.

use std::cell::LazyCell;
use std::io;
use std::path::Path;

use crate::mounts::{self, Kind, Mount, View};
use crate::{Bound, Doubt, Sample, Unreadable};

const GROUPS: &str = "/proc/self/cgroup";
const MOUNTS: &str = "/proc/self/mountinfo";

/// A limit of a group.
struct Limit {
    size: &'static str,
    usage: &'static str,
    /// Field of `memory.stat` with the minimum of this limit over the group and all its ancestors, including
    /// hidden ones.
    with_ancestors: Option<&'static str>,
}

/// The files of a cgroup version.
struct Version {
    kind: Kind,
    limits: &'static [Limit],
    /// A file that exists in every such group, including the root.
    always: &'static str,
}

const V1: Version = Version {
    kind: Kind::V1,
    limits: &[
        Limit {
            size: "memory.limit_in_bytes",
            usage: "memory.usage_in_bytes",
            with_ancestors: Some("hierarchical_memory_limit"),
        },
        // Memory and swap combined; exists only if swap is accounted.
        Limit {
            size: "memory.memsw.limit_in_bytes",
            usage: "memory.memsw.usage_in_bytes",
            with_ancestors: Some("hierarchical_memsw_limit"),
        },
    ],
    always: "memory.limit_in_bytes",
};

const V2: Version = Version {
    kind: Kind::V2,
    limits: &[
        Limit {
            size: "memory.max",
            usage: "memory.current",
            with_ancestors: None,
        },
        // Exceeding it kills nothing, but the kernel throttles the group until it is useless.
        Limit {
            size: "memory.high",
            usage: "memory.current",
            with_ancestors: None,
        },
    ],
    // The root group has no memory.max.
    always: "cgroup.controllers",
};

/// v1 writes "no limit" as a number near 2^63 that depends on the page size.
const V1_UNLIMITED: u64 = 1 << 62;

/// Memory left in the groups around this process.
#[derive(Default)]
pub(crate) struct Groups {
    /// One per limit.
    pub samples: Vec<Sample>,
    /// The part of the hierarchy that cannot be seen but could limit memory.
    pub doubt: Option<Doubt>,
}

/// Default location of the files if the system does not report it.
const USUAL_GROUPS: &str = "1:memory:/\n0::/\n";
const USUAL_MOUNTS: &str = "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 none rw\n\
                            2 1 0:2 / /sys/fs/cgroup/memory rw - cgroup none rw,memory\n";

/// The most bytes of a path that the kernel shows or opens. A longer one takes its square in memory and time, folder by
/// folder.
pub(crate) const PATH_MAX: usize = 4096;

/// Reads all visible limits.
pub(crate) fn read(file: &impl Fn(&Path) -> io::Result<String>) -> Result<Groups, Unreadable> {
    let mut all = Groups::default();
    let mut unread = |path: &str, error: io::Error, usual: &str| {
        let why = format!("{path}: {error}");
        all.doubt.get_or_insert(Doubt::GroupsHidden { why });
        usual.to_owned()
    };
    let groups = match file(Path::new(GROUPS)) {
        // A kernel without control groups.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Groups::default()),
        text => text.unwrap_or_else(|error| unread(GROUPS, error, USUAL_GROUPS)),
    };
    let mounts = file(Path::new(MOUNTS));
    let mounts = mounts.unwrap_or_else(|error| unread(MOUNTS, error, USUAL_MOUNTS));
    let mounts = mounts::parse(&mounts);
    for (at, (version, group)) in memory_groups(&groups)?.into_iter().enumerate() {
        if group.len() > PATH_MAX {
            let why = format!("{GROUPS}: a path of {} bytes", group.len());
            all.doubt.get_or_insert(Doubt::GroupsHidden { why });
            continue;
        }
        let found = seen(file, version, group, &mounts)?;
        all.samples.extend(found.samples);
        // A controller is in a single hierarchy: v2 does not have memory if v1 does.
        if at == 0 {
            all.doubt = all.doubt.or(found.doubt);
        }
    }
    Ok(all)
}

/// This process's group in each hierarchy that can limit memory, v1 first. Line format:
/// `ID:CONTROLLERS:GROUP`; v2 has id 0 and no controllers.
fn memory_groups(text: &str) -> Result<Vec<(&'static Version, &str)>, Unreadable> {
    let lines: Vec<[&str; 3]> = text
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':');
            Some([parts.next()?, parts.next()?, parts.next()?])
        })
        .collect();
    if lines.is_empty() && !text.trim().is_empty() {
        return Err(Unreadable::Content {
            path: GROUPS.to_owned(),
            what: "list of groups",
        });
    }
    let v1 = lines
        .iter()
        .find(|[_, controllers, _]| controllers.split(',').any(|name| name == "memory"))
        .map(|[_, _, group]| (&V1, *group));
    let v2 = lines
        .iter()
        .find(|[id, controllers, _]| *id == "0" && controllers.is_empty())
        .map(|[_, _, group]| (&V2, *group));
    Ok(v1.into_iter().chain(v2).collect())
}

/// What the mounts of one version show of `group` and its ancestors.
fn seen(
    file: &impl Fn(&Path) -> io::Result<String>,
    version: &'static Version,
    group: &str,
    mounts: &[Mount],
) -> Result<Groups, Unreadable> {
    let mut samples = vec![];
    // Whether a mount shows the group itself; otherwise the closest one.
    let mut shown = false;
    let mut nearest: Option<(View, &Mount)> = None;
    let mut hidden = None;
    for mount in mounts.iter().filter(|mount| mount.kind == version.kind) {
        let place = mount.point.display();
        if mount.is_covered {
            hidden.get_or_insert(format!("{place}: something else is mounted over it"));
            continue;
        }
        let view = mount.view(group);
        let inner = match &view {
            View::Below(inner) => inner,
            _ => Path::new(""),
        };
        let is_there = |folder: &Path| {
            let names = [version.always, version.limits[0].size, "memory.stat"];
            names.iter().any(|name| file(&folder.join(name)).is_ok())
        };
        let own = is_there(&mount.point.join(inner));
        if let Err(error) = file(&mount.point.join(version.always))
            && !own
        {
            hidden.get_or_insert(format!("{place}: {error}"));
            continue;
        }
        match (view, &nearest) {
            (View::Below(inner), _) => {
                shown |= own;
                samples.extend(left(file, version, &mount.point, &inner)?);
                nearest = Some((View::Below(inner), mount));
            }
            (View::Deeper, None | Some((View::Elsewhere, _))) => {
                nearest = Some((View::Deeper, mount));
            }
            (View::Elsewhere, None) => nearest = Some((View::Elsewhere, mount)),
            _ => {}
        }
    }
    let doubt = match nearest {
        _ if shown => None,
        Some((view, mount)) => {
            // This mount point may or may not limit us: better too careful than killed.
            if !matches!(view, View::Below(_)) {
                samples = left(file, version, &mount.point, Path::new(""))?;
            }
            Some(Doubt::GroupElsewhere {
                group: group.to_owned(),
                mount_point: mount.point.display().to_string(),
            })
        }
        // Not mounted. The root group has no limit to miss, unless it is a namespace's root, which is undetectable.
        None if hidden.is_none() && group == "/" => None,
        None => Some(Doubt::GroupsHidden {
            why: hidden.unwrap_or_else(|| format!("{group} is not mounted")),
        }),
    };
    Ok(Groups { samples, doubt })
}

/// Memory left under each limit of the group in the folder `inner` of a mount and of its ancestors there, innermost
/// first.
fn left(
    file: &impl Fn(&Path) -> io::Result<String>,
    version: &Version,
    mount_point: &Path,
    inner: &Path,
) -> Result<Vec<Sample>, Unreadable> {
    let mut samples = vec![];
    for (at, inner) in inner.ancestors().enumerate() {
        let folder = mount_point.join(inner);
        // Old kernels do not apply limits to descendants by default.
        let alone =
            || file(&folder.join("memory.use_hierarchy")).is_ok_and(|text| text.trim() == "0");
        if at > 0 && alone() {
            break;
        }
        let path = folder.join("memory.stat");
        // Lazy: computing it is expensive for a kernel with many groups.
        let statistics = LazyCell::new(|| file(&path).ok().map(Statistics));
        for limit in version.limits {
            let own = number(file, &folder.join(limit.size), "limit")?;
            let inherited = || {
                let name = limit.with_ancestors?;
                statistics.as_ref()?.field(name)
            };
            let total = own.into_iter().chain(inherited()).min();
            let Some(total) = total.filter(|total| *total < V1_UNLIMITED) else {
                continue;
            };
            let usage = folder.join(limit.usage);
            let usage = match number(file, &usage, "usage")? {
                Some(usage) => usage,
                // Swap is not accounted; the field exists anyway.
                None if own.is_none() => continue,
                None => {
                    return Err(Unreadable::File {
                        path: usage.display().to_string(),
                        error: io::ErrorKind::NotFound.into(),
                    });
                }
            };
            let given_back = statistics.as_ref().map_or(0, Statistics::given_back);
            let doubt = || {
                let path = path.display().to_string();
                Doubt::NoStatistics { path }.to_string()
            };
            samples.push(Sample {
                available: total.saturating_sub(usage.saturating_sub(given_back)),
                total,
                bound: Bound::Container,
                estimated: statistics.is_none().then(doubt),
            });
        }
        let unlimited = |limit: &Limit| {
            let least = statistics.as_ref()?.field(limit.with_ancestors?)?;
            Some(least >= V1_UNLIMITED)
        };
        // Nothing limits an ancestor either. (Swap may be not accounted, and then limits nothing.)
        let [memory, more @ ..] = version.limits else {
            continue;
        };
        if unlimited(memory) == Some(true)
            && more.iter().all(|limit| unlimited(limit) != Some(false))
        {
            break;
        }
    }
    Ok(samples)
}

/// The number in a group's file; none if "max" or missing (the root group, no memory controller, or not shown
/// by this mount).
fn number(
    file: &impl Fn(&Path) -> io::Result<String>,
    path: &Path,
    what: &'static str,
) -> Result<Option<u64>, Unreadable> {
    let text = match file(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Unreadable::File {
                path: path.display().to_string(),
                error,
            });
        }
    };
    match text.trim() {
        "max" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Unreadable::Content {
            path: path.display().to_string(),
            what,
        }),
    }
}

/// The text of `memory.stat`: a name and a number in each line.
struct Statistics(String);

impl Statistics {
    fn field(&self, name: &str) -> Option<u64> {
        let value = |line: &str| {
            line.strip_prefix(name)?
                .strip_prefix(' ')?
                .trim()
                .parse()
                .ok()
        };
        self.0.lines().find_map(value)
    }

    /// Reclaimable bytes, counted as in `MemAvailable`: the file cache of both lists and the reclaimable
    /// slab. Groups have no watermark, so nothing is held back. tmpfs and locked memory are in other lists;
    /// dirty pages cannot be reclaimed at once.
    fn given_back(&self) -> u64 {
        // v1 prefixes totals for the subtree, which its usage covers too, with `total_`; v2 has only totals.
        let bytes = |name: &str| {
            self.field(&format!("total_{name}"))
                .or_else(|| self.field(name))
                .unwrap_or(0)
        };
        let sum = |names: &[&str]| {
            names
                .iter()
                .map(|name| bytes(name))
                .fold(0, u64::saturating_add)
        };
        let cache = sum(&["active_file", "inactive_file"]);
        // v2's field names, then v1's.
        let unwritten = sum(&["file_dirty", "file_writeback", "dirty", "writeback"]);
        cache
            .saturating_sub(unwritten)
            .saturating_add(bytes("slab_reclaimable"))
    }
}
