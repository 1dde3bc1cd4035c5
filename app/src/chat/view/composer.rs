//! Where messages are written. Never disabled: what can't be sent yet waits in the outbox.

use leptos::prelude::*;

use super::draft;
use super::naming::MentionList;
use super::notes::{Notes, PurposeBar};
use super::writing::Writing;
use crate::chat::store::{Desk, Purpose};
use crate::ui::{Icon, IconView};

/// The text area's id in the page.
pub(super) const ID: &str = "composer";

/// The form at the foot of the room.
#[component]
pub(super) fn Composer(
    desk: Desk,
    /// Where or to whom one writes: the room's or the person's name.
    name: String,
) -> impl IntoView {
    let writing = Writing::new(desk);
    Effect::new(move |_| {
        let Some(area) = writing.area.get() else { return };
        // What was typed before the page came to life goes before an older draft.
        let text = if area.value().is_empty() {
            draft::load(desk.store.user_id(), desk.conversation).unwrap_or_default()
        } else {
            area.value()
        };
        if !text.is_empty() {
            writing.show(text);
        }
    });
    writing.save_on_leaving();
    follow_purpose(writing);
    Effect::new(move |_| {
        let Some(returned) = desk.returned.get() else { return };
        desk.returned.set(None);
        let rest = writing.text.get_untracked();
        writing.show(if rest.is_empty() { returned } else { format!("{returned}\n{rest}") });
        crate::ui::browser::focus(ID);
    });
    let choose = Callback::new(move |completed| writing.complete(completed));
    let verb = move || if desk.purpose.with(|it| matches!(it, Purpose::Edit(..))) { "Save" } else { "Send" };
    view! {
        <form class="composer" aria-label="Send a message">
            <MentionList mentions=writing.mentions choose text=writing.text.into() />
            <PurposeBar writing />
            <label class="vh" for=ID>
                "Message "
                {name.clone()}
            </label>
            <textarea
                id=ID
                class="composer__text"
                node_ref=writing.area
                rows="1"
                dir="auto"
                placeholder=format!("Message {name}")
                autocomplete="off"
                enterkeyhint="send"
                aria-describedby="composer-note"
                aria-autocomplete="list"
                aria-controls=move || writing.mentions.list_id()
                aria-activedescendant=move || writing.mentions.active_id()
                aria-invalid=move || writing.error.with(|it| it.as_ref().map(|_| "true"))
                on:input:target=move |event| writing.typed(event.target().value())
                on:keydown=move |event| writing.pressed(&event)
                on:click:target=move |event| writing.look_for_names(&event.target().value())
                on:blur=move |_| {
                    writing.mentions.close();
                    writing.looked(true);
                }
                on:focus=move |_| writing.looked(false)
            ></textarea>
            <button r#type="button" class="button composer__send" data-kind="primary" on:click=move |_| writing.send()
                // The text area keeps the focus, and with it a phone its keyboard.
                on:mousedown=move |event| event.prevent_default()
            >
                <IconView icon=Icon::Send />
                {verb}
            </button>
            <Notes writing />
        </form>
    }
    .into_any()
}

/// Puts the text of a message that is to be changed into the field, and the draft back after it.
fn follow_purpose(writing: Writing) {
    let desk = writing.desk;
    Effect::new(move |was_editing: Option<bool>| {
        let text = desk.purpose.with(|it| match it {
            Purpose::Edit(_, body) => Some(body.clone()),
            Purpose::New | Purpose::Reply(_) => None,
        });
        let is_editing = text.is_some();
        if let Some(body) = text {
            if was_editing != Some(true) {
                writing.save_draft();
            }
            writing.show(body);
        } else if was_editing == Some(true) {
            writing.show(draft::load(desk.store.user_id(), desk.conversation).unwrap_or_default());
        }
        is_editing
    });
}
