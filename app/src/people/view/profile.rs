//! Somebody's profile: a window over the page, with the ways to talk and not to.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use super::row::{MessageButton, words};
use crate::accounts::UserSummary;
use crate::chat::BlockState;
use crate::ids::UserId;
use crate::people::model::PersonProfile;
use crate::rest;
use crate::ui::browser::now;
use crate::ui::{AlertDialog, Avatar, Dialog, ErrorCard, SkeletonList, ToastAction, ToastKind, time_in, use_clock};

#[component]
pub(super) fn ProfileDialog(desk: Desk) -> impl IntoView {
    let profile = RwSignal::new(None::<Result<PersonProfile, crate::error::AppError>>);
    let load = move |id: UserId| {
        profile.set(None);
        spawn_local(async move {
            let answer = rest::get(&address(id, "")).await;
            if desk.profile.try_get_untracked().flatten() == Some(id) {
                profile.try_set(Some(answer));
            }
        });
    };
    Effect::new(move |_| {
        if let (true, Some(id)) = (desk.is_profile_open.get(), desk.profile.get()) {
            load(id);
        }
    });
    let is_asked = RwSignal::new(false);
    let user = move || {
        let id = desk.profile.get()?;
        desk.directory.with(|it| it.find(id).map(|it| it.user.clone()))
    };
    let name = Signal::derive(move || user().map(|it| it.name).unwrap_or_default());
    let set_blocked = move |user: UserSummary, is_blocked: bool| {
        spawn_local(async move {
            if send_block(desk, &user, is_blocked).await && desk.is_profile_open.try_get_untracked() == Some(true) {
                load(user.id);
            }
        });
    };
    view! {
        <Dialog id="profile" open=desk.is_profile_open title=name>
            {move || match profile.get() {
                None => view! { <SkeletonList rows=2 label="Loading profile" /> }.into_any(),
                Some(Err(error)) => {
                    let retry = move |()| {
                        if let Some(id) = desk.profile.get_untracked() {
                            load(id);
                        }
                    };
                    view! { <ErrorCard text="Couldn't load this profile." error on_retry=Callback::new(retry) /> }
                        .into_any()
                }
                Some(Ok(profile)) => {
                    let unblocked = profile.person.user.clone();
                    view! {
                        <ProfileView
                            desk
                            profile
                            on_block=Callback::new(move |()| is_asked.set(true))
                            on_unblock=Callback::new(move |()| set_blocked(unblocked.clone(), false))
                        />
                    }
                        .into_any()
                }
            }}
        </Dialog>
        <AlertDialog
            id="block-question"
            open=is_asked
            title=Signal::derive(move || "Block ".to_owned() + &name.get() + "?")
            text=Signal::stored(
                "You can't write to each other any more, and nothing they do notifies you. They are not told."
                    .to_owned(),
            )
            confirm=Signal::stored("Block".to_owned())
            on_confirm=Callback::new(move |()| {
                if let Some(user) = untrack(user) {
                    set_blocked(user, true);
                }
            })
        />
    }
    .into_any()
}

#[component]
fn ProfileView(desk: Desk, profile: PersonProfile, on_block: Callback<()>, on_unblock: Callback<()>) -> impl IntoView {
    let clock = use_clock();
    let PersonProfile { person, time_zone, member_since, block, .. } = profile;
    let user = person.user.clone();
    let is_me = user.id == desk.me;
    let here = time_zone.and_then(|zone| Some(time_in(&zone, now())? + ", " + &zone));
    let status = {
        let person = person.clone();
        move || words(&person, clock)
    };
    let note = match block {
        BlockState::None => None,
        BlockState::ByMe => Some("You have blocked them."),
        BlockState::ByPeer => Some("You can't write to them."),
    };
    let blocking = (!is_me).then(|| {
        if block == BlockState::ByMe {
            view! {
                <button r#type="button" class="button" on:click=move |_| on_unblock.run(())>
                    "Unblock"
                </button>
            }
            .into_any()
        } else {
            view! {
                <button r#type="button" class="button" data-kind="danger" on:click=move |_| on_block.run(())>
                    "Block"
                </button>
            }
            .into_any()
        }
    });
    view! {
        <div class="profile">
            <Avatar user=user.clone() />
            <p class="profile__headline" dir="auto">
                {person.headline.clone()}
            </p>
        </div>
        <dl class="details">
            <div>
                <dt>"Status"</dt>
                <dd>{status}</dd>
            </div>
            {here
                .map(|it| {
                    view! {
                        <div>
                            <dt>"Local time"</dt>
                            <dd>{it}</dd>
                        </div>
                    }
                })}
            <div>
                <dt>"Member since"</dt>
                <dd>{move || clock.day(clock.date(member_since))}</dd>
            </div>
        </dl>
        {note.map(|it| view! { <p class="notice">{it}</p> })}
        <div class="dialog__buttons">
            {blocking}
            {(!is_me && block == BlockState::None)
                .then(|| view! { <MessageButton desk id=user.id name=user.name.clone() is_main=true /> })}
        </div>
    }
    .into_any()
}

fn address(id: UserId, rest: &str) -> String {
    "/api/people/".to_owned() + &id.to_string() + rest
}

/// Blocks somebody or lets them write again, and offers to take it back. False if the server refuses.
async fn send_block(desk: Desk, user: &UserSummary, is_blocked: bool) -> bool {
    let path = address(user.id, "/block");
    let answer = if is_blocked { rest::post_empty(&path).await } else { rest::delete(&path).await };
    let text = match answer {
        Ok(()) if is_blocked => user.name.clone() + " is blocked.",
        Ok(()) => user.name.clone() + " is not blocked any more.",
        Err(error) => {
            desk.say_failed(if is_blocked { "Not blocked." } else { "Not unblocked." }, &error);
            return false;
        }
    };
    let undo = user.clone();
    let run = Callback::new(move |()| {
        let user = undo.clone();
        spawn_local(async move {
            Box::pin(send_block(desk, &user, false)).await;
        });
    });
    desk.toasts.show(ToastKind::News, text, is_blocked.then_some(ToastAction { label: "Undo", run }));
    true
}
