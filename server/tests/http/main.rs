//! The server as browsers, programs and operators meet it: over real HTTP, and as the binary.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect ends there")]

mod any_body;
mod api;
mod auth;
mod authorization;
mod cli;
mod compression;
mod failures;
mod operations;
mod pages;
mod process;
mod pusher;
mod reload;
mod sockets;
mod support;
mod tls;
mod webhooks;
