//! The windows that are opened from a message: whether it is to be deleted, and what it said before.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::chat::api::OldText;
use crate::chat::store::{Desk, Dialogs, element_id, sentence};
use crate::rest;
use crate::shell::MESSAGE_DIALOGS;
use crate::ui::browser::focus;
use crate::ui::{AlertDialog, Dialog, live, use_clock};

/// The conversation whose windows [`MessageDialogs`] shows, given to it as context.
#[derive(Clone, Copy)]
struct DialogsOf(Desk);

/// Room for the windows, which are loaded when the first of them opens.
#[component]
pub(super) fn DialogsPlace(desk: Desk) -> impl IntoView {
    provide_context(DialogsOf(desk));
    let Dialogs { is_asking, is_telling, .. } = desk.dialogs;
    let is_wanted = Memo::new(move |before| before.copied().unwrap_or_default() || is_asking.get() || is_telling.get());
    live(move || is_wanted.get().then(|| MESSAGE_DIALOGS.show_when_here()))
}

/// The windows themselves.
#[component]
pub fn MessageDialogs() -> impl IntoView {
    let DialogsOf(desk) = expect_context();
    let dialogs = desk.dialogs;
    let delete = move |()| {
        if let Some((id, client_id)) = dialogs.message.get_untracked() {
            desk.delete_soon(id);
            if let Some(client_id) = client_id {
                // The button that opened the question is gone.
                request_animation_frame(move || focus(&element_id(client_id)));
            }
        }
    };
    view! {
        <AlertDialog
            id="delete-message"
            open=dialogs.is_asking
            title="Delete this message?".to_owned()
            text="Everybody sees “Message deleted” in its place.".to_owned()
            confirm="Delete".to_owned()
            on_confirm=Callback::new(delete)
        />
        <Dialog id="earlier-versions" open=dialogs.is_telling title="Earlier versions".to_owned()>
            <Versions desk />
        </Dialog>
    }
    .into_any()
}

/// What a message said before, the oldest first.
#[component]
fn Versions(desk: Desk) -> impl IntoView {
    let clock = use_clock();
    let found = RwSignal::new(None::<Result<Vec<OldText>, String>>);
    Effect::new(move |_| {
        let Some((id, _)) = desk.dialogs.message.get() else { return };
        spawn_local(async move {
            let answer = rest::get::<Vec<OldText>>(&format!("/api/chat/messages/{id}/edits")).await;
            found.try_set(Some(answer.map_err(|error| sentence(&error))));
        });
    });
    live(move || match found.get() {
        None => view! { <p aria-busy="true">"Loading…"</p> }.into_any(),
        Some(Err(reason)) => view! { <p role="alert">{reason}</p> }.into_any(),
        Some(Ok(versions)) => {
            let rows = versions.into_iter().map(|it| {
                let at = it.replaced_at;
                view! {
                    <li class="version">
                        <p class="version__text" dir="auto">
                            {it.body}
                        </p>
                        <p class="version__time">
                            "until " <time datetime=at.to_string()>{move || clock.full(at)}</time>
                        </p>
                    </li>
                }
            });
            view! { <ol class="versions">{rows.collect_view()}</ol> }.into_any()
        }
    })
}
