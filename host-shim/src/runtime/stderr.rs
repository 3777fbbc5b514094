//! Logs what the component writes to stderr, such as a panic message.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use openclaw_core::redact::{mask, settled};
use secrecy::{ExposeSecret, SecretString};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Lines are truncated to this many bytes.
const MAX_LINE_BYTES: usize = 4096;

/// Secrets to mask in logs and messages; clones share them.
#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<RwLock<Vec<SecretString>>>);

impl Secrets {
    /// Adds secrets.
    pub(super) fn add(&self, secrets: Vec<SecretString>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            let text = secret.expose_secret();
            if !text.is_empty() && !known.iter().any(|known| known.expose_secret() == text) {
                known.push(secret);
            }
        }
    }

    /// The text with all secrets masked.
    pub(super) fn mask(&self, text: &str) -> String {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        mask(text, secrets.iter().map(ExposeSecret::expose_secret))
    }

    /// The same of a line that may be `cut` off in the middle of a secret.
    fn mask_cut(&self, line: &[u8], cut: bool) -> String {
        let text = String::from_utf8_lossy(line);
        if !cut {
            return self.mask(&text);
        }
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let secrets = secrets.iter().map(ExposeSecret::expose_secret);
        mask(&text[..settled(&text, secrets.clone())], secrets)
    }
}

/// Logs line by line. Clones share the current line.
#[derive(Clone)]
pub(super) struct Log {
    line: Arc<Mutex<Vec<u8>>>,
    secrets: Secrets,
}

impl Log {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self {
            line: Arc::default(),
            secrets,
        }
    }

    fn append(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            match byte {
                b'\n' => {
                    let text = self.secrets.mask_cut(&line, line.len() == MAX_LINE_BYTES);
                    tracing::warn!(target: "openclaw_plugin", "{}", text.trim_end());
                    line.clear();
                }
                byte if line.len() < MAX_LINE_BYTES => line.push(*byte),
                _ => {}
            }
        }
    }
}

impl IsTerminal for Log {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Log {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl tokio::io::AsyncWrite for Log {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.append(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for Log {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.append(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_LINE_BYTES)
    }
}

impl Pollable for Log {
    /// Always ready. (The signature is that of an `async fn` in the trait.)
    fn ready<'a, 'b>(&'a mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let secrets = Secrets::default();
        assert_eq!(secrets.mask("panicked at hunter2"), "panicked at hunter2");
        secrets.add(vec!["hunter2".into(), "".into()]);
        assert_eq!(secrets.mask("a hunter2 and hunter22"), "a *** and ***2");
    }

    #[test]
    fn a_line_that_is_cut_off_in_a_secret_shows_no_part_of_it() {
        let secrets = Secrets::default();
        secrets.add(vec!["hunter2-hunter2".into()]);
        for part in 1..=15 {
            let mut line = vec![b'x'; MAX_LINE_BYTES - part];
            line.extend_from_slice(&b"hunter2-hunter2"[..part]);
            let shown = secrets.mask_cut(&line, true);
            assert!(shown.starts_with("xxx") && !shown.contains('h'), "{part}");
        }
        assert_eq!(secrets.mask_cut(b"a hunter2", false), "a hunter2");
    }

    #[test]
    fn a_line_without_an_end_does_not_grow_without_end() {
        let log = Log::new(Secrets::default());
        log.append(&vec![b'x'; 3 * MAX_LINE_BYTES]);
        assert_eq!(log.line.lock().unwrap().len(), MAX_LINE_BYTES);
        log.append(b"\n");
        assert!(log.line.lock().unwrap().is_empty());
    }
}
