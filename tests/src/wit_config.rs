//! The whole `config` record of `wit/` in text, for hosts that are not written in Rust.

use openclaw_core::bindings::Times as _;
use openclaw_core::config::Config;
use openclaw_core::locale::Locale;

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As `wasmtime run --invoke` takes it.
    Wave,
    /// JSON with jco's names; a 64-bit number is a string such as `"8n"`.
    Json,
}

impl Style {
    fn name(self, field: &str) -> String {
        let kebab = field.replace('_', "-");
        if self == Self::Wave {
            return kebab;
        }
        let mut words = kebab.split('-');
        let first = words.next().unwrap_or_default().to_owned();
        let camel = words.map(|word| word[..1].to_uppercase() + &word[1..]);
        format!("\"{first}{}\"", camel.collect::<String>())
    }

    fn case(self, name: &str) -> String {
        if self == Self::Wave {
            name.to_owned()
        } else {
            format!("\"{name}\"")
        }
    }

    fn wide(self, number: u64) -> String {
        if self == Self::Wave {
            number.to_string()
        } else {
            format!("\"{number}n\"")
        }
    }
}

macro_rules! value {
    (Ms $style:ident $value:expr) => {
        $style.wide($value.millis())
    };
    (Mib $style:ident $value:expr) => {
        $style.wide($value)
    };
    (Bytes $style:ident $value:expr) => {
        $style.wide($value)
    };
    (Level $style:ident $value:expr) => {
        $style.case(["talk", "read-only", "act", "host", "root"][$value as usize])
    };
    (Locale $style:ident $value:expr) => {
        $style.case(if $value == Locale::En { "en" } else { "zh" })
    };
    ($kind:ident $style:ident $value:expr) => {
        serde_json::to_string(&$value).unwrap()
    };
}

macro_rules! write_record {
    (
        $config:ident, $style:ident,
        Config { $($field:ident ($($wit:ident)?): $kind:ident = $default:expr, $about:tt;)* }
        Limits { $($limit:ident ($limit_wit:ident): $limit_kind:ident = $limit_default:expr, $limit_about:tt;)* }
        Timeouts { $($time:ident ($time_wit:ident): $time_kind:ident = $time_default:expr, $time_about:tt;)* }
        Files $files:tt
    ) => {{
        let member = |name: &str, value: String| format!("{}: {value}", $style.name(name));
        let limits = [$(member(stringify!($limit_wit), value!($limit_kind $style $config.limits.$limit))),*];
        let mut members = vec![member("limits", format!("{{{}}}", limits.join(", ")))];
        $($(members.push(member(stringify!($wit), value!($kind $style $config.$field)));)?)*
        $(members.push(member(stringify!($time_wit), value!($time_kind $style $config.timeouts.$time)));)*
        members
    }};
}

/// The record with one gateway.
pub fn written(config: &Config, url: &str, token: &str, style: Style) -> String {
    let mut members = openclaw_core::settings!(write_record, config, style);
    let [url_name, token_name] = ["url", "bearer_token"].map(|name| style.name(name));
    let primary = format!("{{{url_name}: {url:?}, {token_name}: {token:?}}}");
    members.push(format!("{}: {primary}", style.name("primary")));
    format!("{{{}}}", members.join(", "))
}
