//! Approval of tool calls by a person, as in `wit/types.wit` and `wit/gateway.wit`.

use core::time::Duration;

use crate::locale::Locale;
use crate::named::named;
use crate::prelude::*;
use crate::turn::ToolCall;

named! {
    /// Who must approve a tool call before it runs.
    #[derive(Default)]
    pub enum Approval, "approval" {
        /// Nobody.
        #[default]
        None = "none",
        /// The person who asked, or an admin.
        Asker = "asker",
        /// An admin.
        Admin = "admin",
    }
}

/// Tool calls that wait for a person's approval.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ApprovalRequest {
    /// Unique within the turn. `request` in JSON.
    #[cfg_attr(feature = "serde", serde(rename = "request"))]
    pub id: String,
    /// Who may approve: [`Approval::Asker`] or [`Approval::Admin`].
    pub approver: Approval,
    /// Exactly the calls that the decision covers.
    pub calls: Vec<ToolCall>,
    /// Time until the request expires, when it was made. Seconds in JSON.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "expires_in_seconds", with = "crate::json::seconds")
    )]
    pub expires_in: Duration,
}

named! {
    /// How an approval request ended.
    pub enum Decision, "decision" {
        /// The calls may run, if the level still allows them.
        Approved = "approved",
        /// The calls are not run.
        Rejected = "rejected",
        /// Nobody decided in time; the calls are not run.
        Expired = "expired",
    }
}

/// The end of an approval request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ApprovalOutcome {
    /// Id of the request. `request` in JSON.
    #[cfg_attr(feature = "serde", serde(rename = "request"))]
    pub id: String,
    /// How it ended.
    pub decision: Decision,
    /// Who decided, as in [`Decider::name`]; empty if it expired.
    pub by: String,
}

/// Who decides about an approval request. The host vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// For the record, such as a name with an id.
    pub name: String,
    /// What they are to the turn.
    pub role: DeciderRole,
}

named! {
    /// What a person is to a turn.
    pub enum DeciderRole, "role" {
        /// Neither the asker nor an admin: may not decide.
        Other = "other",
        /// The person who asked.
        Asker = "asker",
        /// An admin; whether they asked does not matter.
        Admin = "admin",
    }
}

impl DeciderRole {
    /// Whether this person may decide so. The asker may reject any request.
    pub fn may(self, approve: bool, approver: Approval) -> bool {
        match self {
            Self::Other => false,
            Self::Asker => !approve || approver != Approval::Admin,
            Self::Admin => true,
        }
    }
}

named! {
    /// Why a decision has no effect.
    pub enum DecideError, "decide error" {
        /// No such request is pending: its turn has ended, or never had it.
        NotPending = "not_pending",
        /// It has been decided, or has expired.
        AlreadyDecided = "already_decided",
        /// This person may not decide. The request stays pending.
        NotPermitted = "not_permitted",
    }
}

impl DecideError {
    /// A sentence for the person who decided.
    pub fn message(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::NotPending, Locale::En) => {
                "No such approval request is pending: its task has ended."
            }
            (Self::NotPending, Locale::Zh) => "没有这个待确认的请求：任务已经结束。",
            (Self::AlreadyDecided, Locale::En) => {
                "This request has already been decided or has expired."
            }
            (Self::AlreadyDecided, Locale::Zh) => "这个请求已经处理过，或者已经过期。",
            (Self::NotPermitted, Locale::En) => "You may not decide this request.",
            (Self::NotPermitted, Locale::Zh) => "你没有权限处理这个请求。",
        }
    }
}

impl core::error::Error for DecideError {}

/// An approval request that waits for a decision, as `status` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PendingApproval {
    /// Id of its turn. `turn` in JSON.
    #[cfg_attr(feature = "serde", serde(rename = "turn"))]
    pub turn_id: String,
    /// Id of the request. `request` in JSON.
    #[cfg_attr(feature = "serde", serde(rename = "request"))]
    pub id: String,
    /// Who may approve.
    pub approver: Approval,
    /// Names of the tools to be called, in the order of the calls.
    pub tools: Vec<String>,
    /// Time until it expires. Seconds in JSON.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "expires_in_seconds", with = "crate::json::seconds")
    )]
    pub expires_in: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_admin_approves_what_needs_one_and_the_asker_may_always_say_no() {
        use Approval::{Admin, Asker};
        let may = DeciderRole::may;
        for approver in [Asker, Admin] {
            assert!(!may(DeciderRole::Other, true, approver));
            assert!(!may(DeciderRole::Other, false, approver));
            assert!(may(DeciderRole::Asker, false, approver));
            assert!(may(DeciderRole::Admin, true, approver));
        }
        assert!(may(DeciderRole::Asker, true, Asker));
        assert!(!may(DeciderRole::Asker, true, Admin));
    }
}
