//! Exit codes: stable, so that scripts can tell the ends of a turn apart.

use openclaw_plugin::fault::{FaultCode, Locale};

use super::text::pick;

/// All went well.
pub const OK: u8 = 0;
/// Something else failed: a file, the component, a scene of the demo.
pub const OTHER: u8 = 1;
/// Ctrl-C, as a shell says it.
pub const INTERRUPTED: u8 = 130;
/// The arguments, the input or the settings are wrong.
pub const USAGE: u8 = 2;

/// The exit code of a turn that ended with this fault.
pub fn of_fault(code: FaultCode) -> u8 {
    match code {
        FaultCode::ConfigInvalid => USAGE,
        FaultCode::AuthFailed => 10,
        FaultCode::ResponsesEndpointNotEnabledOrNotFound => 11,
        FaultCode::NetworkOrUnreachable => 12,
        FaultCode::StreamInterrupted => 13,
        FaultCode::TimedOut => 14,
        FaultCode::ModelProviderFailed => 15,
        FaultCode::GatewayError => 16,
        FaultCode::RateLimited => 17,
        FaultCode::ProtocolError => 18,
        FaultCode::RequestRejected => 20,
        FaultCode::RequestTooLarge => 21,
        FaultCode::CircuitOpen => 30,
        FaultCode::Busy => 31,
        FaultCode::HeavyTaskRefused => 32,
        FaultCode::PluginTrapped => 40,
        FaultCode::Cancelled => INTERRUPTED,
    }
}

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
    ];
    let mut faults: Vec<_> = FaultCode::ALL
        .iter()
        .filter(|code| **code != FaultCode::ConfigInvalid)
        .map(|code| (of_fault(*code), code.to_string()))
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
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_an_exit_code_of_its_own() {
        let codes: HashSet<u8> = FaultCode::ALL.iter().map(|code| of_fault(*code)).collect();
        assert_eq!(codes.len(), FaultCode::ALL.len());
        assert!(!codes.contains(&OK) && !codes.contains(&OTHER));
    }

    #[test]
    fn the_list_names_every_fault() {
        for locale in [Locale::En, Locale::Zh] {
            let list = list(locale);
            for code in FaultCode::ALL {
                assert!(list.contains(code.as_str()), "{code}");
            }
        }
    }
}
