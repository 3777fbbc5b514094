//! Blocks between markers in a compose file: put in, replaced, taken out. Every other byte stays, and what
//! Compose reads differs by exactly the block.

use serde_json::{Map, Value};

use super::{gateway, parse};
use crate::line_end;

/// One key with its value, between two markers.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Names the command that writes it, such as `model`.
    pub owner: &'a str,
    /// The key.
    pub key: &'a str,
    /// The lines below the key, indented from it.
    pub lines: &'a [&'a str],
}

impl Block<'_> {
    fn open(owner: &str) -> String {
        format!("# >>> host-shim sidecar {owner}")
    }

    fn close(owner: &str) -> String {
        format!("# <<< host-shim sidecar {owner}")
    }

    fn text(&self, indent: &str, end: &str) -> String {
        let own = [Self::open(self.owner), format!("{}:", self.key)];
        let below = self.lines.iter().map(|line| format!("  {line}"));
        let lines = own.into_iter().chain(below);
        lines
            .chain([Self::close(self.owner)])
            .map(|line| format!("{indent}{line}{end}"))
            .collect()
    }

    /// What is read of it.
    fn value(&self) -> Option<Value> {
        parse(&self.text("", "\n")).ok()?.get(self.key).cloned()
    }
}

/// Whether the text has a block of this command.
pub fn is_written(text: &str, owner: &str) -> bool {
    let open = Block::open(owner);
    text.lines().any(|line| line.trim() == open)
}

/// The text without the blocks of this command; `None` if a marker has no other.
pub fn without(text: &str, owner: &str) -> Option<String> {
    let (open, close) = (Block::open(owner), Block::close(owner));
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        match line.trim() {
            mark if mark == open || mark == close => {
                if inside == (mark == open) {
                    return None;
                }
                inside = mark == open;
            }
            _ if !inside => kept.push_str(line),
            _ => {}
        }
    }
    (!inside).then_some(kept)
}

/// The text with a block in the gateway's service; `None` where the service has the key already or is not
/// written as a block.
pub fn in_service(text: &str, block: &Block<'_>) -> Option<String> {
    let file = parse(text).ok()?;
    let name = gateway(&file)?;
    let mut wanted = file.clone();
    add(service_mut(&mut wanted, name)?, block)?;
    let end = line_end::of(text);
    let mut at = 0;
    let mut lines = text.split_inclusive('\n');
    // The service's own line; which of several such lines it is, the comparison below decides.
    for line in lines.by_ref() {
        at += line.len();
        let key = line.trim_end().strip_suffix(':').unwrap_or_default();
        if key.trim_start().trim_matches(['"', '\'']) != name {
            continue;
        }
        let first = text[at..].lines().find(|line| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with('#')
        })?;
        let indent = &first[..first.len() - first.trim_start().len()];
        let new = format!("{}{}{}", &text[..at], block.text(indent, end), &text[at..]);
        if parse(&new).is_ok_and(|new| new == wanted) {
            return Some(new);
        }
    }
    None
}

/// The text with a block of its own at the end; `None` where the file has the key already, or is from before
/// there were keys beside `services`.
pub fn at_top(text: &str, block: &Block<'_>) -> Option<String> {
    let mut wanted = parse(text).ok()?;
    wanted.get("services")?;
    add(wanted.as_object_mut()?, block)?;
    let end = line_end::of(text);
    let gap = line_end::missing(text);
    let new = format!("{text}{gap}{}", block.text("", end));
    parse(&new).is_ok_and(|new| new == wanted).then_some(new)
}

fn add(fields: &mut Map<String, Value>, block: &Block<'_>) -> Option<()> {
    let there = fields.insert(block.key.to_owned(), block.value()?);
    there.is_none().then_some(())
}

fn service_mut<'a>(file: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let services = match file.get("services").is_some() {
        true => file.get_mut("services")?,
        false => file,
    };
    services.get_mut(name)?.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::COMPOSE_FILE;

    const SERVICE: Block<'_> = Block {
        owner: "x",
        key: "networks",
        lines: &["default: {}", "astrbot: {}"],
    };
    const TOP: Block<'_> = Block {
        owner: "x",
        key: "networks",
        lines: &["astrbot:", "  external: true", "  name: \"n\""],
    };

    #[test]
    fn what_is_put_in_can_be_taken_out() {
        for text in [COMPOSE_FILE.to_owned(), COMPOSE_FILE.replace('\n', "\r\n")] {
            let once = in_service(&text, &SERVICE).unwrap();
            let both = at_top(&once, &TOP).unwrap();
            let file = parse(&both).unwrap();
            assert_eq!(
                file.pointer("/networks/astrbot/name").unwrap(),
                &Value::from("n")
            );
            assert!(
                file.pointer("/services/openclaw-gateway/networks/default")
                    .is_some()
            );
            assert!(is_written(&both, "x") && !is_written(&text, "x"));
            assert_eq!(without(&both, "x").unwrap(), text);
            // Not a second time.
            assert_eq!(in_service(&both, &SERVICE), None);
            assert_eq!(at_top(&both, &TOP), None);
        }
        let open = "services:\n  a:\n    # >>> host-shim sidecar x\n";
        assert_eq!(without(open, "x"), None);
        assert_eq!(without("# <<< host-shim sidecar x", "x"), None);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "openclaw-gateway:\n  image: x\n",
            "services:\n  openclaw-gateway:\n    image: x\nnetworks: {}\n",
            "{services: {openclaw-gateway: {image: x}}}",
        ] {
            assert_eq!(at_top(text, &TOP), None, "{text}");
        }
        let taken = "services:\n  openclaw-gateway:\n    image: x\n    networks: [a]\n";
        assert_eq!(in_service(taken, &SERVICE), None);
    }
}
