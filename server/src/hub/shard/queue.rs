//! One connection's frames that wait to be written: nothing is allocated while nothing waits.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::ops::Range;

use bytes::{Buf, Bytes};

use crate::hub::framing::frame_boundary;

/// Frames that go into one vectored write.
const MAX_SLICES: usize = 64;

/// Below this, waiting frames are copied together: the kernel takes one piece faster than many.
const MAX_JOINED_BYTES: usize = 32 * 1024;

/// What a waiting frame costs besides its bytes.
const FRAME_BYTES: usize = std::mem::size_of::<Bytes>();

/// Frames on their way to one socket.
#[derive(Default)]
pub(crate) struct Queue {
    /// The frame, or frames, to be written next; what was written is cut off.
    front: Bytes,
    /// The front as it was, if a part of it was written: its frames must be finished whole.
    begun: Option<Box<Bytes>>,
    #[expect(clippy::box_collection, reason = "an idle connection pays for a pointer, not for a deque")]
    rest: Option<Box<VecDeque<Bytes>>>,
    bytes: usize,
    /// Bytes of replayed events, which the bound does not count.
    allowance: usize,
}

/// What is written next. See [`Queue::piece`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The frame in front.
    Front,
    /// A copy of all frames.
    Joined(Range<usize>),
}

/// How a write ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Nothing is left.
    All,
    /// The socket takes no more for now.
    Some,
    /// The connection is gone.
    Lost,
}

impl Queue {
    /// Begins with the answer to the upgrade, which is no frame: the first write has to take it whole.
    pub(crate) fn with_answer(answer: Bytes) -> Self {
        Self { bytes: answer.len(), front: answer, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a frame.
    pub(crate) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        if self.front.is_empty() {
            self.front = frame;
        } else {
            self.rest.get_or_insert_default().push_back(frame);
        }
    }

    /// Whether more waits than `max_bytes`. A single frame may always wait.
    pub(crate) fn is_over(&self, max_bytes: usize) -> bool {
        let frames = self.rest.as_ref().map_or(0, |it| it.len());
        frames > 0 && self.bytes + frames * FRAME_BYTES > max_bytes.saturating_add(self.allowance)
    }

    /// Lets so many frames more, of this many bytes together, wait until the queue is empty again.
    pub(crate) fn allow(&mut self, frames: usize, bytes: usize) {
        self.allowance += bytes + frames * FRAME_BYTES;
    }

    /// Drops what waits, but finishes a frame that was begun.
    pub(crate) fn cut(&mut self) {
        self.rest = None;
        self.allowance = 0;
        if let Some(begun) = self.begun.take() {
            let written = begun.len() - self.front.len();
            let end = frame_boundary(&begun, written);
            self.front.truncate(end.saturating_sub(written));
        } else {
            self.front = Bytes::new();
        }
        self.bytes = self.front.len();
    }

    /// Writes as much as the socket takes. `joined` is room for frames that are copied together.
    pub(crate) fn write(&mut self, socket: &mut impl Write, joined: &mut Vec<u8>) -> Written {
        while self.bytes > 0 {
            match self.write_once(socket, joined) {
                Ok(0) => return Written::Lost,
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Written::Some,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Written::Lost,
            }
        }
        self.allowance = 0;
        Written::All
    }

    /// What is to be written next in one piece: the front as it is, or all that waits, copied to the end of `joined`.
    /// `None` if that is too much to be copied.
    pub(crate) fn piece(&self, joined: &mut Vec<u8>) -> Option<Piece> {
        let Some(rest) = self.rest.as_deref().filter(|it| !it.is_empty()) else { return Some(Piece::Front) };
        if self.bytes > MAX_JOINED_BYTES {
            return None;
        }
        let start = joined.len();
        joined.extend_from_slice(&self.front);
        for frame in rest {
            joined.extend_from_slice(frame);
        }
        Some(Piece::Joined(start..joined.len()))
    }

    /// The bytes of a piece, with the `joined` that it was made with.
    pub(crate) fn bytes_of<'a>(&'a self, piece: &Piece, joined: &'a [u8]) -> &'a [u8] {
        match piece {
            Piece::Front => &self.front,
            Piece::Joined(range) => &joined[range.clone()],
        }
    }

    fn write_once(&self, socket: &mut impl Write, joined: &mut Vec<u8>) -> io::Result<usize> {
        let Some(rest) = self.rest.as_deref().filter(|it| !it.is_empty()) else { return socket.write(&self.front) };
        if self.bytes <= MAX_JOINED_BYTES {
            joined.clear();
            joined.extend_from_slice(&self.front);
            for frame in rest {
                joined.extend_from_slice(frame);
            }
            return socket.write(joined);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        slices[0] = IoSlice::new(&self.front);
        let mut used = 1;
        for (slice, frame) in slices[1..].iter_mut().zip(rest) {
            *slice = IoSlice::new(frame);
            used += 1;
        }
        socket.write_vectored(&slices[..used])
    }

    /// So many bytes were written.
    pub(crate) fn advance(&mut self, mut written: usize) {
        self.bytes -= written.min(self.bytes);
        while written >= self.front.len() {
            written -= self.front.len();
            self.begun = None;
            let Some(next) = self.rest.as_deref_mut().and_then(VecDeque::pop_front) else {
                self.front = Bytes::new();
                self.rest = None;
                return;
            };
            self.front = next;
        }
        if written > 0 {
            self.begun.get_or_insert_with(|| Box::new(self.front.clone()));
            self.front.advance(written);
        }
        if self.rest.as_ref().is_some_and(|it| it.is_empty()) {
            self.rest = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::framing::FrameBuilder;

    /// Takes a given number of bytes, then would block.
    struct Socket {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            if taken == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.room -= taken;
            self.taken.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn frame(text: &str) -> Bytes {
        FrameBuilder::new(0).raw(text).finish()
    }

    #[test]
    fn whatever_the_socket_takes_the_bytes_keep_their_order() {
        for room in 1..40 {
            let (mut queue, mut socket) = (Queue::default(), Socket { room: 0, taken: Vec::new() });
            let frames = [frame("one"), frame("two"), Bytes::from([frame("three"), frame("four")].concat())];
            for it in &frames {
                queue.push(it.clone());
                assert!(!queue.is_over(1_000));
            }
            while !queue.is_empty() {
                socket.room = room;
                queue.write(&mut socket, &mut Vec::new());
            }
            assert_eq!(socket.taken, frames.concat());
            assert!(queue.rest.is_none() && queue.begun.is_none());
        }
    }

    #[test]
    fn many_large_frames_go_out_in_order() {
        let (mut queue, mut socket) = (Queue::default(), Socket { room: usize::MAX, taken: Vec::new() });
        let frames: Vec<_> = (0..200).map(|it| frame(&format!("{it:01000}"))).collect();
        for it in &frames {
            queue.push(it.clone());
        }
        assert_eq!(queue.write(&mut socket, &mut Vec::new()), Written::All);
        assert_eq!(socket.taken, frames.concat());
    }

    #[test]
    fn a_cut_queue_finishes_the_frame_that_was_begun() {
        for room in 0..30 {
            let (mut queue, mut socket) = (Queue::default(), Socket { room, taken: Vec::new() });
            let joined = Bytes::from([frame("one"), frame("two")].concat());
            queue.push(joined.clone());
            queue.push(frame("three"));
            queue.write(&mut socket, &mut Vec::new());
            queue.cut();
            socket.room = 100;
            queue.write(&mut socket, &mut Vec::new());
            let all = [&joined[..], &frame("three")].concat();
            let ends = [0, 5, 10, 17];
            let expected = ends.into_iter().find(|end| *end >= room).unwrap_or(17);
            assert_eq!(socket.taken, all[..expected], "after {room} bytes");
        }
    }

    #[test]
    fn the_bound_counts_what_waits_but_not_what_is_replayed() {
        let mut queue = Queue::default();
        queue.push(frame("one"));
        queue.push(frame(&"x".repeat(100)));
        assert!(queue.is_over(100));
        queue.allow(1, 1_000);
        queue.push(frame(&"x".repeat(100)));
        assert!(!queue.is_over(100));
    }
}
