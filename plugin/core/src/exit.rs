//! Exit codes of commands that run a turn: stable, so that scripts can tell its ends apart.

use crate::fault::FaultCode;

/// All went well.
pub const OK: u8 = 0;
/// Something else failed.
pub const OTHER: u8 = 1;
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
        // What a shell says of a program that Ctrl-C ended.
        FaultCode::Cancelled => 130,
    }
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
}
