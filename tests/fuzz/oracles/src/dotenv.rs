//! Both readings end, in bounded memory, and say which lines a variable has; what is set is read back.

use crate::bounded;
use crate::dotenv_text::{Read, read_as, set};
use crate::input::{Input, MOST};
use crate::interpolate::{Dialect, MAX_BYTES, interpolate, names};

const NAME: &str = "OPENCLAW_VERSION";
const VALUE: &str = "2026.9.6";

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 16);
    let text = String::from_utf8_lossy(&bytes);
    let shell = |name: &str| (name == "SHELL_HAS").then(|| "from the shell".to_owned());
    // A name and a value for two bytes; values that hold others, up to the limit for all of them.
    let most = 160 * text.len() + (64 << 20);
    let lines = text.matches(['\n', '\r']).count() + 1;
    for dialect in [Dialect::Go, Dialect::Python] {
        let (read, refused) = bounded(most, || read_as(&text, dialect, &shell));
        assert!(refused.is_none_or(|line| (1..=lines).contains(&line)));
        assert!(
            refused.is_none() || dialect == Dialect::Go,
            "python-dotenv refuses nothing"
        );
        holds(&read, lines);
        let changed = bounded(most, || set(&text, NAME, VALUE));
        assert_eq!(set(&changed, NAME, VALUE), changed, "twice");
        if dialect == Dialect::Go && refused.is_none() {
            let (after, refused) = read_as(&changed, dialect, &shell);
            assert_eq!(refused, None, "{text:?}: {changed:?}");
            let value = after.values.get(NAME).and_then(Option::as_deref);
            assert_eq!(value, Some(VALUE), "{text:?}: {changed:?}");
        }
        let lookup = |name: &str| shell(name).map(Some);
        if let Ok(whole) = bounded(most, || interpolate(&text, dialect, &lookup)) {
            assert!(whole.len() <= 2 * MAX_BYTES);
            assert!(text.contains('$') || whole == text);
        }
    }
    assert!(names(&text).iter().all(|name| !name.is_empty()));
}

fn holds(read: &Read, lines: usize) {
    let mut last = 0;
    for statement in &read.statements {
        assert!(statement.first >= last.max(1), "{statement:?} after {last}");
        assert!(statement.last >= statement.first && statement.last <= lines);
        last = statement.first;
        let known = read.values.contains_key(&statement.key);
        assert!(known || read.valueless.contains(&statement.key));
    }
}
