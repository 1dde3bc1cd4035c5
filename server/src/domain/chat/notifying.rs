//! Whom a message or a reaction makes a notification for.

use app::accounts::{User, UserSummary};
use app::chat::{Conversation, Message, excerpt};
use app::ids::UserId;
use app::notifications::NotificationKind;

use super::super::notifications::{NewNotification, Receivers};
use super::Chat;
use crate::store::StoreError;

impl Chat {
    /// Who is to be told of a message of the general room: whoever is named in it, and whoever it answers.
    pub(super) async fn named_or_answered(
        &self,
        author: UserId,
        mentions: &[UserSummary],
        answered: Option<UserId>,
    ) -> Result<Receivers, StoreError> {
        let named: Vec<UserId> = mentions.iter().map(|it| it.id).collect();
        let answered: Vec<UserId> = answered.into_iter().filter(|it| *it != author).collect();
        let mut receivers = Receivers::new();
        for (ids, kind) in [(answered, NotificationKind::Reply), (named, NotificationKind::Mention)] {
            let takers = self.notifications.takers(&ids, kind).await?;
            receivers.extend(takers.into_iter().map(|id| (id, kind)));
        }
        let deaf = self.store.blockers_of(author, &receivers.keys().copied().collect::<Vec<_>>()).await?;
        receivers.retain(|id, _| !deaf.contains(id));
        Ok(receivers)
    }

    /// Whether somebody is to be told of a message to them alone: they want to be, and are not looking anyway.
    pub(super) async fn is_told_of_message(&self, recipient: UserId) -> Result<bool, StoreError> {
        let is_there = (self.present_users)().contains(&recipient) && !self.store.is_away(recipient).await?;
        Ok(!is_there && !self.notifications.takers(&[recipient], NotificationKind::DirectMessage).await?.is_empty())
    }

    /// Whether an author is to be told of a reaction.
    pub(super) async fn is_told_of_reaction(&self, author: UserId, user: &User) -> Result<bool, StoreError> {
        if author == user.id || self.notifications.takers(&[author], NotificationKind::Reaction).await?.is_empty() {
            return Ok(false);
        }
        Ok(self.store.blockers_of(user.id, &[author]).await?.is_empty())
    }
}

/// The path that opens a message.
fn path(conversation: Conversation, message: &Message) -> String {
    match conversation {
        Conversation::General => format!("/chat?at={}", message.id),
        Conversation::Direct(_) => format!("/chat/{}?at={}", message.user.id, message.id),
    }
}

/// The notification of a message.
pub(super) fn of_message(
    user_id: UserId,
    kind: NotificationKind,
    conversation: Conversation,
    message: &Message,
) -> NewNotification {
    let name = message.user.name.clone();
    NewNotification {
        user_id,
        kind,
        title: Box::new(move |count| match (kind, count) {
            (NotificationKind::DirectMessage, 2..) => format!("{count} messages from {name}"),
            (NotificationKind::DirectMessage, _) => format!("{name} wrote to you"),
            (NotificationKind::Reply, _) => format!("{name} replied to you in General"),
            _ => format!("{name} mentioned you in General"),
        }),
        body: excerpt(&message.body),
        actor: Some(message.user.clone()),
        path: Some(path(conversation, message)),
        about: Some((conversation, message.id)),
        group_key: (kind == NotificationKind::DirectMessage).then(|| conversation.to_string()),
    }
}

/// The notification of a reaction to a message, for its author.
pub(super) fn of_reaction(
    user: &UserSummary,
    emoji: &str,
    conversation: Conversation,
    message: &Message,
) -> NewNotification {
    let (name, emoji) = (user.name.clone(), emoji.to_owned());
    let path = match conversation {
        Conversation::General => path(conversation, message),
        Conversation::Direct(_) => format!("/chat/{}?at={}", user.id, message.id),
    };
    NewNotification {
        user_id: message.user.id,
        kind: NotificationKind::Reaction,
        title: Box::new(move |count| match count {
            0 | 1 => format!("{name} reacted with {emoji}"),
            2 => format!("{name} and 1 other reacted"),
            _ => format!("{name} and {} others reacted", count - 1),
        }),
        body: excerpt(&message.body),
        actor: Some(user.clone()),
        path: Some(path),
        about: Some((conversation, message.id)),
        group_key: Some(format!("reaction:{}", message.id)),
    }
}
