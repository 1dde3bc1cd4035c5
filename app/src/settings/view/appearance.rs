//! Colours, density, size of text.

use leptos::prelude::*;

use super::one_of::{Choices, OneOf};
use super::saver::Saver;
use super::{Section, SectionForm};
use crate::settings::model::{Density, TEXT_SIZE_STEP, TEXT_SIZES};
use crate::shell::{Theme, use_theme};
use crate::ui::browser::use_hydrated;
use crate::ui::{Choice, CsrfField, GroupLook, RadioGroup};

const DENSITIES: Choices<Density> =
    &[(Density::Comfortable, "comfortable", "Comfortable"), (Density::Compact, "compact", "Compact")];

#[component]
pub(super) fn AppearanceSection(saver: Saver) -> impl IntoView {
    view! {
        <ThemeForm />
        <SectionForm label="Density and size" section=Section::Appearance>
            <OneOf
                saver
                path="appearance.density"
                label="Density"
                choices=DENSITIES
                read=|it| it.appearance.density
                look=GroupLook::Segments
            />
            <TextSize saver />
        </SectionForm>
    }
    .into_any()
}

/// Without an account the theme is chosen as well: it has a form and a cookie of its own.
#[component]
fn ThemeForm() -> impl IntoView {
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

/// A slider: the number beside it moves along, the text once it is let go.
#[component]
fn TextSize(saver: Saver) -> impl IntoView {
    const ID: &str = "appearance.text_size_percent";
    let kept = saver.value(|it| it.appearance.text_size_percent);
    let shown = RwSignal::new(kept.get_untracked());
    Effect::new(move |_| shown.set(kept.get()));
    let percent = move || shown.get().to_string() + " %";
    let slide = move |text: String| text.parse::<u32>().ok().inspect(|it| shown.set(*it));
    view! {
        <div class="field">
            <label for=ID>"Text size"</label>
            <div class="settings__slider">
                <input
                    id=ID
                    name=ID
                    r#type="range"
                    min=TEXT_SIZES.start().to_string()
                    max=TEXT_SIZES.end().to_string()
                    step=TEXT_SIZE_STEP.to_string()
                    value=kept.get_untracked().to_string()
                    prop:value=move || shown.get().to_string()
                    aria-valuetext=percent
                    aria-describedby="appearance.text_size_percent-hint"
                    disabled=move || saver.is_stale().get()
                    on:input:target=move |event| {
                        slide(event.target().value());
                    }
                    on:change:target=move |event| {
                        if let Some(size) = slide(event.target().value()) {
                            saver.save(ID, size.into());
                        }
                    }
                />
                <output for=ID aria-hidden="true">
                    {percent}
                </output>
            </div>
            <p class="field__hint" id="appearance.text_size_percent-hint">
                "Of all text, on all your devices. Your browser's own zoom comes on top."
            </p>
        </div>
    }
    .into_any()
}
