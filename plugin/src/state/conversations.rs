//! Which agent answered a conversation last.
//!
//! The gateway keeps a conversation per agent. When the level picks another agent than last time, the user is
//! told that it does not know the conversation. Of sessions and agents only short hashes are kept, which a
//! snapshot carries over a trap or a restart; two sessions with the same hash only cost or spare a notice.

use super::State;
use crate::prelude::*;

/// Conversations remembered; the one that was silent longest is forgotten first.
pub(super) const MAX_CONVERSATIONS: usize = 128;

/// Hashes of a gateway's session and of the agent that answered it last, the latest at the end.
#[derive(Default)]
pub(super) struct Conversations(Vec<(u32, u32)>);

impl Conversations {
    fn answered(&mut self, conversation: u32, agent: u32) {
        self.0.retain(|(known, _)| *known != conversation);
        if self.0.len() >= MAX_CONVERSATIONS {
            self.0.remove(0);
        }
        self.0.push((conversation, agent));
    }

    /// For a snapshot.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        let pairs = self.0.iter();
        pairs.flat_map(|(conversation, agent)| [u64::from(*conversation), u64::from(*agent)])
    }

    /// The inverse of [`Conversations::numbers`]; none if these are none.
    pub(super) fn of_numbers(numbers: &[u64]) -> Option<Self> {
        let pairs = numbers.chunks(2).map(|pair| match pair {
            [conversation, agent] => Some((
                u32::try_from(*conversation).ok()?,
                u32::try_from(*agent).ok()?,
            )),
            _ => None,
        });
        let pairs: Vec<_> = pairs.collect::<Option<_>>()?;
        (pairs.len() <= MAX_CONVERSATIONS).then_some(Self(pairs))
    }
}

/// FNV-1a.
fn hash(texts: &[&str]) -> u32 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0xff]));
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl State {
    /// Whether another agent than this one answered the session at this gateway last.
    pub(crate) fn is_other_agent(&self, url: &str, session: &str, agent: &str) -> bool {
        let (conversation, agent) = (hash(&[url, session]), hash(&[agent]));
        let known = &self.0.borrow().conversations.0;
        let last = known.iter().find(|(known, _)| *known == conversation);
        last.is_some_and(|(_, last)| *last != agent)
    }

    /// Remembers the agent that has answered.
    pub(crate) fn answered(&self, url: &str, session: &str, agent: &str) {
        let conversations = &mut self.0.borrow_mut().conversations;
        conversations.answered(hash(&[url, session]), hash(&[agent]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_conversations_are_remembered() {
        let state = State::default();
        for at in 0..=MAX_CONVERSATIONS {
            state.answered("http://a", &at.to_string(), "main-l2");
            state.answered("http://a", "1", "main-l2");
        }
        let other = |url, session| state.is_other_agent(url, session, "main-l1");
        assert!(other("http://a", "1") && other("http://a", "128"));
        assert!(!other("http://a", "0"), "forgotten");
        assert!(!other("http://b", "1"), "another gateway");
        assert!(!state.is_other_agent("http://a", "1", "main-l2"));
        let numbers: Vec<_> = state.0.borrow().conversations.numbers().collect();
        assert_eq!(numbers.len(), 2 * MAX_CONVERSATIONS);
        assert!(Conversations::of_numbers(&numbers).is_some());
        for bad in [
            &numbers[1..],
            &[1 << 32, 1],
            &[numbers.clone(), vec![1, 1]].concat(),
        ] {
            assert!(Conversations::of_numbers(bad).is_none());
        }
    }
}
