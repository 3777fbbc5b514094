//! Serialization of mebibytes and tokens, for `#[serde(with = …)]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ExposeSecret, MIB, SecretString};
use crate::prelude::*;
use crate::redact::MASK;

/// Bytes as whole mebibytes.
pub(super) mod mib {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(bytes / MIB)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        Ok(u64::deserialize(d)?.saturating_mul(MIB))
    }
}

/// A token; never serialized.
pub(super) mod secret {
    use super::*;

    pub fn serialize<S: Serializer>(secret: &SecretString, s: S) -> Result<S::Ok, S::Error> {
        let set = !secret.expose_secret().is_empty();
        s.serialize_str(if set { MASK } else { "" })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<SecretString, D::Error> {
        String::deserialize(d).map(SecretString::from)
    }
}

/// An optional token; never serialized.
pub(super) mod opt_secret {
    use super::*;

    pub fn serialize<S: Serializer>(
        secret: &Option<SecretString>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(|_| MASK).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SecretString>, D::Error> {
        Ok(Option::<String>::deserialize(d)?.map(SecretString::from))
    }
}
