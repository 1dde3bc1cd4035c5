//! A line of text that is saved when it is left, or with Enter.

use leptos::prelude::*;

use crate::ui::FormErrors;

#[component]
pub(super) fn TextSetting(
    /// The setting's path; also the name under which a form without script sends it.
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] errors: Signal<FormErrors>,
    #[prop(into)] disabled: Signal<bool>,
    on_change: Callback<String>,
    /// The id of a list of proposals.
    #[prop(optional)]
    list: Option<&'static str>,
    /// What is typed: `text` or `time`.
    #[prop(default = "text")]
    kind: &'static str,
) -> impl IntoView {
    let error = Memo::new(move |_| {
        errors.with(|it| it.iter().find(|(field, _)| *field == Some(id)).map(|(_, text)| text.clone()))
    });
    let described_by = move || {
        let hint_id = id.to_owned() + "-hint";
        if error.with(Option::is_some) { hint_id + " " + id + "-error" } else { hint_id }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=id
                r#type=kind
                autocomplete="off"
                list=list
                dir="auto"
                value=value.get_untracked()
                prop:value=move || value.get()
                disabled=move || disabled.get()
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by
                on:change:target=move |event| on_change.run(event.target().value())
            />
            {move || error.get().map(|it| view! { <p class="field__error" id=id.to_owned() + "-error">{it}</p> })}
            <p class="field__hint" id=id.to_owned() + "-hint">
                {hint}
            </p>
        </div>
    }
    .into_any()
}
