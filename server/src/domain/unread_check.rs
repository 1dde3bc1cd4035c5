//! The self-check of what is unread: a few people and conversations at a time, round and round, are counted message by
//! message and held against the counts that people are shown. No difference is ever expected.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use app::accounts::UserSummary;
use app::chat::{Conversation, MAX_COUNTED_UNREAD};
use app::ids::{MessageId, UserId};
use tokio_util::sync::CancellationToken;

use crate::store::{ConversationKey, Store, StoreError, Tx, UnreadStretch, Walk};

/// People whose count in the general room is checked in one round.
const PEOPLE: i64 = 25;

/// Conversations of two that are checked in one round, each for both people.
const CONVERSATIONS: i64 = 25;

/// Figures since the start.
#[derive(Debug, Default)]
pub struct UnreadCheckStatus {
    checks: AtomicU64,
    wrong_counts: AtomicU64,
    wrong_flags: AtomicU64,
}

impl UnreadCheckStatus {
    /// Readers of a conversation that were checked.
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// Counts that differed.
    pub fn wrong_counts(&self) -> u64 {
        self.wrong_counts.load(Ordering::Relaxed)
    }

    /// Messages whose `is_read` differed from the read position.
    pub fn wrong_flags(&self) -> u64 {
        self.wrong_flags.load(Ordering::Relaxed)
    }
}

/// The check, and where it has got to.
#[derive(Debug)]
pub struct UnreadCheck {
    store: Store,
    status: Arc<UnreadCheckStatus>,
    /// The last person whose room was checked; 0 before the first.
    person: UserId,
    /// The last conversation that was checked.
    conversation: ConversationKey,
}

impl UnreadCheck {
    /// A check of this store that begins at the first person.
    pub fn new(store: Store, status: Arc<UnreadCheckStatus>) -> Self {
        Self { store, status, person: UserId(0), conversation: ConversationKey::GENERAL }
    }

    /// Goes round until the token is cancelled, with a pause before each round. A round that is at work then ends at once:
    /// it only reads.
    pub async fn run(mut self, pause: Duration, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if let Some(Err(error)) = shutdown.run_until_cancelled(self.round()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "unread counts cannot be checked");
            }
        }
    }

    /// Checks the next people and conversations; after the last ones it begins anew. Walks at most 1 000 messages for each
    /// of 25 people, and twice as many for each of 50 readers of conversations, whatever there is.
    ///
    /// # Errors
    /// If the database does not answer. What is left of this round is then passed over until the walk comes back to it.
    pub async fn round(&mut self) -> Result<(), StoreError> {
        let people = self.store.people_after(self.person, PEOPLE).await?;
        let conversations = self.store.conversations_after(self.conversation, CONVERSATIONS).await?;
        self.person = next(people.last().copied(), people.len(), PEOPLE).unwrap_or(UserId(0));
        self.conversation = next(conversations.last().map(|it| it.0), conversations.len(), CONVERSATIONS)
            .unwrap_or(ConversationKey::GENERAL);
        for reader in people {
            self.check(reader, Conversation::General, ConversationKey::GENERAL).await?;
        }
        for (key, pair) in conversations {
            for reader in pair.ids() {
                self.check(reader, Conversation::Direct(pair), key).await?;
            }
        }
        Ok(())
    }

    /// Checks what one person has not read of one conversation. All of it is read from one snapshot, so that what people do
    /// meanwhile can't look like a difference.
    async fn check(&self, reader: UserId, conversation: Conversation, key: ConversationKey) -> Result<(), StoreError> {
        let mut tx = self.store.begin_snapshot().await?;
        let read = tx.last_read(reader, conversation).await?;
        let stretch = UnreadStretch { conversation, key, reader, read };
        let walk = tx.walk_after(stretch).await?;
        self.check_count(&walk, stretch, tx.unread_count(stretch, MAX_COUNTED_UNREAD).await?);
        if let Some(peer) = conversation.peer(reader) {
            if let Some(listed) = listed_count(&mut tx, stretch).await? {
                self.check_count(&walk, stretch, listed);
            }
            self.check_flags(&walk, stretch, &tx.walk_flags(reader, peer).await?, peer);
        }
        tx.rollback().await?;
        self.status.checks.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn check_count(&self, walk: &Walk, stretch: UnreadStretch, shown: u32) {
        let UnreadStretch { conversation, reader, .. } = stretch;
        let unread = walk.messages.iter().filter(|it| it.author != reader && !it.is_deleted).count();
        let walked = u32::try_from(unread).unwrap_or(u32::MAX).min(MAX_COUNTED_UNREAD);
        // Beyond the end of a walk there may be more.
        if shown == walked || (!walk.is_complete() && shown > walked) {
            return;
        }
        self.status.wrong_counts.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(user_id = %reader, %conversation, shown, walked, "an unread count is wrong");
    }

    /// What does not bear `is_read` must be what the peer wrote after the read position, neither less nor more.
    fn check_flags(&self, walk: &Walk, stretch: UnreadStretch, flags: &Walk, peer: UserId) {
        let UnreadStretch { conversation, reader, read, .. } = stretch;
        let horizon = walk.horizon.min(flags.horizon);
        let up_to_there = |walk: &Walk| -> Vec<MessageId> {
            let messages = walk.messages.iter().filter(|it| it.author == peer && it.id <= horizon);
            messages.map(|it| it.id).collect()
        };
        let (after, unread) = (up_to_there(walk), up_to_there(flags));
        let lacking = |one: &[MessageId], other: &[MessageId]| -> Vec<MessageId> {
            one.iter().filter(|it| other.binary_search(it).is_err()).copied().collect()
        };
        let wrong = [lacking(&after, &unread), lacking(&unread, &after)].concat();
        let Some(first) = wrong.first() else { return };
        self.status.wrong_flags.fetch_add(wrong.len() as u64, Ordering::Relaxed);
        tracing::warn!(
            user_id = %reader, %conversation, read_up_to = %read, messages = wrong.len(), first = %first,
            "is_read differs from the read position"
        );
    }
}

/// The count of the conversation's line in the reader's list; `None` if there is none.
async fn listed_count(tx: &mut Tx, stretch: UnreadStretch) -> Result<Option<u32>, StoreError> {
    // Their name stands in a part of the line that nobody looks at here.
    let owner = UserSummary { id: stretch.reader, name: String::new() };
    Ok(tx.conversation_summary(&owner, stretch.key).await?.map(|it| it.unread_count))
}

/// Where the next round begins; `None` at the end of all.
fn next<T>(last: Option<T>, found: usize, asked_for: i64) -> Option<T> {
    last.filter(|_| i64::try_from(found).is_ok_and(|it| it >= asked_for))
}
