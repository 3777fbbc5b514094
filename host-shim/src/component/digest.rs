//! SHA-256 in hexadecimal, as `sha256sum` prints it.

use std::io::{self, BufReader, Read};

use sha2::{Digest as _, Sha256};

/// Of bytes in memory.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Of everything left to read, and its length in bytes.
pub(super) fn of_reader(reader: impl Read) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    // By itself `copy` reads 8 KiB at a time.
    let mut reader = BufReader::with_capacity(128 << 10, reader);
    let size = io::copy(&mut reader, &mut hash)?;
    Ok((format!("{:x}", hash.finalize()), size))
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_the_one_of_the_standard() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::of_bytes(b"abc"), abc);
        assert_eq!(super::of_reader(&b"abc"[..]).unwrap(), (abc.to_owned(), 3));
    }
}
