//! Every channel of the app: its name, its kind, and who may subscribe.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::channel_name::ChannelName;
use crate::accounts::{Role, User};
use crate::chat::{Conversation, UserPair};
use crate::ids::{CampaignId, TapId, UserId};

/// A channel of the app. `Display` is the name on the wire, `FromStr` its inverse, and serde goes through both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum AppChannel {
    /// The general room. Public by name, so anybody with the key may listen.
    Chat,
    /// Who is in the general room.
    PresenceChat,
    /// What concerns one person on all their tabs and devices.
    PrivateUser(UserId),
    /// What two people say to each other.
    PrivateChat(UserPair),
    /// What happens to a campaign.
    PrivateCampaign(CampaignId),
    /// Who looks at a campaign.
    PresenceCampaign(CampaignId),
    /// What happens to one person's money.
    PrivateFinancial(UserId),
    /// The dashboard's live figures and records.
    PrivateAdmin,
    /// A live view of frames that one admin has opened.
    PrivateAdminTap(TapId),
}

/// Who may subscribe to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionRule {
    /// Whoever has the application's key.
    Anybody,
    /// Everybody who is signed in.
    SignedIn,
    /// That user.
    User(UserId),
    /// That user, and every admin.
    UserOrAdmin(UserId),
    /// Those two.
    Pair(UserPair),
    /// The campaign's owner, the members of its team, and every admin.
    CampaignTeam(CampaignId),
    /// Every admin.
    Admin,
    /// The admin who opened the tap.
    TapOwner(TapId),
}

/// A text that names no channel of the app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no channel of the app")]
pub struct AppChannelError(String);

impl AppChannel {
    /// The channel that two people talk on, named in either order; `None` if they are one and the same.
    pub fn private_chat(one: UserId, other: UserId) -> Option<Self> {
        UserPair::new(one, other).map(Self::PrivateChat)
    }

    /// The name on the wire.
    #[expect(clippy::missing_panics_doc, reason = "names are made of a few letters and numbers, which a test tells")]
    pub fn channel_name(self) -> ChannelName {
        self.to_string().parse().expect("every channel of the app has a valid name")
    }

    /// The conversation that is held on this channel.
    pub const fn conversation(self) -> Option<Conversation> {
        match self {
            Self::Chat => Some(Conversation::General),
            Self::PrivateChat(pair) => Some(Conversation::Direct(pair)),
            _ => None,
        }
    }

    /// Whether subscribers see each other.
    pub const fn is_presence(self) -> bool {
        matches!(self, Self::PresenceChat | Self::PresenceCampaign(_))
    }

    /// Whether durable events go to this channel, numbered and kept in the event log.
    pub const fn is_logged(self) -> bool {
        match self {
            Self::Chat
            | Self::PresenceChat
            | Self::PrivateUser(_)
            | Self::PrivateChat(_)
            | Self::PrivateCampaign(_)
            | Self::PrivateFinancial(_)
            | Self::PrivateAdmin => true,
            // Members alone, and a stream of samples: nothing that anybody would want to catch up on.
            Self::PresenceCampaign(_) | Self::PrivateAdminTap(_) => false,
        }
    }

    /// Who may subscribe.
    pub const fn subscription_rule(self) -> SubscriptionRule {
        match self {
            Self::Chat => SubscriptionRule::Anybody,
            Self::PresenceChat => SubscriptionRule::SignedIn,
            Self::PrivateUser(user) => SubscriptionRule::User(user),
            Self::PrivateChat(pair) => SubscriptionRule::Pair(pair),
            Self::PrivateCampaign(campaign) | Self::PresenceCampaign(campaign) => {
                SubscriptionRule::CampaignTeam(campaign)
            }
            Self::PrivateFinancial(user) => SubscriptionRule::UserOrAdmin(user),
            Self::PrivateAdmin => SubscriptionRule::Admin,
            Self::PrivateAdminTap(tap) => SubscriptionRule::TapOwner(tap),
        }
    }
}

impl SubscriptionRule {
    /// Whether `viewer` may subscribe; `None` where only the database knows (a team's members, a tap's owner).
    pub fn permits(self, viewer: Option<&User>) -> Option<bool> {
        let Some(viewer) = viewer else { return Some(self == Self::Anybody) };
        let is_admin = viewer.role == Role::Admin;
        match self {
            Self::Anybody | Self::SignedIn => Some(true),
            Self::User(user) => Some(viewer.id == user),
            Self::UserOrAdmin(user) => Some(viewer.id == user || is_admin),
            Self::Pair(pair) => Some(pair.contains(viewer.id)),
            Self::Admin => Some(is_admin),
            Self::CampaignTeam(_) => is_admin.then_some(true),
            Self::TapOwner(_) => (!is_admin).then_some(false),
        }
    }
}

impl fmt::Display for AppChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat => Conversation::General.fmt(f),
            Self::PresenceChat => f.write_str("presence-chat"),
            Self::PrivateUser(user) => write!(f, "private-user.{user}"),
            Self::PrivateChat(pair) => Conversation::Direct(*pair).fmt(f),
            Self::PrivateCampaign(campaign) => write!(f, "private-campaign.{campaign}"),
            Self::PresenceCampaign(campaign) => write!(f, "presence-campaign.{campaign}"),
            Self::PrivateFinancial(user) => write!(f, "private-financial.{user}"),
            Self::PrivateAdmin => f.write_str("private-admin"),
            Self::PrivateAdminTap(tap) => write!(f, "private-admin-tap.{tap}"),
        }
    }
}

impl FromStr for AppChannel {
    type Err = AppChannelError;

    fn from_str(text: &str) -> Result<Self, AppChannelError> {
        parse(text).ok_or_else(|| AppChannelError(text.chars().take(250).collect()))
    }
}

fn parse(text: &str) -> Option<AppChannel> {
    if let Ok(conversation) = text.parse::<Conversation>() {
        return Some(conversation.into());
    }
    let Some((place, id)) = text.split_once('.') else {
        return match text {
            "presence-chat" => Some(AppChannel::PresenceChat),
            "private-admin" => Some(AppChannel::PrivateAdmin),
            _ => None,
        };
    };
    Some(match place {
        "private-user" => AppChannel::PrivateUser(id.parse().ok()?),
        "private-campaign" => AppChannel::PrivateCampaign(id.parse().ok()?),
        "presence-campaign" => AppChannel::PresenceCampaign(id.parse().ok()?),
        "private-financial" => AppChannel::PrivateFinancial(id.parse().ok()?),
        "private-admin-tap" => AppChannel::PrivateAdminTap(id.parse().ok()?),
        _ => return None,
    })
}

impl From<Conversation> for AppChannel {
    fn from(conversation: Conversation) -> Self {
        match conversation {
            Conversation::General => Self::Chat,
            Conversation::Direct(pair) => Self::PrivateChat(pair),
        }
    }
}

impl From<AppChannel> for String {
    fn from(channel: AppChannel) -> Self {
        channel.to_string()
    }
}

impl TryFrom<String> for AppChannel {
    type Error = AppChannelError;

    fn try_from(text: String) -> Result<Self, AppChannelError> {
        text.parse()
    }
}

impl TryFrom<&ChannelName> for AppChannel {
    type Error = AppChannelError;

    fn try_from(name: &ChannelName) -> Result<Self, AppChannelError> {
        name.as_str().parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::realtime::ChannelKind;

    fn user(id: i64, role: Role) -> User {
        User { id: UserId(id), name: "Ada".into(), email: "ada@example.com".into(), role }
    }

    /// Each channel with its name and kind as the wire has them.
    fn table() -> Vec<(AppChannel, &'static str, ChannelKind)> {
        vec![
            (AppChannel::Chat, "chat", ChannelKind::Public),
            (AppChannel::PresenceChat, "presence-chat", ChannelKind::Presence),
            (AppChannel::PrivateUser(UserId(4)), "private-user.4", ChannelKind::Private),
            (AppChannel::private_chat(UserId(9), UserId(4)).unwrap(), "private-chat.4.9", ChannelKind::Private),
            (AppChannel::PrivateCampaign(CampaignId(7)), "private-campaign.7", ChannelKind::Private),
            (AppChannel::PresenceCampaign(CampaignId(7)), "presence-campaign.7", ChannelKind::Presence),
            (AppChannel::PrivateFinancial(UserId(4)), "private-financial.4", ChannelKind::Private),
            (AppChannel::PrivateAdmin, "private-admin", ChannelKind::Private),
            (AppChannel::PrivateAdminTap(TapId(3)), "private-admin-tap.3", ChannelKind::Private),
        ]
    }

    #[test]
    fn every_channel_has_its_name_and_its_kind() {
        for (channel, name, kind) in table() {
            assert_eq!(channel.channel_name().as_str(), name);
            assert_eq!(name.parse(), Ok(channel));
            assert_eq!(channel.channel_name().kind(), kind);
            assert_eq!(channel.is_presence(), kind.is_presence());
            let json = serde_json::to_string(&channel).unwrap();
            assert_eq!(json, format!("{name:?}"));
            assert_eq!(serde_json::from_str::<AppChannel>(&json).unwrap(), channel);
        }
    }

    #[test]
    fn what_is_no_channel_of_the_app_is_refused() {
        for name in [
            "",
            "Chat",
            "chat.1",
            "presence-chat.1",
            "private-chat",
            "private-chat.9.4",
            "private-chat.4.4",
            "private-user",
            "private-user.",
            "private-user.04",
            "private-user.-1",
            "private-user.4.9",
            "private-admin.1",
            "private-admin-tap.x",
            "orders",
        ] {
            assert!(name.parse::<AppChannel>().is_err(), "{name:?} was taken for a channel");
        }
    }

    #[test]
    fn a_stranger_may_listen_to_the_public_room_alone() {
        for (channel, name, kind) in table() {
            let permitted = channel.subscription_rule().permits(None);
            assert_eq!(permitted, Some(kind == ChannelKind::Public), "{name}");
        }
    }

    #[test]
    fn members_and_admins_may_listen_to_what_the_table_says() {
        let permits = |viewer: &User| {
            table().iter().map(|(channel, ..)| channel.subscription_rule().permits(Some(viewer))).collect::<Vec<_>>()
        };
        let (yes, no, asks) = (Some(true), Some(false), None);
        assert_eq!(permits(&user(4, Role::Member)), [yes, yes, yes, yes, asks, asks, yes, no, no]);
        assert_eq!(permits(&user(5, Role::Member)), [yes, yes, no, no, asks, asks, no, no, no]);
        assert_eq!(permits(&user(5, Role::Admin)), [yes, yes, no, no, yes, yes, yes, yes, asks]);
    }

    proptest! {
        #[test]
        fn name_and_back_is_the_same(one in 1..=i64::MAX, other in 1..=i64::MAX) {
            prop_assume!(one != other);
            for channel in [
                AppChannel::PrivateUser(UserId(one)),
                AppChannel::private_chat(UserId(one), UserId(other)).unwrap(),
                AppChannel::PrivateCampaign(CampaignId(one)),
                AppChannel::PresenceCampaign(CampaignId(one)),
                AppChannel::PrivateFinancial(UserId(one)),
                AppChannel::PrivateAdminTap(TapId(one)),
            ] {
                prop_assert_eq!(AppChannel::try_from(&channel.channel_name()), Ok(channel));
            }
        }

        #[test]
        fn a_name_that_is_taken_is_the_one_spelling(name in "(private|presence)-(user|chat|admin-tap|campaign)[.0-9]{0,8}") {
            if let Ok(channel) = name.parse::<AppChannel>() {
                prop_assert_eq!(channel.to_string(), name);
            }
        }
    }
}
