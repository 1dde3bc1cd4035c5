//! One person: picture, name, what they do, whether they are there, and the way to talk.

use leptos::prelude::*;

use super::desk::{Desk, path_of};
use crate::accounts::UserSummary;
use crate::ids::UserId;
use crate::people::model::{Person, PresenceStatus};
use crate::shell::use_is_live;
use crate::ui::browser::use_hydrated;
use crate::ui::{Avatar, LocalClock, Presence, use_clock};

/// A row. Whether somebody is there changes at once; where the row stands a little later.
#[component]
pub(super) fn PersonRow(desk: Desk, id: UserId) -> impl IntoView {
    let first = desk.directory.with_untracked(|it| it.find(id).cloned())?;
    let UserSummary { name, .. } = first.user.clone();
    let person = Memo::new(move |_| desk.directory.with(|it| it.find(id).cloned()));
    let headline = Memo::new(move |_| person.with(|it| it.as_ref().map(|it| it.headline.clone()).unwrap_or_default()));
    let presence = use_presence(person);
    let clock = use_clock();
    let words = move || person.with(|it| it.as_ref().map(|it| words(it, clock)).unwrap_or_default());
    let is_me = id == desk.me;
    let hydrated = use_hydrated();
    let (shown, spoken) = (name.clone(), name.clone());
    Some(
        view! {
            <li class="person-row" id="person-".to_owned() + &id.to_string()>
                <Avatar user=first.user presence />
                <div class="person-row__text">
                    <p>
                        <button
                            r#type="button"
                            class="person-row__name"
                            dir="auto"
                            aria-haspopup="dialog"
                            disabled=move || !hydrated.get()
                            on:click=move |_| desk.show_profile(id)
                        >
                            {shown}
                        </button>
                        <span class="vh">{move || " ".to_owned() + presence.get().label()}</span>
                        {is_me.then(|| view! { <span class="person-row__you">" you"</span> })}
                    </p>
                    <p class="person-row__headline" dir="auto">
                        {move || headline.get()}
                    </p>
                </div>
                <p class="person-row__seen">{words}</p>
                {(!is_me).then(|| view! { <MessageButton desk id name=spoken /> })}
            </li>
        }
        .into_any(),
    )
}

/// The way to the conversation; a form, so that it works without script.
#[component]
pub(super) fn MessageButton(
    desk: Desk,
    id: UserId,
    name: String,
    /// Whether it is what people come for.
    #[prop(optional)]
    is_main: bool,
) -> impl IntoView {
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        desk.message(id);
    };
    view! {
        <form method="get" action=path_of(id) on:submit=submit>
            <button
                r#type="submit"
                class="button"
                data-kind=is_main.then_some("primary")
                data-size=(!is_main).then_some("small")
            >
                "Message"
                <span class="vh">" " {name}</span>
            </button>
        </form>
    }
    .into_any()
}

/// How somebody is seen; while the line is lost, only how they were.
pub(super) fn use_presence(person: Memo<Option<Person>>) -> Signal<Presence> {
    let is_live = use_is_live();
    Signal::derive(move || {
        let status = person.with(|it| it.as_ref().map_or(PresenceStatus::Offline, |it| it.status));
        match status {
            PresenceStatus::Offline => Presence::Offline,
            _ if !is_live.get() => Presence::LastKnown,
            PresenceStatus::Online => Presence::Online,
            PresenceStatus::Away => Presence::Away,
            PresenceStatus::DoNotDisturb => Presence::DoNotDisturb,
        }
    })
}

/// What is said of where somebody is.
pub(super) fn words(person: &Person, clock: LocalClock) -> String {
    match (person.status, person.last_seen) {
        (PresenceStatus::Online, _) => "Active now".to_owned(),
        (PresenceStatus::Away, _) => "Away".to_owned(),
        (PresenceStatus::DoNotDisturb, _) => "Do not disturb".to_owned(),
        (PresenceStatus::Offline, Some(at)) => "Last seen ".to_owned() + &clock.ago(at),
        (PresenceStatus::Offline, None) => "Offline".to_owned(),
    }
}
