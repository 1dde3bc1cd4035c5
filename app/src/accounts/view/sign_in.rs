//! The sign-in page.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::entry::{Entry, LimitNotice, flash_of, other_page, sentences, use_limit, use_next};
use crate::accounts::{FormKind, validate_email};
use crate::ui::browser::{use_countdown, use_online};
use crate::ui::{CsrfField, ErrorSummary, FormErrors, PasswordField, SubmitButton, TextField, When, use_native_form};

/// `/sign-in`: email, password, and the way to an account.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! {
        <Entry heading="Sign in">
            <EndedNotice />
            <SignInForm />
        </Entry>
    }
}

/// Says why somebody who was signed in is asked again.
#[component]
fn EndedNotice() -> impl IntoView {
    let query = use_query_map();
    move || {
        query.with(|it| it.get_str("ended").is_some()).then(|| {
            view! {
                <p class="notice" data-kind="info">
                    "You were signed out. Sign in to continue."
                </p>
            }
        })
    }
}

fn check(email: &str, password: &str) -> FormErrors {
    let mut errors = FormErrors::new();
    if email.trim().is_empty() {
        errors.push((Some("email"), "Enter your email.".to_owned()));
    } else if validate_email(email).is_err() {
        errors.push((Some("email"), "Enter an email like name@example.com.".to_owned()));
    }
    if password.is_empty() {
        errors.push((Some("password"), "Enter your password.".to_owned()));
    }
    errors
}

#[component]
fn SignInForm() -> impl IntoView {
    let flash = flash_of(FormKind::SignIn);
    let next = use_next();
    let (first_seconds, until) = use_limit(flash.as_ref());
    let countdown = use_countdown(until.into());
    let limited_s = Signal::derive(move || until.get().map_or(first_seconds.unwrap_or(0), |_| countdown.get()));
    let refused = flash.as_ref().map(|it| sentences(FormKind::SignIn, &it.error)).unwrap_or_default();
    let errors = RwSignal::new(refused);
    let form = use_native_form();
    let online = use_online();
    let [email, password] = [NodeRef::<html::Input>::new(), NodeRef::new()];
    let look = move || check(&value(email), &value(password));
    let recheck = move || form.changed(look, errors);
    let submit = move |event: SubmitEvent| form.submit(&event, look(), errors);
    let disabled = Signal::derive(move || form.busy.get() || limited_s.get() > 0 || !online.get());
    view! {
        <LimitNotice seconds=limited_s />
        <ErrorSummary errors focused=form.refusals />
        <form method="post" action="/sign-in" class="form" node_ref=form.element on:submit=submit>
            <CsrfField />
            <input r#type="hidden" name="next" value=next />
            <TextField
                id="email"
                label="Email"
                kind="email"
                autocomplete="username"
                value=flash.as_ref().map(|it| it.email.clone()).unwrap_or_default()
                errors
                node_ref=email
                on_change=recheck
            />
            <PasswordField autocomplete="current-password" errors node_ref=password on_change=recheck on_input=|_| () />
            <label class="check">
                <input
                    r#type="checkbox"
                    name="remember"
                    value="true"
                    checked=flash.as_ref().is_none_or(|it| it.remember)
                />
                "Keep me signed in"
            </label>
            <SubmitButton label="Sign in" busy_label="Signing in…" busy=form.busy disabled />
            <When is=move || !online.get()>
                <p class="form__note">"You're offline. Connect to sign in."</p>
            </When>
        </form>
        <p class="entry__other">"New here? " <a href=move || other_page("/sign-up", next)>"Create an account"</a></p>
    }
    .into_any()
}

fn value(input: NodeRef<html::Input>) -> String {
    input.get_untracked().map(|it| it.value()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_empty_field_is_asked_for() {
        assert_eq!(check("", "").len(), 2);
        assert_eq!(check("ada", "x")[0].0, Some("email"));
        assert!(check("ada@example.com", "short").is_empty());
    }
}
