//! Marking everything as read.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::ChatStore;
use crate::chat::summary::AllRead;
use crate::error::AppError;
use crate::rest;
use crate::ui::ToastKind;

impl ChatStore {
    /// Everything that the server has counts as read, in every conversation. Lists and counts follow by the events that
    /// all tabs get.
    pub(in crate::chat) fn mark_all_read(self) {
        for desk in self.all_desks() {
            desk.is_left_unread.set(false);
        }
        spawn_local(async move {
            match ask_for_all().await {
                Ok(0) => self.toasts.show(ToastKind::News, "Nothing was unread.", None),
                Ok(1) => self.toasts.show(ToastKind::News, "1 conversation marked as read.", None),
                Ok(count) => {
                    self.toasts.show(ToastKind::News, count.to_string() + " conversations marked as read.", None);
                }
                Err(error) => self.failed("Not everything was marked as read.", &error),
            }
        });
    }
}

/// In how many conversations anything was unread.
async fn ask_for_all() -> Result<usize, AppError> {
    let mut count = 0;
    loop {
        let AllRead { conversations, has_more } = rest::post_nothing("/api/chat/read").await?;
        count += conversations.len();
        // Whatever the server says, nothing is asked for without end.
        if !has_more || conversations.is_empty() {
            return Ok(count);
        }
    }
}
