//! Attachments that the gateway truncates.

use super::run::Run;
use crate::gateway::attachment;
use crate::host::{Events, Host};
use crate::prelude::*;
use crate::text;
use core::ops::Range;
use openclaw_core::turn::Attachment;

/// Maximum characters of a file name, and maximum names, in a notice.
const MAX_NAME_SHOWN: usize = 64;
const MAX_NAMES_SHOWN: usize = 5;

impl<H: Host, E: Events> Run<'_, H, E> {
    /// A notice about text files that are too long for the gateway, by its version if known.
    pub(super) fn shortened(&self, at: usize) -> String {
        let (locale, turn) = (self.config.locale, self.turn.turn());
        let names = |within: Range<usize>| {
            let long = turn.attachments.iter();
            let long = long.filter(|one| within.contains(&attachment::characters(one)));
            let name = |one: &Attachment| match one.filename.as_str() {
                "" => self.config.quoted(&one.media_type, MAX_NAME_SHOWN),
                name => self.config.quoted(name, MAX_NAME_SHOWN),
            };
            let mut names: Vec<String> = long.clone().take(MAX_NAMES_SHOWN).map(name).collect();
            if long.count() > names.len() {
                names.push("…".to_owned());
            }
            names.join(", ")
        };
        let (new, old) = (
            attachment::NEW_MAX_CHARACTERS,
            attachment::OLD_MAX_CHARACTERS,
        );
        let (new, old) = (new + 1, old + 1);
        let mut words = vec![];
        if self.state.is_new(at) {
            words.push(text::shortened(locale, &names(new..usize::MAX), new - 1));
        } else {
            words.push(text::shortened(locale, &names(old..usize::MAX), old - 1));
            words.push(text::perhaps_shortened(locale, &names(new..old), new - 1));
        }
        words.retain(|words| !words.is_empty());
        words.join("\n")
    }
}
