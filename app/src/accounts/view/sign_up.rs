//! The sign-up page.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use super::entry::{Entry, LimitNotice, flash_of, other_page, sentences, use_limit, use_next};
use crate::accounts::strength::Strength;
use crate::accounts::{FormKind, PASSWORD_CHARS, validate_email, validate_name, validate_password};
use crate::ui::browser::{use_countdown, use_online};
use crate::ui::{
    CheckField, CsrfField, ErrorSummary, FormErrors, PasswordField, SubmitButton, TextField, When, use_native_form,
};

/// The field that is ticked by whoever agrees to the terms.
const TERMS_FIELD: &str = "terms";
/// Said by the form and, to a browser without script, by the server.
pub(super) const TERMS_MISSING: &str = "Agree to the terms to open an account.";

/// `/sign-up`: name, email, password, terms.
#[component]
pub fn SignUpPage() -> impl IntoView {
    view! {
        <Entry heading="Create an account">
            <SignUpForm />
        </Entry>
    }
}

fn check(name: &str, email: &str, password: &str, has_agreed: bool) -> FormErrors {
    let mut errors = FormErrors::new();
    if name.trim().is_empty() {
        errors.push((Some("name"), "Enter your name.".to_owned()));
    } else if let Err(detail) = validate_name(name) {
        errors.push((Some("name"), format!("Name {detail}.")));
    }
    if validate_email(email).is_err() {
        errors.push((Some("email"), "Enter an email like name@example.com.".to_owned()));
    }
    if validate_password(password).is_err() {
        let (least, chars) = (PASSWORD_CHARS.start(), password.chars().count());
        errors.push((
            Some("password"),
            if chars < *least {
                format!("Use at least {least} characters; this has {chars}.")
            } else {
                format!("Use at most {} characters; this has {chars}.", PASSWORD_CHARS.end())
            },
        ));
    }
    if !has_agreed {
        errors.push((Some(TERMS_FIELD), TERMS_MISSING.to_owned()));
    }
    errors
}

#[component]
fn SignUpForm() -> impl IntoView {
    let flash = flash_of(FormKind::SignUp);
    let next = use_next();
    let (first_seconds, until) = use_limit(flash.as_ref());
    let countdown = use_countdown(until.into());
    let limited_s = Signal::derive(move || until.get().map_or(first_seconds.unwrap_or(0), |_| countdown.get()));
    let refused = flash.as_ref().map(|it| sentences(FormKind::SignUp, &it.error)).unwrap_or_default();
    let errors = RwSignal::new(refused);
    let form = use_native_form();
    let online = use_online();
    let strength = RwSignal::new(None::<Strength>);
    let [name, email, password] = [NodeRef::<html::Input>::new(), NodeRef::new(), NodeRef::new()];
    let terms = NodeRef::<html::Input>::new();
    let look = move || {
        let has_agreed = terms.get_untracked().is_some_and(|it| it.checked());
        check(&value(name), &value(email), &value(password), has_agreed)
    };
    let recheck = move || form.changed(look, errors);
    let judge = move |password: String| {
        let judgement = Strength::of(&password, &[&value(name), &value(email)]);
        strength.set((!password.is_empty()).then_some(judgement));
    };
    let submit = move |event: SubmitEvent| form.submit(&event, look(), errors);
    let disabled = Signal::derive(move || form.busy.get() || limited_s.get() > 0 || !online.get());
    let [kept_name, kept_email] = flash.map(|it| [it.name, it.email]).unwrap_or_default();
    view! {
        <LimitNotice seconds=limited_s />
        <ErrorSummary errors focused=form.refusals />
        <form method="post" action="/sign-up" class="form" node_ref=form.element on:submit=submit>
            <CsrfField />
            <input r#type="hidden" name="next" value=next />
            <TextField
                id="name"
                label="Name"
                kind="text"
                autocomplete="name"
                value=kept_name
                errors
                node_ref=name
                on_change=recheck
            />
            <TextField
                id="email"
                label="Email"
                kind="email"
                autocomplete="username"
                value=kept_email
                errors
                node_ref=email
                on_change=recheck
            />
            <PasswordField
                autocomplete="new-password"
                hint="At least 12 characters. A few words in a row are easy to remember and hard to guess."
                errors
                node_ref=password
                on_change=recheck
                on_input=judge
            >
                <StrengthLine strength />
            </PasswordField>
            <CheckField id=TERMS_FIELD errors node_ref=terms on_change=recheck>
                "I agree to the " <a href="/terms" target="_blank">"terms" <span class="vh">" (opens in a new tab)"</span></a>
            </CheckField>
            <SubmitButton label="Create account" busy_label="Creating account…" busy=form.busy disabled />
            <When is=move || !online.get()>
                <p class="form__note">"You're offline. Connect to create an account."</p>
            </When>
        </form>
        <p class="entry__other">"Have an account? " <a href=move || other_page("/sign-in", next)>"Sign in"</a></p>
    }
    .into_any()
}

/// How hard the password is to guess: in words, with a bar beside them.
#[component]
fn StrengthLine(strength: RwSignal<Option<Strength>>) -> impl IntoView {
    move || {
        strength.get().map(|it| {
            view! {
                <p class="strength" data-strength=it.name()>
                    <span class="strength__bar" aria-hidden="true"></span>
                    "Strength: "
                    {it.label()}
                </p>
            }
        })
    }
}

fn value(input: NodeRef<html::Input>) -> String {
    input.get_untracked().map(|it| it.value()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_its_own_sentence() {
        let errors = check("", "ada", "short", false);
        let fields: Vec<_> = errors.iter().filter_map(|it| it.0).collect();
        assert_eq!(fields, ["name", "email", "password", "terms"]);
        assert!(errors[2].1.contains("this has 5"));
        assert!(check("Ada", "ada@example.com", "correct horse battery", true).is_empty());
    }
}
