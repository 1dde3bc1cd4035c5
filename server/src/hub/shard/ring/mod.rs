//! Writes to many sockets in one system call, by Linux's `io_uring`.
//!
//! What a delivery costs is the system call that writes it. Where many sockets have something to be written in the same
//! turn, a ring takes all of it, and the kernel is entered once. Elsewhere, and where the kernel has no `io_uring` or a
//! container forbids it, sockets are written one by one.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

#[cfg(target_os = "linux")]
pub(super) use linux::Ring;
#[cfg(not(target_os = "linux"))]
pub(super) use none::Ring;
