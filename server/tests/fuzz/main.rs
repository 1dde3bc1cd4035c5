//! Input that nobody should send, over real sockets: a corpus replayed as it stands, and then broken at random.
//!
//! The seed is fixed, so a run is the same everywhere. `FUZZ_SEED=7 FUZZ_ROUNDS=100 cargo test -p server --test fuzz`
//! looks elsewhere, and a hundred times longer. What fails is printed as a line for the corpus: add it there, mend it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bodies;
mod corpus;
mod frames;
mod messages;
mod queries;
mod subscriptions;

#[path = "../autobahn/frame.rs"]
#[expect(dead_code, reason = "this suite needs a part of what the cases of RFC 6455 need")]
mod frame;
mod http;
#[path = "../websocket/support/mod.rs"]
#[expect(dead_code, reason = "this suite needs a part of what the tests of the protocol need")]
mod support;
