//! `pusher:subscribe` (sections 5 to 7).

use std::borrow::Cow;
use std::sync::Arc;

use app::realtime::{ChannelKind, ChannelName};

use crate::application::Guard;
use crate::broker::RecoverFrom;
use crate::hub::cached_events::KeptEvent;
use crate::hub::handler::Paced;
use crate::hub::inbox::{Command, Resubscribed};
use crate::hub::membership::{ChannelFull, Joining};
use crate::hub::shard::{Answer, Connection, Details, Shard};
use crate::hub::wire::{self, Subscribe};
use crate::presence::{ChannelKey, PresenceMember};
use crate::signature::verify_channel;

/// Why a subscription failed (rules SUB-8 and SUB-9).
enum Failure {
    Unauthorized,
    InvalidName,
    ChannelFull,
    TooManyChannels,
    MemberTooLarge,
    MemberIdTooLong,
    UserOverQuota,
    TooFast,
}

/// A member, and the JSON object that the others are told.
type MemberAndData<'a> = (PresenceMember, Cow<'a, str>);

impl Shard {
    /// Subscribes, or says why not.
    pub(super) fn on_subscribe(&mut self, index: u32, subscribe: Subscribe<'_>) {
        if let Err(failure) = self.subscribe(index, &subscribe) {
            let (kind, message, status) = failure.told();
            tracing::debug!(channel = &*subscribe.channel, kind, "not subscribed: {message}");
            if matches!(failure, Failure::Unauthorized) {
                self.send_error(index, 4009, "Connection is unauthorized", false);
            } else {
                self.metrics().error(status);
            }
            self.send(index, wire::subscription_error(&subscribe.channel, kind, message, status));
        }
    }

    fn subscribe(&mut self, index: u32, subscribe: &Subscribe<'_>) -> Result<(), Failure> {
        if !self.is_within_pace(index, Paced::Subscribe) {
            return Err(Failure::TooFast);
        }
        let channel: ChannelName = subscribe.channel.parse().map_err(|_| Failure::InvalidName)?;
        let connection = &self.connections[index as usize];
        let application = Arc::clone(connection.application().ok_or(Failure::Unauthorized)?);
        let limits = &application.limits;
        if channel.server_to_user().is_none() && channel.as_str().len() > limits.max_channel_name_chars {
            return Err(Failure::InvalidName);
        }
        authorize(connection, &application.secret, &channel, subscribe)?;
        let recover = match application.guard(&channel) {
            Some(guard) if !is_known(connection, &application.secret, &channel, subscribe) => match guard {
                Guard::Subscription => return Err(Failure::Unauthorized),
                // The position is told, and nothing of what came before it.
                Guard::History => subscribe.recover.as_ref().map(|_| RecoverFrom::Latest),
            },
            _ => subscribe.recover.clone(),
        };
        let key = ChannelKey { application: application.id.clone(), channel };
        let member = if key.channel.kind().is_presence() { Some(member(connection, subscribe)?) } else { None };
        if self.channels.slot(connection, &key).is_some() {
            self.subscribe_again(index, key, recover);
            return Ok(());
        }
        if connection.subscriptions.len() >= application.max_channels_per_connection {
            return Err(Failure::TooManyChannels);
        }
        let size = subscribe.channel_data.as_deref().map_or(0, str::len);
        if member.is_some() && application.max_presence_member_bytes.is_some_and(|max| size > max) {
            return Err(Failure::MemberTooLarge);
        }
        if let Some((member, _)) = &member {
            if limits.max_member_id_chars.is_some_and(|max| member.user_id.chars().count() > max) {
                return Err(Failure::MemberIdTooLong);
            }
            let user_id = Arc::clone(&member.user_id);
            if !self.count_user(index, &user_id) {
                return Err(Failure::UserOverQuota);
            }
        }
        // Signed like all of the data, so it is our server that says so (extension: a member that nobody sees).
        let member = member.filter(|(_, channel_data)| !wire::is_hidden(channel_data));
        self.enter(index, key, member, recover)
    }

    /// Adds a subscription that may be, and answers it.
    fn enter(
        &mut self,
        index: u32,
        key: ChannelKey,
        member: Option<MemberAndData<'_>>,
        recover: Option<RecoverFrom>,
    ) -> Result<(), Failure> {
        let application = Arc::clone(self.connections[index as usize].application().ok_or(Failure::Unauthorized)?);
        let joining = member.as_ref().map(|(member, channel_data)| Joining { member, channel_data });
        let entered =
            self.shared.enter(self.index, &key, joining, &application).map_err(|ChannelFull| Failure::ChannelFull)?;
        let details = member.map(|(member, _)| {
            Box::new(Details { member: Some((member.user_id, member.user_id_json)), recovery: None })
        });
        let slot = self.channels.add(&mut self.connections, index, &key, entered.since, details);
        if entered.is_count_due {
            self.count_later(key.clone());
        }
        tracing::debug!(channel = %key.channel, "subscribed");
        let Some(slot) = slot else { return Ok(()) };
        if let Some(from) = recover {
            self.recover(index, slot, from, entered.snapshot, entered.cached);
        } else if let Some(user) = self.follower(index, slot) {
            self.catch_up(index, slot, user, Answer::Plain, (entered.snapshot, entered.cached));
        } else {
            self.succeed(index, &key, entered.snapshot.as_deref(), entered.cached.as_ref());
        }
        Ok(())
    }

    /// Acknowledges once more; nothing changes (rule SUB-4). The answer goes through the inbox, so that it stands among
    /// the channel's other frames where the snapshot was taken.
    fn subscribe_again(&mut self, index: u32, key: ChannelKey, recover: Option<RecoverFrom>) {
        let stripe = self.shared.directory.lock(&key);
        let (snapshot, cached) = self.shared.look(&key);
        let again = Resubscribed { connection: self.reference(index), key, snapshot, cached, recover };
        // This thread is the shard's own, so nobody needs to wake it.
        let _is_awake = self.inbox().push([Command::Resubscribed(Box::new(again))]);
        drop(stripe);
    }

    pub(crate) fn on_resubscribed(&mut self, again: Resubscribed) {
        let Some(index) = self.resolve(again.connection) else { return };
        let Some(slot) = self.channels.slot(&self.connections[index as usize], &again.key) else { return };
        match again.recover {
            Some(from) => self.recover(index, slot, from, again.snapshot, again.cached),
            None => self.succeed(index, &again.key, again.snapshot.as_deref(), again.cached.as_ref()),
        }
    }

    /// `subscription_succeeded`, and the cached event or its absence (rule SUB-7).
    fn succeed(&mut self, index: u32, key: &ChannelKey, snapshot: Option<&[u8]>, cached: Option<&KeptEvent>) {
        self.send(index, wire::subscription_succeeded(&key.channel, snapshot, None));
        self.send_cached(index, &key.channel, cached);
    }

    pub(super) fn send_cached(&mut self, index: u32, channel: &ChannelName, cached: Option<&KeptEvent>) {
        if channel.kind().is_cache() {
            let frame = cached.map_or_else(|| wire::cache_miss(channel), |it| it.frame.clone());
            self.send(index, frame);
        }
    }
}

/// Checks the signature, or whose channel it is (rules SUB-2, SUB-3 and USR-5).
fn authorize(
    connection: &Connection,
    secret: &str,
    channel: &ChannelName,
    subscribe: &Subscribe<'_>,
) -> Result<(), Failure> {
    let kind = channel.kind();
    let is_authorized = if kind == ChannelKind::ServerToUser {
        connection.user.as_ref().is_some_and(|it| channel.server_to_user() == Some(&it.id))
    } else if kind.is_signed() {
        let channel_data = subscribe.channel_data.as_deref();
        subscribe
            .auth
            .as_deref()
            .is_some_and(|auth| verify_channel(secret, connection.socket_id, channel, channel_data, auth))
    } else {
        true
    };
    if is_authorized { Ok(()) } else { Err(Failure::Unauthorized) }
}

/// Whether whoever subscribes to a guarded public channel is no stranger: signed in, or vouched for by a signature as on
/// a private channel.
fn is_known(connection: &Connection, secret: &str, channel: &ChannelName, subscribe: &Subscribe<'_>) -> bool {
    let is_signed =
        |auth: &str| verify_channel(secret, connection.socket_id, channel, subscribe.channel_data.as_deref(), auth);
    connection.user.is_some() || subscribe.auth.as_deref().is_some_and(is_signed)
}

/// The member that `channel_data` names, or else the signed-in user (rules PRE-1 and PRE-7).
fn member<'a>(connection: &Connection, subscribe: &'a Subscribe<'_>) -> Result<MemberAndData<'a>, Failure> {
    if let Some(channel_data) = subscribe.channel_data.as_deref() {
        let member = wire::parse_member(channel_data).ok_or(Failure::Unauthorized)?;
        let member = PresenceMember {
            user_id: member.id.into(),
            user_id_json: member.id_json.into(),
            user_info: member.user_info.map(Arc::from),
        };
        return Ok((member, Cow::Borrowed(channel_data)));
    }
    let user = connection.user.as_ref().ok_or(Failure::Unauthorized)?;
    let mut id_json = Vec::new();
    wire::push_string(&mut id_json, &user.id);
    let id_json = String::from_utf8_lossy(&id_json).into_owned();
    let channel_data = match &user.user_info {
        Some(user_info) => format!(r#"{{"user_id":{id_json},"user_info":{user_info}}}"#),
        None => format!(r#"{{"user_id":{id_json}}}"#),
    };
    let member = PresenceMember {
        user_id: Arc::clone(&user.id),
        user_id_json: id_json.into(),
        user_info: user.user_info.clone(),
    };
    Ok((member, Cow::Owned(channel_data)))
}

impl Failure {
    /// `type`, `error` and `status` as the client gets them.
    const fn told(&self) -> (&'static str, &'static str, u16) {
        match self {
            Self::Unauthorized => ("AuthError", "The connection is unauthorized.", 401),
            Self::InvalidName => ("InvalidChannelName", "The channel name is invalid.", 4009),
            Self::ChannelFull => ("LimitReached", "The presence channel has as many members as it may have.", 4100),
            Self::TooManyChannels => ("LimitReached", "The connection has as many subscriptions as it may have.", 4301),
            Self::MemberTooLarge => ("LimitReached", "The member's channel_data is too large.", 4301),
            Self::MemberIdTooLong => ("LimitReached", "The member's user_id is too long.", 4301),
            Self::UserOverQuota => ("LimitReached", "The user has as many connections as it may have.", 4301),
            Self::TooFast => ("LimitReached", "More subscriptions in a second than may be.", 4301),
        }
    }
}
