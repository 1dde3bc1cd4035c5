//! Names of channels, and the kind that follows from a name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest name of a channel, in characters (rule CHN-1).
const MAX_CHANNEL_NAME_CHARS: usize = 200;

const SERVER_TO_USER: &str = "#server-to-user-";

/// A valid name of a channel: 1 to 200 characters of `A-Z a-z 0-9 _ - = @ , . ;` (rules CHN-1 and CHN-2). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ChannelName(Arc<str>);

/// A text that can't name a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no channel name: expected 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;")]
pub struct ChannelNameError(String);

/// What a channel does, told by its name alone (section 5.1 of the protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Anybody with the key may subscribe.
    Public,
    /// Public, and keeps its last event.
    Cache,
    /// Needs a signature.
    Private,
    /// Private, and keeps its last event.
    PrivateCache,
    /// Private, and its events are encrypted by publisher and subscribers.
    PrivateEncrypted,
    /// Encrypted, and keeps its last event.
    PrivateEncryptedCache,
    /// Private, and everybody sees who else is there.
    Presence,
    /// Presence, and keeps its last event.
    PresenceCache,
    /// Events to one signed-in user.
    ServerToUser,
}

impl ChannelKind {
    /// Whether a subscription needs a signature.
    pub const fn is_signed(self) -> bool {
        !matches!(self, Self::Public | Self::Cache | Self::ServerToUser)
    }

    /// Whether the channel has members.
    pub const fn is_presence(self) -> bool {
        matches!(self, Self::Presence | Self::PresenceCache)
    }

    /// Whether the channel keeps its last event for new subscribers.
    pub const fn is_cache(self) -> bool {
        matches!(self, Self::Cache | Self::PrivateCache | Self::PrivateEncryptedCache | Self::PresenceCache)
    }

    /// Whether the channel's events are encrypted.
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::PrivateEncrypted | Self::PrivateEncryptedCache)
    }
}

impl ChannelName {
    /// The name as it is on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind, by prefix, the longer prefixes first.
    pub fn kind(&self) -> ChannelKind {
        const PREFIXES: [(&str, ChannelKind); 8] = [
            (SERVER_TO_USER, ChannelKind::ServerToUser),
            ("private-encrypted-cache-", ChannelKind::PrivateEncryptedCache),
            ("private-encrypted-", ChannelKind::PrivateEncrypted),
            ("private-cache-", ChannelKind::PrivateCache),
            ("private-", ChannelKind::Private),
            ("presence-cache-", ChannelKind::PresenceCache),
            ("presence-", ChannelKind::Presence),
            ("cache-", ChannelKind::Cache),
        ];
        PREFIXES
            .into_iter()
            .find(|(prefix, _)| self.0.starts_with(prefix))
            .map_or(ChannelKind::Public, |(_, kind)| kind)
    }

    /// The user whom a `#server-to-user-` channel belongs to.
    pub fn server_to_user(&self) -> Option<&str> {
        self.0.strip_prefix(SERVER_TO_USER)
    }
}

impl FromStr for ChannelName {
    type Err = ChannelNameError;

    fn from_str(text: &str) -> Result<Self, ChannelNameError> {
        let is_valid = match text.strip_prefix(SERVER_TO_USER) {
            Some(user_id) => !user_id.is_empty() && text.chars().count() <= MAX_CHANNEL_NAME_CHARS,
            None => {
                (1..=MAX_CHANNEL_NAME_CHARS).contains(&text.len())
                    && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-=@,.;".contains(&it))
            }
        };
        if is_valid { Ok(Self(text.into())) } else { Err(ChannelNameError(text.chars().take(250).collect())) }
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ChannelName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<ChannelName> for String {
    fn from(name: ChannelName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl TryFrom<String> for ChannelName {
    type Error = ChannelNameError;

    fn try_from(text: String) -> Result<Self, ChannelNameError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chn_1_only_certain_characters_make_a_name() {
        for text in ["orders", "App.Models.User.1", "private-App.Models.User.1", "a_b-c=d@e,f.g;h", &"x".repeat(200)] {
            assert!(text.parse::<ChannelName>().is_ok(), "{text:?} was refused");
        }
        for text in ["", " ", "a b", "a/b", "a#b", "ä", "a\n", &"x".repeat(201)] {
            assert!(text.parse::<ChannelName>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn chn_2_a_hash_begins_only_the_channel_of_a_user() {
        assert_eq!("#server-to-user-a b/ü".parse::<ChannelName>().unwrap().server_to_user(), Some("a b/ü"));
        assert!("#server-to-user-".parse::<ChannelName>().is_err());
        assert!("#orders".parse::<ChannelName>().is_err());
    }

    #[test]
    fn the_kind_follows_from_the_whole_prefix() {
        for (text, kind) in [
            ("orders", ChannelKind::Public),
            ("privateer", ChannelKind::Public),
            ("cache-a", ChannelKind::Cache),
            ("cached", ChannelKind::Public),
            ("private-a", ChannelKind::Private),
            ("private-cache-a", ChannelKind::PrivateCache),
            ("private-encrypted-a", ChannelKind::PrivateEncrypted),
            ("private-encrypted-cache-a", ChannelKind::PrivateEncryptedCache),
            ("presence-a", ChannelKind::Presence),
            ("presence-cache-a", ChannelKind::PresenceCache),
            ("#server-to-user-42", ChannelKind::ServerToUser),
        ] {
            assert_eq!(text.parse::<ChannelName>().unwrap().kind(), kind, "{text}");
        }
    }
}
