//! What stands above and under the text that is being written.

use leptos::prelude::*;

use super::composer::ID;
use super::writing::Writing;
use crate::chat::model::{MAX_MESSAGE_CHARS, Quote};
use crate::chat::store::{Purpose, StorageTrouble};
use crate::ui::{Icon, IconView, live};

/// The counter shows in the last characters only.
const COUNTER_WITHIN: usize = 200;

/// Above the text: what is answered or changed, and the way out.
#[component]
pub(super) fn PurposeBar(writing: Writing) -> impl IntoView {
    let desk = writing.desk;
    let leave = move |_| {
        writing.leave_purpose();
        crate::ui::browser::focus(ID);
    };
    let line = move |what: AnyView, name: &'static str| {
        view! {
            <div class="composer__purpose">
                <p dir="auto">{what}</p>
                <button r#type="button" class="icon-button" title=name on:click=leave>
                    <IconView icon=Icon::Close />
                    <span class="vh">{name}</span>
                </button>
            </div>
        }
        .into_any()
    };
    live(move || match desk.purpose.get() {
        Purpose::New => ().into_any(),
        Purpose::Reply(Quote { user, excerpt, .. }) => {
            let name = if user.id == desk.store.user_id() { "yourself".to_owned() } else { user.name };
            line(view! { "Replying to " <strong>{name}</strong> ": " {excerpt} }.into_any(), "Cancel reply")
        }
        Purpose::Edit(..) => {
            let text = move || if writing.is_saving.get() { "Saving…" } else { "Editing your message" };
            line(text.into_any(), "Cancel editing")
        }
    })
}

/// Under the text: what is wrong with it, how much room is left, and what the browser does not keep.
#[component]
pub(super) fn Notes(writing: Writing) -> impl IntoView {
    let left = Memo::new(move |_| {
        let chars = writing.text.with(|it| it.trim().chars().count());
        (chars + COUNTER_WITHIN > MAX_MESSAGE_CHARS).then(|| {
            if chars > MAX_MESSAGE_CHARS {
                format!("{} characters too many", chars - MAX_MESSAGE_CHARS)
            } else {
                format!("{} characters left", MAX_MESSAGE_CHARS - chars)
            }
        })
    });
    let is_over = Memo::new(move |_| writing.text.with(|it| it.trim().chars().count() > MAX_MESSAGE_CHARS));
    view! {
        <div class="composer__notes" id="composer-note">
            {move || writing.error.get().map(|it| view! { <p class="composer__error" role="alert">{it}</p> }.into_any())}
            {move || writing.desk.store.storage_trouble.get().map(|it| view! { <p>{trouble(it)}</p> }.into_any())}
            {move || {
                left.get()
                    .map(|it| {
                        view! {
                            <p class="composer__count" data-over=move || is_over.get().then_some("true")>
                                {it}
                            </p>
                        }
                        .into_any()
                    })
            }}
        </div>
    }
    .into_any()
}

const fn trouble(trouble: StorageTrouble) -> &'static str {
    match trouble {
        StorageTrouble::KeepsNothing => "This browser keeps nothing: unsent messages are lost when you close the page.",
        StorageTrouble::Unreadable => {
            "What you left unsent in this browser can't be read right now. Reload the page to try again."
        }
    }
}
