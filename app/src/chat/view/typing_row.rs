//! Who is typing, in a row that is always there, so that nothing jumps. Too chatty to be read aloud.

use leptos::prelude::*;

use crate::chat::store::Desk;

#[component]
pub(super) fn TypingRow(desk: Desk) -> impl IntoView {
    let store = desk.store;
    let is_wanted = store.settings.value(|it| it.privacy.shows_typing);
    let sentence = Memo::new(move |_| {
        is_wanted.get().then(|| store.typing.with(|it| it.get(&desk.conversation)?.sentence(store.user_id()))).flatten()
    });
    view! {
        <p
            class="typing"
            data-testid="typing"
            aria-hidden="true"
            data-active=move || sentence.with(|it| it.is_some().then_some("true"))
        >
            {move || sentence.get().unwrap_or_default()}
        </p>
    }
}
