//! Loads a conversation's history into its state.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Desk;
use crate::chat::conversation::Conversation;
use crate::chat::model::{ChannelPosition, MessagePage};
use crate::chat::state::{Loading, Question, Stretch};
use crate::error::AppError;
use crate::realtime::AppEvent;
use crate::rest;
use crate::ui::browser::go_to_sign_in;

impl Desk {
    /// Whether a page has been shown, so that there is no need to load one.
    pub(in crate::chat) fn is_opened(self) -> bool {
        self.inner.with_value(|it| it.is_listening)
    }

    /// Shows the first page and listens from there on. Without one, a person is asked to try again.
    pub(in crate::chat) fn open(self, page: Option<MessagePage>) {
        let Some(page) = page else {
            self.loading.update(|it| {
                if let Some(question) = it.ask(Stretch::Newest) {
                    it.answered(question, false);
                }
            });
            return;
        };
        self.listen(page.position.clone());
        self.room.update(|room| {
            room.take(Stretch::Newest, page);
            room.begin_visit();
        });
    }

    /// Listens to everything after the position of the first page, once there is one.
    fn listen(self, from: ChannelPosition) {
        if self.inner.try_update_value(|it| std::mem::replace(&mut it.is_listening, true)) != Some(false) {
            return;
        }
        let Some(owner) = self.store.owner() else { return };
        owner.with(|| {
            let realtime = self.store.realtime;
            realtime.listen(self.channel(), AppEvent::chat, Some(from), move |event| self.receive(event));
            realtime.on_gap(self.channel(), move || self.refresh());
        });
    }

    /// Loads a stretch of the history, unless something is on its way that has to come first.
    pub(in crate::chat) fn load(self, stretch: Stretch) {
        if let Some(question) = self.loading.try_update(|it| it.ask(stretch)).flatten() {
            self.ask(question);
        }
    }

    /// Loads more at whichever end of the list is near. To be called whenever the list has moved or changed.
    pub(in crate::chat) fn look_at_ends(self) {
        // In the frame of a change the browser tells of a place that is about to be put right.
        let Some(list) = self.list().filter(|it| !it.is_keeping()) else { return };
        let ends = self.room.try_with_untracked(|it| {
            let timeline = &it.timeline;
            (timeline.oldest().filter(|_| timeline.has_older()), timeline.newest().filter(|_| timeline.has_newer()))
        });
        let stretch = match ends {
            Some((_, Some(newest))) if list.is_near_new_end() => Stretch::After(newest),
            Some((Some(oldest), _)) if list.is_near_old_end() => Stretch::Before(oldest),
            _ => return,
        };
        if let Some(question) = self.loading.try_update(|it| it.ask_by_itself(stretch)).flatten() {
            self.ask(question);
        }
    }

    /// Goes to the newest message, loading it first where the end was dropped.
    pub(in crate::chat) fn jump_to_end(self) {
        if self.room.with_untracked(|it| it.timeline.has_newer()) {
            self.load(Stretch::Newest);
        } else if let Some(list) = self.list() {
            list.to_end();
        }
    }

    /// The line is back: what could not be loaded is asked for once more.
    pub(super) fn retry_loading(self) {
        if let Some(stretch) = self.loading.try_update(Loading::forget_failure).flatten() {
            self.load(stretch);
        }
    }

    /// Loads anew what is being read, after more was missed than the server keeps. False if it could not be loaded.
    async fn refresh(self) -> bool {
        let reading = self.list().filter(|it| !it.is_following()).and_then(super::Scroller::first_visible);
        let around = reading.and_then(|it| self.room.with_untracked(|room| room.message_id(it)));
        let stretch = around.map_or(Stretch::Newest, Stretch::Around);
        match self.loading.try_update(|it| it.ask(stretch)).flatten() {
            Some(question) => self.fetch(question).await,
            None => false,
        }
    }

    fn ask(self, question: Question) {
        spawn_local(async move {
            self.fetch(question).await;
        });
    }

    /// Asks the server and shows its answer. False if there was none, or none that still counts.
    async fn fetch(self, question: Question) -> bool {
        let page = self.history(question.stretch).await;
        let is_ended = matches!(page, Err(AppError::Unauthenticated));
        if is_ended {
            go_to_sign_in();
        }
        let is_gone = matches!((&page, question.stretch), (Err(AppError::NotFound(_)), Stretch::Around(_)));
        // Everything may have been asked for anew meanwhile.
        let counts = self.loading.try_update(|it| it.answered(question, page.is_ok() || is_gone)) == Some(true);
        if counts && is_gone {
            self.target_is_gone();
        }
        let Some(page) = page.ok().filter(|_| counts) else { return false };
        self.listen(page.position.clone());
        self.change(|room| {
            room.take(question.stretch, page);
            match question.stretch {
                Stretch::Before(_) => room.timeline.trim_newer(),
                Stretch::After(_) => room.timeline.trim_older(),
                Stretch::Newest | Stretch::Around(_) => {}
            }
        });
        if let Some(list) = self.list() {
            if question.stretch == Stretch::Newest {
                list.to_end();
            }
            self.show_target();
            request_animation_frame(move || self.look_at_ends());
        }
        true
    }

    /// A page of the history.
    async fn history(self, stretch: Stretch) -> Result<MessagePage, AppError> {
        let bound = match stretch {
            Stretch::Newest => String::new(),
            Stretch::Before(id) => format!("&before={id}"),
            Stretch::After(id) => format!("&after={id}"),
            Stretch::Around(id) => format!("&around={id}"),
        };
        let of = match self.conversation {
            Conversation::General => String::new(),
            Conversation::Direct(_) => format!("&conversation={}", self.conversation),
        };
        rest::get(&["/api/chat/messages?limit=50", &bound, &of].concat()).await
    }
}
