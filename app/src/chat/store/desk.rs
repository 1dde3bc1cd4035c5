//! One conversation: its state, what comes in, and the list that shows it, while there is one.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::changing::Purpose;
use super::scroller::Scroller;
use super::{ChatStore, StorageTrouble};
use crate::chat::api::TypingNotice;
use crate::chat::conversation::Conversation;
use crate::chat::outbox::Line;
use crate::chat::state::{Loading, Room};
use crate::error::AppError;
use crate::ids::{ClientId, MessageId};
use crate::realtime::status::Status;
use crate::realtime::{AppChannel, AppEvent};
use crate::rest;
use crate::sorted::SortedSet;
use crate::time::Timestamp;
use crate::ui::browser::words_of;

/// How long what came may wait where no frame is drawn, as in a hidden tab.
const UNDRAWN: Duration = Duration::from_millis(500);
/// After which pause a read position that could not be told is told again.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// A conversation as this page has it. Handles are copies of each other, and outlive every view.
#[derive(Clone, Copy)]
pub struct Desk {
    pub(in crate::chat) conversation: Conversation,
    pub(in crate::chat) store: ChatStore,
    pub(in crate::chat) room: RwSignal<Room>,
    /// How the loading of the history goes.
    pub(in crate::chat) loading: RwSignal<Loading>,
    /// How many messages came while the reader was higher up.
    pub(in crate::chat) unseen: RwSignal<usize>,
    /// A body that its author wants back in the composer.
    pub(in crate::chat) returned: RwSignal<Option<String>>,
    /// What the composer is for.
    pub(in crate::chat) purpose: RwSignal<Purpose>,
    /// The message that is pointed at or has the focus.
    pub(in crate::chat) active: RwSignal<Option<ClientId>>,
    /// Whether everything is to stay unread that was marked so.
    pub(in crate::chat) is_left_unread: RwSignal<bool>,
    pub(in crate::chat) dialogs: Dialogs,
    pub(super) inner: StoredValue<Inner>,
}

/// What no view asks for.
#[derive(Default)]
pub(super) struct Inner {
    /// The list that shows the conversation.
    list: Option<Scroller>,
    /// Whether its channel is listened to.
    pub(super) is_listening: bool,
    /// What has come and is not shown yet.
    arrived: Vec<AppEvent>,
    /// Messages that the storage holds.
    pub(super) stored: SortedSet<ClientId>,
    /// When the outbox is looked at again.
    pub(super) pump_at: Option<Timestamp>,
    /// Whether the server is being told of typing: a message has to wait for it, or the notice would come after it.
    pub(super) is_telling_typing: bool,
    is_telling_read: bool,
    /// The message that is to be shown as soon as it is loaded.
    pub(super) target: Option<MessageId>,
    /// The message from which on all is to be unread, once the server knows what was read before.
    unread_from: Option<MessageId>,
}

impl Inner {
    /// Remembers from where on all is to be unread, if the server is being told of reading just now. False if not.
    pub(super) const fn mark_unread_after(&mut self, id: MessageId) -> bool {
        if self.is_telling_read {
            self.unread_from = Some(id);
        }
        self.is_telling_read
    }
}

/// The windows that are opened from a message. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(in crate::chat) struct Dialogs {
    /// Whether it is asked if a message is to be deleted.
    pub(in crate::chat) is_asking: RwSignal<bool>,
    /// Whether the earlier texts of a message are shown.
    pub(in crate::chat) is_telling: RwSignal<bool>,
    /// Which message, and where it stands in the page.
    pub(in crate::chat) message: RwSignal<Option<(MessageId, Option<ClientId>)>>,
}

impl Dialogs {
    /// Asks whether a message is to be deleted.
    pub(in crate::chat) fn ask_to_delete(self, id: MessageId, client_id: ClientId) {
        self.message.set(Some((id, Some(client_id))));
        self.is_asking.set(true);
    }

    /// Shows what a message said before.
    pub(in crate::chat) fn show_history(self, id: MessageId) {
        self.message.set(Some((id, None)));
        self.is_telling.set(true);
    }
}

impl Desk {
    /// To be called under the owner that it lives as long as.
    pub(super) fn new(store: ChatStore, conversation: Conversation) -> Self {
        let mut room = Room::new(store.user_id(), conversation);
        room.outbox.set_line(store.line.get_untracked());
        let desk = Self {
            conversation,
            store,
            room: RwSignal::new(room),
            loading: RwSignal::default(),
            unseen: RwSignal::new(0),
            returned: RwSignal::new(None),
            purpose: RwSignal::default(),
            active: RwSignal::new(None),
            is_left_unread: RwSignal::new(false),
            dialogs: Dialogs {
                is_asking: RwSignal::new(false),
                is_telling: RwSignal::new(false),
                message: RwSignal::new(None),
            },
            inner: StoredValue::new(Inner::default()),
        };
        desk.mirror_outbox();
        desk
    }

    /// The channel that the conversation is held on.
    pub(super) fn channel(self) -> AppChannel {
        self.conversation.into()
    }

    /// Shows the conversation in this list from now on, until the current owner goes.
    pub(in crate::chat) fn show_in(self, list: Scroller) {
        self.inner.update_value(|it| it.list = Some(list));
        on_cleanup(move || {
            // Another list may have taken its place already.
            self.inner.try_update_value(|it| it.list = it.list.take().filter(|it| *it != list));
        });
    }

    /// A message is pointed at, or has got the focus. As long as something is open that belongs to another one, that stays.
    pub(in crate::chat) fn point_at(self, client_id: ClientId) {
        let is_here = self.active.get_untracked() == Some(client_id);
        let is_open = || document().query_selector(".message :popover-open").is_ok_and(|it| it.is_some());
        if !is_here && !is_open() {
            self.active.set(Some(client_id));
        }
    }

    pub(super) fn list(self) -> Option<Scroller> {
        self.inner.try_with_value(|it| it.list).flatten()
    }

    /// Takes an event of the conversation. What comes in a burst is one change of the page, at most one in a frame.
    pub(super) fn receive(self, event: AppEvent) {
        let waiting = self.inner.try_update_value(|it| {
            it.arrived.push(event);
            it.arrived.len()
        });
        if waiting == Some(1) {
            // Just after a frame, so that the next one shows the change with the place put right.
            request_animation_frame(move || set_timeout(move || self.flush(), Duration::ZERO));
            set_timeout(move || self.flush(), UNDRAWN);
        }
    }

    /// Shows what has come.
    pub(super) fn flush(self) {
        let events = self.inner.try_update_value(|it| std::mem::take(&mut it.arrived)).unwrap_or_default();
        if events.is_empty() {
            return;
        }
        for event in &events {
            self.note(event);
        }
        let news: Vec<_> =
            self.change_now(|room| events.into_iter().filter_map(|it| room.apply(it)).collect()).unwrap_or_default();
        let Some(list) = self.list().filter(|_| !news.is_empty()) else { return };
        if !list.is_following() || self.room.with_untracked(|it| it.timeline.has_newer()) {
            self.unseen.update(|it| *it += news.len());
        }
        let me = self.store.user_id();
        for message in news {
            if !self.store.settings.speaks(message.mentions.iter().any(|it| it.id == me)) {
                continue;
            }
            let words = words_of(&message.body_html);
            let words: String = words.trim().chars().take(200).collect();
            self.store.announcer.arrived([&message.user.name, ": ", &words].concat());
        }
    }

    /// What others than the list of messages show of an event.
    fn note(self, event: &AppEvent) {
        let message = match event {
            AppEvent::UserTyping(it) => return self.store.note_typing(it),
            AppEvent::MessageSent(it) => &it.message,
            AppEvent::PrivateMessageSent(it) => &it.message,
            _ => return,
        };
        self.store.typing_ended(self.conversation, message.user.id);
        self.store.hear_room(event);
    }

    /// Changes the room, after what came before, and keeps what is being read in its place. `None` once nobody is
    /// signed in any more.
    pub(in crate::chat) fn change<T>(self, change: impl FnOnce(&mut Room) -> T) -> Option<T> {
        self.flush();
        self.change_now(change)
    }

    fn change_now<T>(self, change: impl FnOnce(&mut Room) -> T) -> Option<T> {
        let list = self.list();
        // The end that is further from the reader is the one to be dropped.
        let reads_newer_half = list.is_none_or(Scroller::keep_place);
        self.room.try_update(|room| {
            let result = change(room);
            if reads_newer_half {
                room.timeline.trim_older();
            } else {
                room.timeline.trim_newer();
            }
            result
        })
    }

    /// The way to the server looks otherwise: what failed by the old one is tried again.
    pub(super) fn line_changed(self, line: Line) {
        self.room.update(|it| it.outbox.set_line(line));
        self.pump();
        if line == Line::Connected {
            self.retry_loading();
            self.tell_read();
        }
    }

    /// Remembers that everything up to `message` has been read, and tells the server.
    pub(in crate::chat) fn mark_read(self, message: MessageId) {
        self.room.update(|it| it.read.advance(message));
        self.store.conversations.update(|it| it.read(self.conversation, message));
        self.tell_read();
    }

    /// Everything that is loaded has been read, as the reader says.
    pub(in crate::chat) fn mark_loaded_read(self) {
        let newest =
            self.room.with_untracked(|it| it.timeline.newest().filter(|newest| Some(*newest) > it.read.read_up_to()));
        if let Some(newest) = newest {
            self.is_left_unread.set(false);
            self.mark_read(newest);
        }
    }

    /// The key Escape: everything has been read, and the newest message is gone to.
    pub(in crate::chat) fn leave_reading(self) {
        self.mark_loaded_read();
        self.jump_to_end();
    }

    /// Tells the server how far has been read. What could not be told is told later.
    fn tell_read(self) {
        let untold = self.room.try_with_untracked(|it| it.read.untold()).flatten();
        let Some(message) = untold.filter(|_| self.inner.with_value(|it| !it.is_telling_read)) else { return };
        self.inner.update_value(|it| it.is_telling_read = true);
        spawn_local(async move {
            let answer = rest::post_empty(&format!("/api/chat/messages/{message}/read")).await;
            let told = self.inner.try_update_value(|it| {
                it.is_telling_read = false;
                it.unread_from.take()
            });
            let Some(unread_from) = told else { return };
            match answer {
                // One that is gone can't be read any more.
                Ok(()) | Err(AppError::NotFound(_)) => {
                    self.room.update(|it| it.read.told(message));
                    if unread_from.is_none() {
                        self.tell_read();
                    }
                }
                Err(_) if unread_from.is_some() => {}
                Err(_) => set_timeout(move || self.tell_read(), TELL_AGAIN),
            }
            if let Some(id) = unread_from {
                self.move_back(id);
            }
        });
    }

    /// Tells the others that one is typing, or has stopped. Lost if it can't be told, like everything that is over in
    /// 6 s.
    pub(in crate::chat) fn tell_typing(self, has_stopped: bool) {
        if !self.store.realtime.status().with_untracked(Status::is_live) {
            return;
        }
        let socket_id = self.store.realtime.socket_id().get_untracked();
        let notice = TypingNotice { conversation: self.conversation, has_stopped };
        self.inner.update_value(|it| it.is_telling_typing = true);
        spawn_local(async move {
            rest::post_passing("/api/chat/typing", &notice, socket_id).await.ok();
            self.inner.try_update_value(|it| it.is_telling_typing = false);
            self.pump();
        });
    }

    pub(super) fn note_forgetful(self) {
        self.store.storage_trouble.try_set(Some(StorageTrouble::KeepsNothing));
    }
}
