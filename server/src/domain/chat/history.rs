//! Pages of a conversation's history.

use app::accounts::User;
use app::chat::{Conversation, HistoryQuery, MAX_COUNTED_UNREAD, Message, MessagePage};
use app::error::AppError;
use app::ids::{MessageId, UserId};
use app::realtime::AppChannel;

use super::Chat;
use crate::store::{ConversationKey, Stretch, UnreadStretch};

/// Messages of a page of history, if nobody says how many.
const DEFAULT_PAGE: u32 = 50;

/// The most messages of a page of history.
const MAX_PAGE: u32 = 100;

/// Which page is asked for.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Beside a message, without it.
    Beside(Stretch),
    /// A message with those around it; so large a part of the page, in percent, goes to what is before it.
    Around(MessageId, usize),
}

/// Messages, and whether there are more on either side.
struct Stretched {
    messages: Vec<Message>,
    has_older: bool,
    has_newer: bool,
}

/// How many a list holds that was asked for `limit`.
///
/// # Errors
/// `Invalid` names `limit`.
pub(in crate::domain) fn checked_limit(limit: Option<u32>) -> Result<usize, AppError> {
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(AppError::invalid("limit", format!("is {limit}: expected 1 to {MAX_PAGE}")));
    }
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// # Errors
/// `Invalid` names the second of two bounds.
fn refuse_two_bounds(query: &HistoryQuery) -> Result<(), AppError> {
    let bounds = [
        ("before", query.before.is_some()),
        ("after", query.after.is_some()),
        ("around", query.around.is_some()),
        ("unread", query.unread),
    ];
    let given: Vec<&str> = bounds.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect();
    match given.as_slice() {
        [first, second, ..] => {
            Err(AppError::invalid(*second, format!("was given together with `{first}`: expected one of them")))
        }
        _ => Ok(()),
    }
}

/// # Errors
/// `Forbidden` if the conversation is other people's.
pub(super) fn refuse_strangers(reader: &User, conversation: Conversation) -> Result<(), AppError> {
    if conversation.is_open_to(reader.id) {
        return Ok(());
    }
    Err(AppError::Forbidden(format!("{conversation} is a conversation of other people")))
}

impl Chat {
    /// A page of a conversation's history, with the position to subscribe from.
    pub(super) async fn page(&self, reader: &User, query: HistoryQuery) -> Result<MessagePage, AppError> {
        let limit = checked_limit(query.limit)?;
        refuse_two_bounds(&query)?;
        refuse_strangers(reader, query.conversation)?;
        // Before the messages: what is committed in between is read twice, by event and by page, and never missed.
        let position = self.log.position(AppChannel::from(query.conversation)).await?;
        let key = self.store.conversation_key(query.conversation).await?;
        let read = self.store.read_position(reader.id, &query.conversation.to_string()).await?;
        let unread = UnreadStretch { conversation: query.conversation, key, reader: reader.id, read: read.message() };
        let place = match (query.before, query.after, query.around) {
            (Some(before), ..) => Place::Beside(Stretch::Before(before)),
            (_, Some(after), _) => Place::Beside(Stretch::After(after)),
            (.., Some(around)) => Place::Around(self.known(key, around).await?, 50),
            // The line stands about one third from the top. Who has never been here begins at the end.
            _ if query.unread && read.read_up_to.is_some() => {
                let first = self.store.first_unread(unread).await?;
                first.map_or(Place::Beside(Stretch::Newest), |first| Place::Around(first, 33))
            }
            _ => Place::Beside(Stretch::Newest),
        };
        let mut found = match place {
            Place::Beside(stretch) => self.beside(key, stretch, limit).await?,
            Place::Around(id, older_percent) => self.around(key, id, limit, limit * older_percent / 100).await?,
        };
        self.adorn(reader.id, &mut found.messages).await?;
        let unread_count = self.store.unread_count(unread, MAX_COUNTED_UNREAD).await?;
        Ok(MessagePage {
            messages: found.messages,
            has_older: found.has_older,
            has_newer: found.has_newer,
            position,
            read_up_to: read.read_up_to,
            read_revision: read.revision,
            unread_count,
        })
    }

    /// # Errors
    /// `NotFound` if the conversation has no such message.
    async fn known(&self, key: ConversationKey, id: MessageId) -> Result<MessageId, AppError> {
        if self.store.has_message(key, id, id).await? {
            Ok(id)
        } else {
            Err(AppError::NotFound(format!("message {id}")))
        }
    }

    async fn beside(&self, key: ConversationKey, stretch: Stretch, limit: usize) -> Result<Stretched, AppError> {
        // One more than asked for tells whether there is more.
        let mut messages = self.store.messages(key, stretch, one_more(limit)).await?;
        let has_more = messages.len() > limit;
        let (has_older, has_newer) = match stretch {
            Stretch::Newest => (has_more, false),
            Stretch::Before(id) => (has_more, self.store.has_message(key, id, MessageId(i64::MAX)).await?),
            Stretch::After(id) => (self.store.has_message(key, MessageId(1), id).await?, has_more),
        };
        if has_more {
            let surplus = if matches!(stretch, Stretch::After(_)) { limit } else { 0 };
            messages.remove(surplus);
        }
        Ok(Stretched { messages, has_older, has_newer })
    }

    /// A message and those around it; what one side lacks the other side gets.
    async fn around(
        &self,
        key: ConversationKey,
        id: MessageId,
        limit: usize,
        older: usize,
    ) -> Result<Stretched, AppError> {
        let mut messages = self.store.messages(key, Stretch::Before(id), one_more(limit)).await?;
        let mut newer = self.store.messages(key, Stretch::After(MessageId(id.0 - 1)), one_more(limit)).await?;
        let older_count = messages.len().min(older.max(limit - newer.len().min(limit)));
        let newer_count = newer.len().min(limit - older_count);
        let (has_older, has_newer) = (messages.len() > older_count, newer.len() > newer_count);
        messages.drain(..messages.len() - older_count);
        newer.truncate(newer_count);
        messages.append(&mut newer);
        Ok(Stretched { messages, has_older, has_newer })
    }

    /// Adds what stands in other tables: mentions and reactions, as `reader` sees them.
    pub(super) async fn adorn(&self, reader: UserId, messages: &mut [Message]) -> Result<(), AppError> {
        Ok(self.store.adorn(reader, messages).await?)
    }
}

fn one_more(limit: usize) -> i64 {
    i64::try_from(limit + 1).unwrap_or(i64::MAX)
}
