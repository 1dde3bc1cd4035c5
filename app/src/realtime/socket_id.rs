//! The id of one open WebSocket.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Two numbers with a dot between them, such as `1234.5678` (rule CON-9): unique over all nodes, never used again.
///
/// Kept as two numbers, so that comparing and hashing cost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SocketId {
    /// The number before the dot.
    pub high: u64,
    /// The number after the dot.
    pub low: u64,
}

/// A text that is no socket id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no socket id: expected two numbers with a dot between them, such as 1234.5678")]
pub struct SocketIdError(String);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.high, self.low)
    }
}

impl FromStr for SocketId {
    type Err = SocketIdError;

    fn from_str(text: &str) -> Result<Self, SocketIdError> {
        let number = |digits: &str| {
            (!digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
        };
        text.split_once('.')
            .and_then(|(high, low)| Some(Self { high: number(high)?, low: number(low)? }))
            .ok_or_else(|| SocketIdError(text.chars().take(50).collect()))
    }
}

impl From<SocketId> for String {
    fn from(socket_id: SocketId) -> Self {
        socket_id.to_string()
    }
}

impl TryFrom<String> for SocketId {
    type Error = SocketIdError;

    fn try_from(text: String) -> Result<Self, SocketIdError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_9_a_socket_id_is_two_numbers() {
        assert_eq!("1234.5678".parse(), Ok(SocketId { high: 1234, low: 5678 }));
        for text in ["", ".", "1.", ".1", "1.2.3", "a.b", "1,2", "-1.2", "+1.2", "1.2 ", "99999999999999999999.1"] {
            assert!(text.parse::<SocketId>().is_err(), "{text:?} was taken for a socket id");
        }
    }
}
