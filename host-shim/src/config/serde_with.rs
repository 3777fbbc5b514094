//! How secrets are written.

use openclaw_core::redact::MASK;
use secrecy::{ExposeSecret, SecretString};
use serde::Serializer;

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
