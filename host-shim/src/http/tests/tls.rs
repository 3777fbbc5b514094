//! https, with a certificate that only these tests trust.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWrite;

use super::*;
use crate::http::connect::Connector;

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(include_bytes!("../testdata/cert.pem")).unwrap()
}

fn acceptor() -> tokio_rustls::TlsAcceptor {
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../testdata/key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate()], key)
        .unwrap();
    Arc::new(config).into()
}

async fn answer_once(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    read_request(&mut stream).await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .await?;
    stream.flush().await
}

/// An https server, and its URL.
async fn https_server() -> String {
    let acceptor = acceptor();
    let url = server(move |stream| {
        let accepting = acceptor.accept(stream);
        async move { answer_once(accepting.await?).await }
    })
    .await;
    url.replace("http:", "https:")
}

fn trusting(url: &str, roots: &[CertificateDer<'static>]) -> HttpClient {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    let allowed = AllowList::default();
    allowed.set([Origin::parse(url).unwrap()]);
    HttpClient::with(Connector::trusting(store), allowed)
}

#[test]
fn https_with_a_trusted_certificate_works() {
    run(async {
        let url = https_server().await;
        let client = trusting(&url, &[certificate()]);
        assert_eq!(ask_with(&client, &url, OPTIONS).await.unwrap().1, "ok");
    });
}

#[test]
fn a_certificate_that_is_not_trusted_is_told() {
    run(async {
        let url = https_server().await;
        let error = ask_with(&trusting(&url, &[]), &url, OPTIONS)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::TlsCertificateError), "{error}");
    });
}

#[test]
fn https_to_what_does_not_speak_it_is_a_tls_error() {
    run(async {
        for then in [Then::GoOn, Then::Close, Then::Reset] {
            let url = server(move |mut stream| async move {
                let _ = stream.read_u8().await;
                match then {
                    Then::Reset => stream.set_zero_linger(),
                    Then::Close => stream.shutdown().await,
                    _ => stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await,
                }
            })
            .await
            .replace("http:", "https:");
            let client = trusting(&url, &[certificate()]);
            let error = ask_with(&client, &url, OPTIONS).await.unwrap_err();
            assert!(matches!(error, Error::TlsProtocolError), "{error}");
        }
    });
}
