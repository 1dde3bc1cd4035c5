//! A receiver of webhooks, and what it can be told.

/// What a webhook can tell (section 16.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookKind {
    /// A channel has its first socket.
    ChannelOccupied,
    /// A channel's last socket has gone.
    ChannelVacated,
    /// A user is on a presence channel.
    MemberAdded,
    /// A user has left a presence channel.
    MemberRemoved,
    /// A client has sent an event on a private or presence channel.
    ClientEvent,
    /// A subscriber found nothing cached.
    CacheMiss,
    /// A channel has another number of subscribers.
    SubscriptionCount,
}

impl WebhookKind {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::ChannelOccupied,
        Self::ChannelVacated,
        Self::MemberAdded,
        Self::MemberRemoved,
        Self::ClientEvent,
        Self::CacheMiss,
        Self::SubscriptionCount,
    ];

    /// As in requests and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChannelOccupied => "channel_occupied",
            Self::ChannelVacated => "channel_vacated",
            Self::MemberAdded => "member_added",
            Self::MemberRemoved => "member_removed",
            Self::ClientEvent => "client_event",
            Self::CacheMiss => "cache_miss",
            Self::SubscriptionCount => "subscription_count",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The kind that takes this one back: whoever wants one of the two is told by both (rule WHK-6).
    const fn counterpart(self) -> Self {
        match self {
            Self::ChannelOccupied => Self::ChannelVacated,
            Self::ChannelVacated => Self::ChannelOccupied,
            Self::MemberAdded => Self::MemberRemoved,
            Self::MemberRemoved => Self::MemberAdded,
            other => other,
        }
    }
}

/// A receiver of an application's webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where requests go, `http://…` or `https://…`. An application has each address once.
    pub url: String,
    /// What it is told.
    pub kinds: Vec<WebhookKind>,
    /// Beginnings of the channels' names that it is told of; none for all channels.
    pub channel_prefixes: Vec<String>,
    /// Further headers of its requests. Never logged: they may hold a secret.
    pub headers: Vec<(String, String)>,
}

impl Webhook {
    /// A receiver of everything.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            kinds: WebhookKind::ALL.to_vec(),
            channel_prefixes: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Whether it is told of this.
    pub fn wants(&self, kind: WebhookKind, channel: &str) -> bool {
        self.kinds.contains(&kind) && self.is_about(channel)
    }

    /// Whether it has to know of this, if only to leave out what takes it back.
    pub(crate) fn heeds(&self, kind: WebhookKind, channel: &str) -> bool {
        (self.kinds.contains(&kind) || self.kinds.contains(&kind.counterpart())) && self.is_about(channel)
    }

    fn is_about(&self, channel: &str) -> bool {
        self.channel_prefixes.is_empty() || self.channel_prefixes.iter().any(|it| channel.starts_with(it.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_told_what_it_asked_for() {
        let webhook = Webhook {
            kinds: vec![WebhookKind::ChannelOccupied],
            channel_prefixes: vec!["private-".to_owned(), "presence-".to_owned()],
            ..Webhook::new("http://example.com")
        };
        assert!(webhook.wants(WebhookKind::ChannelOccupied, "presence-a"));
        assert!(!webhook.wants(WebhookKind::ChannelOccupied, "a"));
        assert!(!webhook.wants(WebhookKind::ChannelVacated, "presence-a"));
        assert!(webhook.heeds(WebhookKind::ChannelVacated, "presence-a"));
        assert!(!webhook.heeds(WebhookKind::MemberRemoved, "presence-a"));
    }

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in WebhookKind::ALL {
            assert_eq!(WebhookKind::from_name(kind.name()), Some(kind));
        }
    }
}
