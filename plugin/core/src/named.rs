//! Closed sets of names: one list generates the enum, its names, its parser and its JSON.

use core::fmt;

use crate::prelude::*;

/// A name outside its set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// The kind of name expected, such as `level`.
    pub kind: &'static str,
    /// The name that was given.
    pub name: String,
    /// All valid names, in order.
    pub allowed: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} `{}`; allowed are ", self.kind, self.name)?;
        match self.allowed.split_last() {
            Some((last, others)) if !others.is_empty() => {
                write!(f, "{} and {last}", others.join(", "))
            }
            _ => f.write_str(&self.allowed.concat()),
        }
    }
}

impl core::error::Error for UnknownName {}

/// Defines an enum whose cases have names.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $Name:ident, $kind:literal { $( $(#[$doc:meta])* $case:ident = $name:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Name { $( $(#[$doc])* $case, )+ }

        impl $Name {
            /// All cases, in order.
            pub const ALL: &'static [Self] = &[$(Self::$case),+];

            /// The name, for programs and people.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$case => $name),+ }
            }
        }

        impl core::fmt::Display for $Name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl core::str::FromStr for $Name {
            type Err = $crate::named::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let mut all = Self::ALL.iter().copied();
                all.find(|one| one.as_str() == name).ok_or_else(|| $crate::named::UnknownName {
                    kind: $kind,
                    name: name.into(),
                    allowed: Self::ALL.iter().map(|one| one.as_str()).collect(),
                })
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let name = <alloc::borrow::Cow<'_, str> as serde::Deserialize>::deserialize(d)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::fault::FaultCode;
    use crate::level::Level;
    use crate::locale::Locale;

    #[test]
    fn names_parse_back_and_others_are_refused_with_what_is_allowed() {
        for code in FaultCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        let level = "L9".parse::<Level>().unwrap_err();
        assert_eq!(
            std::format!("{level}"),
            "unknown level `L9`; allowed are L0, L1, L2, L3 and L4"
        );
        let locale = "fr".parse::<Locale>().unwrap_err();
        assert_eq!(
            std::format!("{locale}"),
            "unknown locale `fr`; allowed are en and zh"
        );
    }
}
