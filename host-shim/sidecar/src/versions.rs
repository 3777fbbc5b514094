//! What differs between releases of the gateway: one row for each range of versions, in this file only.
//!
//! A row says what its versions need and which built-in tools they have, by the level that may use them.
//! What was measured or tried on a real gateway is marked with the version.

mod tools;

use openclaw_core::level::Level;

use self::tools::{TOOLS_2026_2, TOOLS_2026_9};
use crate::release::release;

/// A range of versions: from this row's first one up to the next row's.
#[derive(Debug)]
pub struct Range {
    /// The first version.
    pub since: (u64, u64, u64),
    /// How long it may take to stop, in Compose's notation: `OPENCLAW_STOP_GRACE`.
    pub stop_grace: &'static str,
    /// The container's memory limit: `OPENCLAW_MEMORY_LIMIT`.
    pub memory_limit: &'static str,
    /// What it has been seen to use after 50 turns, in MiB.
    pub memory_used: u64,
    /// What it has been seen to need, in MiB: with less it is killed sooner or later.
    pub memory_needed: u64,
    /// How long it takes to start.
    pub start: Start,
    /// Where it says whether it is alive and ready; `None` if it has no such paths.
    pub health: Option<Health>,
    /// Whether it offers the caller's tools to the model.
    pub offers_client_tools: bool,
    /// Whether a failure of the model provider is reported as one.
    pub reports_failures: bool,
    /// Whether conversations are in a database, which versions before cannot read.
    pub sessions_in_database: bool,
    /// Keys of the config that it needs: the object's keys, the key, and the value as JSON5.
    pub settings: &'static [Setting],
    /// Places in the config that it does not know, so that it refuses to start; `*` is every item of a list.
    pub refused: &'static [&'static str],
    /// Its built-in tools.
    pub tools: &'static [Tool],
    /// Whether `tools.fs.workspaceOnly` confines the tools that read files.
    pub confines_files: bool,
    /// Whether an allow list of unknown names only is ignored; otherwise the agent cannot answer.
    pub ignores_unknown_allow: bool,
    /// The tools of `profile: "minimal"`.
    pub minimal: &'static [&'static str],
}

/// How long a version has been seen to take to start, in seconds, on a machine with nothing else to do.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The first time, without its loader cache.
    pub first: u64,
    /// Later.
    pub later: u64,
    /// The first turn after a start, beyond what the model takes.
    pub first_turn: u64,
}

/// Paths that answer a GET without a token: 200 with JSON if it is so.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    /// Whether it is alive.
    pub live: &'static str,
    /// Whether it takes turns: 503 while it starts and while it stops.
    pub ready: &'static str,
}

/// A key of the config that a version needs.
#[derive(Debug)]
pub struct Setting {
    /// The name of its block.
    pub block: &'static str,
    /// The object that it is in.
    pub parent: &'static [&'static str],
    /// The key.
    pub key: &'static str,
    /// The value, as JSON5.
    pub value: &'static str,
    /// What happens with another value, in English and Chinese.
    pub why: (&'static str, &'static str),
}

/// A built-in tool.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// The group that it belongs to, without `group:`; empty for none.
    pub group: &'static str,
    /// From which level on it may be offered.
    pub level: Level,
    /// Whether it takes paths, so that below [`Level::Host`] it must be confined to the workspace.
    pub takes_paths: bool,
    /// Whether `group:openclaw` has it.
    pub in_openclaw: bool,
}

/// The row of a version. A version that is not a release, or newer than all rows, is in the last one.
pub fn of(version: &str) -> &'static Range {
    let found = release(version);
    let mut rows = RANGES.iter().rev();
    let last = &RANGES[RANGES.len() - 1];
    match found {
        Some(found) => rows.find(|row| row.since <= found).unwrap_or(&RANGES[0]),
        None => last,
    }
}

impl Range {
    /// The tools that may be offered at a level.
    pub fn allowed(&self, level: Level) -> impl Iterator<Item = &'static Tool> {
        self.tools.iter().filter(move |tool| tool.level <= level)
    }

    /// A built-in tool by its name.
    pub fn tool(&self, name: &str) -> Option<&'static Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

/// All rows, the oldest first. Only a version that differs needs one.
pub static RANGES: &[Range] = &[
    V2026_2,
    Range {
        since: (2026, 2, 10),
        reports_failures: true,
        ..V2026_2
    },
    V2026_3,
    Range {
        since: (2026, 3, 28),
        offers_client_tools: true,
        ..V2026_3
    },
    V2026_8,
    V2026_9,
];

/// Tried on 2026.2.9.
const V2026_2: Range = Range {
    since: (0, 0, 0),
    stop_grace: "30s",
    // 429 MB after 50 turns, but 1.1 to 1.3 GB in a cold start.
    memory_limit: "1536m",
    memory_used: 410,
    memory_needed: 1200,
    start: Start {
        first: 50,
        later: 11,
        first_turn: 0,
    },
    health: None,
    offers_client_tools: false,
    reports_failures: false,
    sessions_in_database: false,
    settings: &[
        CONVERSATIONS_STAY,
        // An agent that the config does not have is created on the spot: with next to no tools.
        Setting {
            block: "tools",
            parent: &["tools"],
            key: "profile",
            value: "\"minimal\"",
            why: (
                "otherwise an agent that the config does not have gets all tools",
                "否则配置中没有的智能体会得到全部工具",
            ),
        },
    ],
    refused: &["tools.toolSearch", "tools.fs", "agents.list.*.tools.fs"],
    tools: TOOLS_2026_2,
    confines_files: false,
    ignores_unknown_allow: true,
    minimal: &["session_status"],
};

const V2026_3: Range = Range {
    since: (2026, 3, 0),
    // It waits for running turns and reruns one that was cut off.
    stop_grace: "330s",
    ..Range {
        reports_failures: true,
        ..V2026_2
    }
};

const V2026_8: Range = Range {
    since: (2026, 8, 0),
    sessions_in_database: true,
    ..Range {
        offers_client_tools: true,
        ..V2026_3
    }
};

/// Tried on 2026.9.6.
const V2026_9: Range = Range {
    since: (2026, 9, 0),
    // 767 MB at rest, 1400 after 50 turns, 1978 later.
    memory_limit: "2560m",
    memory_used: 1340,
    memory_needed: 2000,
    start: Start {
        first: 28,
        later: 28,
        first_turn: 18,
    },
    health: Some(Health {
        live: "/healthz",
        ready: "/readyz",
    }),
    settings: &[
        CONVERSATIONS_STAY,
        // Otherwise a search tool stands for AstrBot's tools, which hides them from many models.
        Setting {
            block: "tools",
            parent: &["tools"],
            key: "toolSearch",
            value: "false",
            why: (
                "otherwise a search tool hides AstrBot's tools from the model",
                "否则 AstrBot 的工具会被搜索工具隐藏",
            ),
        },
    ],
    refused: &["gateway.http.endpoints.responses.maxBodyBytes"],
    tools: TOOLS_2026_9,
    confines_files: true,
    ignores_unknown_allow: false,
    minimal: &["session_status", "gateway"],
    ..V2026_8
};

/// 2026.2.9 forgets every conversation at 04:00 otherwise; ten years.
const CONVERSATIONS_STAY: Setting = Setting {
    block: "session",
    parent: &[],
    key: "session",
    value: "{ reset: { mode: \"idle\", idleMinutes: 5256000 } }",
    why: (
        "otherwise every conversation may be forgotten at 04:00",
        "否则每天 04:00 可能会忘记所有会话",
    ),
};

#[cfg(test)]
mod tests {
    use Level::{Host as L3, ReadOnly as L1};

    use super::*;

    #[test]
    fn every_version_has_its_row() {
        for (version, since) in [
            ("2026.1.30", (0, 0, 0)),
            ("2026.2.9", (0, 0, 0)),
            ("2026.2.28", (2026, 2, 10)),
            ("2026.3.1", (2026, 3, 0)),
            ("2026.3.28", (2026, 3, 28)),
            ("2026.8.1", (2026, 8, 0)),
            ("2026.9.6", (2026, 9, 0)),
            ("2026.9.7-broken", (2026, 9, 0)),
            ("2027.1.1", (2026, 9, 0)),
            ("latest", (2026, 9, 0)),
        ] {
            assert_eq!(of(version).since, since, "{version}");
        }
        assert!(RANGES.is_sorted_by(|one, next| one.since < next.since));
    }

    // Report R10 (attack): a gateway that drains was killed after 30 s, and ran the turn again.
    #[test]
    fn the_time_to_stop_is_by_version() {
        for (version, grace) in [
            ("2026.2.9", "30s"),
            ("2026.3.1", "330s"),
            ("2026.9.6", "330s"),
        ] {
            assert_eq!(of(version).stop_grace, grace, "{version}");
        }
    }

    #[test]
    fn the_pages_name_the_tools_of_each_level() {
        for page in [
            include_str!("../../SECURITY.md"),
            include_str!("../../astrbot/astrbot_plugin_openclaw/README.md"),
        ] {
            for (version, tried) in [("2026.2.9", V2026_2), ("2026.9.6", V2026_9)] {
                let row = page
                    .lines()
                    .find(|line| line.starts_with(&format!("| {version} |")));
                let cells: Vec<&str> = row.unwrap().split(" | ").collect();
                for (cell, level) in cells[1..3].iter().zip([L1, L3]) {
                    let mut named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
                    let own = tried.tools.iter().filter(|tool| tool.level == level);
                    let mut own: Vec<&str> = own.map(|tool| tool.name).collect();
                    named.sort_unstable();
                    own.sort_unstable();
                    assert_eq!(named, own, "{version} {level:?}");
                }
            }
        }
    }

    #[test]
    fn what_reads_is_confined_and_other_peoples_words_are_not_for_l1() {
        for row in RANGES {
            let read_only: Vec<&Tool> = row.allowed(L1).collect();
            assert!(!read_only.is_empty());
            for tool in read_only {
                assert!(!tool.takes_paths || row.confines_files, "{tool:?}");
                assert!(!tool.name.starts_with("session"), "{tool:?}");
                assert!(!tool.name.starts_with("conversation"), "{tool:?}");
            }
            let mut names: Vec<&str> = row.tools.iter().map(|tool| tool.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), row.tools.len(), "each tool once");
        }
    }
}
