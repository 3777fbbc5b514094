//! A TCP connection whose news are known when they are asked for.

use std::io::{self, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;

/// A connection that is read from the system whenever it is polled.
///
/// Tokio reads only once its reactor has been told that there is something, which may be after the
/// next request has been written to a connection that the gateway has closed. hyper looks for the end
/// of a kept connection right before it begins a request on it, and gives the request back unbegun if
/// it finds one: that look must see what is there.
///
/// A connection that takes nothing more is still read to its end: a gateway that refuses an upload
/// half way may have said why before it closed.
#[derive(Debug)]
pub(super) struct PromptTcpStream {
    stream: TcpStream,
    /// A write has failed, because the other side has gone.
    write_failed: bool,
}

impl PromptTcpStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            write_failed: false,
        }
    }

    /// What becomes of a write. One that failed because the other side has gone is never done: the
    /// reader finds the answer, or that there is none.
    fn written(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.write_failed {
            return Poll::Pending;
        }
        match write(Pin::new(&mut self.stream), cx) {
            Poll::Ready(Err(error)) if is_gone(&error) => {
                self.write_failed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            written => written,
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
    )
}

impl AsyncRead for PromptTcpStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buf) {
            let ended = read.is_ok() && buf.filled().len() == before && buf.remaining() > 0;
            return Poll::Ready(match ended && self.write_failed {
                true => Err(io::ErrorKind::ConnectionReset.into()),
                false => read,
            });
        }
        // Tokio's share of each task: without it a peer that sends faster than it is read would keep
        // this thread for ever, its timers, cancellations and other callers with it.
        let share = ready!(coop::poll_proceed(cx));
        // The task will be woken by what comes from now on. What has come before, it reads now.
        let socket = SockRef::from(&self.stream);
        let read = socket
            .peek(&mut [MaybeUninit::uninit()])
            .and_then(|_| (&*socket).read(buf.initialize_unfilled()));
        match read {
            Ok(0) if self.write_failed => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Ok(bytes) => {
                share.made_progress();
                buf.advance(bytes);
                Poll::Ready(Ok(()))
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for PromptTcpStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written(cx, |stream, cx| stream.poll_write_vectored(cx, pieces))
    }
}

impl Connection for PromptTcpStream {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}
