//! Close codes of the WebSocket, and what each tells a client.

use std::fmt;

/// The code that a WebSocket was closed with: 1000 to 4999. The server's own are those of section 13.2 of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

/// What a client does about a close code (section 13.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComeBack {
    /// Not by itself: nothing would be different.
    Never,
    /// After a pause of at least a second, longer with each failure.
    Later,
    /// At once, if the connection had been a good one.
    Now,
}

impl CloseCode {
    /// All is done.
    pub const NORMAL: Self = Self(1000);
    /// The page or the server goes away.
    pub const GOING_AWAY: Self = Self(1001);
    /// No close frame came: the line was lost. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// A message was larger than the limit.
    pub const TOO_BIG: Self = Self(1009);
    /// The server restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// The application takes TLS only.
    pub const TLS_REQUIRED: Self = Self(4000);
    /// No application has this key.
    pub const UNKNOWN_APPLICATION: Self = Self(4001);
    /// The application is switched off.
    pub const APPLICATION_DISABLED: Self = Self(4003);
    /// The application has as many connections as it may have.
    pub const OVER_QUOTA: Self = Self(4004);
    /// The origin or a signature is not accepted.
    pub const UNAUTHORIZED: Self = Self(4009);
    /// The node has no room, or the client reads too slowly.
    pub const OVER_CAPACITY: Self = Self(4100);
    /// A planned stop, where another node takes over.
    pub const RECONNECT: Self = Self(4200);
    /// A ping was not answered.
    pub const PONG_TIMEOUT: Self = Self(4201);

    /// What a client does about it. From 4300 on it is pusher-js's reading: an end for good.
    pub const fn come_back(self) -> ComeBack {
        match self.0 {
            4000..4100 | 4300.. => ComeBack::Never,
            4200..4300 => ComeBack::Now,
            _ => ComeBack::Later,
        }
    }

    /// Whether the server said by it that it goes on purpose and will be back.
    pub const fn is_planned(self) -> bool {
        matches!(self, Self::GOING_AWAY | Self::SERVICE_RESTART | Self::OVER_CAPACITY | Self::RECONNECT)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_tells_a_client_what_to_do() {
        for (codes, come_back) in [
            ([1000, 1001, 1005, 1006, 1009, 1011, 1013, 3000, 3999].as_slice(), ComeBack::Later),
            (&[4000, 4001, 4003, 4004, 4009, 4099], ComeBack::Never),
            (&[4100, 4199], ComeBack::Later),
            (&[4200, 4201, 4299], ComeBack::Now),
            (&[4300, 4301, 4999], ComeBack::Never),
        ] {
            for code in codes {
                assert_eq!(CloseCode(*code).come_back(), come_back, "{code}");
            }
        }
    }
}
