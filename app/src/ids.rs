//! Ids as types of their own, so that a message's id can't be taken for a user's.
//!
//! Rows are numbered by the database with 64-bit integers. What a browser makes itself, before any server has seen it,
//! bears a [`ClientId`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Makes a newtype over the schema's 64-bit integer: a plain number on the wire, in text and in the database.
macro_rules! row_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // One spelling for each id: no sign, no leading zero, nothing below 1.
                match text.parse::<i64>() {
                    Ok(id) if id > 0 && id.to_string() == text => Ok(Self(id)),
                    _ => Err(IdError { text: text.to_owned() }),
                }
            }
        }
    )+};
}

row_id! {
    /// A person with an account.
    UserId,
    /// A chat message; ids rise in the order in which the server accepted the messages.
    MessageId,
    /// A notification.
    NotificationId,
    /// A campaign.
    CampaignId,
    /// A movement of money.
    TransactionId,
    /// An entry of the audit log.
    AuditId,
    /// An admin's live view of frames.
    TapId,
}

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id: expected a whole number from 1 on, without sign or leading zero")]
pub struct IdError {
    text: String,
}

/// The id that a client gives to a command before it is sent: a UUID version 7.
///
/// The same id sent twice is one command, so a client that is not sure whether it was heard just sends again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(transparent)]
#[cfg_attr(feature = "ssr", schemars(extend("format" = "uuid")))]
pub struct ClientId(#[cfg_attr(feature = "ssr", schemars(with = "String"))] pub Uuid);

impl ClientId {
    /// A new id, made of the time given and random bits: ids made later sort later.
    pub fn new(now: crate::time::Timestamp) -> Self {
        let ms = u64::try_from(now.unix_ms()).unwrap_or_default();
        let nanoseconds = u32::try_from(ms % 1_000 * 1_000_000).unwrap_or_default();
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, ms / 1_000, nanoseconds)))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ClientId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        assert_eq!("42".parse(), Ok(UserId(42)));
        for text in ["", "0", "-1", "+1", "042", "4 2", "9223372036854775808"] {
            assert!(text.parse::<UserId>().is_err(), "{text:?} was taken for an id");
        }
    }

    #[test]
    fn client_ids_sort_by_time() {
        let early = ClientId::new(crate::time::Timestamp::from_unix_ms(1_700_000_000_000));
        let late = ClientId::new(crate::time::Timestamp::from_unix_ms(1_700_000_000_001));
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
    }
}
