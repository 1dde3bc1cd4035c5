//! Keeps the list of conversations as the server has it, and counts what is unread.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{ChatStore, ListState};
use crate::chat::conversation::Conversation;
use crate::chat::model::ChannelPosition;
use crate::chat::summary::{ConversationList, ConversationSummary, ReadState};
use crate::error::AppError;
use crate::ids::{MessageId, UserId};
use crate::realtime::{AppChannel, AppEvent};
use crate::rest;
use crate::shell::{AttentionSource, use_attention};
use crate::ui::ToastKind;

impl ChatStore {
    /// Takes the first list, listens from there on, and tells the title how much is unread.
    pub(super) fn follow_list(self) {
        Effect::new(move |_| {
            let Some(list) = self.first_list.get() else { return };
            let position = list.as_ref().ok().map(|it| it.position.clone());
            self.take_first_list(list);
            self.listen_to_lists(position);
        });
        let attention = use_attention();
        let unread = Memo::new(move |_| {
            let looked_at = self.looked_at.get();
            self.conversations.with(|it| it.unread_direct(looked_at))
        });
        Effect::new(move |_| attention.set(AttentionSource::DirectMessages, unread.get()));
    }

    /// Whether the lists of the sidebar are known, so that there is nothing to wait for.
    pub(in crate::chat) fn is_listed(self) -> bool {
        let is_loaded = self.list_state.get_untracked() != ListState::Waiting;
        is_loaded && !self.first_present.with_untracked(Vec::is_empty)
    }

    /// Shows the list that came with the page. What is known already is newer.
    pub(in crate::chat) fn take_first_list(self, list: Result<ConversationList, AppError>) {
        if self.list_state.get_untracked() != ListState::Waiting {
            return;
        }
        match list {
            Ok(list) => self.take_list(list),
            Err(_) => self.list_state.set(ListState::Failed),
        }
    }

    fn take_list(self, list: ConversationList) {
        self.list_state.set(if list.has_more { ListState::HasMore } else { ListState::Whole });
        let end = list.direct.last().and_then(|it| Some(it.last_line.as_ref()?.message_id));
        self.held.update_value(|it| it.list_end = end);
        self.conversations.update(|it| it.take(list));
        // On the server nothing has been delivered yet.
        if cfg!(feature = "hydrate") {
            self.tell_delivered();
        }
    }

    /// Tells the server which messages of others have reached this browser.
    fn tell_delivered(self) {
        let me = self.user_id();
        let unread = self.conversations.with_untracked(|it| {
            let direct = it.direct().into_iter().filter(|it| it.unread_count > 0);
            let of_others = direct.filter_map(|it| {
                Some((it.conversation, it.last_line.as_ref().filter(|it| it.user.id != me)?.message_id))
            });
            of_others.collect::<Vec<_>>()
        });
        for (conversation, message) in unread {
            let is_news =
                self.held.try_update_value(|it| it.delivered.insert(conversation, message)) != Some(Some(message));
            if is_news {
                spawn_local(async move {
                    // Reading says the same, and so does the next message.
                    rest::post_empty(&format!("/api/chat/messages/{message}/delivered")).await.ok();
                });
            }
        }
    }

    /// One's read position was moved back.
    pub(super) fn moved_back(self, state: &ReadState) {
        self.conversations.update(|it| it.moved_back(state));
    }

    /// What concerns this person on all their tabs, and the general room as long as its page was not opened.
    fn listen_to_lists(self, position: Option<ChannelPosition>) {
        let Some(owner) = self.owner() else { return };
        owner.with(|| {
            let channel = AppChannel::PrivateUser(self.user_id());
            self.realtime.listen(channel, AppEvent::chat, position, move |event| self.receive(event));
            self.realtime.on_gap(channel, move || self.fetch_list(None));
            if !self.desk(Conversation::General).is_opened() {
                self.realtime.listen(AppChannel::Chat, AppEvent::chat, None, move |event| {
                    if !self.desk(Conversation::General).is_opened() {
                        self.hear_room(&event);
                    }
                });
            }
        });
    }

    /// What the list needs to know of the general room.
    pub(super) fn hear_room(self, event: &AppEvent) {
        if let AppEvent::MessageSent(it) = event {
            self.conversations.update(|list| list.heard(Conversation::General, &it.message));
        }
    }

    fn receive(self, event: AppEvent) {
        if let AppEvent::UserTyping(it) = &event {
            self.note_typing(it);
            return;
        }
        self.conversations.update(|it| {
            it.apply(&event);
        });
        if matches!(event, AppEvent::ConversationUpdated(_)) {
            self.tell_delivered();
        }
        let conversation = match &event {
            AppEvent::MessageRead(it) => it.conversation,
            AppEvent::MessageDelivered(it) => it.conversation,
            _ => return,
        };
        if let Some(desk) = self.known_desk(conversation) {
            desk.receive(event);
        }
    }

    /// Loads the list again from its beginning.
    pub(in crate::chat) fn load_list(self) {
        spawn_local(async move {
            self.fetch_list(None).await;
        });
    }

    /// Loads the part of the list after the last one.
    pub(in crate::chat) fn load_more(self) {
        let last = self.held.with_value(|it| it.list_end);
        spawn_local(async move {
            if !self.fetch_list(last).await {
                self.toasts.show(ToastKind::Error, "More conversations couldn't be loaded.", None);
            }
        });
    }

    /// False if it could not be loaded.
    async fn fetch_list(self, before: Option<MessageId>) -> bool {
        let path =
            "/api/chat/conversations".to_owned() + &before.map_or_else(String::new, |it| format!("?before={it}"));
        let answer = rest::get::<ConversationList>(&path).await;
        // Somebody may have signed out meanwhile.
        let Some(state) = self.list_state.try_get_untracked() else { return false };
        if let Ok(list) = answer {
            self.take_list(list);
            return true;
        }
        if state == ListState::Waiting {
            self.list_state.set(ListState::Failed);
        }
        false
    }

    /// A conversation was opened: its line is in the list from now on.
    pub(in crate::chat) fn opened(self, summary: ConversationSummary) {
        self.conversations.update(|it| it.put_unless_older(summary));
    }

    /// Keeps somebody from writing to this person, or lets them again.
    pub(in crate::chat) fn set_blocked(self, person: UserId, is_blocked: bool) {
        let Some(conversation) = Conversation::direct(self.user_id(), person) else { return };
        spawn_local(async move {
            let path = format!("/api/people/{person}/block");
            let answer = if is_blocked { rest::post_empty(&path).await } else { rest::delete(&path).await };
            match answer {
                Ok(()) => {
                    self.conversations.try_update(|it| it.set_blocked(conversation, is_blocked));
                }
                Err(error) => {
                    let what = if is_blocked { "Not blocked: " } else { "Not unblocked: " };
                    self.toasts.show(ToastKind::Error, what.to_owned() + &error.to_string() + ".", None);
                }
            }
        });
    }
}
