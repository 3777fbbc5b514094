//! What is made of the table of settings: that in the reference, and the Star's settings page.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use openclaw_core::approval::Approval;
use openclaw_core::config::{Config, KEYS, Key, Kind};
use openclaw_core::level::Level;
use openclaw_core::locale::Locale;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// The page with the table of settings.
pub const REFERENCE: &str = "host-shim/REFERENCE.md";
/// What the Star's settings page is made of, besides the keys of core's table.
const STAR: &str = "host-shim/astrbot/settings.toml";

/// The reference with the table of settings.
pub fn reference(root: &Path) -> Result<String> {
    let page = std::fs::read_to_string(root.join(REFERENCE))?;
    let (begin, end) = ("<!-- settings -->\n", "<!-- /settings -->");
    let section = page
        .split_once(begin)
        .and_then(|(head, rest)| Some((head, rest.split_once(end)?.1)));
    let (head, tail) =
        section.with_context(|| format!("{REFERENCE} has no section of settings"))?;
    let mut table = String::from("| key | default | allowed | |\n| --- | --- | --- | --- |\n");
    for key in KEYS {
        let default = default(key)
            .map(|default| format!("`{default}`"))
            .unwrap_or_default();
        let allowed = match key.range_as_written() {
            Some((least, most)) => format!("{least} to {most}"),
            None => key.expects(Locale::En),
        };
        let env = key.env.map(|env| format!(" (`{env}`)")).unwrap_or_default();
        writeln!(
            table,
            "| `{}`{env} | {default} | {allowed} | {} |",
            key.name,
            key.hint(Locale::En)
        )?;
    }
    Ok(format!("{head}{begin}{table}{end}{tail}"))
}

/// A key's default as users write it, if it has one.
fn default(key: &Key) -> Option<Value> {
    let mut defaults = serde_json::to_value(Config::default()).ok()?;
    let value = defaults.get_mut(key.name)?.take();
    let empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
    (!empty).then_some(value)
}

/// The Star's `_conf_schema.json`, in Chinese.
pub fn star_schema(root: &Path) -> Result<String> {
    schema(&Star::read(root)?.setting).print()
}

/// The Star's `i18n/en-US.json`.
pub fn star_english(root: &Path) -> Result<String> {
    let star = Star::read(root)?;
    let config = english(&star.setting);
    Json::of([
        ("metadata", Some(star.metadata.into())),
        ("config", Some(config)),
        ("pages", Some(star.pages.into())),
    ])
    .print()
}

/// [`STAR`].
#[derive(Deserialize)]
struct Star {
    metadata: Value,
    pages: Value,
    setting: Vec<Setting>,
}

/// A setting of the Star: one of core's table, with what is different, or one of its own.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Setting {
    key: String,
    r#type: Option<String>,
    default: Option<Value>,
    options: Option<Vec<String>>,
    obvious_hint: Option<bool>,
    en: Option<Texts>,
    zh: Option<Texts>,
    /// What a group has of core's table, before its items.
    keys: Vec<String>,
    items: Option<Vec<Setting>>,
}

/// Title and hint.
type Texts = Vec<String>;

impl Star {
    fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(STAR))
            .with_context(|| format!("cannot read {STAR}"))?;
        let mut star: Self = toml::from_str(&text).context(STAR)?;
        star.setting.iter_mut().try_for_each(Setting::complete)?;
        Ok(star)
    }
}

impl Setting {
    /// Fills in what core's table knows.
    fn complete(&mut self) -> Result<()> {
        if let Some(key) = Key::find(&self.key) {
            let (r#type, options) = match key.kind {
                Kind::Level => ("level", None),
                Kind::Locale => ("string", Some(vec!["zh".to_owned(), "en".to_owned()])),
                Kind::Words | Kind::Names => ("list", None),
                Kind::Flag => ("bool", None),
                Kind::Mib | Kind::Bytes | Kind::Count | Kind::Ms => ("int", None),
                _ => ("string", None),
            };
            self.r#type.get_or_insert(r#type.to_owned());
            self.options = self.options.take().or(options);
            self.default
                .get_or_insert(default(key).unwrap_or("".into()));
            self.en.get_or_insert(texts_of(key, Locale::En));
            self.zh.get_or_insert(texts_of(key, Locale::Zh));
        }
        let options = match self.r#type.as_deref() {
            Some("level") => Some(Level::ALL.iter().map(Level::to_string).collect()),
            Some("approval") => Some(Approval::ALL.iter().map(Approval::to_string).collect()),
            _ => None,
        };
        if options.is_some() {
            self.r#type = Some("string".to_owned());
            self.options = options;
        }
        if !self.keys.is_empty() {
            let keys = self.keys.drain(..).map(|key| Self {
                key,
                ..Self::default()
            });
            let own = self.items.take().unwrap_or_default();
            self.items = Some(keys.chain(own).collect());
        }
        self.items.iter_mut().flatten().try_for_each(Self::complete)
    }
}

/// Title, and hint with the range. AstrBot's numbers are whole.
fn texts_of(key: &Key, locale: Locale) -> Texts {
    let whole = |value: u64| {
        if key.kind == Kind::Ms {
            value.div_ceil(1_000)
        } else {
            value
        }
    };
    let range = key.range.map(|(least, most)| (whole(least), whole(most)));
    let range = match (range, key.kind, locale) {
        (None, ..) => String::new(),
        (Some((least, _)), Kind::Mib, Locale::En) => format!(" At least {least}."),
        (Some((least, _)), Kind::Mib, Locale::Zh) => format!("不小于 {least}。"),
        (Some((least, most)), _, Locale::En) => format!(" {least} to {most}."),
        (Some((least, most)), _, Locale::Zh) => format!("{least} 到 {most}。"),
    };
    vec![
        key.title(locale).to_owned(),
        key.hint(locale).to_owned() + &range,
    ]
}

/// JSON whose objects stay in order.
enum Json {
    Value(Value),
    Object(Vec<(String, Json)>),
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

impl Json {
    fn print(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// An object of what there is.
    fn of<const N: usize>(members: [(&str, Option<Json>); N]) -> Self {
        let members = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Self::Object(members.collect())
    }
}

impl<T: Into<Value>> From<T> for Json {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// What AstrBot calls `description` and `hint`.
fn described(texts: &Option<Texts>) -> [(&'static str, Option<Json>); 2] {
    let text = |at| {
        texts
            .as_ref()?
            .get(at)
            .map(|text: &String| text.as_str().into())
    };
    [("description", text(0)), ("hint", text(1))]
}

/// The settings as AstrBot's settings page takes them.
fn schema(settings: &[Setting]) -> Json {
    let entry = |setting: &Setting| {
        let [description, hint] = described(&setting.zh);
        let of_list = (setting.r#type.as_deref() == Some("list"))
            .then(|| Json::of([("type", Some("string".into()))]));
        let entry = Json::of([
            description,
            ("type", setting.r#type.as_deref().map(Json::from)),
            hint,
            ("obvious_hint", setting.obvious_hint.map(Json::from)),
            ("options", setting.options.clone().map(Json::from)),
            ("items", setting.items.as_deref().map(schema).or(of_list)),
            ("default", setting.default.clone().map(Json::from)),
        ]);
        (setting.key.clone(), entry)
    };
    Json::Object(settings.iter().map(entry).collect())
}

/// Their English texts.
fn english(settings: &[Setting]) -> Json {
    let entry = |setting: &Setting| {
        let Json::Object(mut entry) = Json::of(described(&setting.en)) else {
            unreachable!()
        };
        if let Some(Json::Object(items)) = setting.items.as_deref().map(english) {
            entry.extend(items);
        }
        (setting.key.clone(), Json::Object(entry))
    };
    Json::Object(settings.iter().map(entry).collect())
}
