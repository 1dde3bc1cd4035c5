//! A stream that holds an answer back, so that it goes out together with what follows it.
//!
//! After the answer to an upgrade the hub takes the socket and has a first frame for it. Both in one write spare a system
//! call and a segment, and wake the client once.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Whether what is written is held back from now on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// Holds everything back that is written from now on.
    pub(crate) fn turn_on(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A stream, and what was written to it while its switch was on.
#[derive(Debug)]
pub(crate) struct Withholding<S> {
    stream: S,
    switch: Switch,
    withheld: Vec<u8>,
}

impl<S> Withholding<S> {
    /// Writes as ever until the switch is turned on.
    pub(crate) const fn new(stream: S, switch: Switch) -> Self {
        Self { stream, switch, withheld: Vec::new() }
    }

    /// The stream, and what is still to be written to it.
    pub(crate) fn into_parts(self) -> (S, Bytes) {
        (self.stream, self.withheld.into())
    }

    fn withholds(&self) -> bool {
        self.switch.0.load(Ordering::Acquire)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Withholding<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Withholding<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.withholds() {
            self.withheld.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.withholds() {
            let before = self.withheld.len();
            for slice in slices {
                self.withheld.extend_from_slice(slice);
            }
            return Poll::Ready(Ok(self.withheld.len() - before));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_written_before_goes_out_and_what_comes_after_is_held_back() {
        let (near, mut far) = tokio::io::duplex(64);
        let switch = Switch::default();
        let mut stream = Withholding::new(near, switch.clone());
        stream.write_all(b"before").await.unwrap();
        switch.turn_on();
        stream.write_all(b"af").await.unwrap();
        assert_eq!(stream.write_vectored(&[IoSlice::new(b"t"), IoSlice::new(b"er")]).await.unwrap(), 3);
        stream.flush().await.unwrap();
        let (near, withheld) = stream.into_parts();
        drop(near);
        let mut gone_out = Vec::new();
        far.read_to_end(&mut gone_out).await.unwrap();
        assert_eq!((&*gone_out, &*withheld), (&b"before"[..], &b"after"[..]));
    }
}
