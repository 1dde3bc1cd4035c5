//! The password, and where the person is signed in, each with the way out.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::leave_if_signed_out;
use super::password::PasswordForm;
use crate::rest;
use crate::settings::device::device_name;
use crate::settings::{SessionInfo, list_sessions};
use crate::ui::{
    AgoText, AlertDialog, CsrfField, ErrorCard, SkeletonList, ToastKind, When, reason, suspended, use_toasts,
};

#[component]
pub(super) fn SecuritySection() -> impl IntoView {
    let opening = crate::json::resource(list_sessions);
    let sessions = RwSignal::new(Vec::<SessionInfo>::new());
    view! {
        <PasswordForm on_changed=Callback::new(move |()| opening.refetch()) />
        <section class="settings__part" aria-labelledby="sessions">
            <h2 class="settings__title" id="sessions" tabindex="-1">
                "Where you are signed in"
            </h2>
            {suspended(
                || view! { <SkeletonList rows=2 label="Loading sessions" /> }.into_any(),
                move || async move {
                    match opening.await {
                        Ok(found) => {
                            sessions.set(found);
                            view! { <SessionList sessions /> }.into_any()
                        }
                        Err(error) => {
                            leave_if_signed_out(&error);
                            let on_retry = Callback::new(move |()| opening.refetch());
                            view! { <ErrorCard text="Couldn't load your sessions." error on_retry /> }.into_any()
                        }
                    }
                },
            )}
        </section>
    }
    .into_any()
}

#[component]
fn SessionList(sessions: RwSignal<Vec<SessionInfo>>) -> impl IntoView {
    let toasts = use_toasts();
    let is_asked = RwSignal::new(false);
    // One of them, or all but this one.
    let end = move |id: Option<i64>| {
        let path = id.map_or_else(|| "/api/sessions".to_owned(), |id| "/api/sessions/".to_owned() + &id.to_string());
        spawn_local(async move {
            match rest::delete(&path).await {
                Ok(()) => {
                    sessions.try_update(|it| it.retain(|it| it.is_current || id.is_some_and(|id| it.id != id)));
                    crate::ui::browser::focus("sessions");
                    toasts.show(ToastKind::News, "Signed out there.", None);
                }
                Err(error) => toasts.show(ToastKind::Error, "Not signed out. ".to_owned() + &reason(&error), None),
            }
        });
    };
    let has_others = Memo::new(move |_| sessions.with(|it| it.iter().any(|it| !it.is_current)));
    let row = move |session: SessionInfo| {
        let name = device_name(session.user_agent.as_deref());
        let SessionInfo { id, is_current, .. } = session;
        let way_out = (!is_current).then(|| {
            let name = name.clone();
            view! {
                <form
                    method="post"
                    action="/settings/sign-out"
                    on:submit=move |event| {
                        event.prevent_default();
                        end(Some(id));
                    }
                >
                    <CsrfField />
                    <input r#type="hidden" name="id" value=id.to_string() />
                    <button r#type="submit" class="button" data-size="small">
                        "Sign out"
                        <span class="vh">" " {name}</span>
                    </button>
                </form>
            }
        });
        view! {
            <li class="settings__row">
                <div class="settings__grow">
                    <p class="settings__name">
                        {name} {is_current.then(|| view! { <span class="settings__mark">"This browser"</span> })}
                    </p>
                    <p class="field__hint">
                        {session.address.map(|it| it + " · ")} "signed in " <AgoText at=session.created_at /> ", last used "
                        <AgoText at=session.last_seen_at />
                    </p>
                </div>
                {way_out}
            </li>
        }
    };
    view! {
        <ul class="settings__list">
            <For each=move || sessions.get() key=|it| it.id children=row />
        </ul>
        <When is=move || has_others.get()>
            <form
                method="post"
                action="/settings/sign-out"
                on:submit=move |event| {
                    event.prevent_default();
                    is_asked.set(true);
                }
            >
                <CsrfField />
                <button r#type="submit" class="button" data-kind="danger">
                    "Sign out everywhere else"
                </button>
            </form>
        </When>
        <AlertDialog
            id="sign-out-question"
            open=is_asked
            title=Signal::stored("Sign out everywhere else?".to_owned())
            text=Signal::stored("All other browsers have to sign in again. This one stays signed in.".to_owned())
            confirm=Signal::stored("Sign out everywhere else".to_owned())
            on_confirm=Callback::new(move |()| end(None))
        />
    }
    .into_any()
}
