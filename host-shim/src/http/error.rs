//! What went wrong, in the terms of wasi:http.
//!
//! The component asks again elsewhere only when nothing was sent, so the codes for that
//! (`ConnectionRefused` and the others of [`connect`]) are never used for anything else.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

use super::connect::ConnectFailure;

/// Why a request got no answer.
pub(super) fn of_request(error: &legacy::Error) -> Error {
    if error.is_connect() {
        return match find::<ConnectFailure>(error) {
            Some(failure) => of_connect(failure),
            None => Error::DestinationUnavailable,
        };
    }
    // The component's own words about the body that it sent.
    if let Some(error) = find::<Error>(error) {
        return Error::InternalError(Some(format!("the request's body failed: {error}")));
    }
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => Error::HttpProtocolError,
        _ => Error::ConnectionTerminated,
    }
}

/// Whether the other side closed without having read all that it was sent, or has died.
pub(super) fn is_reset(error: &legacy::Error) -> bool {
    find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
}

fn of_connect(failure: &ConnectFailure) -> Error {
    tracing::debug!(%failure, "no connection to the gateway");
    match failure {
        ConnectFailure::Dns(error) => Error::DnsError {
            rcode: Some(error.to_string()),
            info_code: None,
        },
        ConnectFailure::Refused => Error::ConnectionRefused,
        ConnectFailure::TimedOut => Error::ConnectionTimeout,
        ConnectFailure::Unreachable(_) => Error::DestinationUnavailable,
        ConnectFailure::Certificate(_) => Error::TlsCertificateError,
        ConnectFailure::Tls(_) => Error::TlsProtocolError,
    }
}

/// Why an answer broke off.
pub(super) fn of_body(error: &hyper::Error) -> Error {
    let malformed = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput];
    match find::<io::Error>(error) {
        // A chunk's size that is no number, and the like.
        Some(error) if malformed.contains(&error.kind()) => Error::HttpProtocolError,
        _ if error.is_parse() => Error::HttpProtocolError,
        _ => Error::HttpResponseIncomplete,
    }
}

/// The first error of this type in the chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|e| e.downcast_ref())
}
