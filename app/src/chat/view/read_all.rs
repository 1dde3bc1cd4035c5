//! The question before everything counts as read.

use leptos::prelude::*;

use crate::chat::store::use_chat;
use crate::ui::{AlertDialog, AlertLook};

/// What `Shift+Esc` asks.
#[component]
pub fn ReadAllDialog() -> impl IntoView {
    let store = use_chat();
    view! {
        <AlertDialog
            id="read-all"
            open=store.is_asking_to_read_all
            title="Mark all conversations as read?".to_owned()
            text="Every message counts as read, on all your devices. This can't be undone.".to_owned()
            confirm="Mark all as read".to_owned()
            look=AlertLook::Plain
            on_confirm=Callback::new(move |()| store.mark_all_read())
        />
    }
    .into_any()
}
