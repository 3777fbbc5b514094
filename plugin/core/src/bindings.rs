//! Maps the records and enums of `wit/` to this crate's types, and generates the conversions to and from the
//! types of a bindings generator (wit-bindgen or wasmtime).

use core::time::Duration;

/// Durations, which are milliseconds in `wit/`.
pub trait Times {
    /// The type of the milliseconds.
    type Millis;

    /// Whole milliseconds, rounded up so that a non-zero limit never becomes zero.
    fn millis(self) -> Self::Millis;

    /// The inverse of [`Times::millis`].
    fn of_millis(ms: Self::Millis) -> Self;
}

impl Times for Duration {
    type Millis = u64;

    fn millis(self) -> u64 {
        u64::from(self.subsec_nanos().div_ceil(1_000_000))
            .saturating_add(self.as_secs().saturating_mul(1000))
    }

    fn of_millis(ms: u64) -> Self {
        Self::from_millis(ms)
    }
}

impl Times for Option<Duration> {
    type Millis = Option<u64>;

    fn millis(self) -> Option<u64> {
        self.map(Times::millis)
    }

    fn of_millis(ms: Option<u64>) -> Self {
        ms.map(Duration::from_millis)
    }
}

/// Converts between two enums with the same cases, both ways.
#[doc(hidden)]
#[macro_export]
macro_rules! same_cases {
    ($ours:ty, $theirs:ty { $( $(#[$doc:meta])* $case:ident $(= $name:literal $row:tt)? $(,)? )+ } $(, else $other:ident)?) => {
        impl From<$theirs> for $ours {
            fn from(value: $theirs) -> Self {
                match value { $(<$theirs>::$case => <$ours>::$case),+ }
            }
        }
        impl From<$ours> for $theirs {
            fn from(value: $ours) -> Self {
                match value { $(<$ours>::$case => <$theirs>::$case,)+ $(_ => <$theirs>::$other,)? }
            }
        }
    };
}

/// Converts between two records, both ways: fields that convert by `From`, then optional fields, lists and
/// durations; each of those as `ours: theirs`.
#[doc(hidden)]
#[macro_export]
macro_rules! same_fields {
    ($ours:ty, $theirs:ty { $($same:ident),* }
        $(renamed { $($renamed:ident: $renamed_theirs:ident),* })?
        $(options { $($option:ident: $option_theirs:ident),* })?
        $(lists { $($list:ident: $list_theirs:ident),* })?
        $(times { $($time:ident: $time_theirs:ident),* })?) => {
        impl From<$theirs> for $ours {
            fn from(value: $theirs) -> Self {
                Self {
                    $($same: value.$same.into(),)*
                    $($($renamed: value.$renamed_theirs.into(),)*)?
                    $($($option: value.$option_theirs.map(Into::into),)*)?
                    $($($list: value.$list_theirs.into_iter().map(Into::into).collect(),)*)?
                    $($($time: $crate::bindings::Times::of_millis(value.$time_theirs),)*)?
                }
            }
        }
        impl From<$ours> for $theirs {
            fn from(value: $ours) -> Self {
                Self {
                    $($same: value.$same.into(),)*
                    $($($renamed_theirs: value.$renamed.into(),)*)?
                    $($($option_theirs: value.$option.map(Into::into),)*)?
                    $($($list_theirs: value.$list.into_iter().map(Into::into).collect(),)*)?
                    $($($time_theirs: $crate::bindings::Times::millis(value.$time),)*)?
                }
            }
        }
    };
}

/// `From`, both ways, between this crate's types and the bindings of the `memory-stat` interface, given as a module.
#[macro_export]
macro_rules! memory_bindings {
    ($($memory:ident)::+) => {
        $crate::same_cases!($crate::guards::memory::Bound, $($memory)::+::Bound { Machine, Container });
        $crate::same_fields!($crate::guards::memory::Sample, $($memory)::+::Sample { available, total, estimated }
            renamed { bound: bounded_by });
    };
}

/// `From`, both ways, between this crate's types and the bindings of all interfaces, given as modules.
#[macro_export]
macro_rules! bindings {
    (types: $($types:ident)::+, memory: $($memory:ident)::+, guards: $($guards:ident)::+, gateway: $($gateway:ident)::+) => {
        use $($types)::+ as wit_types;
        use $($guards)::+ as wit_guards;
        use $($gateway)::+ as wit_gateway;

        $crate::memory_bindings!($($memory)::+);

        $crate::same_cases!($crate::level::Level, wit_types::Level { Talk, ReadOnly, Act, Host, Root });
        $crate::same_cases!($crate::locale::Locale, wit_types::Locale { En, Zh });
        $crate::same_cases!($crate::approval::Approval, wit_types::Approval { None, Asker, Admin });
        $crate::same_cases!($crate::approval::Decision, wit_types::Decision { Approved, Rejected, Expired });
        $crate::same_cases!($crate::approval::DeciderRole, wit_gateway::DeciderRole { Other, Asker, Admin });
        $crate::same_cases!($crate::approval::DecideError, wit_gateway::DecideError { NotPending, AlreadyDecided, NotPermitted });
        $crate::same_cases!($crate::turn::Patience, wit_types::Patience { Interactive, Background });
        $crate::same_cases!($crate::turn::GatewayName, wit_types::GatewayName { Primary, Backup });
        $crate::with_notice_codes!([$crate::notice_bindings]);
        $crate::with_fault_codes!([$crate::fault_bindings]);

        $crate::same_fields!($crate::turn::TurnRequest, wit_types::Turn { id, text, session, level, heavy, patience, files, instructions }
            options { context: context } lists { attachments: attachments, tools: tools });
        $crate::same_fields!($crate::context::TurnContext, wit_types::TurnContext { platform, sender_id, sender_name, group_name, is_admin }
            options { quoted: quoted });
        $crate::same_fields!($crate::context::Quote, wit_types::Quote { sender, text });
        $crate::same_fields!($crate::turn::Attachment, wit_types::Attachment { media_type, filename, data });
        $crate::same_fields!($crate::turn::Tool, wit_types::Tool { name, description, parameters, approval }
            renamed { level: needs });
        $crate::same_fields!($crate::turn::ToolCall, wit_types::ToolCall { id, name, arguments });
        $crate::same_fields!($crate::turn::Notice, wit_types::Notice { code, text });
        $crate::same_fields!($crate::turn::Usage, wit_types::Usage { input_tokens, output_tokens });
        $crate::same_fields!($crate::turn::Reply, wit_types::Reply { text, response_id, level }
            renamed { gateway: answered_by } options { usage: usage });
        $crate::same_fields!($crate::fault::Fault, wit_types::Fault { code, message, cause, remedy, partial_text, http_status }
            times { retry_after: retry_after_ms });

        $crate::same_fields!($crate::approval::ApprovalRequest, wit_types::ApprovalRequest { id, approver }
            lists { calls: calls } times { expires_in: expires_in_ms });
        $crate::same_fields!($crate::approval::ApprovalOutcome, wit_types::ApprovalOutcome { id, decision, by });
        $crate::same_fields!($crate::approval::Decider, wit_gateway::Decider { name, role });
        $crate::same_fields!($crate::approval::PendingApproval, wit_guards::PendingApproval { turn_id, id, approver, tools }
            times { expires_in: expires_in_ms });

        impl From<$crate::turn::Event> for wit_types::Event {
            fn from(event: $crate::turn::Event) -> Self {
                event.fold(
                    Self::Delta,
                    |call| Self::ToolStarted(call.into()),
                    |id, succeeded| Self::ToolEnded(wit_types::ToolOutcome { id, succeeded }),
                    |notice| Self::Notice(notice.into()),
                    |request| Self::ApprovalRequested(request.into()),
                    |outcome| Self::ApprovalEnded(outcome.into()),
                    |file| Self::File(file.into()),
                )
            }
        }
        impl From<wit_types::Event> for $crate::turn::Event {
            fn from(event: wit_types::Event) -> Self {
                match event {
                    wit_types::Event::Delta(text) => Self::Delta { text },
                    wit_types::Event::ToolStarted(call) => Self::ToolCall(call.into()),
                    wit_types::Event::ToolEnded(ended) => {
                        Self::ToolEnded { call: ended.id, succeeded: ended.succeeded }
                    }
                    wit_types::Event::Notice(notice) => Self::Notice(notice.into()),
                    wit_types::Event::ApprovalRequested(request) => Self::ApprovalRequested(request.into()),
                    wit_types::Event::ApprovalEnded(outcome) => Self::ApprovalEnded(outcome.into()),
                    wit_types::Event::File(file) => Self::File(file.into()),
                }
            }
        }

        $crate::same_cases!($crate::status::BreakerState, wit_guards::BreakerState { Closed, Open, HalfOpen });
        $crate::same_fields!($crate::status::Breaker, wit_guards::Breaker { gateway, state, failures }
            times { retry_after: retry_after_ms });
        $crate::same_fields!($crate::status::MemoryState, wit_guards::Memory { available, total, unreadable, estimated, level_cap, heavy_allowed }
            options { bound: bounded_by });
        $crate::same_fields!($crate::status::Counters, wit_guards::Counters { turns, completed, failed, refused, cancelled, tool_calls, tool_denials });
        $crate::same_fields!($crate::status::Status, wit_guards::State { memory, in_flight, queued, level_agents, counters }
            lists { breakers: breakers, approvals: approvals });
        $crate::same_fields!($crate::status::Check, wit_gateway::Check { name, detail, cause, remedy }
            options { code: wrong });
        $crate::settings!($crate::config_bindings, wit_gateway, wit_guards);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! notice_bindings {
    ($($codes:tt)+) => {
        $crate::same_cases!($crate::turn::NoticeCode, wit_types::NoticeCode { $($codes)+ }, else Queued);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! fault_bindings {
    // A component never reports that it trapped; the host does.
    ({ $($codes:tt)+ } $host:tt) => {
        $crate::same_cases!($crate::fault::FaultCode, wit_types::FaultCode { $($codes)+ }, else ConfigInvalid);
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_a_millisecond_is_not_none() {
        assert_eq!(Duration::from_nanos(1).millis(), 1);
        assert_eq!(Duration::ZERO.millis(), 0);
        assert_eq!(Duration::from_micros(1500).millis(), 2);
        assert_eq!(Duration::MAX.millis(), u64::MAX);
    }
}
