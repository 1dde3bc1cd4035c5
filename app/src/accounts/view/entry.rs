//! What both pages share: the card around the form, the way on, and the words for what the server refused.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::sign_up::TERMS_MISSING;
use crate::accounts::{FormFlash, FormKind, next_path};
use crate::error::AppError;
use crate::shell::{BrandMark, use_page};
use crate::time::Timestamp;
use crate::ui::browser::{focus_first, now};
use crate::ui::{FormErrors, When};

/// The card in the middle of the page; whoever is signed in already is sent on.
#[component]
pub(super) fn Entry(heading: &'static str, children: Children) -> impl IntoView {
    if use_page().user.is_some() {
        let next = use_next().get_untracked();
        return view! { <Redirect path=next /> }.into_any();
    }
    view! {
        <Title text=heading />
        <main class="entry" id="content">
            <div class="entry__card">
                <p class="entry__brand">
                    <BrandMark />
                    "SmartLink"
                </p>
                <h1 tabindex="-1">{heading}</h1>
                {children()}
            </div>
        </main>
    }
    .into_any()
}

/// The path to go to afterwards, from the query `next`.
pub(super) fn use_next() -> Signal<String> {
    let query = use_query_map();
    Signal::derive(move || query.with(|it| next_path(it.get_str("next")).to_owned()))
}

/// The address of the other page, which keeps the way on.
pub(super) fn other_page(path: &'static str, next: Signal<String>) -> String {
    next.with(|next| {
        if next == "/" {
            path.to_owned()
        } else {
            let next = next.replace('%', "%25").replace('&', "%26").replace('#', "%23").replace('+', "%2B");
            format!("{path}?next={next}")
        }
    })
}

/// The form that the server refused just before, if it is this page's.
pub(super) fn flash_of(form: FormKind) -> Option<FormFlash> {
    use_page().flash.filter(|it| it.form == form)
}

/// What the server said, as sentences at their fields.
pub(super) fn sentences(form: FormKind, error: &AppError) -> FormErrors {
    match (form, error) {
        // One sentence for both, so that nobody learns which addresses have an account.
        (FormKind::SignIn, AppError::Invalid(_) | AppError::Unauthenticated) => {
            vec![(Some("email"), "Email or password is wrong.".to_owned())]
        }
        (FormKind::SignUp, AppError::Conflict(_)) => {
            vec![(Some("email"), "This email has an account already. Sign in instead.".to_owned())]
        }
        (FormKind::SignUp, AppError::Invalid(fields)) => fields
            .iter()
            .map(|it| match it.field.as_str() {
                "name" => (Some("name"), format!("Name {}.", it.detail)),
                "email" => (Some("email"), format!("Email {}.", it.detail)),
                "password" => (Some("password"), format!("Password {}.", it.detail)),
                "terms" => (Some("terms"), TERMS_MISSING.to_owned()),
                _ => (None, format!("{it}.")),
            })
            .collect(),
        (_, AppError::CsrfMismatch) => vec![(None, "This page was open for too long. Send it again.".to_owned())],
        // Said by the countdown, which ends by itself.
        (_, AppError::TooManyRequests { .. }) => Vec::new(),
        (_, AppError::Unavailable(_) | AppError::Unreachable(_)) => {
            vec![(None, "The server can't answer right now. Try again in a moment.".to_owned())]
        }
        _ => vec![(None, "Something went wrong on our side. Try again.".to_owned())],
    }
}

/// Until when the server wants to be left alone, once the browser's clock is known.
///
/// The first render shows the server's own number of seconds, which is the `Option` beside it.
pub(super) fn use_limit(flash: Option<&FormFlash>) -> (Option<u64>, RwSignal<Option<Timestamp>>) {
    let seconds = match flash.map(|it| &it.error) {
        Some(AppError::TooManyRequests { retry_after_s }) => Some(*retry_after_s),
        _ => None,
    };
    let until = RwSignal::new(None);
    Effect::new(move |_| {
        if let Some(seconds) = seconds {
            let ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
            until.set(Some(now().plus_ms(ms)));
        }
    });
    (seconds, until)
}

/// "Too many tries", counting down. The number is read aloud once, by taking the focus, not every second.
#[component]
pub(super) fn LimitNotice(seconds: Signal<u64>) -> impl IntoView {
    const ID: &str = "limit";
    let is_limited = Memo::new(move |_| seconds.get() > 0);
    Effect::new(move |_| {
        if is_limited.get() {
            focus_first(ID);
        }
    });
    view! {
        <When is=move || is_limited.get()>
            <div id=ID class="notice" data-kind="error" role="alert" aria-live="off" tabindex="-1">
                <p>"Too many tries. Try again in " {move || seconds.get()} " s."</p>
            </div>
        </When>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_address_and_a_wrong_password_read_the_same() {
        for field in ["email", "password", "credentials"] {
            let said = sentences(FormKind::SignIn, &AppError::invalid(field, "is wrong"));
            assert_eq!(said, vec![(Some("email"), "Email or password is wrong.".to_owned())]);
        }
    }

    #[test]
    fn a_refused_field_is_named() {
        let said = sentences(FormKind::SignUp, &AppError::invalid("password", "has 4 characters: expected 12 to 256"));
        assert_eq!(said[0].0, Some("password"));
        assert!(said[0].1.starts_with("Password has 4 characters"));
    }
}
