//! The `user` field of a request, which names the gateway's session.

use crate::prelude::*;

/// Prefix of every key, so that an empty session has a key and other clients' sessions never collide.
const PREFIX: &str = "astr-";

/// Whether a byte appears unescaped in a key.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b':' | b'-' | b'_')
}

/// Bytes of a session's key.
pub(super) fn key_bytes(session: &str) -> u64 {
    let written = |byte: u8| if is_plain(byte) { 1 } else { 3 };
    PREFIX.len() as u64 + session.bytes().map(written).sum::<u64>()
}

/// An injective lower-case key: the gateway lower-cases `user`, so sessions that differ only in case would
/// collide. Bytes other than `a-z 0-9 . : - _` become `=` and two hexadecimal digits.
pub fn session_key(session: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut key = String::with_capacity(key_bytes(session) as usize);
    key.push_str(PREFIX);
    for byte in session.bytes() {
        if is_plain(byte) {
            key.push(byte as char);
        } else {
            key.push('=');
            key.push(HEX[usize::from(byte >> 4)] as char);
            key.push(HEX[usize::from(byte & 15)] as char);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(key: &str) -> String {
        let mut bytes = vec![];
        let mut rest = key.strip_prefix(PREFIX).expect("the prefix").bytes();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let hex = [rest.next().expect("hex"), rest.next().expect("hex")];
                bytes.push(
                    u8::from_str_radix(std::str::from_utf8(&hex).expect("hex"), 16).expect("hex"),
                );
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn case_and_scripts_are_kept_apart() {
        assert_eq!(
            session_key("fakeqq:GroupMessage:555"),
            "astr-fakeqq:=47roup=4dessage:555"
        );
        assert_ne!(session_key("Anna"), session_key("anna"));
        assert_ne!(session_key("Å"), session_key("å"));
        assert_ne!(session_key("=41"), session_key("A"));
        assert_ne!(
            session_key("İ"),
            session_key("i\u{307}"),
            "lower-casing outside ASCII"
        );
        assert_eq!(session_key(""), "astr-");
    }

    proptest! {
        #[test]
        fn it_is_injective_and_survives_lower_casing(session in ".*") {
            let key = session_key(&session);
            prop_assert_eq!(&key.to_lowercase(), &key);
            prop_assert_eq!(key_bytes(&session), key.len() as u64);
            prop_assert_eq!(decode(&key), session);
        }
    }
}
