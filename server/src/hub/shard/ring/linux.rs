//! The ring where there is one.
#![expect(unsafe_code, reason = "io_uring is told addresses; see `Ring::fill` for why they hold")]

use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use io_uring::{IoUring, opcode, types};
use rustix::net::SendFlags;

/// Writes that enter the kernel together.
const ENTRIES: u32 = 256;

/// A shard's ring. Nothing is in flight between two calls.
pub(crate) struct Ring(IoUring);

impl Ring {
    /// `None` where the kernel has no `io_uring`, or doesn't let this process have one.
    pub(crate) fn open() -> Option<Self> {
        IoUring::new(ENTRIES).map(Self).inspect_err(|error| tracing::debug!(%error, "no io_uring here")).ok()
    }

    /// Writes each piece to its socket as far as that takes it without waiting, and adds to `outcomes` what came of each,
    /// in order: how many bytes it took.
    ///
    /// # Errors
    /// The ring has failed, and is not to be used again. What `outcomes` then tells is so; the pieces beyond it were not
    /// written.
    pub(crate) fn send(
        &mut self,
        pieces: &[(BorrowedFd<'_>, &[u8])],
        outcomes: &mut Vec<io::Result<usize>>,
    ) -> io::Result<()> {
        for pieces in pieces.chunks(ENTRIES as usize) {
            self.send_chunk(pieces, outcomes)?;
        }
        Ok(())
    }

    fn send_chunk(
        &mut self,
        pieces: &[(BorrowedFd<'_>, &[u8])],
        outcomes: &mut Vec<io::Result<usize>>,
    ) -> io::Result<()> {
        self.fill(pieces);
        let first = outcomes.len();
        outcomes.resize_with(first + pieces.len(), || Err(ErrorKind::WouldBlock.into()));
        let mut left = pieces.len();
        loop {
            let entered = self.0.submit_and_wait(left);
            for completed in self.0.completion() {
                left -= 1;
                let place = usize::try_from(completed.user_data()).unwrap_or(usize::MAX);
                let Some(outcome) = outcomes.get_mut(first + place) else { continue };
                *outcome = usize::try_from(completed.result())
                    .map_err(|_| io::Error::from_raw_os_error(completed.result().saturating_neg()));
            }
            if left == 0 {
                return Ok(());
            }
            match entered {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The kernel completes what it takes at once, so what has no outcome was never taken, and is the last.
                Err(error) => {
                    outcomes.truncate(first + pieces.len() - left);
                    return Err(error);
                }
            }
        }
    }

    fn fill(&mut self, pieces: &[(BorrowedFd<'_>, &[u8])]) {
        let flags = (SendFlags::DONTWAIT | SendFlags::NOSIGNAL).bits().cast_signed();
        let mut queue = self.0.submission();
        for (place, (socket, bytes)) in (0..).zip(pieces) {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let send = opcode::Send::new(types::Fd(socket.as_raw_fd()), bytes.as_ptr(), length)
                .flags(flags)
                .build()
                .user_data(place);
            // SAFETY: socket and bytes are borrowed until `send_chunk` returns. By then each request that the kernel has
            // taken is completed: one that may not wait is completed as it is taken. The queue has room for a chunk, and
            // is empty between two of them.
            unsafe { queue.push(&send) }.expect("a chunk is no longer than the queue");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn pair() -> (UnixStream, UnixStream) {
        UnixStream::pair().unwrap()
    }

    /// Where the kernel forbids it the server does without, and there is nothing to be tested: that is told.
    fn ring() -> Option<Ring> {
        let ring = Ring::open();
        if ring.is_none() {
            eprintln!("no io_uring here: its writes are not tested");
        }
        ring
    }

    #[test]
    fn each_socket_gets_its_own_bytes_though_they_are_more_than_the_queue_holds() {
        let Some(mut ring) = ring() else { return };
        let sockets: Vec<_> = (0..600).map(|_| pair()).collect();
        let texts: Vec<String> = (0..600).map(|it| format!("for {it}")).collect();
        let pieces: Vec<_> =
            sockets.iter().zip(&texts).map(|((near, _), text)| (near.as_fd(), text.as_bytes())).collect();
        let mut outcomes = Vec::new();
        ring.send(&pieces, &mut outcomes).unwrap();
        for (((_, far), text), outcome) in sockets.iter().zip(&texts).zip(outcomes) {
            assert_eq!(outcome.unwrap(), text.len());
            let mut got = vec![0; text.len()];
            (&mut &*far).read_exact(&mut got).unwrap();
            assert_eq!(&got, text.as_bytes());
        }
    }

    #[test]
    fn a_socket_that_takes_nothing_or_has_gone_says_so_and_holds_nobody_up() {
        let Some(mut ring) = ring() else { return };
        let [(full, _reader), (broken, gone), (near, mut far)] = [pair(), pair(), pair()];
        drop(gone);
        let much = vec![b'x'; 8 * 1024 * 1024];
        let mut outcomes = Vec::new();
        // Not all of it fits: the first write takes a part, the second finds no room.
        for _ in 0..2 {
            ring.send(&[(full.as_fd(), &much)], &mut outcomes).unwrap();
        }
        ring.send(&[(full.as_fd(), b"a"), (broken.as_fd(), b"b"), (near.as_fd(), b"c")], &mut outcomes).unwrap();
        let kinds: Vec<_> = outcomes.iter().map(|it| it.as_ref().map_err(io::Error::kind)).collect();
        assert!(matches!(kinds[0], Ok(taken) if (1..much.len()).contains(taken)), "{kinds:?}");
        assert_eq!(
            kinds[1..],
            [Err(ErrorKind::WouldBlock), Err(ErrorKind::WouldBlock), Err(ErrorKind::BrokenPipe), Ok(&1)]
        );
        let mut got = [0];
        far.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"c");
    }
}
