//! How durations and secrets are written.

use openclaw_core::redact::MASK;
use secrecy::{ExposeSecret, SecretString};
use serde::Serializer;

/// A `Duration` as a number of seconds, fractions allowed.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Duration, s: S) -> Result<S::Ok, S::Error> {
        match value.subsec_nanos() {
            0 => s.serialize_u64(value.as_secs()),
            _ => s.serialize_f64(value.as_secs_f64()),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(d)?;
        // Refuses what is negative, infinite, not a number or beyond the type.
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| serde::de::Error::custom("not a number of seconds, 0 or more"))
    }
}

/// An optional `Duration` as a number of seconds or null.
pub(crate) mod opt_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(v: &Option<Duration>, s: S) -> Result<S::Ok, S::Error> {
        match v {
            Some(value) => super::seconds::serialize(value, s),
            None => s.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Duration>, D::Error> {
        #[derive(Deserialize)]
        struct Seconds(#[serde(with = "super::seconds")] Duration);
        Ok(Option::<Seconds>::deserialize(d)?.map(|seconds| seconds.0))
    }
}

/// Says whether a token is set, never which.
pub(crate) fn masked<S: Serializer>(secret: &SecretString, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(if secret.expose_secret().is_empty() {
        ""
    } else {
        MASK
    })
}

/// As [`masked`], null if there is none.
pub(crate) fn opt_masked<S: Serializer>(
    secret: &Option<SecretString>,
    s: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => masked(secret, s),
        None => s.serialize_none(),
    }
}
