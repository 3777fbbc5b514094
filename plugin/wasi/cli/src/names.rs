//! The interface's names in the words of the one table of faults and levels.

use openclaw_core::fault::FaultCode;
use openclaw_core::level::Level;

use crate::bindings::astr::openclaw::types;

/// The code in the table.
pub fn fault(code: types::FaultCode) -> FaultCode {
    use types::FaultCode as Code;
    match code {
        Code::AuthFailed => FaultCode::AuthFailed,
        Code::ResponsesEndpointNotEnabledOrNotFound => {
            FaultCode::ResponsesEndpointNotEnabledOrNotFound
        }
        Code::NetworkOrUnreachable => FaultCode::NetworkOrUnreachable,
        Code::StreamInterrupted => FaultCode::StreamInterrupted,
        Code::TimedOut => FaultCode::TimedOut,
        Code::ModelProviderFailed => FaultCode::ModelProviderFailed,
        Code::GatewayError => FaultCode::GatewayError,
        Code::RateLimited => FaultCode::RateLimited,
        Code::ProtocolError => FaultCode::ProtocolError,
        Code::RequestRejected => FaultCode::RequestRejected,
        Code::RequestTooLarge => FaultCode::RequestTooLarge,
        Code::CircuitOpen => FaultCode::CircuitOpen,
        Code::Busy => FaultCode::Busy,
        Code::HeavyTaskRefused => FaultCode::HeavyTaskRefused,
        Code::Cancelled => FaultCode::Cancelled,
        Code::ConfigInvalid => FaultCode::ConfigInvalid,
    }
}

/// The level's runbook name.
pub fn level(level: types::Level) -> Level {
    match level {
        types::Level::Talk => Level::Talk,
        types::Level::ReadOnly => Level::ReadOnly,
        types::Level::Act => Level::Act,
        types::Level::Host => Level::Host,
        types::Level::Root => Level::Root,
    }
}

/// The gateway's name for programs.
pub fn gateway(name: types::GatewayName) -> &'static str {
    match name {
        types::GatewayName::Primary => "primary",
        types::GatewayName::Backup => "backup",
    }
}

/// The notice's name for programs.
pub fn notice(code: types::NoticeCode) -> &'static str {
    use types::NoticeCode as Code;
    match code {
        Code::Queued => "queued",
        Code::LevelLowered => "level_lowered",
        Code::MemoryUnreadable => "memory_unreadable",
        Code::MemoryEstimated => "memory_estimated",
        Code::ToolDenied => "tool_denied",
        Code::ToolRoundsExhausted => "tool_rounds_exhausted",
        Code::FailedOver => "failed_over",
        Code::DialectChanged => "dialect_changed",
        Code::AnswerIncomplete => "answer_incomplete",
        Code::AnswerCorrected => "answer_corrected",
        Code::AnswerEmpty => "answer_empty",
        Code::AttachmentShortened => "attachment_shortened",
        Code::MayStillRun => "may_still_run",
    }
}
