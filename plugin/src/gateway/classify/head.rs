//! The relevant part of a response head.

use crate::gateway::http_date::unix_seconds;
use crate::prelude::*;
use openclaw_core::guards::breaker::MAX_RETRY_AFTER_MS;
use openclaw_core::locale::say;
use openclaw_core::printable::excerpt;

/// The relevant part of a response head. Missing headers are empty.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, with its parameters.
    pub content_type: String,
    /// `Content-Encoding`.
    pub content_encoding: String,
    /// `Allow`.
    pub allow: String,
    /// `Retry-After`.
    pub retry_after: String,
    /// `Date`.
    pub date: String,
    /// `Location`.
    pub location: String,
    /// `WWW-Authenticate`.
    pub www_authenticate: String,
    /// `Server`. Sent by proxies, not by the gateway.
    pub server: String,
}

/// From here on a number of seconds is a Unix timestamp, not a duration.
const EPOCH_FROM: u64 = 1_000_000_000;

impl Head {
    /// The media type in lower case, without parameters.
    pub fn media_type(&self) -> String {
        let (media_type, _) = self
            .content_type
            .split_once(';')
            .unwrap_or((&self.content_type, ""));
        media_type.trim().to_ascii_lowercase()
    }

    /// Whether the body is compressed although the request accepts only `identity`.
    pub fn is_compressed(&self) -> bool {
        let mut codings = self.content_encoding.split(',').map(str::trim);
        codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
    }

    /// Whether it allows POST.
    pub(super) fn allows_post(&self) -> bool {
        let mut methods = self.allow.split(',');
        methods.any(|method| method.trim().eq_ignore_ascii_case("POST"))
    }

    /// Whether it demands authentication other than a bearer token.
    pub(super) fn wants_login(&self) -> bool {
        let scheme = self.www_authenticate.trim_start();
        let scheme = scheme.split(' ').next().unwrap_or_default();
        !scheme.is_empty() && !scheme.eq_ignore_ascii_case("bearer")
    }

    /// The delay in `Retry-After` in milliseconds, uncapped: seconds, or a point in time (an HTTP date, or a
    /// Unix timestamp in seconds or milliseconds). Points in time are relative to the response's `Date`: a
    /// component has no wall clock, and the two machines' clocks may differ. None if unreadable, negative or
    /// past.
    pub fn retry_after_ms(&self) -> Option<u64> {
        // Repeated headers are joined by a comma; dates contain one too.
        let value = self.retry_after.trim();
        let now = unix_seconds(&self.date);
        let seconds = match value.split(',').next().map(str::trim) {
            Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => {
                let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
                if !whole
                    .bytes()
                    .chain(fraction.bytes())
                    .all(|b| b.is_ascii_digit())
                {
                    return None;
                }
                let whole = whole.parse::<u64>().unwrap_or(u64::MAX);
                let up = u64::from(fraction.bytes().any(|b| b != b'0'));
                let seconds = whole.saturating_add(up);
                match now {
                    // A timestamp in milliseconds, as in JavaScript.
                    Some(now) if seconds >= EPOCH_FROM * 1000 => {
                        (seconds / 1000).saturating_sub(now)
                    }
                    Some(now) if seconds >= EPOCH_FROM => seconds.saturating_sub(now),
                    _ => seconds,
                }
            }
            _ => unix_seconds(value)?.saturating_sub(now?),
        };
        (seconds > 0).then(|| seconds.saturating_mul(1000))
    }

    /// The requested delay, as a suffix for a message; empty if none.
    pub(super) fn retry_after_words(&self, locale: openclaw_core::locale::Locale) -> String {
        let Some(ms) = self.retry_after_ms() else {
            return String::new();
        };
        let asked = excerpt(self.retry_after.as_bytes());
        if ms <= MAX_RETRY_AFTER_MS {
            return format!(" (Retry-After: {asked})");
        }
        let most = MAX_RETRY_AFTER_MS / 60_000;
        say!(locale,
            en: " (Retry-After: {asked}; at most {most} minutes are kept to)",
            zh: "（Retry-After：{asked}；最多按 {most} 分钟计）")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::locale::Locale;

    const NOW: &str = "Sun, 22 Nov 2026 07:16:41 GMT"; // 1_795_331_801

    fn asked(retry_after: &str, date: &str) -> Option<u64> {
        let head = Head {
            retry_after: retry_after.into(),
            date: date.into(),
            ..Head::default()
        };
        head.retry_after_ms()
    }

    // Report F10 and A1: a server that asks for hours, or sends a timestamp instead of seconds
    // (urllib3/urllib3#3743: "9999999999" reached sleep(); hashicorp/go-retryablehttp#283).
    #[test]
    fn retry_after_is_seconds_or_a_point_in_time() {
        for (retry_after, ms) in [
            ("120", Some(120_000)),
            (" 120 ", Some(120_000)),
            ("57600", Some(57_600_000)),
            ("1.5", Some(2_000)),
            ("0.001", Some(1_000)),
            ("2.0", Some(2_000)),
            ("120, 300", Some(120_000)),
            ("Sun, 22 Nov 2026 07:18:41 GMT", Some(120_000)),
            // The two obsolete formats that RFC 9110 requires.
            ("Sunday, 22-Nov-26 07:18:41 GMT", Some(120_000)),
            ("Sun Nov 22 07:18:41 2026", Some(120_000)),
            ("1795331921", Some(120_000)),
            ("1795331921000", Some(120_000)),
            ("99999999999999999999999", Some(18_446_742_278_377_750_000)),
            ("0", None),
            ("0.0", None),
            ("-5", None),
            ("+5", None),
            ("soon", None),
            ("", None),
            ("1e3", None),
            ("5s", None),
            ("1.2.3", None),
            ("Sun, 22 Nov 2026 07:00:00 GMT", None),
            ("1795331000", None),
        ] {
            match (retry_after, ms) {
                // Too large for any integer; saturates.
                ("99999999999999999999999", _) => {
                    assert!(asked(retry_after, NOW).is_some_and(|ms| ms > MAX_RETRY_AFTER_MS))
                }
                _ => assert_eq!(asked(retry_after, NOW), ms, "{retry_after:?}"),
            }
        }
        // Without a `Date`, points in time are useless but durations work.
        assert_eq!(asked("Sun, 22 Nov 2026 07:18:41 GMT", ""), None);
        assert_eq!(asked("1795331921", ""), Some(1_795_331_921_000));
        assert_eq!(asked("99999999999999999999999", ""), Some(u64::MAX));
    }

    #[test]
    fn what_was_asked_for_is_said_and_that_it_is_bounded() {
        let words = |retry_after: &str, locale| {
            let head = Head {
                retry_after: retry_after.into(),
                ..Head::default()
            };
            head.retry_after_words(locale)
        };
        assert_eq!(words("900", Locale::En), " (Retry-After: 900)");
        assert_eq!(
            words("57600", Locale::En),
            " (Retry-After: 57600; at most 15 minutes are kept to)"
        );
        assert_eq!(
            words("57600", Locale::Zh),
            "（Retry-After：57600；最多按 15 分钟计）"
        );
        assert_eq!(words("soon", Locale::En), "");
        let endless = words(&"9".repeat(10_000), Locale::En);
        assert!(endless.len() < 2_100, "{}", endless.len());
    }

    #[test]
    fn compressed_unless_it_is_identity() {
        for (coding, compressed) in [
            ("", false),
            ("identity", false),
            ("Identity, ", false),
            ("gzip", true),
            ("br", true),
            ("identity, zstd", true),
        ] {
            let head = Head {
                content_encoding: coding.into(),
                ..Head::default()
            };
            assert_eq!(head.is_compressed(), compressed, "{coding:?}");
        }
    }
}
