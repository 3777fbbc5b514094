//! JSON representation of durations, bytes and JSON texts.

use core::fmt;
use core::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::prelude::*;

/// A `Duration` as seconds; an integer if it has no fraction.
pub mod seconds {
    use super::*;

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// Any error of the serializer.
    pub fn serialize<S: Serializer>(value: &Duration, s: S) -> Result<S::Ok, S::Error> {
        match value.subsec_nanos() {
            0 => s.serialize_u64(value.as_secs()),
            _ => s.serialize_f64(value.as_secs_f64()),
        }
    }

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// The value is not a number, or is negative, infinite or too large.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(d)?)
            .map_err(|_| D::Error::custom("not a number of seconds, 0 or more"))
    }
}

/// An optional `Duration` as seconds or null.
pub mod optional_seconds {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Seconds(#[serde(with = "super::seconds")] Duration);

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// Any error of the serializer.
    pub fn serialize<S: Serializer>(value: &Option<Duration>, s: S) -> Result<S::Ok, S::Error> {
        value.map(Seconds).serialize(s)
    }

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// See [`seconds::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<Seconds>::deserialize(d)?.map(|seconds| seconds.0))
    }
}

/// Bytes as whole MiB, rounded down.
pub(crate) fn mib<S: Serializer>(bytes: &Option<u64>, s: S) -> Result<S::Ok, S::Error> {
    bytes.map(|bytes| bytes >> 20).serialize(s)
}

/// Bytes as base64.
pub mod base64_text {
    use super::*;

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// Any error of the serializer.
    pub fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(bytes))
    }

    /// For `#[serde(with)]`. Decodes while reading, so the text is never held in memory as well.
    ///
    /// # Errors
    /// The value is not a base64 string.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        struct Base64;

        impl Visitor<'_> for Base64 {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string in base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
                STANDARD.decode(text).map_err(|error| {
                    E::custom(format!("an attachment's `data` is not base64: {error}"))
                })
            }
        }
        d.deserialize_str(Base64)
    }
}

/// The text of a JSON object, embedded as that object.
pub(crate) mod value {
    use super::*;

    /// Text that is not a JSON object is written as a string.
    pub(crate) fn serialize<S: Serializer>(text: &str, s: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str(text) {
            Ok(object @ Value::Object(_)) => object.serialize(s),
            _ => s.serialize_str(text),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
        Ok(format!("{}", Value::deserialize(d)?))
    }
}
