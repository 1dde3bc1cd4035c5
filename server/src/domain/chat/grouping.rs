//! Messages to the general room that are stored together: those that come while others are on their way to the disk go
//! with the next transaction, all of them.
//!
//! The room's events are numbered one after the other, so its transactions can't overlap, and each waits for the disk. With
//! one message in each, that wait and a dozen steps between program and database are all that a message costs.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use app::chat::Message;
use app::realtime::events::MessageSent;
use app::realtime::{AppChannel, AppEvent};
use tokio::sync::{Mutex as Turn, oneshot};

use super::Chat;
use super::sending::Draft;
use crate::store::{ConversationKey, NewMessageRow, StoreError};

/// The most messages of one transaction: a channel's position is not held for longer than they take.
const MAX_GROUP: usize = 128;

/// What has become of a message; `None` if its client id was known.
type Stored = Result<Option<Message>, StoreError>;

/// Messages that wait for their turn. Bounded by the requests that there are, each of which waits for its own.
#[derive(Clone, Default)]
pub(super) struct Waiting {
    queue: Arc<Mutex<Vec<Waiter>>>,
    turn: Arc<Turn<()>>,
}

struct Waiter {
    draft: Draft,
    stored: oneshot::Sender<Stored>,
}

impl Waiting {
    fn push(&self, waiter: Waiter) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(waiter);
    }

    /// The first ones; those are left out whose request has been given up.
    fn take(&self) -> Vec<Waiter> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.retain(|it| !it.stored.is_closed());
        let length = queue.len().min(MAX_GROUP);
        let rest = queue.split_off(length);
        mem::replace(&mut *queue, rest)
    }
}

impl Chat {
    /// Stores a message of the general room that names nobody and notifies nobody, with whichever others wait.
    pub(super) async fn store_grouped(&self, draft: Draft) -> Stored {
        let (stored, mut answer) = oneshot::channel();
        self.waiting.push(Waiter { draft: draft.clone(), stored });
        // In this order, since whoever has an answer needs no turn.
        let answered = tokio::select! {
            biased;
            answered = &mut answer => answered,
            turn = Arc::clone(&self.waiting.turn).lock_owned() => {
                let (chat, group) = (self.clone(), self.waiting.take());
                // A task of its own: it does not end with the request of whoever happened to have the turn.
                tokio::spawn(async move {
                    chat.store_group(group).await;
                    drop(turn);
                });
                answer.await
            }
        };
        // Nobody has told what became of it: it is stored once in any case.
        answered.unwrap_or_else(|_| Ok(None))
    }

    /// Stores them and tells each what became of it.
    async fn store_group(&self, group: Vec<Waiter>) {
        let (drafts, answers): (Vec<Draft>, Vec<_>) = group.into_iter().map(|it| (it.draft, it.stored)).unzip();
        let mut away = None;
        if drafts.len() > 1 {
            match self.store_together(&drafts).await {
                Ok(messages) => {
                    for (answer, message) in answers.into_iter().zip(messages) {
                        // Whoever asked may have gone.
                        drop(answer.send(Ok(message)));
                    }
                    return;
                }
                Err(error) => away = error.temporary(),
            }
        }
        // One that the database refuses must not take the others with it. But a database that is away is so for all of
        // them, and is not waited for again by each.
        for (draft, answer) in drafts.into_iter().zip(answers) {
            let stored = match away.as_ref().and_then(StoreError::temporary) {
                Some(error) => Err(error),
                None => self.store_alone(draft).await,
            };
            away = stored.as_ref().err().and_then(StoreError::temporary);
            drop(answer.send(stored));
        }
    }

    /// All of them in one transaction, or none.
    async fn store_together(&self, drafts: &[Draft]) -> Result<Vec<Option<Message>>, StoreError> {
        let at = self.clock.now();
        let rows: Vec<NewMessageRow<'_>> = drafts.iter().map(|it| it.row(ConversationKey::GENERAL, at)).collect();
        let mut tx = self.store.begin().await?;
        // First, so that messages are numbered in the order in which the channel is told of them.
        let reservation = self.log.reserve(&mut tx, AppChannel::Chat).await?;
        let mut ids = tx.insert_room_messages(&rows).await?;
        // Two with the same client id are one message: the first of them.
        let messages: Vec<Option<Message>> =
            drafts.iter().map(|it| ids.remove(&it.client_id).map(|id| it.message(id, at))).collect();
        let told = drafts.iter().zip(&messages).filter_map(|(draft, message)| {
            let message = message.clone()?;
            Some((message.id, AppEvent::from(MessageSent { message }), draft.except))
        });
        let mut events: Vec<_> = told.collect();
        if events.is_empty() {
            tx.rollback().await?; // gives the number back
            return Ok(messages);
        }
        events.sort_by_key(|(id, ..)| *id);
        let events: Vec<_> = events.into_iter().map(|(_, event, except)| (event, except)).collect();
        self.log.append_all(&mut tx, reservation, &events).await?;
        self.log.commit(tx).await?;
        Ok(messages)
    }
}
