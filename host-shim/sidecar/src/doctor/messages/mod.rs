//! What the doctor says, in both languages side by side.
//!
//! `name[typed arguments](arguments): kind Id Code, detail, cause, remedy;` with each text as
//! `English | Chinese`. The name of a note or of something wrong is the `problem` of the JSON. Something
//! wrong without cause and remedy has the plugin's for its code.

mod astrbot;
mod container;
mod files;
mod levels;
mod model;
mod settings;

pub(super) use self::astrbot::*;
pub(super) use self::container::*;
pub(super) use self::files::*;
pub(super) use self::levels::*;
pub(super) use self::model::*;
pub(super) use self::settings::*;

macro_rules! messages {
    ($(
        $name:ident $([$($typed:ident: $type:ty),*])? ($($arg:ident),*):
        $kind:ident $id:ident $($code:ident)?,
        $($en:literal | $zh:literal),+;
    )*) => {
        /// Name and kind of each entry.
        #[cfg(test)]
        pub(super) const ENTRIES: &[(&str, &str)] = &[$((stringify!($name), stringify!($kind))),*];
        $(
        pub(in crate::doctor) fn $name(
            $($($typed: $type,)*)?
            $($arg: impl $crate::text::Argument),*
        ) -> $crate::doctor::Check {
            let en = {
                $(let $arg = $arg.en();)*
                [$(format!($en)),+]
            };
            let zh = {
                $(let $arg = $arg.zh();)*
                [$(format!($zh)),+]
            };
            $crate::doctor::Check::$kind($id, $($code,)? stringify!($name), en, zh)
        }
    )*};
}
use messages;

/// Texts that become part of messages.
macro_rules! phrases {
    ($($name:ident($($arg:ident),*): $en:literal | $zh:literal;)*) => {$(
        pub(in crate::doctor) fn $name($($arg: impl $crate::text::Argument),*) -> $crate::text::Text {
            let en = {
                $(let $arg = $arg.en();)*
                format!($en)
            };
            let zh = {
                $(let $arg = $arg.zh();)*
                format!($zh)
            };
            $crate::text::Text { en, zh }
        }
    )*};
}
use phrases;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_every_problem() {
        let schema: serde_json::Value = serde_json::from_str(crate::doctor::SCHEMA).unwrap();
        let problem = &schema["properties"]["checks"]["items"]["properties"]["problem"];
        let named = problem["examples"].as_array().unwrap();
        let entries = [
            files::ENTRIES,
            settings::ENTRIES,
            model::ENTRIES,
            levels::ENTRIES,
            container::ENTRIES,
            astrbot::ENTRIES,
        ]
        .concat();
        let problems = entries
            .iter()
            .filter(|(_, kind)| !matches!(*kind, "ok" | "skipped"));
        let missing: Vec<_> = problems
            .filter(|(name, _)| !named.iter().any(|one| one == name))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
