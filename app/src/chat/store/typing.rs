//! Who types where, as long as they do.

use std::time::Duration;

use leptos::prelude::*;

use super::ChatStore;
use crate::chat::conversation::Conversation;
use crate::chat::state::TypingLeases;
use crate::ids::UserId;
use crate::realtime::events::UserTyping;
use crate::ui::browser::now;

/// How often leases are looked at while there are any.
const TICK: Duration = Duration::from_millis(250);

impl ChatStore {
    /// Takes what the server tells of somebody's typing; of one's own there is nothing to see.
    pub(super) fn note_typing(self, notice: &UserTyping) {
        if notice.user.id != self.user_id() {
            let UserTyping { user, until, conversation } = notice.clone();
            self.typing.update(|it| it.get_or_default(conversation).begin(user, until, now()));
        }
    }

    /// Somebody has said what they typed.
    pub(super) fn typing_ended(self, conversation: Conversation, user: UserId) {
        let is_typing = self.typing.with_untracked(|it| it.get(&conversation).is_some_and(|it| !it.is_empty()));
        if is_typing {
            self.typing.update(|it| it.get_or_default(conversation).end(user));
        }
    }

    /// Takes away whose lease is over.
    pub(super) fn end_leases(self) {
        let is_quiet = Memo::new(move |_| self.typing.with(|it| it.values().all(TypingLeases::is_empty)));
        Effect::new(move |_| {
            if is_quiet.get() {
                return;
            }
            let expire = move || {
                let Some(mut left) = self.typing.try_get_untracked() else { return };
                let (now, mut has_changed) = (now(), false);
                for leases in left.values_mut() {
                    has_changed |= leases.expire(now);
                }
                if has_changed {
                    left.retain(|_, it| !it.is_empty());
                    self.typing.set(left);
                }
            };
            if let Ok(interval) = set_interval_with_handle(expire, TICK) {
                on_cleanup(move || interval.clear());
            }
        });
    }
}
