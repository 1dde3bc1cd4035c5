//! Notifications: one record and one state for all of a person's tabs and devices.

use std::collections::{HashMap, HashSet};

use app::accounts::UserSummary;
use app::chat::Conversation;
use app::error::AppError;
use app::ids::{MessageId, NotificationId, UserId};
use app::notifications::{
    MarkNotifications, MarkedNotifications, Notification, NotificationKind, NotificationPage, NotificationQuery,
    NotificationService,
};
use app::realtime::AppChannel;
use app::realtime::events::{NotificationCreated, NotificationRead};

use super::chat::checked_limit;
use crate::clock::Clock;
use crate::event_log::{EventLog, Reservations};
use crate::store::{NewNotificationRow, Store, StoreError, Tx};

/// The most notifications that are marked by name at once.
const MAX_NAMED: usize = 1_000;

/// A notification that is to be.
pub struct NewNotification {
    /// Whom it is for.
    pub user_id: UserId,
    /// What it is about.
    pub kind: NotificationKind,
    /// One sentence of plain text, for as many things as it stands for.
    pub title: Box<dyn Fn(u32) -> String + Send + Sync>,
    /// More of it in plain text; may be empty.
    pub body: String,
    /// Whoever caused it, if it was a person.
    pub actor: Option<UserSummary>,
    /// Path within the app that shows what it is about.
    pub path: Option<String>,
    /// The conversation and the message that it is about: once that is read, so is the notification.
    pub about: Option<(Conversation, MessageId)>,
    /// An unread one with the same key is replaced, and counted.
    pub group_key: Option<String>,
}

/// People's notifications. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notifications {
    store: Store,
    log: EventLog,
    clock: Clock,
}

impl Notifications {
    /// The notifications in this store, which tells the log's channels.
    pub const fn new(store: Store, log: EventLog, clock: Clock) -> Self {
        Self { store, log, clock }
    }

    /// Who of these people wants to be told of this kind of thing at all. Asked before a transaction begins.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn takers(&self, ids: &[UserId], kind: NotificationKind) -> Result<HashSet<UserId>, StoreError> {
        let settings = self.store.settings_of(ids).await?;
        let takes = |id: &UserId| settings.get(id).is_none_or(|it| it.notifications.alerts(kind).in_app);
        Ok(ids.iter().copied().filter(takes).collect())
    }

    /// Adds a notification and tells its receiver's own channel, in the caller's transaction. The caller has asked
    /// [`Self::takers`], and holds the channel by a reservation, or takes no other channel after it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn append(
        &self,
        tx: &mut Tx,
        reservations: &mut Reservations,
        new: NewNotification,
    ) -> Result<NotificationId, StoreError> {
        let at = self.clock.now();
        let replaced = match &new.group_key {
            Some(key) => tx.replace_notification(new.user_id, key).await?,
            None => None,
        };
        let actor_id = new.actor.as_ref().map(|it| it.id);
        // The same person changing their mind about a reaction is still one.
        let is_repeated = new.kind == NotificationKind::Reaction && replaced.is_some_and(|it| it.actor_id == actor_id);
        let count = replaced.map_or(1, |it| if is_repeated { it.count } else { it.count.saturating_add(1) });
        let title = (new.title)(count);
        let row = NewNotificationRow {
            user_id: new.user_id,
            kind: new.kind,
            title: &title,
            body: &new.body,
            actor_id,
            path: new.path.as_deref(),
            conversation: new.about.map(|it| it.0),
            message_id: new.about.map(|it| it.1),
            group_key: new.group_key.as_deref(),
            count,
            at,
        };
        let id = tx.insert_notification(row).await?;
        let notification = Notification {
            id,
            kind: new.kind,
            title,
            body: new.body,
            actor: new.actor,
            path: new.path,
            conversation: new.about.map(|it| it.0),
            message_id: new.about.map(|it| it.1),
            count,
            created_at: at,
            read_at: None,
        };
        let unread_count = tx.unread_notifications(new.user_id).await?;
        let event = NotificationCreated { notification, unread_count, replaces: replaced.map(|it| it.id) };
        let channel = AppChannel::PrivateUser(new.user_id);
        self.log.append_one_of(tx, reservations, channel, &event.into(), None).await?;
        Ok(id)
    }

    /// Marks what tells of messages that have now been read, in the transaction that reads them and holds the reader's
    /// channel.
    pub(super) async fn read_messages(
        &self,
        tx: &mut Tx,
        reservations: &mut Reservations,
        user_id: UserId,
        conversation: Conversation,
        read_up_to: MessageId,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        let notification_ids = tx.read_notifications_of(user_id, conversation, read_up_to, at).await?;
        if notification_ids.is_empty() {
            return Ok(());
        }
        let unread_count = tx.unread_notifications(user_id).await?;
        let event = NotificationRead { notification_ids, unread_count, read_at: Some(at) };
        let channel = AppChannel::PrivateUser(user_id);
        self.log.append_one_of(tx, reservations, channel, &event.into(), None).await.map(drop)
    }

    async fn mark(
        &self,
        user_id: UserId,
        which: MarkNotifications,
        is_read: bool,
    ) -> Result<MarkedNotifications, AppError> {
        let count = which.notification_ids.len();
        if count > MAX_NAMED {
            let detail = format!("has {count} ids: expected at most {MAX_NAMED}");
            return Err(AppError::invalid("notification_ids", detail));
        }
        let (at, channel) = (self.clock.now(), AppChannel::PrivateUser(user_id));
        let named: Vec<i64> = which.notification_ids.iter().map(|it| it.0).collect();
        let mut tx = self.store.begin().await?;
        let reservation = self.log.reserve(&mut tx, channel).await?;
        let notification_ids = if is_read {
            tx.read_notifications(user_id, &named, which.up_to.unwrap_or(NotificationId(0)), at).await?
        } else {
            tx.unread_again(user_id, &named).await?
        };
        let unread_count = tx.unread_notifications(user_id).await?;
        let marked = MarkedNotifications { notification_ids, unread_count, at };
        if marked.notification_ids.is_empty() {
            tx.rollback().await?;
            return Ok(marked);
        }
        let notification_ids = marked.notification_ids.clone();
        let event = NotificationRead { notification_ids, unread_count, read_at: is_read.then_some(at) };
        self.log.append_reserved(&mut tx, reservation, &event.into(), None).await?;
        self.log.commit(tx).await?;
        Ok(marked)
    }
}

#[async_trait::async_trait]
impl NotificationService for Notifications {
    async fn notifications(&self, user_id: UserId, query: NotificationQuery) -> Result<NotificationPage, AppError> {
        let limit = checked_limit(query.limit)?;
        let position = self.log.position(AppChannel::PrivateUser(user_id)).await?;
        let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut notifications = self.store.notifications(user_id, query, one_more).await?;
        let has_more = notifications.len() > limit;
        notifications.truncate(limit);
        let unread_count = self.store.unread_notifications(user_id).await?;
        Ok(NotificationPage { notifications, has_more, unread_count, position })
    }

    async fn mark_read(&self, user_id: UserId, which: MarkNotifications) -> Result<MarkedNotifications, AppError> {
        self.mark(user_id, which, true).await
    }

    async fn mark_unread(&self, user_id: UserId, which: MarkNotifications) -> Result<MarkedNotifications, AppError> {
        if which.up_to.is_some() {
            return Err(AppError::invalid("up_to", "can't be made unread: expected notification_ids alone"));
        }
        self.mark(user_id, which, false).await
    }
}

/// People and what each is told of, without anybody twice: the first kind counts.
pub(super) type Receivers = HashMap<UserId, NotificationKind>;
