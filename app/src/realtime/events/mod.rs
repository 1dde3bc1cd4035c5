//! Every event of the app: its name, its payload, where it may go, and whether it is kept.
//!
//! On the wire an event is its bare name beside `data`, a string with the payload's JSON; Echo users listen with
//! `.listen('.MessageSent')`. `docs/events.schema.json` describes them all and is made from here.

mod account;
mod admin;
mod campaigns;
mod chat;
mod notifications;
mod people;
#[cfg(feature = "ssr")]
mod schema;
mod wallet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::channels::AppChannel;

pub use account::SettingsChanged;
pub use admin::{AuditRecorded, HealthChanged, MetricsTick};
pub use campaigns::{BudgetChanged, CampaignActivated, CampaignDeactivated, CampaignUpdated};
pub use chat::{
    ConversationUpdated, MessageDeleted, MessageDelivered, MessageEdited, MessageRead, MessageSent, PrivateMessageSent,
    ReactionChanged, UserTyping,
};
pub use notifications::{NotificationCreated, NotificationRead};
pub use people::{PresenceChanged, UserJoined, UserLeft};
#[cfg(feature = "ssr")]
pub use schema::event_schema;
pub use wallet::{BalanceUpdated, DepositCompleted, WithdrawalProcessed};

/// Reads an event of one area as it came over the wire: its name and its `data`.
///
/// Whoever listens names the area, so that a page carries the readers of what it shows and no others.
pub type EventReader = fn(name: &str, data: &str) -> Result<AppEvent, EventError>;

/// Makes the enum of all events, so that a new one has its name, its payload and its schema from one line.
macro_rules! app_events {
    ($($(#[$area_doc:meta])* $area:ident { $($(#[$doc:meta])* $name:ident),+ $(,)? })+) => {
        /// An event of the app with its payload.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AppEvent {$($(
            $(#[$doc])*
            $name($name),
        )+)+}

        impl AppEvent {
            /// The names of all events.
            pub const NAMES: &[&str] = &[$($(stringify!($name)),+),+];

            /// The readers of all areas.
            const READERS: &[EventReader] = &[$(Self::$area),+];

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self {
                    $($(Self::$name(_) => stringify!($name),)+)+
                }
            }

            /// The payload's JSON, which goes out as the string `data`.
            pub fn to_data(&self) -> String {
                match self {
                    $($(Self::$name(payload) => to_json(payload),)+)+
                }
            }

            $(
                $(#[$area_doc])*
                ///
                /// Fields that this build doesn't know are passed over.
                ///
                /// # Errors
                /// `UnknownName` for a name of another area, or one that a newer server may know; `Payload` if `data`
                /// doesn't fit the name.
                pub fn $area(name: &str, data: &str) -> Result<Self, EventError> {
                    match name {
                        $(stringify!($name) => from_json(stringify!($name), data).map(Self::$name),)+
                        _ => Err(EventError::UnknownName(name.chars().take(200).collect())),
                    }
                }
            )+
        }

        $($(
            impl From<$name> for AppEvent {
                fn from(payload: $name) -> Self {
                    Self::$name(payload)
                }
            }
        )+)+

        /// Names and payload schemas of all events, in the order of the enum.
        #[cfg(feature = "ssr")]
        fn payload_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![$($((stringify!($name), generator.subschema_for::<$name>())),+),+]
        }
    };
}

app_events! {
    /// Reads an event of conversations.
    chat {
        /// A message of the general room.
        MessageSent,
        /// The text of a message changed.
        MessageEdited,
        /// A message is gone.
        MessageDeleted,
        /// Somebody set or took back a reaction.
        ReactionChanged,
        /// Somebody is typing.
        UserTyping,
        /// Somebody has read a conversation up to a message.
        MessageRead,
        /// Messages have reached a device of the person they are for.
        MessageDelivered,
        /// A conversation's line in somebody's list changed.
        ConversationUpdated,
        /// A message between two people.
        PrivateMessageSent,
    }
    /// Reads an event of who is there.
    people {
        /// Somebody is there who was not before.
        UserJoined,
        /// Somebody is no longer there.
        UserLeft,
        /// Somebody who is there is seen in another way.
        PresenceChanged,
    }
    /// Reads an event of notifications.
    notifications {
        /// Something needs somebody's attention.
        NotificationCreated,
        /// Notifications were read on one of the tabs or devices.
        NotificationRead,
    }
    /// Reads an event of somebody's own account.
    account {
        /// Their settings were changed on one of the tabs or devices.
        SettingsChanged,
    }
    /// Reads an event of campaigns.
    campaigns {
        /// Something of a campaign changed that has no event of its own.
        CampaignUpdated,
        /// A campaign may spend more or less than before.
        BudgetChanged,
        /// A campaign started.
        CampaignActivated,
        /// A campaign stopped.
        CampaignDeactivated,
    }
    /// Reads an event of money.
    wallet {
        /// Money was paid in.
        DepositCompleted,
        /// A withdrawal went through or failed.
        WithdrawalProcessed,
        /// What somebody has changed.
        BalanceUpdated,
    }
    /// Reads an event of the administration.
    admin {
        /// The figures of the last second.
        MetricsTick,
        /// Somebody did something that is recorded.
        AuditRecorded,
        /// A part of the system does better or worse.
        HealthChanged,
    }
}

/// What came over the wire is no event of the app.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// No event of this build has that name.
    #[error("there is no event `{0}`")]
    UnknownName(String),
    /// The payload doesn't fit the name.
    #[error("the data of `{name}` does not fit: {source}")]
    Payload {
        /// The event's name.
        name: &'static str,
        /// What doesn't fit, and where.
        source: serde_json::Error,
    },
}

impl AppEvent {
    /// Reads an event of any area. Fields that this build doesn't know are passed over.
    ///
    /// # Errors
    /// `UnknownName` for a name that a newer server may know, `Payload` if `data` doesn't fit the name.
    pub fn from_parts(name: &str, data: &str) -> Result<Self, EventError> {
        let is_known = |read: &Result<Self, EventError>| !matches!(read, Err(EventError::UnknownName(_)));
        let unknown = || Err(EventError::UnknownName(name.chars().take(200).collect()));
        Self::READERS.iter().map(|read| read(name, data)).find(is_known).unwrap_or_else(unknown)
    }

    /// Whether the event is written to the event log, so that whoever was away gets it later.
    ///
    /// What has lost its meaning a few seconds later is not: it goes to those who are there, and is forgotten.
    pub const fn is_durable(&self) -> bool {
        !matches!(self, Self::UserTyping(_) | Self::MetricsTick(_))
    }

    /// Whether the event may go to this channel.
    pub const fn allowed_on(&self, channel: &AppChannel) -> bool {
        use AppChannel as Channel;
        match self {
            Self::MessageSent(_) => matches!(channel, Channel::Chat),
            Self::MessageEdited(_) | Self::MessageDeleted(_) | Self::ReactionChanged(_) => {
                matches!(channel, Channel::Chat | Channel::PrivateChat(_))
            }
            Self::UserTyping(_) => matches!(channel, Channel::Chat | Channel::PrivateChat(_) | Channel::PrivateUser(_)),
            Self::MessageRead(_)
            | Self::MessageDelivered(_)
            | Self::ConversationUpdated(_)
            | Self::NotificationCreated(_)
            | Self::NotificationRead(_)
            | Self::SettingsChanged(_) => matches!(channel, Channel::PrivateUser(_)),
            Self::UserJoined(_) | Self::UserLeft(_) | Self::PresenceChanged(_) => {
                matches!(channel, Channel::PresenceChat)
            }
            Self::PrivateMessageSent(_) => matches!(channel, Channel::PrivateChat(_)),
            Self::CampaignUpdated(_)
            | Self::BudgetChanged(_)
            | Self::CampaignActivated(_)
            | Self::CampaignDeactivated(_) => matches!(channel, Channel::PrivateCampaign(_)),
            Self::DepositCompleted(_) | Self::WithdrawalProcessed(_) | Self::BalanceUpdated(_) => {
                matches!(channel, Channel::PrivateFinancial(_))
            }
            Self::MetricsTick(_) | Self::AuditRecorded(_) | Self::HealthChanged(_) => {
                matches!(channel, Channel::PrivateAdmin)
            }
        }
    }
}

fn to_json(payload: &impl Serialize) -> String {
    serde_json::to_string(payload).expect("payloads are plain fields, which always make JSON")
}

fn from_json<T: DeserializeOwned>(name: &'static str, data: &str) -> Result<T, EventError> {
    crate::json::from_str(data).map_err(|source| EventError::Payload { name, source })
}

#[cfg(test)]
mod tests;
