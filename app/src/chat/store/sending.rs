//! Sends what a conversation's outbox holds, and keeps its copy in the browser's storage.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Desk, Purpose};
use crate::chat::api::{NewMessage, NewPrivateMessage};
use crate::chat::model::{Message, Quote, validate_body};
use crate::chat::outbox::{Next, OutboxMessage};
use crate::error::AppError;
use crate::ids::ClientId;
use crate::rest;
use crate::sorted::SortedSet;
use crate::time::Timestamp;
use crate::ui::browser::{go_to_sign_in, now};

impl Desk {
    /// Puts a message into the outbox, shows it, and sends it as soon as it can be.
    ///
    /// # Errors
    /// Why it can't be sent as it is, as a sentence.
    pub(in crate::chat) fn send(self, body: &str, reply_to: Option<Quote>) -> Result<(), String> {
        let body = validate_body(body).map_err(|detail| format!("The message {detail}."))?;
        let written = self.store.write_at(now());
        let message = OutboxMessage { client_id: ClientId::new(written), body, created_at: written, reply_to };
        self.change(|room| room.outbox.add(message));
        self.is_left_unread.set(false);
        self.jump_to_end();
        self.pump();
        Ok(())
    }

    /// Tries a failed message again.
    pub(in crate::chat) fn retry(self, client_id: ClientId) {
        self.change(|room| room.outbox.retry(client_id));
        self.pump();
    }

    /// Throws a message away.
    pub(in crate::chat) fn discard(self, client_id: ClientId) {
        self.change(|room| room.outbox.remove(client_id));
        self.pump();
    }

    /// Takes a message back into the composer.
    pub(in crate::chat) fn edit_unsent(self, client_id: ClientId) {
        let answered = self.room.with_untracked(|it| {
            let mut shown = it.outbox.shown();
            shown.find(|(it, _)| it.client_id == client_id).and_then(|(it, _)| it.reply_to.clone())
        });
        if let Some(quote) = answered {
            self.purpose.set(Purpose::Reply(quote));
        }
        let body = self.change(|room| room.outbox.remove(client_id));
        self.returned.set(body.flatten());
        self.pump();
    }

    /// What an earlier page left unsent.
    pub(super) fn take_over(self, message: OutboxMessage) {
        self.inner.update_value(|it| {
            it.stored.add(message.client_id);
        });
        self.change(|room| {
            if !room.timeline.contains(message.client_id) {
                room.outbox.add(message);
            }
        });
        self.pump();
    }

    /// What another tab is sending. It is this tab's to send if the other one is closed before it has.
    pub(super) fn written_elsewhere(self, message: OutboxMessage) {
        self.inner.update_value(|it| {
            it.stored.add(message.client_id);
        });
        self.change(|room| {
            if !room.timeline.contains(message.client_id) {
                room.outbox.add_of_other_tab(message, now());
            }
        });
        self.pump();
    }

    /// What another tab has sent or thrown away.
    pub(super) fn gone_elsewhere(self, client_id: ClientId) {
        if self.inner.try_update_value(|it| it.stored.remove(&client_id).is_some()) == Some(true) {
            self.change(|room| room.outbox.accepted(client_id));
            self.pump();
        }
    }

    /// Sends the next message of the outbox, and then the one after it.
    pub(super) fn pump(self) {
        if self.inner.try_with_value(|it| it.is_telling_typing) != Some(false) {
            return; // looked at again once that is told
        }
        match self.room.try_update(|it| it.outbox.next(now())).unwrap_or(Next::Nothing) {
            Next::Nothing => {}
            Next::WaitUntil(at) => self.pump_later(at),
            Next::Send(message) => spawn_local(self.post(message)),
        }
    }

    async fn post(self, message: OutboxMessage) {
        let OutboxMessage { client_id, body, reply_to, .. } = message;
        let reply_to = reply_to.map(|it| it.message_id);
        let command = NewMessage { client_id: Some(client_id), body, reply_to };
        // The page names no socket: skipped by the hub, it would see a hole in the channel's numbers.
        let answer = match self.conversation.peer(self.store.user_id()) {
            None => rest::post::<Message>("/api/chat/messages", &command).await,
            Some(recipient_id) => {
                let command = NewPrivateMessage { recipient_id, message: command };
                rest::post("/api/chat/messages/private", &command).await.map_err(nobody_there)
            }
        };
        let is_ended = matches!(answer, Err(AppError::Unauthenticated));
        let failed = self.change(|room| match answer {
            Ok(message) => {
                room.outbox.answered(client_id, Ok(()), now());
                room.accept(message);
                None
            }
            Err(error) => room.outbox.answered(client_id, Err(error), now()),
        });
        if let Some(reason) = failed.flatten() {
            self.store.announcer.say_now(reason);
        }
        if is_ended {
            go_to_sign_in();
        } else {
            self.pump();
        }
    }

    fn pump_later(self, at: Timestamp) {
        if self.inner.with_value(|it| it.pump_at).is_some_and(|it| it <= at && it > now()) {
            return;
        }
        self.inner.update_value(|it| it.pump_at = Some(at));
        let wait_ms = u64::try_from(at.unix_ms() - now().unix_ms()).unwrap_or_default();
        let wake = move || {
            // Somebody may have signed out in the meantime.
            if self.inner.try_update_value(|it| it.pump_at = None).is_some() {
                self.pump();
            }
        };
        set_timeout(wake, Duration::from_millis(wait_ms + 1));
    }

    /// Keeps the outbox's copy in the storage the same as the outbox.
    pub(super) fn mirror_outbox(self) {
        let unsent = Memo::new(move |_| {
            self.room.with(|it| it.outbox.shown().map(|(message, _)| message.clone()).collect::<Vec<_>>())
        });
        Effect::new(move |_| {
            if let Some(storage) = self.store.storage.get() {
                unsent.with(|it| self.store_unsent(&storage, it));
            }
        });
    }

    fn store_unsent(self, storage: &crate::chat::outbox::OutboxStorage, unsent: &[OutboxMessage]) {
        let (me, conversation) = (self.store.user_id(), self.conversation);
        let current: SortedSet<ClientId> = unsent.iter().map(|it| it.client_id).collect();
        let before = self.inner.with_value(|it| it.stored.clone());
        for message in unsent.iter().filter(|it| !before.contains(&it.client_id)).cloned() {
            let storage = storage.clone();
            spawn_local(async move {
                if !storage.put(me, conversation, message).await {
                    self.note_forgetful();
                }
            });
        }
        for client_id in before.keys().filter(|it| !current.contains(it)).copied() {
            let storage = storage.clone();
            spawn_local(async move { storage.remove(client_id).await });
        }
        self.inner.update_value(|it| it.stored = current);
    }
}

/// A person who is not found has no account any more, or is kept out.
fn nobody_there(error: AppError) -> AppError {
    match error {
        AppError::NotFound(_) => AppError::Forbidden("this person can't be written to any more".to_owned()),
        other => other,
    }
}
