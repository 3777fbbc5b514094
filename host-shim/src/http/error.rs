//! Maps errors to those of wasi:http.
//!
//! The component tries the backup only if nothing was sent, so the codes of [`of_connect`]
//! (`ConnectionRefused` and others) are used for nothing else.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

use super::connect::ConnectFailure;

/// Why a request got no response.
pub(super) fn of_request(error: &legacy::Error) -> Error {
    if error.is_connect() {
        return match find::<ConnectFailure>(error) {
            Some(failure) => of_connect(failure),
            None => Error::DestinationUnavailable,
        };
    }
    // The component's own error about the body it sent.
    if let Some(error) = find::<Error>(error) {
        return Error::InternalError(Some(format!("the request's body failed: {error}")));
    }
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => Error::HttpProtocolError,
        _ => Error::ConnectionTerminated,
    }
}

/// Whether the peer closed with unread data, or died.
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

/// Why a response was cut off.
pub(super) fn of_body(error: &hyper::Error) -> Error {
    let malformed = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput];
    match find::<io::Error>(error) {
        // For example an invalid chunk size.
        Some(error) if malformed.contains(&error.kind()) => Error::HttpProtocolError,
        _ if error.is_parse() => Error::HttpProtocolError,
        _ => Error::HttpResponseIncomplete,
    }
}

/// The first error of type `E` in the chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|e| e.downcast_ref())
}
