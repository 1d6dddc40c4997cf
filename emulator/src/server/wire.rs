//! The connections of the API, which a fault can reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How much of what is written is still sent.
const ALL: u8 = 0;
const HALF: u8 = 1;
const NOTHING: u8 = 2;

/// The handle on one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<AtomicU8>);

impl Line {
    /// Resets the connection in place of the reply.
    pub(super) fn reset(&self) {
        self.0.store(NOTHING, Ordering::SeqCst);
    }

    /// Resets the connection after half of the reply.
    pub(super) fn reset_within(&self) {
        self.0.store(HALF, Ordering::SeqCst);
    }
}

/// Accepts connections that can be reset.
#[derive(Debug)]
pub(super) struct Wires(pub(super) TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Wire { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Wires>> for Line {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().line.clone()
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = match self.line.0.load(Ordering::SeqCst) {
            ALL => bytes,
            HALF => bytes.get(..bytes.len().div_ceil(2)).unwrap_or(bytes),
            _ => {
                // A connection that is closed while it lingers for no time is reset.
                self.stream.set_zero_linger()?;
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
        };
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() && self.line.0.load(Ordering::SeqCst) == HALF {
            self.line.reset();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
