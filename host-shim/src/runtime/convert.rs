//! Between the interfaces' types and this crate's.

use std::time::Duration;

use openclaw_core::level::Level;
use openclaw_core::{fault::FaultCode, locale::Locale};
use secrecy::ExposeSecret;

use super::bindings::astr::openclaw::{memory_stat, types};
use super::bindings::exports::astr::openclaw::{gateway, guards};
use crate::config::{Config, ConfigError};
use crate::fault::Fault;
use crate::memory::Bound;
use crate::request::TurnRequest;
use crate::status::{
    Breaker, BreakerState, Breakers, Check, Counters, Diagnosis, MemoryState, Status,
};
use crate::tools::ToolCall;
use crate::turn::{Event, GatewayName, Notice, NoticeCode, Reply, Usage};

/// Whole milliseconds, rounded up: a limit that is not zero does not become zero.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// The config as the component takes it.
pub(super) fn config(config: &Config) -> gateway::Config {
    let token = config.gateway_bearer_token.expose_secret();
    let mib = |mib: u64| mib.saturating_mul(1 << 20);
    gateway::Config {
        primary: gateway::Endpoint {
            url: config.gateway_primary_url.clone(),
            bearer_token: token.to_owned(),
        },
        backup: config
            .gateway_backup_url
            .as_ref()
            .map(|url| gateway::Endpoint {
                url: url.clone(),
                bearer_token: match &config.gateway_backup_bearer_token {
                    Some(token) => token.expose_secret().to_owned(),
                    None => token.to_owned(),
                },
            }),
        agent_id: config.gateway_agent_id.clone(),
        limits: guards::Limits {
            max_level: level_to(config.max_level),
            heavy_floor: mib(config.heavy_floor_mib),
            read_only_floor: mib(config.read_only_floor_mib),
            breaker_failures: config.breaker_failures,
            breaker_open_ms: millis(config.breaker_open),
            queue_length: config.queue_length,
            queue_wait_ms: millis(config.queue_wait),
            heavy_bytes: config.heavy_bytes,
            heavy_words: config.heavy_words.clone(),
        },
        connect_timeout_ms: millis(config.connect_timeout),
        first_byte_timeout_ms: millis(config.first_byte_timeout),
        idle_timeout_ms: millis(config.idle_timeout),
        turn_timeout_ms: millis(config.turn_timeout),
        max_answer_bytes: config.max_answer_bytes,
        max_tool_rounds: config.max_tool_rounds,
        locale: locale_to(config.locale),
    }
}

pub(super) fn config_error(error: gateway::ConfigError) -> ConfigError {
    ConfigError::new(error.key, error.message)
}

/// The request as the component takes it.
pub(super) fn turn(id: &str, request: TurnRequest) -> types::Turn {
    types::Turn {
        id: id.to_owned(),
        text: request.text,
        session: request.session,
        level: level_to(request.level),
        heavy: request.heavy,
        instructions: request.instructions,
        attachments: request
            .attachments
            .into_iter()
            .map(|attachment| types::Attachment {
                media_type: attachment.media_type,
                filename: attachment.filename,
                data: attachment.data,
            })
            .collect(),
        tools: request
            .tools
            .into_iter()
            .map(|tool| types::Tool {
                name: tool.name,
                description: tool.description,
                parameters: tool.parameters.to_string(),
                needs: level_to(tool.level),
            })
            .collect(),
    }
}

pub(super) fn event(event: types::Event) -> Event {
    match event {
        types::Event::Delta(text) => Event::Delta { text },
        types::Event::ToolStarted(call) => Event::ToolCall(ToolCall {
            id: call.id,
            name: call.name,
            arguments: call.arguments,
        }),
        types::Event::ToolEnded(outcome) => Event::ToolEnded {
            call: outcome.id,
            succeeded: outcome.succeeded,
        },
        types::Event::Notice(notice) => Event::Notice(Notice {
            code: match notice.code {
                types::NoticeCode::Queued => NoticeCode::Queued,
                types::NoticeCode::LevelLowered => NoticeCode::LevelLowered,
                types::NoticeCode::MemoryUnreadable => NoticeCode::MemoryUnreadable,
                types::NoticeCode::ToolDenied => NoticeCode::ToolDenied,
                types::NoticeCode::ToolRoundsExhausted => NoticeCode::ToolRoundsExhausted,
                types::NoticeCode::FailedOver => NoticeCode::FailedOver,
                types::NoticeCode::DialectChanged => NoticeCode::DialectChanged,
                types::NoticeCode::AnswerIncomplete => NoticeCode::AnswerIncomplete,
                types::NoticeCode::AnswerCorrected => NoticeCode::AnswerCorrected,
                types::NoticeCode::AnswerEmpty => NoticeCode::AnswerEmpty,
                types::NoticeCode::AttachmentShortened => NoticeCode::AttachmentShortened,
                types::NoticeCode::MayStillRun => NoticeCode::MayStillRun,
                types::NoticeCode::MemoryEstimated => NoticeCode::MemoryEstimated,
            },
            text: notice.text,
        }),
    }
}

pub(super) fn end(end: Result<types::Reply, types::Fault>) -> Result<Reply, Fault> {
    match end {
        Ok(reply) => Ok(Reply {
            text: reply.text,
            response_id: reply.response_id,
            level: level(reply.level),
            gateway: match reply.answered_by {
                types::GatewayName::Primary => GatewayName::Primary,
                types::GatewayName::Backup => GatewayName::Backup,
            },
            usage: reply.usage.map(|usage| Usage {
                input_tokens: usage.input_tokens,
                output_tokens: usage.output_tokens,
            }),
        }),
        Err(fault) => Err(Fault {
            code: fault_code(fault.code),
            message: fault.message,
            cause: fault.cause,
            remedy: fault.remedy,
            partial_text: fault.partial_text,
            retry_after: fault.retry_after_ms.map(Duration::from_millis),
            http_status: fault.http_status,
        }),
    }
}

pub(super) fn status(state: guards::State) -> Status {
    let mut breakers = Breakers::default();
    for breaker in state.breakers {
        let place = match breaker.gateway {
            types::GatewayName::Primary => &mut breakers.primary,
            types::GatewayName::Backup => &mut breakers.backup,
        };
        *place = Some(Breaker {
            state: match breaker.state {
                guards::BreakerState::Closed => BreakerState::Closed,
                guards::BreakerState::Open => BreakerState::Open,
                guards::BreakerState::HalfOpen => BreakerState::HalfOpen,
            },
            failures: breaker.failures,
            retry_after: Duration::from_millis(breaker.retry_after_ms),
        });
    }
    Status {
        breakers,
        memory: MemoryState {
            available: state.memory.available,
            total: state.memory.total,
            bound: state.memory.bounded_by.map(|bound| match bound {
                memory_stat::Bound::Machine => Bound::Machine,
                memory_stat::Bound::Container => Bound::Container,
            }),
            unreadable: state.memory.unreadable,
            estimated: state.memory.estimated,
            level_cap: level(state.memory.level_cap),
            heavy_allowed: state.memory.heavy_allowed,
        },
        in_flight: state.in_flight,
        queued: state.queued,
        counters: Counters {
            turns: state.counters.turns,
            completed: state.counters.completed,
            failed: state.counters.failed,
            refused: state.counters.refused,
            cancelled: state.counters.cancelled,
            tool_calls: state.counters.tool_calls,
            tool_denials: state.counters.tool_denials,
        },
    }
}

pub(super) fn diagnosis(checks: Vec<gateway::Check>) -> Diagnosis {
    let check = |check: gateway::Check| Check {
        name: check.name,
        code: check.wrong.map(fault_code),
        detail: check.detail,
        cause: check.cause,
        remedy: check.remedy,
    };
    Diagnosis {
        checks: checks.into_iter().map(check).collect(),
    }
}

pub(super) fn locale_to(locale: Locale) -> types::Locale {
    match locale {
        Locale::En => types::Locale::En,
        Locale::Zh => types::Locale::Zh,
    }
}

fn level_to(level: Level) -> types::Level {
    match level {
        Level::Talk => types::Level::Talk,
        Level::ReadOnly => types::Level::ReadOnly,
        Level::Act => types::Level::Act,
        Level::Host => types::Level::Host,
        Level::Root => types::Level::Root,
    }
}

fn level(level: types::Level) -> Level {
    match level {
        types::Level::Talk => Level::Talk,
        types::Level::ReadOnly => Level::ReadOnly,
        types::Level::Act => Level::Act,
        types::Level::Host => Level::Host,
        types::Level::Root => Level::Root,
    }
}

fn fault_code(code: types::FaultCode) -> FaultCode {
    use types::FaultCode as Wit;
    match code {
        Wit::AuthFailed => FaultCode::AuthFailed,
        Wit::ResponsesEndpointNotEnabledOrNotFound => {
            FaultCode::ResponsesEndpointNotEnabledOrNotFound
        }
        Wit::NetworkOrUnreachable => FaultCode::NetworkOrUnreachable,
        Wit::StreamInterrupted => FaultCode::StreamInterrupted,
        Wit::TimedOut => FaultCode::TimedOut,
        Wit::ModelProviderFailed => FaultCode::ModelProviderFailed,
        Wit::GatewayError => FaultCode::GatewayError,
        Wit::RateLimited => FaultCode::RateLimited,
        Wit::ProtocolError => FaultCode::ProtocolError,
        Wit::RequestRejected => FaultCode::RequestRejected,
        Wit::RequestTooLarge => FaultCode::RequestTooLarge,
        Wit::CircuitOpen => FaultCode::CircuitOpen,
        Wit::Busy => FaultCode::Busy,
        Wit::HeavyTaskRefused => FaultCode::HeavyTaskRefused,
        Wit::Cancelled => FaultCode::Cancelled,
        Wit::ConfigInvalid => FaultCode::ConfigInvalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_a_millisecond_is_not_none() {
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_micros(1500)), 2);
        assert_eq!(millis(Duration::MAX), u64::MAX);
    }

    #[test]
    fn the_backup_has_the_primarys_token_unless_it_has_its_own() {
        let mut ours = Config {
            gateway_bearer_token: "one".into(),
            gateway_backup_url: Some("http://b".to_owned()),
            ..Config::default()
        };
        assert_eq!(config(&ours).backup.unwrap().bearer_token, "one");
        ours.gateway_backup_bearer_token = Some("two".into());
        assert_eq!(config(&ours).backup.unwrap().bearer_token, "two");
        ours.gateway_backup_url = None;
        assert!(config(&ours).backup.is_none());
    }
}
