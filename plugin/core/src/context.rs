//! Who is talking, as in `wit/types.wit`.

use core::fmt;

use crate::prelude::*;

/// Who is talking, and where. The model gets it as marked, bounded, untrusted data.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct TurnContext {
    /// The chat platform, such as `aiocqhttp`; may be empty.
    pub platform: String,
    /// Id of the sender on the platform; may be empty.
    pub sender_id: String,
    /// Name that the sender goes by; may be empty.
    pub sender_name: String,
    /// Name of the group; empty in a private chat.
    pub group_name: String,
    /// Whether the sender is an admin of the bot.
    pub is_admin: bool,
    /// The quoted message, if any.
    pub quoted: Option<Quote>,
}

/// The message that the user's message quotes.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Quote {
    /// Name of its author; may be empty.
    #[cfg_attr(feature = "serde", serde(default))]
    pub sender: String,
    /// Its text.
    pub text: String,
}

impl TurnContext {
    /// Bytes of its texts.
    pub fn bytes(&self) -> usize {
        let quoted = self
            .quoted
            .iter()
            .flat_map(|quote| [&quote.sender, &quote.text]);
        let own = [
            &self.platform,
            &self.sender_id,
            &self.sender_name,
            &self.group_name,
        ];
        own.into_iter().chain(quoted).map(String::len).sum()
    }
}

/// Shows lengths instead of contents: names and messages do not belong in a log.
impl fmt::Debug for TurnContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnContext")
            .field("platform", &self.platform)
            .field("is_admin", &self.is_admin)
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
