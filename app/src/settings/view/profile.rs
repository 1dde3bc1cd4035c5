//! How others see the person: name, picture, what they do, time zone, status.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::saver::Saver;
use super::text::TextSetting;
use super::{Section, SectionForm};
use crate::accounts::{ChangeName, User, UserSummary, validate_name};
use crate::people::{ChooseStatus, ChosenStatus};
use crate::rest;
use crate::settings::validate_time_zone;
use crate::shell::use_page;
use crate::ui::{Avatar, Choice, RadioGroup, is_time_zone, local_zone, time_zones};

/// Every status with its word and what it means.
const STATUSES: [(ChosenStatus, &str, &str); 4] = [
    (ChosenStatus::Automatic, "automatic", "Automatic: online while you do something, away after 10 minutes"),
    (ChosenStatus::Away, "away", "Away"),
    (ChosenStatus::DoNotDisturb, "do_not_disturb", "Do not disturb: no toasts, no sounds, no desktop notifications"),
    (ChosenStatus::Invisible, "invisible", "Invisible: others see you as offline"),
];

#[component]
pub(super) fn ProfileSection(saver: Saver) -> impl IntoView {
    let user = use_page().user;
    let name = RwSignal::new(user.as_ref().map(|it| it.name.clone()).unwrap_or_default());
    let card = user.map(|user| {
        let email = user.email.clone();
        view! {
            <div class="settings__card">
                {move || view! { <Avatar user=UserSummary { id: user.id, name: name.get() } /> }}
                <div>
                    <p class="settings__name" dir="auto">
                        {move || name.get()}
                    </p>
                    <p class="field__hint">{email}</p>
                </div>
            </div>
        }
    });
    view! {
        {card}
        <SectionForm label="Profile" section=Section::Profile>
            <Name saver name />
            <Headline saver />
            <TimeZone saver />
            <Status saver />
        </SectionForm>
    }
    .into_any()
}

#[component]
fn Name(saver: Saver, name: RwSignal<String>) -> impl IntoView {
    const ID: &str = "name";
    let change = Callback::new(move |text: String| {
        if let Err(detail) = validate_name(&text) {
            return saver.refuse(ID, "Name ".to_owned() + &detail + ".");
        }
        let before = name.get_untracked();
        name.set(text.trim().to_owned());
        saver.begin();
        spawn_local(async move {
            match rest::patch::<User>("/api/user", &ChangeName { name: text }).await {
                Ok(user) => {
                    name.try_set(user.name);
                    saver.saved();
                }
                Err(error) => {
                    name.try_set(before);
                    saver.fail(ID, serde_json::Value::Null, error);
                }
            }
        });
    });
    view! {
        <TextSetting
            id=ID
            label="Name"
            hint="As others see it, up to 80 characters. Pages that are open show it once they are loaded anew."
            value=name
            errors=saver.errors
            disabled=saver.is_stale()
            on_change=change
        />
    }
}

#[component]
fn Headline(saver: Saver) -> impl IntoView {
    let value = saver.value(|it| it.profile.headline.clone());
    view! {
        <TextSetting
            id="profile.headline"
            label="What you do"
            hint="Such as Marketing; others see it beside your name. Up to 60 characters."
            value
            errors=saver.errors
            disabled=saver.is_stale()
            on_change=Callback::new(move |text: String| saver.save("profile.headline", text.trim().into()))
        />
    }
}

#[component]
fn TimeZone(saver: Saver) -> impl IntoView {
    const ID: &str = "profile.time_zone";
    const LIST: &str = "time-zones";
    let value = saver.value(|it| it.profile.time_zone.clone().unwrap_or_default());
    let zones = RwSignal::new(Vec::<String>::new());
    let own = RwSignal::new(String::new());
    Effect::new(move |_| {
        zones.set(time_zones());
        own.set(local_zone());
    });
    let change = Callback::new(move |text: String| {
        let text = text.trim().to_owned();
        if text.is_empty() {
            saver.save(ID, serde_json::Value::Null);
        } else if let Err(detail) = validate_time_zone(&text) {
            saver.refuse(ID, "Time zone ".to_owned() + &detail + ".");
        } else if is_time_zone(&text) {
            saver.save(ID, text.into());
        } else {
            saver.refuse(ID, "“".to_owned() + &text + "” is no time zone that this browser knows.");
        }
    });
    view! {
        <TextSetting
            id=ID
            label="Time zone"
            hint="Such as Europe/Berlin. Leave it empty to follow your device."
            value
            errors=saver.errors
            disabled=saver.is_stale()
            on_change=change
            list=LIST
        />
        <datalist id=LIST>
            <For each=move || zones.get() key=|it| it.clone() let:zone>
                <option value=zone></option>
            </For>
        </datalist>
        <p class="field__hint settings__zone" hidden=move || own.with(String::is_empty)>
            "Your device is in "
            {move || own.get()}
            "."
        </p>
    }
    .into_any()
}

#[component]
fn Status(saver: Saver) -> impl IntoView {
    let status = saver.store.status;
    let choices = STATUSES.map(|(_, name, label)| Choice::new(name, label)).to_vec();
    let name_of = |status| STATUSES.into_iter().find(|it| it.0 == status).map_or("", |it| it.1);
    let chosen = Signal::derive(move || name_of(status.get()).to_owned());
    let choose = Callback::new(move |name: String| {
        let Some((chosen, ..)) = STATUSES.into_iter().find(|it| it.1 == name) else { return };
        let before = status.get_untracked();
        status.set(chosen);
        saver.begin();
        spawn_local(async move {
            let answer = rest::put_empty("/api/presence", &ChooseStatus { status: chosen }).await;
            match answer {
                Ok(()) => saver.saved(),
                Err(error) => {
                    status.try_set(before);
                    saver.fail("status", name.into(), error);
                }
            }
        });
    });
    view! { <RadioGroup id="status" label="Status" choices chosen on_choose=choose disabled=saver.is_stale() /> }
}
