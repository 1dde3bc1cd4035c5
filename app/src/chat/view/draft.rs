//! What is in the composer, kept in the browser's local storage until it is sent.

use leptos::prelude::window;
use web_sys::Storage;

use crate::chat::conversation::Conversation;
use crate::ids::UserId;

/// Storage may be denied, as in some private windows; then a draft lives as long as its page.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn key(user: UserId, conversation: Conversation) -> String {
    match conversation {
        Conversation::General => format!("smartlink:draft:{user}:general"),
        Conversation::Direct(_) => format!("smartlink:draft:{user}:{conversation}"),
    }
}

/// The draft of the last visit.
pub(super) fn load(user: UserId, conversation: Conversation) -> Option<String> {
    storage()?.get_item(&key(user, conversation)).ok().flatten()
}

/// Keeps the draft; an empty one is forgotten.
pub(super) fn save(user: UserId, conversation: Conversation, text: &str) {
    if let Some(storage) = storage() {
        let saved = if text.is_empty() {
            storage.remove_item(&key(user, conversation))
        } else {
            storage.set_item(&key(user, conversation), text)
        };
        // Full or denied: the text is still in the composer.
        saved.ok();
    }
}
