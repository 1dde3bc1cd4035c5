//! The socket beneath a WebSocket: plain TCP, or TLS on it.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, BorrowedFd};

use mio::net::TcpStream;
use rustls::ServerConnection;

/// Plaintext that is encrypted at once: a few TLS records. What is not yet encrypted waits in the connection's own queue.
const MAX_ENCRYPTED_BYTES: usize = 64 * 1024;

/// A connection's socket.
pub(crate) enum Transport {
    /// TCP.
    Plain(TcpStream),
    /// TLS over TCP. In a box, so that it costs nothing where there is none.
    Tls(Box<Tls>),
}

/// A TLS session whose handshake is done.
pub(crate) struct Tls {
    stream: TcpStream,
    session: ServerConnection,
}

impl Transport {
    /// Goes on with a socket that the HTTP server had, and with its TLS session if there is one.
    pub(crate) fn new(stream: TcpStream, session: Option<Box<ServerConnection>>) -> Self {
        match session {
            None => Self::Plain(stream),
            Some(session) => {
                let mut session = *session;
                session.set_buffer_limit(Some(MAX_ENCRYPTED_BYTES));
                Self::Tls(Box::new(Tls { stream, session }))
            }
        }
    }

    /// The socket, if what is written to it goes out as it is.
    pub(crate) fn plain(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Plain(stream) => Some(stream.as_fd()),
            Self::Tls(_) => None,
        }
    }

    /// The socket itself, to be watched.
    pub(crate) fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(tls) => &mut tls.stream,
        }
    }

    /// Whether encrypted bytes wait that the socket did not take.
    pub(crate) fn wants_write(&self) -> bool {
        matches!(self, Self::Tls(tls) if tls.session.wants_write())
    }

    /// Whether bytes may be there of which the kernel will not tell, since they were read with the handshake.
    pub(crate) fn may_hold_input(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Ends one or both directions.
    pub(crate) fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        if let Self::Tls(tls) = self {
            tls.session.send_close_notify();
            tls.flush()?;
        }
        self.socket().shutdown(how)
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(tls) => tls.write_with(|session| session.writer().write(bytes)),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write_vectored(slices),
            Self::Tls(tls) => tls.write_with(|session| session.writer().write_vectored(slices)),
        }
    }

    /// Writes what was encrypted, as far as the socket takes it; what is left is [`Transport::wants_write`].
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Closed without saying so, as many clients do.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                other => return other,
            }
            if self.session.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            let processed = self.session.process_new_packets();
            // An alert that says what is wrong, or an answer to a new key.
            self.flush()?;
            processed.map_err(io::Error::other)?;
        }
    }

    /// Encrypts once the socket has taken everything before, so that no more waits than one write's worth.
    fn write_with(&mut self, write: impl FnOnce(&mut ServerConnection) -> io::Result<usize>) -> io::Result<usize> {
        self.flush()?;
        if self.session.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = write(&mut self.session)?;
        self.flush()?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.stream) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
