//! Masks secrets, for the component, the host, the command lines, the sidecar and the Star.

use crate::prelude::*;

/// Replaces a secret.
pub const MASK: &str = "***";

/// Minimum bytes of a secret that is masked. Anything shorter, such as `none`, may be an ordinary word.
pub const SHORTEST: usize = 5;

/// Masks these secrets in a text. Overlapping and nested secrets are masked as one.
pub fn mask<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str> + Clone) -> String {
    mask_with(MASK, text, secrets)
}

/// Like [`mask`], with a different replacement.
pub fn mask_with<'a>(
    mark: &str,
    text: &str,
    secrets: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let mut masked = String::with_capacity(text.len());
    // End of the span masked so far.
    let mut end = 0;
    for (at, c) in text.char_indices() {
        for secret in secrets.clone() {
            if secret.len() >= SHORTEST && text[at..].starts_with(secret) {
                if at >= end {
                    masked.push_str(mark);
                }
                end = end.max(at + secret.len());
            }
        }
        if at >= end {
            masked.push(c);
        }
    }
    masked
}

/// How many bytes of a streamed text can be masked and shown so far; the rest may be the start of a secret,
/// or of one that overlaps another.
pub fn settled<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str> + Clone) -> usize {
    let secrets = || {
        let secrets = secrets.clone().into_iter();
        secrets.filter(|secret| secret.len() >= SHORTEST)
    };
    let begins =
        |rest: &str| secrets().any(|secret| secret.len() > rest.len() && secret.starts_with(rest));
    let mut places = text.char_indices().map(|(at, _)| at);
    let cut = places.find(|at| begins(&text[*at..])).unwrap_or(text.len());
    // The last masked span before the cut; it must not be split.
    let (mut start, mut end) = (0, 0);
    for (at, _) in text.char_indices().take_while(|(at, _)| *at < cut) {
        for secret in secrets().filter(|secret| text[at..].starts_with(secret)) {
            if at >= end {
                start = at;
            }
            end = end.max(at + secret.len());
        }
    }
    if end > cut { start } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Report F33 (vm0-ai/vm0#9778: the shorter of two secrets was masked first and left the rest of the longer
    // one; #9808 leaves secrets that only overlap, and one that overlaps itself).
    #[test]
    fn all_of_every_secret_is_masked_in_whatever_order_they_are_given() {
        let cases: [(&[&str], &str, &str); 12] = [
            (&["hunter2"], "at hunter2", "at ***"),
            (
                &["hunter2", "hunter22"],
                "a hunter2 and hunter22",
                "a *** and ***",
            ),
            (
                &["secret", "mysecret-token-xyz"],
                "mysecret-token-xyz",
                "***",
            ),
            (&["abcdef", "defghi"], "x abcdefghi y", "x *** y"),
            (&["abcde", "efghi", "ijklm"], "abcdefghijklm", "***"),
            (&["ababa"], "abababab", "***b"),
            (&["secret"], "secretsecret", "******"),
            (&["令牌令牌"], "我的令牌令牌令牌！", "我的***！"),
            (&["none", "", "key"], "none of the key", "none of the key"),
            (&["token"], "", ""),
            (&[], "as it is", "as it is"),
            (&["t0ken"], "t0ken\nt0ken", "***\n***"),
        ];
        for (secrets, text, masked) in cases {
            let backwards = secrets.iter().rev().copied();
            assert_eq!(mask(text, secrets.iter().copied()), masked, "{text}");
            assert_eq!(mask(text, backwards), masked, "{text}");
            let (mut shown, mut held) = (String::new(), String::new());
            for c in text.chars() {
                held.push(c);
                let rest = held.split_off(settled(&held, secrets.iter().copied()));
                shown += &mask(&held, secrets.iter().copied());
                held = rest;
            }
            shown += &mask(&held, secrets.iter().copied());
            assert_eq!(shown, masked, "{text}, by the character");
        }
    }
}
