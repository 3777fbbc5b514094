//! A TCP stream that notices arrived data and its end at once.

use std::io::{self, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;

use super::connection_task::ConnectionTask;

/// A stream that reads from the system at every poll.
///
/// Tokio reads only after its reactor has reported readiness, which may be after hyper has written the
/// next request to a connection that the gateway has closed. hyper polls a pooled connection right before
/// it sends a request and returns the request unsent if the connection has ended: that poll must see the
/// current state.
///
/// After a failed write the stream is still read to its end: a gateway that refuses an upload half way
/// may have said why before it closed.
#[derive(Debug)]
pub(super) struct PromptTcpStream {
    stream: TcpStream,
    /// A write has failed because the peer is gone.
    write_failed: bool,
    /// The task that drives its connection.
    task: ConnectionTask,
}

impl PromptTcpStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            write_failed: false,
            task: ConnectionTask::default(),
        }
    }

    /// Performs a write. If it fails because the peer is gone it stays pending: the reader finds the
    /// response, or that there is none.
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
        // Tokio's cooperative budget: without it a peer that sends faster than it is read would keep
        // this thread busy forever and starve timers, cancellations and other callers.
        let share = ready!(coop::poll_proceed(cx));
        // Later data wakes the task; what has arrived already is read here.
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
    /// Responses bring the task with them.
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.task.clone())
    }
}
