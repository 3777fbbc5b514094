//! `doctor`: looks at everything once, says what is wrong, why, and what to do.
//!
//! A diagnostic is a pure function of the [`Facts`]; a [`Fix`] is one safe step. The report is
//! stable JSON, described by `doctor.schema.json`.

mod check;
mod checks;
mod facts;
mod fixes;

use self::checks::{compose_file, container, env, files, machine, network, settings};
use openclaw_core::locale::Locale;
use serde_json::{Value, json};

pub use check::{Check, Status};
pub use facts::{Content, Facts, Found, Listener, Memory, Scope};
pub use fixes::{Fix, set_env};

/// The JSON Schema of `doctor --json`.
pub const SCHEMA: &str = include_str!("../../doctor.schema.json");

/// One thing to look at: some checks from the facts.
pub type Diagnostic = fn(&Facts) -> Vec<Check>;

/// Every diagnostic, in the order of the report: what others depend on comes first.
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
    compose_file::compose_file,
    container::engine,
    container::container,
    network::port,
    network::without_token,
    network::with_token,
    machine::memory,
    machine::disk,
    machine::clock,
];

/// What all diagnostics say.
pub fn diagnose(facts: &Facts) -> Vec<Check> {
    DIAGNOSTICS
        .iter()
        .flat_map(|diagnostic| diagnostic(facts))
        .collect()
}

/// Whether all is well: nothing is wrong. Notes and what could not be looked at do not count.
pub fn is_well(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.status != Status::Wrong)
}

/// The safe steps of all checks, each once.
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

/// The report for a terminal.
pub fn render(checks: &[Check], locale: Locale) -> String {
    let (cause, remedy, would) = match locale {
        Locale::En => ("cause", "remedy", "--fix would"),
        Locale::Zh => ("原因", "处理", "--fix 将会"),
    };
    let mut out = String::new();
    for check in checks {
        let mark = match (check.status, locale) {
            (Status::Ok, Locale::En) => "  ok     ",
            (Status::Ok, Locale::Zh) => "  正常   ",
            (Status::Note, Locale::En) => "  note   ",
            (Status::Note, Locale::Zh) => "  提示   ",
            (Status::Skipped, Locale::En) => "  -      ",
            (Status::Skipped, Locale::Zh) => "  -      ",
            (Status::Wrong, Locale::En) => "  WRONG  ",
            (Status::Wrong, Locale::Zh) => "  异常   ",
        };
        let code = check
            .code
            .map(|code| format!(" [{code}]"))
            .unwrap_or_default();
        let detail = check.detail.get(locale).replace('\n', "\n             ");
        out.push_str(&format!("{mark}{}: {detail}{code}\n", check.name));
        for (label, text) in [(cause, &check.cause), (remedy, &check.remedy)] {
            let text = text.get(locale);
            if !text.is_empty() {
                out.push_str(&format!("           {label}: {text}\n"));
            }
        }
        for fix in &check.fixes {
            out.push_str(&format!(
                "           {would}: {}\n",
                fix.describe().get(locale)
            ));
        }
    }
    out
}
