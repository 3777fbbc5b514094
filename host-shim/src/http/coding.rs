//! Reports compression, which the component cannot decode.

use http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue};

/// Moves transfer codings other than `chunked`, the only one hyper decodes, to `Content-Encoding`:
/// wasi:http hides `Transfer-Encoding` from the component.
pub(super) fn show(answer: &mut HeaderMap) {
    let codings: Vec<HeaderValue> = answer
        .get_all(TRANSFER_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|coding| {
            !["", "chunked", "identity"]
                .iter()
                .any(|known| coding.eq_ignore_ascii_case(known))
        })
        .filter_map(|coding| HeaderValue::from_str(coding).ok())
        .collect();
    for coding in codings {
        answer.append(CONTENT_ENCODING, coding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Report A13 (attack).
    #[test]
    fn a_compressed_transfer_is_shown_as_compressed_content() {
        for (transfer, content) in [
            ("chunked", ""),
            ("identity", ""),
            ("Chunked", ""),
            ("gzip, chunked", "gzip"),
            ("GZIP ,chunked", "GZIP"),
            ("gzip", "gzip"),
            ("br, gzip, chunked", "br,gzip"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static(transfer));
            show(&mut headers);
            let shown: Vec<_> = headers
                .get_all(CONTENT_ENCODING)
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect();
            assert_eq!(shown.join(","), content, "{transfer}");
        }
    }
}
