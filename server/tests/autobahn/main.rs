//! RFC 6455 case by case, modelled on the public Autobahn cases and numbered like them (sections 1 to 7, 9 and 10).
//!
//! Those cases ask an address that echoes. Here a client event is the echo: it reaches the channel's other subscriber. A
//! message that is no event at all is answered with `pusher:error` 4200, a control frame as RFC 6455 has it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod beyond;
mod s01_framing;
mod s02_pings;
mod s03_reserved_bits;
mod s04_opcodes;
mod s05_fragmentation;
mod s06_utf8;
mod s07_closing;
mod s09_limits;
mod s10_chopped;

mod case;
mod frame;
#[path = "../websocket/support/mod.rs"]
#[expect(dead_code, reason = "this suite needs a part of what the tests of the protocol need")]
mod support;
