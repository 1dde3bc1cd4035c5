//! What one does with messages that were sent: reactions, edits, deletions, links, reading again.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{ChatStore, Desk};
use crate::chat::api::{EditMessage, React};
use crate::chat::conversation::Conversation;
use crate::chat::model::{Message, Quote, excerpt};
use crate::chat::state::Stretch;
use crate::chat::summary::ReadState;
use crate::error::AppError;
use crate::ids::{ClientId, MessageId, UserId};
use crate::realtime::AppEvent;
use crate::realtime::events::ReactionChanged;
use crate::rest;
use crate::ui::{ToastAction, ToastKind, reason};

/// For how long a deletion may be taken back: as long as the words that offer it stay.
const UNDO: Duration = Duration::from_secs(6);

/// What the composer is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::chat) enum Purpose {
    /// A new message.
    #[default]
    New,
    /// An answer to a message.
    Reply(Quote),
    /// Another text for a message, and what it said before.
    Edit(MessageId, String),
}

/// Where deletions wait that may still be taken back, so that closing the page does not undo them.
fn waiting_key(me: UserId) -> String {
    format!("smartlink:deleting:{me}")
}

fn waiting(me: UserId) -> Vec<MessageId> {
    let storage = window().local_storage().ok().flatten();
    let text = storage.and_then(|it| it.get_item(&waiting_key(me)).ok().flatten()).unwrap_or_default();
    text.split(',').filter_map(|it| it.parse().ok()).collect()
}

fn set_waiting(me: UserId, ids: &[MessageId]) {
    if let Ok(Some(storage)) = window().local_storage() {
        let text = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        // Where nothing is kept, a page that is closed in these seconds leaves the message as it is.
        storage.set_item(&waiting_key(me), &text).ok();
    }
}

impl ChatStore {
    /// Deletes what an earlier page was about to delete.
    pub(super) async fn delete_waiting(self) {
        let me = self.user_id();
        let mut left = waiting(me);
        left.retain(|id| !self.all_desks().iter().any(|it| it.room.with_untracked(|room| room.is_deleting(*id))));
        for id in left {
            // Refused for good, or again at the next start.
            if !matches!(rest::delete(&format!("/api/chat/messages/{id}")).await, Err(AppError::Unreachable(_))) {
                forget_waiting(me, id);
            }
        }
    }

    pub(super) fn failed(self, what: &str, error: &AppError) {
        self.toasts.show(ToastKind::Error, [what, " ", &sentence(error)].concat(), None);
    }
}

fn forget_waiting(me: UserId, id: MessageId) {
    let left: Vec<MessageId> = waiting(me).into_iter().filter(|it| *it != id).collect();
    set_waiting(me, &left);
}

/// The reason as a sentence.
pub(in crate::chat) fn sentence(error: &AppError) -> String {
    match error {
        AppError::Invalid(fields) if fields.first().is_some_and(|it| it.field == "body") => {
            fields.first().map_or_else(String::new, |it| format!("The message {}.", it.detail))
        }
        other => reason(other),
    }
}

impl Desk {
    /// A stored message that is loaded.
    pub(in crate::chat) fn message(self, client_id: ClientId) -> Option<Message> {
        self.room.with_untracked(|it| it.stored(client_id).map(|it| it.as_ref().clone()))
    }

    /// Sets one's reaction or takes it back: shown at once, and taken back if the server does not take it.
    pub(in crate::chat) fn react(self, id: MessageId, emoji: &str) {
        let is_set = self.room.with_untracked(|it| !it.has_reacted(id, emoji));
        let emoji = emoji.to_owned();
        self.change(|room| room.react(id, emoji.clone(), is_set));
        spawn_local(async move {
            let command = React { emoji: emoji.clone(), is_set: Some(is_set) };
            let path = format!("/api/chat/messages/{id}/reactions");
            let answer = rest::post::<ReactionChanged>(&path, &command).await;
            self.change(|room| {
                room.reacted(id, &emoji);
                answer.map(|it| room.apply(AppEvent::ReactionChanged(it))).map(drop)
            })
            .unwrap_or(Ok(()))
            .unwrap_or_else(|error| self.store.failed("Your reaction was not kept.", &error));
        });
    }

    /// The composer is for an answer now.
    pub(in crate::chat) fn reply_to(self, message: &Message) {
        let quote = Quote {
            message_id: message.id,
            user: message.user.clone(),
            excerpt: excerpt(&message.body),
            is_deleted: false,
        };
        self.purpose.set(Purpose::Reply(quote));
    }

    /// The composer is for another text of one's last message now. False if there is none.
    pub(in crate::chat) fn edit_last(self) -> bool {
        let last = self.room.with_untracked(|it| it.last_own().map(|it| (it.id, it.body.clone())));
        let Some((id, body)) = last else { return false };
        self.purpose.set(Purpose::Edit(id, body));
        true
    }

    /// Changes the text of a message.
    ///
    /// # Errors
    /// Why it was not changed, as a sentence.
    pub(in crate::chat) async fn edit(self, id: MessageId, body: String) -> Result<(), String> {
        let answer = rest::patch::<Message>(&format!("/api/chat/messages/{id}"), &EditMessage { body }).await;
        let message = answer.map_err(|error| sentence(&error))?;
        self.change(|room| room.accept(message));
        Ok(())
    }

    /// Deletes a message in a few seconds, unless somebody takes that back. To its author it is gone at once.
    pub(in crate::chat) fn delete_soon(self, id: MessageId) {
        let me = self.store.user_id();
        self.change(|room| room.delete(id));
        set_waiting(me, &[waiting(me), vec![id]].concat());
        let undo = move |()| {
            let was_waiting = self.change(|room| room.keep(id)).unwrap_or(false);
            if was_waiting {
                forget_waiting(me, id);
            } else {
                self.store.toasts.show(ToastKind::Error, "Too late: the message is deleted.", None);
            }
        };
        // It outlives the window that asked.
        let action = self.store.owner().map(|it| it.with(|| ToastAction { label: "Undo", run: Callback::new(undo) }));
        self.store.toasts.show(ToastKind::News, "Message deleted.", action);
        set_timeout(move || self.delete_now(id), UNDO);
    }

    fn delete_now(self, id: MessageId) {
        if self.room.try_with_untracked(|it| it.is_deleting(id)) != Some(true) {
            return;
        }
        spawn_local(async move {
            let answer = rest::delete(&format!("/api/chat/messages/{id}")).await;
            forget_waiting(self.store.user_id(), id);
            match answer {
                Ok(()) => {
                    self.change(|room| room.deleted(id));
                }
                Err(error) => {
                    self.change(|room| room.keep(id));
                    self.store.failed("The message was not deleted.", &error);
                }
            }
        });
    }

    /// Puts the address of a message into the clipboard.
    pub(in crate::chat) fn copy_link(self, id: MessageId) {
        let path = match self.conversation.peer(self.store.user_id()) {
            None => "/chat".to_owned(),
            Some(peer) => format!("/chat/{peer}"),
        };
        let link = [&window().location().origin().unwrap_or_default(), &path, "?at=", &id.to_string()].concat();
        let toasts = self.store.toasts;
        if !window().is_secure_context() {
            // Browsers lend their clipboard to pages on a safe line alone.
            toasts.show(ToastKind::News, link, None);
            return;
        }
        let copied = wasm_bindgen_futures::JsFuture::from(window().navigator().clipboard().write_text(&link));
        spawn_local(async move {
            let text = if copied.await.is_ok() { "Link copied.".to_owned() } else { link };
            toasts.show(ToastKind::News, text, None);
        });
    }

    /// Everything from a message on is unread again, and stays so for this visit.
    pub(in crate::chat) fn mark_unread(self, id: MessageId) {
        self.is_left_unread.set(true);
        // What is being told right now would otherwise come after it.
        if self.inner.try_update_value(|it| it.mark_unread_after(id)) == Some(false) {
            self.move_back(id);
        }
    }

    /// Tells the server that everything before a message is read, and nothing from there on.
    pub(super) fn move_back(self, id: MessageId) {
        let before =
            self.room.with_untracked(|it| it.timeline.before(id).filter(|before| Some(*before) > it.read.told_up_to()));
        let path = match before {
            Some(before) => format!("/api/chat/messages/{before}/read"),
            None => format!("/api/chat/messages/{id}/unread"),
        };
        spawn_local(async move {
            match rest::post_nothing::<ReadState>(&path).await {
                Ok(state) => {
                    self.change(|room| {
                        room.read.move_back(state.read_up_to, state.revision);
                        room.begin_visit();
                    });
                    self.store.moved_back(&state);
                }
                Err(error) => {
                    self.is_left_unread.set(false);
                    self.store.failed("Not marked as unread.", &error);
                }
            }
        });
    }

    /// Leads to a message, which is loaded with those around it if it has to be.
    pub(in crate::chat) fn jump_to(self, id: MessageId) {
        self.inner.update_value(|it| it.target = Some(id));
        if !self.show_target() {
            self.load(Stretch::Around(id));
        }
    }

    /// Shows the message that an address or a quote leads to. False if it is not loaded.
    pub(in crate::chat) fn show_target(self) -> bool {
        let Some(id) = self.inner.with_value(|it| it.target) else { return true };
        let client_id = self.room.with_untracked(|it| it.client_id(id));
        let (Some(client_id), Some(list)) = (client_id, self.list()) else { return false };
        self.inner.update_value(|it| it.target = None);
        list.to_message(client_id);
        true
    }

    /// The message that an address leads to is not there any more.
    pub(super) fn target_is_gone(self) {
        self.inner.update_value(|it| it.target = None);
        self.store.toasts.show(ToastKind::Error, "That message can't be found here.", None);
    }

    /// Whether the conversation is with one other person.
    pub(in crate::chat) fn is_direct(self) -> bool {
        self.conversation != Conversation::General
    }
}
