//! What the tabs of a browser tell each other.

use crate::realtime::close_code::CloseCode;

/// One tab's end of the line that they share: a random number below 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port(pub u64);

/// Something that a tab tells all others, most of it meant for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// To the leader: this port would open a socket.
    Open(Port),
    /// To the leader: this port sends a frame.
    Send(Port, String),
    /// To the leader: this port has given the socket up, as dead.
    Close(Port),
    /// To the leader: this port's tab has gone.
    Leave(Port),
    /// To the leader: a person asks to try at once.
    Hurry,
    /// The tab that says so leads from now on.
    Lead,
    /// From the leader: the line is there.
    Up,
    /// From the leader: this port is heard.
    Here(Port),
    /// From the leader: a frame of the server, for one port or for all.
    Frame(Option<Port>, String),
    /// From the leader: this port's socket is closed.
    Closed(Port, CloseCode),
}

impl Note {
    /// A letter for the kind, the port's number if there is one, a colon, and the rest: `S17:{"event":…}`.
    pub fn to_text(&self) -> String {
        let (kind, port, rest) = match self {
            Self::Open(port) => ("O", Some(port), ""),
            Self::Send(port, text) => ("S", Some(port), text.as_str()),
            Self::Close(port) => ("C", Some(port), ""),
            Self::Leave(port) => ("X", Some(port), ""),
            Self::Hurry => ("R", None, ""),
            Self::Lead => ("L", None, ""),
            Self::Up => ("U", None, ""),
            Self::Here(port) => ("H", Some(port), ""),
            Self::Frame(port, text) => ("F", port.as_ref(), text.as_str()),
            Self::Closed(port, code) => return ["K", &port.0.to_string(), ":", &code.0.to_string()].concat(),
        };
        [kind, &port.map(|it| it.0.to_string()).unwrap_or_default(), ":", rest].concat()
    }

    /// What [`Note::to_text`] wrote; `None` for what a tab of another version says.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once(':')?;
        let (kind, port) = head.split_at_checked(1)?;
        let port = if port.is_empty() { None } else { Some(Port(port.parse().ok()?)) };
        Some(match (kind, port) {
            ("O", Some(port)) => Self::Open(port),
            ("S", Some(port)) => Self::Send(port, rest.to_owned()),
            ("C", Some(port)) => Self::Close(port),
            ("X", Some(port)) => Self::Leave(port),
            ("R", None) => Self::Hurry,
            ("L", None) => Self::Lead,
            ("U", None) => Self::Up,
            ("H", Some(port)) => Self::Here(port),
            ("F", port) => Self::Frame(port, rest.to_owned()),
            ("K", Some(port)) => Self::Closed(port, CloseCode(rest.parse().ok()?)),
            _ => return None,
        })
    }
}
