//! The page of settings: one section at a time, each with an address, each saved as it is changed.

mod appearance;
mod chat;
mod notifications;
mod one_of;
mod password;
mod privacy;
mod profile;
mod saver;
mod security;
mod speech;
mod text;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::accounts::FormKind;
use crate::error::AppError;
use crate::shell::{answer_not_found, use_page};
use crate::ui::browser::{go_to_sign_in, use_hydrated};
use crate::ui::{CsrfField, ErrorSummary, FormErrors};
use saver::{SavedLine, Saver, provide_saver};

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Section {
    #[default]
    Profile,
    Appearance,
    Notifications,
    Chat,
    Privacy,
    Speech,
    Security,
}

impl Section {
    const ALL: [Self; 7] =
        [Self::Profile, Self::Appearance, Self::Notifications, Self::Chat, Self::Privacy, Self::Speech, Self::Security];

    /// Its spelling in the address; the first one needs none.
    const fn name(self) -> &'static str {
        match self {
            Self::Profile => "",
            Self::Appearance => "appearance",
            Self::Notifications => "notifications",
            Self::Chat => "chat",
            Self::Privacy => "privacy",
            Self::Speech => "accessibility",
            Self::Security => "security",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::Appearance => "Appearance",
            Self::Notifications => "Notifications",
            Self::Chat => "Chat",
            Self::Privacy => "Privacy",
            Self::Speech => "Accessibility",
            Self::Security => "Security",
        }
    }

    fn address(self) -> String {
        match self {
            Self::Profile => "/settings".to_owned(),
            other => "/settings/".to_owned() + other.name(),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// `/settings` and `/settings/{section}`.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let params = use_params_map();
    let section = Memo::new(move |_| params.with(|it| it.get_str("section").unwrap_or_default().to_owned()));
    let section = Memo::new(move |_| section.with(|it| Section::from_name(it)));
    let saver = provide_saver();
    let links = Section::ALL.map(|it| {
        let is_here = move || (section.get() == Some(it)).then_some("page");
        view! {
            <li>
                <a class="settings__link" href=it.address() aria-current=is_here>
                    {it.label()}
                </a>
            </li>
        }
    });
    let label = move || section.get().map_or("No such section", Section::label);
    view! {
        <Title text=move || label().to_owned() + " · Settings" />
        <main class="page" id="content" tabindex="-1">
            <div class="settings">
                <nav class="settings__nav" aria-label="Settings">
                    <p class="settings__nav-title" aria-hidden="true">
                        "Settings"
                    </p>
                    <ul>{links}</ul>
                </nav>
                <div class="settings__section">
                    <header class="settings__header">
                        <h1 class="page__title" tabindex="-1">
                            <span class="vh">"Settings: "</span>
                            {label}
                        </h1>
                        <SavedLine saver />
                    </header>
                    {move || {
                        saver.begin_section();
                        match section.get() {
                            Some(Section::Profile) => view! { <profile::ProfileSection saver /> }.into_any(),
                            Some(Section::Appearance) => view! { <appearance::AppearanceSection saver /> }.into_any(),
                            Some(Section::Notifications) => {
                                view! { <notifications::NotificationsSection saver /> }.into_any()
                            }
                            Some(Section::Chat) => view! { <chat::ChatSection saver /> }.into_any(),
                            Some(Section::Privacy) => view! { <privacy::PrivacySection saver /> }.into_any(),
                            Some(Section::Speech) => view! { <speech::SpeechSection saver /> }.into_any(),
                            Some(Section::Security) => view! { <security::SecuritySection /> }.into_any(),
                            None => {
                                answer_not_found();
                                view! { <p>"There is no such section. " <a href="/settings">"Go to Profile"</a></p> }
                                    .into_any()
                            }
                        }
                    }}
                </div>
            </div>
        </main>
    }
    .into_any()
}

/// A plain form around a section's controls: with script each is saved by itself, without there is a button.
#[component]
fn SectionForm(
    /// What is set by it.
    label: &'static str,
    section: Section,
    children: Children,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let errors = RwSignal::new(refused(section));
    view! {
        <ErrorSummary errors focused=RwSignal::new(0) />
        <form
            method="post"
            action="/settings"
            class="form settings__form"
            aria-label=label
            on:submit=|event| event.prevent_default()
        >
            <CsrfField />
            <input r#type="hidden" name="section" value=section.name() />
            {children()}
            <button r#type="submit" class="button" data-kind="primary" hidden=move || hydrated.get()>
                "Save"
            </button>
        </form>
    }
    .into_any()
}

/// What the server said of the form that was sent without script, as sentences.
fn refused(section: Section) -> FormErrors {
    let Some(flash) = use_page().flash.filter(|it| it.form == FormKind::Settings && it.name == section.name()) else {
        return FormErrors::new();
    };
    match flash.error {
        AppError::Invalid(fields) => {
            fields.iter().map(|it| (saver::control_of(&it.field), saver::sentence(it))).collect()
        }
        error => vec![(None, crate::ui::reason(&error))],
    }
}

/// Whoever is not signed in any more is sent to the form.
fn leave_if_signed_out(error: &AppError) {
    if *error == AppError::Unauthenticated {
        Effect::new(|_| go_to_sign_in());
    }
}

/// A switch of the settings, saved as it is turned. Its id is the setting's path.
#[component]
fn SettingSwitch(
    saver: Saver,
    path: &'static str,
    label: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
) -> impl IntoView {
    let on = saver.truth(path);
    let on_change = Callback::new(move |on: bool| saver.save(path, on.into()));
    view! {
        <input r#type="hidden" name=path value="false" />
        {match hint {
            Some(hint) => view! { <crate::ui::Switch id=path label hint on on_change disabled=saver.is_stale() /> }.into_any(),
            None => view! { <crate::ui::Switch id=path label on on_change disabled=saver.is_stale() /> }.into_any(),
        }}
    }
    .into_any()
}
