//! Writes into the gateway's config between our own markers, and leaves every other byte as it is.
//!
//! A block is a few keys of one object, between two comment lines:
//!
//! ```text
//! // >>> host-shim sidecar NAME
//! list: […],
//! // <<< host-shim sidecar NAME
//! ```
//!
//! A new block goes right behind the object's `{`, where no comma before it can be missing. A missing
//! parent is made between markers without a name. What the user has written outside wins: such a key is
//! left out and reported.

use std::ops::Range;

use serde_json::Value;

use crate::gateway_config;
use crate::json5_text::{Object, Outline, line_of, outline};
use crate::line_end;

/// The beginning of the line above a block.
const BEGIN: &str = "// >>> host-shim sidecar";
/// The beginning of the line below it.
const END: &str = "// <<< host-shim sidecar";

/// Some keys of one object of the config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Names the markers: one word, stable.
    pub name: &'static str,
    /// The keys from the root to the object, such as `["agents", "defaults"]`; empty for the root itself.
    pub parent: &'static [&'static str],
    /// Key and value, as JSON5; more lines of a value are indented like the key. Without any the block is
    /// removed.
    pub entries: Vec<(&'static str, String)>,
}

/// A config with its blocks written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The whole text.
    pub text: String,
    /// Keys that the user has set outside our markers, so that they were left out, such as `agents.list`.
    pub own: Vec<String>,
}

/// Why a config cannot be written into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is not a JSON5 object, from this line on.
    #[error("line {0} is not valid JSON5")]
    Syntax(usize),
    /// The marker in this line has no partner in the same object, is not alone in its line, or is there twice.
    #[error("the host-shim marker on line {0} is unmatched")]
    Marker(usize),
    /// The place of a parent is taken by something else, such as a list.
    #[error("{0} is not an object")]
    NotAnObject(String),
    /// The result would not mean what it should: a key is there twice.
    #[error("{0} is set twice")]
    Twice(String),
}

/// Writes the blocks into a config. Writing the same blocks again changes nothing.
///
/// # Errors
///
/// The text is not JSON5, its markers do not match, or a block's place is taken by something else.
pub fn write(text: &str, blocks: &[Block]) -> Result<Written, Refused> {
    let mut written = Written {
        text: text.to_owned(),
        own: Vec::new(),
    };
    for block in blocks {
        block.write_into(&mut written)?;
    }
    verify(text, &written, blocks)?;
    Ok(written)
}

/// A block in the text.
struct Found<'a> {
    name: &'a str,
    /// Its lines, with both markers and the last line's end.
    lines: Range<usize>,
    /// Where the object opens that it belongs to.
    of: usize,
}

/// A text with its objects and blocks.
struct Marked<'a> {
    text: &'a str,
    outline: Outline,
    found: Vec<Found<'a>>,
}

impl<'a> Marked<'a> {
    fn read(text: &'a str) -> Result<Self, Refused> {
        let outline = outline(text).map_err(|at| Refused::Syntax(line_of(text, at)))?;
        let found = find(text, &outline)?;
        Ok(Self {
            text,
            outline,
            found,
        })
    }

    fn find(&self, name: &str) -> Option<&Found<'a>> {
        self.found.iter().find(|block| block.name == name)
    }

    /// The innermost object on the way to the parent, and how many keys lead to it. What other blocks have
    /// does not count, except for a parent that was made.
    fn deepest(&self, parent: &[&str]) -> Result<(usize, &Object), Refused> {
        let mut here = &self.outline.root;
        for (depth, key) in parent.iter().enumerate() {
            let mut members = here.members.iter();
            let last =
                members.rfind(|member| member.key == *key && !self.is_in(member.span.start, None));
            let Some(member) = last else {
                return Ok((depth, here));
            };
            here = member
                .object
                .as_ref()
                .ok_or_else(|| Refused::NotAnObject(parent[..=depth].join(".")))?;
        }
        Ok((parent.len(), here))
    }

    /// Whether an offset is in the block of this name, or in any that has one.
    fn is_in(&self, at: usize, name: Option<&str>) -> bool {
        let right =
            |found: &&Found<'_>| name.map_or(!found.name.is_empty(), |name| found.name == name);
        let mut blocks = self.found.iter().filter(right);
        blocks.any(|found| found.lines.contains(&at))
    }

    /// What stands before a line of this block, or before a key of the object.
    fn indent(&self, block: &str, object: &Object) -> String {
        if let Some(found) = self.find(block) {
            let lines = &self.text[found.lines.clone()];
            let blank = lines.len() - lines.trim_start_matches([' ', '\t']).len();
            return lines[..blank].to_owned();
        }
        let begin = self.text[..object.open].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.text[begin..];
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        format!("{}  ", &line[..blank])
    }
}

/// Pairs the markers.
fn find<'a>(text: &'a str, outline: &Outline) -> Result<Vec<Found<'a>>, Refused> {
    let mut found: Vec<Found<'a>> = Vec::new();
    let mut open: Vec<(&str, usize, usize)> = Vec::new();
    for comment in &outline.comments {
        let words = text[comment.clone()].trim_end();
        let refused = || Refused::Marker(line_of(text, comment.start));
        let name = |rest: &'a str| match rest {
            "" => Some(""),
            named => named.strip_prefix(' '),
        };
        let begin = words.strip_prefix(BEGIN).and_then(name);
        let end = words.strip_prefix(END).and_then(name);
        let Some(name) = begin.or(end) else {
            continue;
        };
        let of = innermost(&outline.root, comment.start).ok_or_else(refused)?;
        let line = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
        if !text[line..comment.start].trim().is_empty() {
            return Err(refused());
        }
        if begin.is_some() {
            open.push((name, line, of));
            continue;
        }
        let start = match open.pop() {
            Some((first, start, place)) if first == name && place == of => start,
            Some((_, start, _)) => return Err(Refused::Marker(line_of(text, start))),
            None => return Err(refused()),
        };
        let rest = &text[comment.end..];
        let end = comment.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        found.push(Found {
            name,
            lines: start..end,
            of,
        });
    }
    match open.pop() {
        Some((_, start, _)) => Err(Refused::Marker(line_of(text, start))),
        None => Ok(found),
    }
}

/// Where the innermost object opens that has this offset between its members.
fn innermost(object: &Object, at: usize) -> Option<usize> {
    if object.holds(at) {
        return Some(object.open);
    }
    let mut inside = object
        .members
        .iter()
        .filter_map(|member| member.object.as_ref());
    inside.find_map(|object| innermost(object, at))
}

impl Block {
    fn write_into(&self, written: &mut Written) -> Result<(), Refused> {
        let text = written.text.clone();
        let marked = Marked::read(&text)?;
        let (_, parent) = marked.deepest(self.parent)?;
        let here: Vec<&Found<'_>> = marked
            .found
            .iter()
            .filter(|found| found.name == self.name)
            .collect();
        if let [_, second, ..] = here[..] {
            return Err(Refused::Marker(line_of(&text, second.lines.start)));
        }
        // One in another object moves.
        if let [found] = here[..]
            && found.of != parent.open
        {
            written.text.replace_range(found.lines.clone(), "");
        }
        let text = written.text.clone();
        let marked = Marked::read(&text)?;
        let (depth, parent) = marked.deepest(self.parent)?;
        let missing = &self.parent[depth..];
        let mut entries: Vec<&(&str, String)> = self.entries.iter().collect();
        if missing.is_empty() {
            entries.retain(|(key, _)| {
                let outside = |at| !marked.is_in(at, Some(self.name));
                let mut members = parent.members.iter();
                let own = members.any(|member| member.key == *key && outside(member.span.start));
                if own {
                    written.own.push(self.place(key).join("."));
                }
                !own
            });
        }
        let end = line_end::of(&text);
        let lines = match entries.is_empty() {
            true => String::new(),
            false => self.render(&entries, missing, &marked.indent(self.name, parent)),
        };
        let lines = lines.replace('\n', end);
        match marked.find(self.name) {
            Some(found) => written.text.replace_range(found.lines.clone(), &lines),
            None if lines.is_empty() => {}
            None => insert(&mut written.text, parent.open + 1, &lines, end),
        }
        Ok(())
    }

    fn place(&self, key: &'static str) -> Vec<&'static str> {
        self.parent.iter().copied().chain([key]).collect()
    }

    /// Its lines, with the objects that are missing around it.
    fn render(&self, entries: &[&(&str, String)], missing: &[&str], indent: &str) -> String {
        let (name, inside) = match missing.split_first() {
            Some((first, missing)) => {
                let inside = self.render(entries, missing, &format!("{indent}  "));
                (
                    String::new(),
                    format!("{indent}{first}: {{\n{inside}{indent}}},\n"),
                )
            }
            None => {
                let line = |(key, value): &&(&str, String)| {
                    let value = value.trim_end().replace('\n', &format!("\n{indent}"));
                    format!("{indent}{key}: {value},\n")
                };
                (
                    format!(" {}", self.name),
                    entries.iter().map(line).collect(),
                )
            }
        };
        format!("{indent}{BEGIN}{name}\n{inside}{indent}{END}{name}\n")
    }
}

/// Inserts whole lines behind the `{` before this offset.
fn insert(text: &mut String, after: usize, lines: &str, end: &str) {
    let rest = text[after..]
        .split_inclusive('\n')
        .next()
        .unwrap_or_default();
    if rest.ends_with('\n') && rest.trim().is_empty() {
        text.insert_str(after + rest.len(), lines);
    } else {
        text.insert_str(after, &format!("{end}{lines}"));
    }
}

/// The blocks' values are in the result, and everything else is as before.
fn verify(before: &str, written: &Written, blocks: &[Block]) -> Result<(), Refused> {
    let new = parse(&written.text)?;
    for block in blocks {
        for (key, value) in &block.entries {
            let place = block.place(key);
            let shown = place.join(".");
            if !written.own.contains(&shown) && at(&new, &place) != Some(&parse(value)?) {
                return Err(Refused::Twice(shown));
            }
        }
    }
    match without(before, blocks)? == without(&written.text, blocks)? {
        true => Ok(()),
        false => Err(Refused::Twice("a key".to_owned())),
    }
}

/// What a text says without these blocks and the parents that were made for them.
fn without(text: &str, blocks: &[Block]) -> Result<Value, Refused> {
    let mut rest = text.to_owned();
    let marked = Marked::read(text)?;
    let named = |found: &&Found<'_>| blocks.iter().any(|block| block.name == found.name);
    for found in marked.found.iter().filter(named).rev() {
        rest.replace_range(found.lines.clone(), "");
    }
    let mut value = parse(&rest)?;
    prune(&mut value);
    Ok(value)
}

fn parse(text: &str) -> Result<Value, Refused> {
    gateway_config::parse(text).map_err(|_| Refused::Syntax(1))
}

fn at<'a>(value: &'a Value, place: &[&str]) -> Option<&'a Value> {
    place.iter().try_fold(value, |value, key| value.get(*key))
}

/// Removes objects that are empty: a parent that was made is one without its block.
fn prune(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.values_mut().for_each(prune);
        fields.retain(|_, value| value.as_object().is_none_or(|inside| !inside.is_empty()));
    }
}

#[cfg(test)]
mod tests;
