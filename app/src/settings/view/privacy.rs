//! What the person shows of themselves, and whom they do not want to hear from.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::saver::Saver;
use super::{Section, SectionForm, SettingSwitch, leave_if_signed_out};
use crate::accounts::UserSummary;
use crate::people::list_blocked;
use crate::rest;
use crate::ui::{Avatar, CsrfField, ErrorCard, SkeletonList, ToastKind, When, reason, suspended, use_toasts};

#[component]
pub(super) fn PrivacySection(saver: Saver) -> impl IntoView {
    view! {
        <SectionForm label="Privacy" section=Section::Privacy>
            <SettingSwitch
                saver
                path="privacy.sends_typing"
                label="Show when I'm typing"
                hint="Others see three dots while you write."
            />
            <SettingSwitch saver path="privacy.shows_typing" label="See when others are typing" />
            <SettingSwitch
                saver
                path="privacy.read_receipts"
                label="Read receipts"
                hint="Others see what you have read. Without it you don't see what they have read either."
            />
            <SettingSwitch
                saver
                path="privacy.last_seen"
                label="Show when I was here last"
                hint="Beside your name while you are offline."
            />
        </SectionForm>
        <Blocked />
    }
    .into_any()
}

/// Everybody who is blocked, each with the way back.
#[component]
fn Blocked() -> impl IntoView {
    let blocked = crate::json::resource(list_blocked);
    let people = RwSignal::new(Vec::<UserSummary>::new());
    view! {
        <section class="settings__part" aria-labelledby="blocked">
            <h2 class="settings__title" id="blocked" tabindex="-1">
                "Blocked people"
            </h2>
            {suspended(
                || view! { <SkeletonList rows=2 label="Loading blocked people" /> }.into_any(),
                move || async move {
                    match blocked.await {
                        Ok(found) => {
                            people.set(found);
                            view! { <BlockedList people /> }.into_any()
                        }
                        Err(error) => {
                            leave_if_signed_out(&error);
                            let on_retry = Callback::new(move |()| blocked.refetch());
                            view! { <ErrorCard text="Couldn't load blocked people." error on_retry /> }.into_any()
                        }
                    }
                },
            )}
        </section>
    }
    .into_any()
}

#[component]
fn BlockedList(people: RwSignal<Vec<UserSummary>>) -> impl IntoView {
    let toasts = use_toasts();
    let unblock = move |person: UserSummary| {
        spawn_local(async move {
            match rest::delete(&("/api/people/".to_owned() + &person.id.to_string() + "/block")).await {
                Ok(()) => {
                    people.try_update(|it| it.retain(|it| it.id != person.id));
                    crate::ui::browser::focus("blocked");
                    toasts.show(ToastKind::News, person.name + " is not blocked any more.", None);
                }
                Err(error) => toasts.show(ToastKind::Error, "Not unblocked. ".to_owned() + &reason(&error), None),
            }
        });
    };
    let row = move |person: UserSummary| {
        let (name, id, clicked) = (person.name.clone(), person.id, person.clone());
        view! {
            <li class="settings__row">
                <Avatar user=person />
                <p class="settings__name" dir="auto">
                    {name.clone()}
                </p>
                <form
                    method="post"
                    action="/settings/unblock"
                    on:submit=move |event| {
                        event.prevent_default();
                        unblock(clicked.clone());
                    }
                >
                    <CsrfField />
                    <input r#type="hidden" name="id" value=id.to_string() />
                    <button r#type="submit" class="button" data-size="small">
                        "Unblock"
                        <span class="vh">" " {name}</span>
                    </button>
                </form>
            </li>
        }
    };
    view! {
        <When is=move || people.with(Vec::is_empty)>
            <p class="field__hint">"You have blocked nobody. Who is blocked can't write to you alone."</p>
        </When>
        <ul class="settings__list">
            <For each=move || people.get() key=|it| it.id children=row />
        </ul>
    }
    .into_any()
}
