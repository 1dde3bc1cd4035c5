//! Which conversation a message, a typing notice or a read position belongs to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

const GENERAL: &str = "chat";
const DIRECT_PREFIX: &str = "private-chat.";

/// Two different people, the lower id first, so that both name their conversation alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserPair {
    low: UserId,
    high: UserId,
}

impl UserPair {
    /// Both people in either order; `None` if they are one and the same.
    pub fn new(one: UserId, other: UserId) -> Option<Self> {
        (one != other).then(|| Self { low: one.min(other), high: one.max(other) })
    }

    /// The lower id, then the higher.
    pub const fn ids(self) -> [UserId; 2] {
        [self.low, self.high]
    }

    /// Whether `user` is one of the two.
    pub fn contains(self, user: UserId) -> bool {
        self.low == user || self.high == user
    }

    /// The person whom `user` talks to; `None` if `user` is neither of the two.
    pub fn other(self, user: UserId) -> Option<UserId> {
        match user {
            it if it == self.low => Some(self.high),
            it if it == self.high => Some(self.low),
            _ => None,
        }
    }
}

/// A conversation. On the wire and in text it is the name of its channel: `chat`, or `private-chat.4.9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "ssr", schemars(extend("pattern" = r"^(chat|private-chat\.[1-9][0-9]*\.[1-9][0-9]*)$")))]
pub enum Conversation {
    /// The room of everybody who is signed in.
    #[default]
    General,
    /// What two people say to each other.
    Direct(UserPair),
}

impl Conversation {
    /// What two people say to each other; `None` if they are one and the same.
    pub fn direct(one: UserId, other: UserId) -> Option<Self> {
        UserPair::new(one, other).map(Self::Direct)
    }

    /// Whether `user` may read and write here.
    pub fn is_open_to(self, user: UserId) -> bool {
        match self {
            Self::General => true,
            Self::Direct(pair) => pair.contains(user),
        }
    }

    /// The person whom `user` talks to here, if it is one person.
    pub fn peer(self, user: UserId) -> Option<UserId> {
        match self {
            Self::General => None,
            Self::Direct(pair) => pair.other(user),
        }
    }
}

/// A text that names no conversation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no conversation: expected chat, or private-chat.4.9 with two different ids, the lower first")]
pub struct ConversationError(String);

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::General => f.write_str(GENERAL),
            Self::Direct(UserPair { low, high }) => write!(f, "{DIRECT_PREFIX}{low}.{high}"),
        }
    }
}

impl FromStr for Conversation {
    type Err = ConversationError;

    fn from_str(text: &str) -> Result<Self, ConversationError> {
        let direct = || {
            let (low, high) = text.strip_prefix(DIRECT_PREFIX)?.split_once('.')?;
            let (low, high) = (low.parse::<UserId>().ok()?, high.parse::<UserId>().ok()?);
            (low < high).then_some(Self::Direct(UserPair { low, high }))
        };
        if text == GENERAL {
            return Ok(Self::General);
        }
        direct().ok_or_else(|| ConversationError(text.chars().take(100).collect()))
    }
}

impl From<Conversation> for String {
    fn from(conversation: Conversation) -> Self {
        conversation.to_string()
    }
}

impl TryFrom<String> for Conversation {
    type Error = ConversationError;

    fn try_from(text: String) -> Result<Self, ConversationError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_people_name_their_conversation_alike() {
        let pair = UserPair::new(UserId(9), UserId(4)).unwrap();
        assert_eq!(Some(pair), UserPair::new(UserId(4), UserId(9)));
        assert_eq!(Conversation::Direct(pair).to_string(), "private-chat.4.9");
        assert_eq!((pair.other(UserId(4)), pair.other(UserId(9))), (Some(UserId(9)), Some(UserId(4))));
        assert_eq!(pair.other(UserId(5)), None);
    }

    #[test]
    fn nobody_talks_to_themselves() {
        assert_eq!(UserPair::new(UserId(4), UserId(4)), None);
    }

    #[test]
    fn a_conversation_has_one_spelling() {
        for text in ["chat", "private-chat.4.9"] {
            assert_eq!(text.parse::<Conversation>().unwrap().to_string(), text);
        }
        for text in ["", "Chat", "private-chat.9.4", "private-chat.4.4", "private-chat.4", "private-chat.04.9"] {
            assert!(text.parse::<Conversation>().is_err(), "{text:?} was taken for a conversation");
        }
    }
}
