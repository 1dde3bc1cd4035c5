//! Saves what is changed: shown at once, told to the server, taken back if that refuses.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use crate::error::{AppError, FieldError};
use crate::realtime::status::Status;
use crate::realtime::use_realtime;
use crate::rest;
use crate::settings::change::{change_of, changed};
use crate::settings::model::Settings;
use crate::settings::store::{SettingsStore, use_settings};
use crate::ui::browser::go_to_sign_in;
use crate::ui::{FormErrors, Icon, IconView, When, reason};

/// The controls that a refused change is told at, by the path of their setting.
const CONTROLS: [&str; 5] = [
    "name",
    "profile.headline",
    "profile.time_zone",
    "notifications.quiet_hours.from_minute",
    "notifications.quiet_hours.to_minute",
];

/// How the last change went.
#[derive(Debug, Clone, Default, PartialEq)]
enum Saving {
    /// Nothing was changed yet.
    #[default]
    Idle,
    /// On its way.
    Busy,
    /// Done.
    Saved,
    /// Refused or not told, and taken back: what it was, and why.
    Failed { path: &'static str, value: Value, why: String },
}

/// Saves settings. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(super) struct Saver {
    pub(super) store: SettingsStore,
    state: RwSignal<Saving>,
    /// What is wrong, at the controls.
    pub(super) errors: RwSignal<FormErrors>,
    is_stale: Memo<bool>,
}

/// Makes one for the page.
pub(super) fn provide_saver() -> Saver {
    let status = use_realtime().status();
    // While the page connects for the first time, the server has just been there.
    let is_stale = Memo::new(move |_| status.with(|it| matches!(it, Status::Offline | Status::Reconnecting { .. })));
    Saver {
        store: use_settings(),
        state: RwSignal::new(Saving::Idle),
        errors: RwSignal::new(FormErrors::new()),
        is_stale,
    }
}

impl Saver {
    /// Whether nothing can be saved now.
    pub(super) fn is_stale(self) -> Signal<bool> {
        self.is_stale.into()
    }

    /// A part of the settings.
    pub(super) fn value<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&Settings) -> T + Send + Sync + 'static,
    ) -> Signal<T> {
        self.store.value(read)
    }

    /// The truth at a path.
    pub(super) fn truth(self, path: &'static str) -> Signal<bool> {
        self.value(move |settings| {
            let document = serde_json::to_value(settings).unwrap_or_default();
            path.split('.').try_fold(&document, |it, part| it.get(part)).and_then(Value::as_bool).unwrap_or_default()
        })
    }

    /// Another section has nothing saved yet.
    pub(super) fn begin_section(self) {
        self.state.set(Saving::Idle);
        self.errors.set(FormErrors::new());
    }

    /// Changes a setting.
    pub(super) fn save(self, path: &'static str, value: Value) {
        let before = self.store.settings.get_untracked();
        let Some(after) = changed(&before, path, value.clone()) else { return };
        self.store.settings.set(after);
        self.store.begin_change();
        self.begin();
        spawn_local(async move {
            let answer = rest::patch::<Settings>("/api/settings", &change_of(path, value.clone())).await;
            match answer {
                Ok(settings) => {
                    self.store.end_change(Some(settings));
                    self.saved();
                }
                Err(error) => {
                    self.store.settings.try_set(before);
                    self.store.end_change(None);
                    self.fail(path, value, error);
                }
            }
        });
    }

    /// A change is on its way.
    pub(super) fn begin(self) {
        self.errors.set(FormErrors::new());
        self.state.set(Saving::Busy);
    }

    /// Such a change was made.
    pub(super) fn saved(self) {
        self.state.try_set(Saving::Saved);
    }

    /// A change was refused.
    pub(super) fn fail(self, path: &'static str, value: Value, error: AppError) {
        if error == AppError::Unauthenticated {
            go_to_sign_in();
            return;
        }
        let why = match &error {
            AppError::Invalid(fields) => {
                self.errors.try_set(fields.iter().map(|it| (control_of(&it.field), sentence(it))).collect());
                fields.iter().map(sentence).collect::<Vec<_>>().join(" ")
            }
            other => reason(other),
        };
        self.state.try_set(Saving::Failed { path, value, why });
    }

    /// Says what is wrong before the server is asked.
    pub(super) fn refuse(self, path: &'static str, why: String) {
        self.errors.set(vec![(Some(path), why)]);
        self.state.set(Saving::Idle);
    }
}

/// The control of a field that was refused.
pub(super) fn control_of(field: &str) -> Option<&'static str> {
    CONTROLS.into_iter().find(|it| *it == field)
}

/// What is wrong with a field, for people.
pub(super) fn sentence(error: &FieldError) -> String {
    let name = match error.field.as_str() {
        "name" => "Name",
        "profile.headline" => "What you do",
        "profile.time_zone" => "Time zone",
        "notifications.quiet_hours.from_minute" => "From",
        "notifications.quiet_hours.to_minute" => "To",
        other => other,
    };
    name.to_owned() + " " + &error.detail + "."
}

/// "Saved", beside the section's name; or why not, with another try.
#[component]
pub(super) fn SavedLine(saver: Saver) -> impl IntoView {
    view! {
        <div class="settings__saved" role="status">
            {move || match saver.state.get() {
                Saving::Idle => ().into_any(),
                Saving::Busy => view! { <span class="settings__saving">"Saving…"</span> }.into_any(),
                Saving::Saved => {
                    view! {
                        <span class="settings__done">
                            <IconView icon=Icon::Tick />
                            "Saved"
                        </span>
                    }
                        .into_any()
                }
                Saving::Failed { path, value, why } => {
                    let again = move |_| saver.save(path, value.clone());
                    let is_setting = path.contains('.');
                    view! {
                        <span class="settings__failed">"Not saved. " {why}</span>
                        {is_setting
                            .then(|| {
                                view! {
                                    <button r#type="button" class="button" data-size="small" on:click=again>
                                        "Try again"
                                    </button>
                                }
                            })}
                    }
                        .into_any()
                }
            }}
        </div>
        <When is=move || saver.is_stale.get()>
            <p class="settings__saved settings__failed">"Needs a connection"</p>
        </When>
    }
    .into_any()
}
