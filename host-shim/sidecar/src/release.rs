//! What differs between releases of the gateway, as far as running it is concerned.

use std::time::Duration;

use semver::Version;

use crate::text::{Text, text};
use crate::versions;

/// A length of time as Compose reads it (`90`, `90s`, `5m30s`, `1h`); `None` if it is none.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = Some(text).filter(|text| !text.is_empty())?;
    while !rest.is_empty() {
        let (value, unit) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let end = unit.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, left) = unit.split_at(end.unwrap_or(unit.len()));
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            "us" => 0.000_001,
            _ => return None,
        };
        total += Duration::try_from_secs_f64(value.parse::<f64>().ok()? * factor).ok()?;
        rest = left;
    }
    Some(total)
}

/// The numbers of a version, to compare releases by; `None` unless it is an image tag that names one
/// release, such as `2026.2.9` or `2026.9.1-beta.1`, never a moving one such as `latest`.
pub fn release(version: &str) -> Option<(u64, u64, u64)> {
    let read = Version::parse(version).ok()?;
    let right = (1000..=9999).contains(&read.major) && read.build.is_empty() && version.len() <= 64;
    right.then_some((read.major, read.minor, read.patch))
}

/// Whether it is an image tag that names one release.
pub fn is_pinned_version(version: &str) -> bool {
    release(version).is_some()
}

/// What a rollback will not restore after this change of version; `None` if nothing is known.
pub fn not_brought_back(from: &str, to: &str) -> Option<Text> {
    release(to)?;
    // An unknown version may have any state.
    let before = release(from).is_some() && versions::of(from).sessions_in_database;
    if before || !versions::of(to).sessions_in_database {
        return None;
    }
    Some(text!(
 en: "From {from} to {to}, sessions move into a database (SQLite). A rollback restores the version, .env, config and compose file, but not data/: {from} will not find conversations that {to} has converted or created. To keep them, stop the gateway and copy the folder first: host-shim sidecar down && cp -a data data.before-{to}",
 zh: "从 {from} 到 {to}，会话改为存入数据库（SQLite）。回退会恢复版本、.env、配置和 compose 文件，但不会恢复 data/：{from} 将无法读取由 {to} 转换或创建的会话。如需保留，请先停止网关并复制该目录：host-shim sidecar down && cp -a data data.before-{to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_read_as_compose_reads_it() {
        for (text, read) in [
            ("30s", Some(30)),
            ("5m30s", Some(330)),
            ("1h", Some(3600)),
            ("1500ms", Some(1)),
            ("90", Some(90)),
            ("1.5m", Some(90)),
            ("", None),
            ("soon", None),
            ("5x", None),
            ("m", None),
        ] {
            assert_eq!(duration(text).map(|read| read.as_secs()), read, "{text}");
        }
    }

    #[test]
    fn what_is_not_brought_back_is_known_by_version() {
        for (from, to, told) in [
            ("2026.2.9", "2026.9.6", true),
            ("2026.7.9", "2026.8.0", true),
            ("2026.2.9", "2026.7.9", false),
            ("2026.8.1", "2026.9.6", false),
            ("2026.9.6", "2026.2.9", false),
            ("unknown", "2026.9.6", true),
        ] {
            assert_eq!(not_brought_back(from, to).is_some(), told, "{from} {to}");
        }
    }

    #[test]
    fn only_a_release_is_a_pinned_version() {
        for good in ["2026.2.9", "2026.9.1-beta.1", "2026.7.1-2-slim"] {
            assert!(is_pinned_version(good), "{good}");
        }
        for bad in [
            "latest",
            "main",
            "",
            "2026.2",
            "2026.2.x",
            "v2026.2.9",
            "2026.2.9-",
            "2026.2.9 ",
            "2026.2.9\n",
            "../x",
            "2026.2.9:x",
        ] {
            assert!(!is_pinned_version(bad), "{bad}");
        }
        assert!(release("2026.2.9") < release("2026.9.6"));
        assert!(release("2026.2.9") < release("2026.2.28"));
    }
}
