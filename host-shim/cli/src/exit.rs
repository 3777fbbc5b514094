//! Exit codes: stable, so that scripts can tell the ends of a turn apart.

use openclaw_core::{fault::FaultCode, locale::Locale};

pub use openclaw_core::exit::{OK, OTHER, USAGE};

use super::text::pick;

/// Ctrl-C pressed twice; what a turn that was cancelled has, too.
pub const INTERRUPTED: u8 = 130;

/// The list that `--help` shows.
pub fn list(locale: Locale) -> String {
    let mut lines = vec![
        (OK, pick(locale, "all went well", "成功").to_owned()),
        (OTHER, pick(locale, "another error", "其他错误").to_owned()),
        (
            USAGE,
            pick(
                locale,
                "wrong arguments, input or settings (config_invalid)",
                "参数、输入或设置有误（config_invalid）",
            )
            .to_owned(),
        ),
        (
            openclaw_sidecar::cli::WENT_BACK,
            pick(
                locale,
                "sidecar: an upgrade or roll-back did not work, and what ran before runs again",
                "sidecar：升级或回滚未成功，已恢复到之前的版本",
            )
            .to_owned(),
        ),
    ];
    let mut faults: Vec<_> = FaultCode::ALL
        .iter()
        .filter(|code| **code != FaultCode::ConfigInvalid)
        .map(|code| (code.exit_code(), code.to_string()))
        .collect();
    faults.sort_unstable();
    lines.append(&mut faults);
    lines
        .iter()
        .map(|(code, meaning)| format!("  {code:>3}  {meaning}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_fault_with_its_code() {
        for locale in [Locale::En, Locale::Zh] {
            let list = list(locale);
            for code in FaultCode::ALL {
                assert!(list.contains(code.as_str()), "{code}");
            }
            assert!(list.contains(" 10  auth_failed\n"), "{list}");
        }
    }

    #[test]
    fn ctrl_c_has_the_code_of_a_cancelled_turn() {
        assert_eq!(INTERRUPTED, FaultCode::Cancelled.exit_code());
    }
}
