//! Colours.

use leptos::prelude::*;

use crate::shell::{Theme, use_theme};
use crate::ui::browser::use_hydrated;
use crate::ui::{Choice, CsrfField, GroupLook, RadioGroup};

#[component]
pub(super) fn AppearanceSection() -> impl IntoView {
    let theme = use_theme();
    let hydrated = use_hydrated();
    let choices = Theme::ALL.map(|it| Choice::new(it.name(), it.label())).to_vec();
    let chosen = Signal::derive(move || theme.chosen().name().to_owned());
    let choose = Callback::new(move |name: String| {
        if let Ok(chosen) = name.parse() {
            theme.choose(chosen);
        }
    });
    view! {
        <form
            method="post"
            action="/theme"
            class="form settings__form"
            aria-label="Appearance"
            on:submit=|event| event.prevent_default()
        >
            <CsrfField />
            <input r#type="hidden" name="next" value="/settings/appearance" />
            <RadioGroup id="theme" label="Theme" choices chosen on_choose=choose look=GroupLook::Segments />
            <p class="field__hint">"System follows your device. The choice counts for this browser."</p>
            <button r#type="submit" class="button" data-kind="primary" hidden=move || hydrated.get()>
                "Save"
            </button>
        </form>
    }
    .into_any()
}
