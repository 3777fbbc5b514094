//! Searches bytes eight at a time. In a component built for size, byte by byte costs several times as much.
//!
//! What is inlined gets each crate's own optimization level.

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// The place of the first byte that is one of the two.
#[inline]
pub fn first_of(text: &[u8], one: u8, other: u8) -> Option<usize> {
    let (words, rest) = text.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = equal(word, one) | equal(word, other);
        if found != 0 {
            return Some(8 * at + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest
        .iter()
        .position(|byte| *byte == one || *byte == other)?;
    Some(8 * words.len() + at)
}

/// The place of the first byte that is this one.
#[inline]
pub fn first(text: &[u8], byte: u8) -> Option<usize> {
    first_of(text, byte, byte)
}

/// The place of these bytes, of which there is at least one.
pub fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = &text[from..];
        let at = first(rest, *wanted.first()?)?;
        if rest[at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
}

/// Whether a byte may be a control character, or start a character from U+0080 to U+00BF or U+2000 to U+2FFF. All
/// other characters are ordinary.
pub fn may_be_special(text: &[u8]) -> bool {
    let special = |b: &u8| (*b < b' ' && *b != b'\n') || matches!(b, 0x7f | 0xc2 | 0xe2);
    let (words, rest) = text.as_chunks();
    words.iter().any(|bytes: &[u8; 8]| {
        let word = u64::from_le_bytes(*bytes);
        let control = word.wrapping_sub(LOW * 0x20) & !word & HIGH;
        let doubtful = control | equal(word, 0x7f) | equal(word, 0xc2) | equal(word, 0xe2);
        doubtful != 0 && bytes.iter().any(special)
    }) || rest.iter().any(special)
}

/// The high bit of each byte that equals this one. Bytes above the lowest such may be wrong.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let different = word ^ (LOW * u64::from(byte));
    different.wrapping_sub(LOW) & !different & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        // Few different bytes, so that all of them meet in a word.
        #[test]
        fn what_is_found_is_what_byte_by_byte_finds(
            text in vec(prop_oneof![0..4_u8, 0x1e..0x22_u8, 0x7e..0x82_u8, 0xc1..0xc4_u8, 0xe1..0xe4_u8, any::<u8>()], 0..40),
            start in 0..9_usize, one: u8, other in 0..4_u8, wanted in vec(0..3_u8, 1..4)
        ) {
            let text = text.get(start..).unwrap_or_default();
            for (one, other) in [(one, other), (0x80, 0x81), (0x7f, 0xff), (0, 1)] {
                let found = text.iter().position(|byte| *byte == one || *byte == other);
                prop_assert_eq!(first_of(text, one, other), found);
            }
            let found = text.windows(wanted.len()).position(|at| at == wanted);
            prop_assert_eq!(find(text, &wanted), found);
            let special = |b: &u8| (*b < 0x20 && *b != b'\n') || [0x7f, 0xc2, 0xe2].contains(b);
            prop_assert_eq!(may_be_special(text), text.iter().any(special));
        }
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(first(b"", 0), None);
        assert_eq!(find(b"", b"a"), None);
        assert_eq!(find(b"a", b""), None);
        assert!(
            !may_be_special(b"") && !may_be_special(b"12345678\n") && may_be_special(b"1234567\r")
        );
    }
}
