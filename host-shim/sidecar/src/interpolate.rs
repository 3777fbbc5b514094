//! `$NAME` and `${NAME:-default}` in a compose file or a `.env`, substituted like Compose does.
//!
//! The two generations differ: the second (compose-go) supports nested defaults and `:+` and keeps a lone
//! `$`; the first (Python) supports neither and rejects a lone `$`.

/// Which generation's rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Compose v2 and later, written in Go.
    #[default]
    Go,
    /// Compose v1 and podman-compose, written in Python.
    Python,
}

impl Dialect {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Go => Self::Python,
            Self::Python => Self::Go,
        }
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Go => "docker compose v2",
            Self::Python => "docker-compose 1.x",
        }
    }
}

/// A variable's value: `None` if it is not set, `Some(None)` if it is named without a value, which only
/// the first generation supports.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<Option<String>>;

/// Why Compose would reject a string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A `$` that begins no variable.
    #[error("invalid interpolation format")]
    Invalid,
    /// `${NAME:?why}` without a value.
    #[error("{name} is required and has no value")]
    Required {
        /// The variable.
        name: String,
    },
    /// It would have more than [`MAX_BYTES`].
    #[error("the value is too long")]
    TooLong,
}

/// The most bytes that a string has with its variables: as many as the longest file that is read. Values can be put
/// into others, and so double with every line.
pub const MAX_BYTES: usize = 4 << 20;

/// How deep defaults may be nested.
const DEPTH: usize = 32;

/// `text` with all variables substituted.
///
/// # Errors
///
/// Compose would reject it.
pub fn interpolate(text: &str, dialect: Dialect, lookup: Lookup<'_>) -> Result<String, Refused> {
    substitute(text, dialect, lookup, DEPTH)
}

/// The names of the variables in a text.
pub fn names(text: &str) -> Vec<&str> {
    text.split('$')
        .skip(1)
        .map(|rest| rest.strip_prefix('{').unwrap_or(rest))
        .map(|rest| &rest[..name_length(rest)])
        .filter(|name| !name.is_empty())
        .collect()
}

fn substitute(
    text: &str,
    dialect: Dialect,
    lookup: Lookup<'_>,
    depth: usize,
) -> Result<String, Refused> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        if out.len() > MAX_BYTES {
            return Err(Refused::TooLong);
        }
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(left) = after.strip_prefix('$') {
            out.push('$');
            rest = left;
            continue;
        }
        let name = name_length(after);
        if name > 0 {
            out.push_str(&plain(&after[..name], lookup));
            rest = &after[name..];
            continue;
        }
        let Some(inside) = after.strip_prefix('{') else {
            if dialect == Dialect::Python {
                return Err(Refused::Invalid);
            }
            out.push('$');
            rest = after;
            continue;
        };
        let end = closing(inside, dialect).ok_or(Refused::Invalid)?;
        out.push_str(&braced(&inside[..end], dialect, lookup, depth)?);
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Bytes of the variable's name that `text` begins with.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(first) if first.is_ascii_alphabetic() || *first == b'_' => bytes
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count(),
        _ => 0,
    }
}

/// Where the braces end whose inside `text` begins with.
fn closing(text: &str, dialect: Dialect) -> Option<usize> {
    let name = name_length(text);
    if name == 0 {
        return None;
    }
    if text[name..].starts_with('}') {
        return Some(name);
    }
    if dialect == Dialect::Python {
        return text.find('}');
    }
    let bytes = text.as_bytes();
    let (mut open, mut at) = (1, name);
    while at < bytes.len() && bytes[at] != b'\n' {
        match bytes[at] {
            b'}' if open == 1 => return Some(at),
            b'}' => open -= 1,
            // What follows an opening brace is not looked at.
            b'{' => {
                open += 1;
                at += usize::from(bytes.get(at + 1) != Some(&b'\n'));
            }
            _ => {}
        }
        at += 1;
    }
    // Braces that are never closed: up to the last one that is.
    let line = &text[..at.min(text.len())];
    line.rfind('}').filter(|end| *end > name)
}

fn plain(name: &str, lookup: Lookup<'_>) -> String {
    match lookup(name) {
        None => String::new(),
        Some(Some(value)) => value,
        // As Python writes a value that is none.
        Some(None) => "None".to_owned(),
    }
}

fn braced(
    inside: &str,
    dialect: Dialect,
    lookup: Lookup<'_>,
    depth: usize,
) -> Result<String, Refused> {
    let (name, rest) = inside.split_at(name_length(inside));
    if rest.is_empty() {
        return Ok(plain(name, lookup));
    }
    // With a colon an empty value counts as none.
    let (colon, rest) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let found = lookup(name);
    let value = found.clone().flatten().unwrap_or_default();
    let there = found.is_some() && !(colon && value.is_empty());
    let nested = |text: &str| match (dialect, depth) {
        (Dialect::Python, _) => Ok(text.to_owned()),
        (Dialect::Go, 0) => Err(Refused::Invalid),
        (Dialect::Go, depth) => substitute(text, dialect, lookup, depth - 1),
    };
    let mut parts = rest.chars();
    match (parts.next(), parts.as_str()) {
        (Some('-'), _) if there => Ok(value),
        (Some('-'), default) => nested(default),
        (Some('?'), _) if there => Ok(value),
        (Some('?'), _) => Err(Refused::Required {
            name: name.to_owned(),
        }),
        (Some('+'), other) if dialect == Dialect::Go && there => nested(other),
        (Some('+'), _) if dialect == Dialect::Go => Ok(value),
        _ => Err(Refused::Invalid),
    }
}
