//! Another password, for whoever knows the present one.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use super::Section;
use crate::accounts::{ChangePassword, FormKind, validate_password};
use crate::error::AppError;
use crate::rest;
use crate::shell::use_page;
use crate::ui::browser::go_to_sign_in;
use crate::ui::{
    CsrfField, ErrorSummary, FormErrors, PasswordField, SubmitButton, ToastKind, reason, use_native_form, use_toasts,
};

const CURRENT: &str = "current_password";
const NEW: &str = "password";
/// What is said once it is changed.
const CHANGED: &str = "Password changed. You are signed out everywhere else.";

/// The form. `on_changed` is told when the other sessions are gone.
#[component]
pub(super) fn PasswordForm(on_changed: Callback<()>) -> impl IntoView {
    let page = use_page();
    let refused = page.flash.filter(|it| it.form == FormKind::Settings && it.name == Section::Security.name());
    let errors = RwSignal::new(refused.map(|it| sentences(&it.error)).unwrap_or_default());
    let form = use_native_form();
    let toasts = use_toasts();
    let [current, new] = [NodeRef::<html::Input>::new(), NodeRef::new()];
    let look = move || check(&value(current), &value(new));
    let recheck = move || form.changed(look, errors);
    let submit = move |event: SubmitEvent| {
        form.submit(&event, look(), errors);
        if !form.busy.get_untracked() {
            return;
        }
        event.prevent_default();
        let passwords = ChangePassword { current_password: value(current), password: value(new) };
        spawn_local(async move {
            let answer = rest::put_empty("/api/user/password", &passwords).await;
            form.busy.try_set(false);
            match answer {
                Ok(()) => {
                    form.tried.try_set(false);
                    for field in [current, new] {
                        if let Some(field) = field.try_get_untracked().flatten() {
                            field.set_value("");
                        }
                    }
                    toasts.show(ToastKind::News, CHANGED, None);
                    on_changed.try_run(());
                }
                Err(AppError::Unauthenticated) => go_to_sign_in(),
                Err(error) => {
                    errors.try_set(sentences(&error));
                    form.refusals.try_update(|it| *it += 1);
                }
            }
        });
    };
    let query = use_query_map();
    let is_changed = query.with_untracked(|it| it.get_str("changed") == Some("password"));
    view! {
        <section class="settings__part" aria-labelledby="password-title">
            <h2 class="settings__title" id="password-title">
                "Password"
            </h2>
            {is_changed.then(|| view! { <p role="status">{CHANGED}</p> })} <ErrorSummary errors focused=form.refusals />
            <form
                method="post"
                action="/settings/password"
                class="form settings__form"
                aria-labelledby="password-title"
                node_ref=form.element
                on:submit=submit
            >
                <CsrfField />
                // Password managers keep a new password under the address that stands beside it.
                <input r#type="text" autocomplete="username" value=page.user.map(|it| it.email) readonly hidden />
                <PasswordField
                    id=CURRENT
                    label="Current password"
                    autocomplete="current-password"
                    errors
                    node_ref=current
                    on_change=recheck
                    on_input=|_| {}
                />
                <PasswordField
                    id=NEW
                    label="New password"
                    autocomplete="new-password"
                    hint="At least 12 characters. All other browsers are signed out."
                    errors
                    node_ref=new
                    on_change=recheck
                    on_input=|_| {}
                />
                <SubmitButton label="Change password" busy_label="Changing password…" busy=form.busy disabled=form.busy />
            </form>
        </section>
    }
    .into_any()
}

/// What can be said of the fields before the server is asked.
fn check(current: &str, new: &str) -> FormErrors {
    let mut errors = FormErrors::new();
    if current.is_empty() {
        errors.push((Some(CURRENT), "Enter your current password.".to_owned()));
    }
    if let Err(detail) = validate_password(new) {
        errors.push((Some(NEW), format!("New password {detail}.")));
    }
    errors
}

/// What the server said, a sentence a field.
fn sentences(error: &AppError) -> FormErrors {
    let AppError::Invalid(fields) = error else { return vec![(None, reason(error))] };
    let sentence = |field: &str, detail: &str| match field {
        CURRENT => (Some(CURRENT), "Your current password is another one.".to_owned()),
        NEW => (Some(NEW), format!("New password {detail}.")),
        other => (None, format!("{other} {detail}.")),
    };
    fields.iter().map(|it| sentence(&it.field, &it.detail)).collect()
}

fn value(input: NodeRef<html::Input>) -> String {
    input.get_untracked().map(|it| it.value()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_at_fault_has_its_sentence() {
        let errors = check("", "short");
        assert_eq!(errors.iter().map(|it| it.0).collect::<Vec<_>>(), [Some(CURRENT), Some(NEW)]);
        assert_eq!(errors[1].1, "New password has 5 characters: expected 12 to 256.");
        assert!(check("the present one", "correct horse battery").is_empty());
    }

    #[test]
    fn what_the_server_refuses_is_told_at_its_field() {
        let refused = sentences(&AppError::invalid("current_password", "is not the password of this account"));
        assert_eq!(refused, [(Some(CURRENT), "Your current password is another one.".to_owned())]);
        let limited = sentences(&AppError::TooManyRequests { retry_after_s: 30 });
        assert_eq!(limited[0].0, None);
    }
}
