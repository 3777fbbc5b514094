//! `doctor`: checks everything once and says what is wrong, why, and what to do.
//!
//! A diagnostic is a pure function of the [`Facts`]; a [`Fix`] is one safe step. The report is
//! stable JSON, described by `doctor.schema.json`.

mod check;
mod checks;
mod facts;
mod fixes;
mod messages;

use openclaw_core::locale::Locale;
use openclaw_core::wrap::wrap;
use serde_json::{Value, json};

pub use self::check::{Check, Id, Status};
use self::checks::{
    astrbot, compose_file, container, env, files, levels, machine, model, network, settings,
};
pub use self::facts::{AstrBotFacts, Facts, Found, Listener, Memory, Scope};
pub use self::fixes::{Fix, set_env};
use crate::text::{Text, advice, text};

/// The JSON Schema of `doctor --json`.
pub const SCHEMA: &str = include_str!("../../doctor.schema.json");

/// Makes checks from the facts.
pub type Diagnostic = fn(&Facts) -> Vec<Check>;

/// Every diagnostic, in the order of the report: prerequisites come first.
pub const DIAGNOSTICS: &[Diagnostic] = &[
    files::root,
    files::entries,
    files::modes,
    files::owners,
    files::journal,
    env::env_file,
    env::token,
    env::exported,
    env::version,
    settings::plugin,
    settings::config,
    levels::config,
    levels::agents,
    levels::plugin,
    model::model,
    compose_file::compose_file,
    container::engine,
    container::container,
    network::port,
    network::without_token,
    network::with_token,
    model::answer,
    astrbot::astrbot,
    machine::memory,
    machine::sizing,
    machine::disk,
    machine::clock,
];

/// The checks of all diagnostics.
pub fn diagnose(facts: &Facts) -> Vec<Check> {
    let checks = DIAGNOSTICS.iter().flat_map(|diagnostic| diagnostic(facts));
    checks.collect()
}

/// Whether nothing is wrong. Notes and skipped checks do not count.
pub fn is_well(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.status != Status::Wrong)
}

/// The fixes of all checks, without duplicates.
pub fn fixes(checks: &[Check]) -> Vec<Fix> {
    let mut all: Vec<Fix> = Vec::new();
    for fix in checks.iter().flat_map(|check| &check.fixes) {
        if !all.contains(fix) {
            all.push(fix.clone());
        }
    }
    all
}

/// The report as documented JSON.
pub fn json(facts: &Facts, checks: &[Check], fixed: &[Fix], locale: Locale) -> Value {
    json!({
        "version": 1,
        "ok": is_well(checks),
        "root": facts.root.path().display().to_string(),
        "gateway": {
            "url": format!("http://127.0.0.1:{}", facts.port),
            "version": facts.version(),
        },
        "fixed": fixed.iter().map(|fix| fix.describe().get(locale).to_owned()).collect::<Vec<_>>(),
        "checks": checks.iter().map(|check| check.json(locale)).collect::<Vec<_>>(),
    })
}

impl Status {
    /// What stands before a check in the report for people.
    fn mark(self) -> Text {
        match self {
            Self::Ok => text!(en: "  ok     ", zh: "  正常   "),
            Self::Note => text!(en: "  note   ", zh: "  提示   "),
            Self::Skipped => text!(en: "  -      ", zh: "  -      "),
            Self::Wrong => text!(en: "  WRONG  ", zh: "  异常   "),
        }
    }

    fn coloured(self, mark: &str) -> String {
        let mark = console::style(mark).force_styling(true);
        match self {
            Self::Ok => mark.green(),
            Self::Note => mark.yellow(),
            Self::Skipped => mark.dim(),
            Self::Wrong => mark.red().bold(),
        }
        .to_string()
    }
}

/// The report for people: on a terminal wrapped at `columns` and, if it shows them, with `colours`.
pub fn render(checks: &[Check], locale: Locale, columns: Option<usize>, colours: bool) -> String {
    const INDENT: &str = "           ";
    let columns = columns.unwrap_or(usize::MAX);
    let would = text!(en: "--fix would: ", zh: "--fix 将会：");
    let would = would.get(locale);
    let mut out = String::new();
    for check in checks {
        let (mark, id) = (check.status.mark(), check.id.as_str());
        let code = check.code.map(|code| format!(" [{code}]"));
        let detail = check.detail.get(locale);
        let (mark, code) = (mark.get(locale), code.unwrap_or_default());
        let mark = match colours {
            true => check.status.coloured(mark),
            false => mark.to_owned(),
        };
        let line = format!("{mark}{id}: {detail}{code}");
        out.push_str(&wrap(&line, columns, &format!("{INDENT}  ")));
        out.push('\n');
        let mut below = advice(&check.cause, &check.remedy, locale, INDENT);
        for fix in &check.fixes {
            let fix = fix.describe();
            below.push_str(&format!("{INDENT}{would}{}\n", fix.get(locale)));
        }
        for line in below.lines() {
            out.push_str(&wrap(line, columns, &format!("{INDENT}  ")));
            out.push('\n');
        }
    }
    out.push_str(&summary(checks, locale));
    out
}

/// The last line: how many are wrong, to be noted, and well.
fn summary(checks: &[Check], locale: Locale) -> String {
    let count = |status: Status| checks.iter().filter(|check| check.status == status).count();
    let (wrong, notes, well) = (count(Status::Wrong), count(Status::Note), count(Status::Ok));
    let s = if notes == 1 { "" } else { "s" };
    let line = text!(
        en: "\n{wrong} wrong, {notes} note{s}, {well} ok\n",
        zh: "\n异常 {wrong} 项，提示 {notes} 项，正常 {well} 项\n");
    line.get(locale).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // N10 of issue 13: the report ended without one.
    #[test]
    fn the_last_line_counts_what_is_wrong_and_noted() {
        let (wrong, note) = (messages::version_missing, || {
            messages::client_tools_ignored("2026.2.9")
        });
        let (ok, skipped) = (messages::clock_ok(), messages::container_no_engine());
        for (checks, en, zh) in [
            (
                vec![wrong(), ok.clone(), note(), wrong(), note(), skipped],
                "2 wrong, 2 notes, 1 ok",
                "异常 2 项，提示 2 项，正常 1 项",
            ),
            (
                vec![note()],
                "0 wrong, 1 note, 0 ok",
                "异常 0 项，提示 1 项，正常 0 项",
            ),
            (
                vec![ok],
                "0 wrong, 0 notes, 1 ok",
                "异常 0 项，提示 0 项，正常 1 项",
            ),
        ] {
            for (locale, line) in [(Locale::En, en), (Locale::Zh, zh)] {
                let report = render(&checks, locale, Some(80), true);
                assert!(report.ends_with(&format!("\n\n{line}\n")), "{report}");
            }
        }
    }
}
