//! The ring where there is none.

use std::io;
use std::os::fd::BorrowedFd;

/// Never there.
pub(crate) enum Ring {}

impl Ring {
    pub(crate) const fn open() -> Option<Self> {
        None
    }

    pub(crate) fn send(&mut self, _: &[(BorrowedFd<'_>, &[u8])], _: &mut Vec<io::Result<usize>>) -> io::Result<()> {
        match *self {}
    }
}
