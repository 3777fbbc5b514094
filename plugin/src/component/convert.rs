//! Between the generated types and those of the rules.

use super::bindings::astr::openclaw::memory_stat as wit_memory;
use super::bindings::astr::openclaw::types as wit;
use super::bindings::exports::astr::openclaw::{gateway, guards};
use crate::config::{Bounds, Config, ConfigError, Endpoint};
use crate::diagnose::Check;
use crate::gateway::classify::Why;
use crate::prelude::*;
use crate::state::{BreakerView, Counters};
use crate::turn::model::{self, Event, Fault, GatewayName, NoticeCode, Reply};
use openclaw_core::guards::breaker;
use openclaw_core::guards::memory::{Bound, Sample};
use openclaw_core::level::Level;
use openclaw_core::limits::Limits;
use openclaw_core::{fault::FaultCode, locale::Locale};

/// Two enums with the same cases, both ways.
macro_rules! same_cases {
    ($ours:ty, $theirs:ty: $($case:ident = $their_case:ident),+) => {
        impl From<$theirs> for $ours {
            fn from(value: $theirs) -> Self {
                match value { $(<$theirs>::$their_case => <$ours>::$case),+ }
            }
        }
        impl From<$ours> for $theirs {
            fn from(value: $ours) -> Self {
                match value { $(<$ours>::$case => <$theirs>::$their_case),+ }
            }
        }
    };
}

same_cases!(Level, wit::Level: Talk = Talk, ReadOnly = ReadOnly, Act = Act, Host = Host, Root = Root);
same_cases!(Locale, wit::Locale: En = En, Zh = Zh);
same_cases!(Bound, wit_memory::Bound: Machine = Machine, Container = Container);
same_cases!(GatewayName, wit::GatewayName: Primary = Primary, Backup = Backup);
same_cases!(NoticeCode, wit::NoticeCode:
    Queued = Queued, LevelLowered = LevelLowered, MemoryUnreadable = MemoryUnreadable, ToolDenied = ToolDenied,
    ToolRoundsExhausted = ToolRoundsExhausted, FailedOver = FailedOver, DialectChanged = DialectChanged,
    AnswerIncomplete = AnswerIncomplete, AnswerCorrected = AnswerCorrected, AnswerEmpty = AnswerEmpty,
    AttachmentShortened = AttachmentShortened, MayStillRun = MayStillRun, MemoryEstimated = MemoryEstimated);

impl From<FaultCode> for wit::FaultCode {
    fn from(code: FaultCode) -> Self {
        match code {
            FaultCode::AuthFailed => Self::AuthFailed,
            FaultCode::ResponsesEndpointNotEnabledOrNotFound => {
                Self::ResponsesEndpointNotEnabledOrNotFound
            }
            FaultCode::NetworkOrUnreachable => Self::NetworkOrUnreachable,
            FaultCode::StreamInterrupted => Self::StreamInterrupted,
            FaultCode::TimedOut => Self::TimedOut,
            FaultCode::ModelProviderFailed => Self::ModelProviderFailed,
            FaultCode::GatewayError => Self::GatewayError,
            FaultCode::RateLimited => Self::RateLimited,
            FaultCode::ProtocolError => Self::ProtocolError,
            FaultCode::RequestRejected => Self::RequestRejected,
            FaultCode::RequestTooLarge => Self::RequestTooLarge,
            FaultCode::CircuitOpen => Self::CircuitOpen,
            FaultCode::Busy => Self::Busy,
            FaultCode::HeavyTaskRefused => Self::HeavyTaskRefused,
            FaultCode::Cancelled => Self::Cancelled,
            // A component never says that it has trapped; the host does.
            FaultCode::ConfigInvalid | FaultCode::PluginTrapped => Self::ConfigInvalid,
        }
    }
}

impl From<wit_memory::Sample> for Sample {
    fn from(sample: wit_memory::Sample) -> Self {
        Self {
            available: sample.available,
            total: sample.total,
            bounded_by: sample.bounded_by.into(),
            estimated: sample.estimated,
        }
    }
}

impl From<gateway::Config> for Config {
    fn from(config: gateway::Config) -> Self {
        let endpoint = |endpoint: gateway::Endpoint| Endpoint {
            url: endpoint.url,
            bearer_token: endpoint.bearer_token,
        };
        let limits = config.limits;
        Self {
            primary: endpoint(config.primary),
            backup: config.backup.map(endpoint),
            agent_id: config.agent_id,
            limits: Limits {
                max_level: limits.max_level.into(),
                heavy_floor: limits.heavy_floor,
                read_only_floor: limits.read_only_floor,
                breaker: breaker::Rule {
                    failures: limits.breaker_failures,
                    open_ms: limits.breaker_open_ms,
                },
                queue_length: limits.queue_length,
                queue_wait_ms: limits.queue_wait_ms,
                heavy_bytes: limits.heavy_bytes,
                heavy_words: limits.heavy_words,
            },
            bounds: Bounds {
                connect_ms: config.connect_timeout_ms,
                first_byte_ms: config.first_byte_timeout_ms,
                idle_ms: config.idle_timeout_ms,
                turn_ms: config.turn_timeout_ms,
                max_answer_bytes: config.max_answer_bytes,
                max_tool_rounds: config.max_tool_rounds,
            },
            locale: config.locale.into(),
        }
    }
}

impl From<ConfigError> for gateway::ConfigError {
    fn from(error: ConfigError) -> Self {
        Self {
            key: error.key,
            message: error.message,
        }
    }
}

impl From<wit::Turn> for model::Turn {
    fn from(turn: wit::Turn) -> Self {
        Self {
            id: turn.id,
            text: turn.text,
            session: turn.session,
            level: turn.level.into(),
            heavy: turn.heavy,
            instructions: turn.instructions,
            attachments: turn
                .attachments
                .into_iter()
                .map(|a| model::Attachment {
                    media_type: a.media_type,
                    filename: a.filename,
                    data: a.data,
                })
                .collect(),
            tools: turn
                .tools
                .into_iter()
                .map(|tool| model::Tool {
                    name: tool.name,
                    description: tool.description,
                    parameters: tool.parameters,
                    needs: tool.needs.into(),
                })
                .collect(),
        }
    }
}

impl From<model::ToolCall> for wit::ToolCall {
    fn from(call: model::ToolCall) -> Self {
        Self {
            id: call.id,
            name: call.name,
            arguments: call.arguments,
        }
    }
}

impl From<Event> for wit::Event {
    fn from(event: Event) -> Self {
        match event {
            Event::Delta(text) => Self::Delta(text),
            Event::ToolStarted(call) => Self::ToolStarted(call.into()),
            Event::ToolEnded(id, succeeded) => Self::ToolEnded(wit::ToolOutcome { id, succeeded }),
            Event::Notice(code, text) => Self::Notice(wit::Notice {
                code: code.into(),
                text,
            }),
        }
    }
}

impl From<Reply> for wit::Reply {
    fn from(reply: Reply) -> Self {
        Self {
            text: reply.text,
            response_id: reply.response_id,
            level: reply.level.into(),
            answered_by: reply.answered_by.into(),
            usage: reply.usage.map(|usage| wit::Usage {
                input_tokens: usage.input_tokens,
                output_tokens: usage.output_tokens,
            }),
        }
    }
}

impl From<Fault> for wit::Fault {
    fn from(fault: Fault) -> Self {
        let locale = super::state()
            .config()
            .map(|config| config.locale)
            .unwrap_or_default();
        Self {
            cause: fault.cause(locale).into(),
            remedy: fault.remedy(locale).into(),
            code: fault.code.into(),
            message: fault.message,
            partial_text: fault.partial_text,
            retry_after_ms: fault.retry_after_ms,
            http_status: fault.http_status,
        }
    }
}

impl From<Counters> for guards::Counters {
    fn from(counters: Counters) -> Self {
        Self {
            turns: counters.turns,
            completed: counters.completed,
            failed: counters.failed,
            refused: counters.refused,
            cancelled: counters.cancelled,
            tool_calls: counters.tool_calls,
            tool_denials: counters.tool_denials,
        }
    }
}

/// One gateway's breaker, as `status` shows it.
pub(super) fn breaker(at: usize, view: BreakerView) -> guards::Breaker {
    let (state, retry_after_ms) = match view.state {
        breaker::State::Closed => (guards::BreakerState::Closed, 0),
        breaker::State::Open(ms) => (guards::BreakerState::Open, ms),
        breaker::State::HalfOpen => (guards::BreakerState::HalfOpen, 0),
    };
    guards::Breaker {
        gateway: GatewayName::at(at).into(),
        state,
        failures: view.failures,
        retry_after_ms,
    }
}

/// A check, with its cause and remedy.
pub(super) fn check(check: Check, locale: Locale) -> gateway::Check {
    let text = |text: fn(&Why, Locale) -> &'static str| {
        let wrong = check.wrong.as_ref();
        wrong
            .map(|why| text(why, locale).to_owned())
            .unwrap_or_default()
    };
    gateway::Check {
        cause: text(Why::cause),
        remedy: text(Why::remedy),
        name: check.name,
        wrong: check.wrong.map(|why| why.code.into()),
        detail: check.detail,
    }
}
