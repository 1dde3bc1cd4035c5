//! Fields with label, hint and error; the summary above them; the button that says it is busy.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use super::browser::{focus, focus_first, use_hydrated};
use super::icon::{Icon, IconView};
use crate::accounts::CsrfToken;
use crate::shell::use_page;

/// What is wrong with a form: the id of the field and a whole sentence each; `None` for the form as a whole.
pub type FormErrors = Vec<(Option<&'static str>, String)>;

/// The id of the summary, which takes the focus when a form was refused.
const SUMMARY: &str = "form-errors";

fn error_of(errors: Signal<FormErrors>, id: &'static str) -> Option<String> {
    errors.with(|it| it.iter().find(|(field, _)| *field == Some(id)).map(|(_, text)| text.clone()))
}

/// The ids that describe a field: its hint and, if there is one, its error.
fn described_by(errors: Signal<FormErrors>, id: &'static str, has_hint: bool) -> Option<String> {
    let hint = has_hint.then(|| format!("{id}-hint"));
    let error = error_of(errors, id).map(|_| format!("{id}-error"));
    let ids = hint.into_iter().chain(error).collect::<Vec<_>>().join(" ");
    (!ids.is_empty()).then_some(ids)
}

/// The hidden field that proves where the form comes from.
#[component]
pub fn CsrfField() -> impl IntoView {
    view! { <input r#type="hidden" name=CsrfToken::FIELD value=use_page().csrf_token.0 /> }
}

/// All errors in one place, read aloud at once, each a link to its field. Takes the focus when `focused` counts up, and
/// when the page came with errors from the server.
#[component]
pub fn ErrorSummary(#[prop(into)] errors: Signal<FormErrors>, #[prop(into)] focused: Signal<u32>) -> impl IntoView {
    Effect::new(move |is_later: Option<bool>| {
        let is_asked = focused.get() > 0;
        let is_refused = errors.with_untracked(|it| !it.is_empty());
        if is_refused && is_asked {
            request_animation_frame(|| focus(SUMMARY));
        } else if is_refused && is_later.is_none() {
            focus_first(SUMMARY);
        }
        true
    });
    move || {
        let errors = errors.get();
        (!errors.is_empty()).then(|| {
            let lines = errors.into_iter().map(|(field, text)| match field {
                Some(id) => view! {
                    <li>
                        <a
                            href=format!("#{id}")
                            on:click=move |event| {
                                event.prevent_default();
                                focus(id);
                            }
                        >
                            {text}
                        </a>
                    </li>
                }
                .into_any(),
                None => view! { <li>{text}</li> }.into_any(),
            });
            view! {
                <div id=SUMMARY class="notice" data-kind="error" role="alert" tabindex="-1">
                    <IconView icon=Icon::Warning />
                    <ul>{lines.collect_view()}</ul>
                </div>
            }
        })
    }
}

/// The line under a field that says what is wrong with it.
#[component]
fn FieldErrorLine(id: &'static str, errors: Signal<FormErrors>) -> impl IntoView {
    move || {
        error_of(errors, id).map(|text| {
            view! { <p class="field__error" id=format!("{id}-error")>{text}</p> }
        })
    }
}

/// One line of text with its label.
#[component]
pub fn TextField(
    /// Also the name under which the form sends it.
    id: &'static str,
    label: &'static str,
    /// `text` or `email`.
    kind: &'static str,
    autocomplete: &'static str,
    /// What had been filled in before.
    value: String,
    #[prop(into)] errors: Signal<FormErrors>,
    node_ref: NodeRef<html::Input>,
    /// Called when the field is left with another text than before.
    on_change: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                node_ref=node_ref
                id=id
                name=id
                r#type=kind
                autocomplete=autocomplete
                autocapitalize=if kind == "email" { "none" } else { "words" }
                spellcheck="false"
                dir="auto"
                required
                value=value
                aria-invalid=move || error_of(errors, id).map(|_| "true")
                aria-describedby=move || described_by(errors, id, false)
                on:change=move |_| on_change()
            />
            <FieldErrorLine id errors />
        </div>
    }
    .into_any()
}

/// A box to tick, with what it means beside it.
#[component]
pub fn CheckField(
    /// Also the name under which the form sends it.
    id: &'static str,
    #[prop(into)] errors: Signal<FormErrors>,
    node_ref: NodeRef<html::Input>,
    on_change: impl Fn() + 'static,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="check" for=id>
                <input
                    node_ref=node_ref
                    id=id
                    name=id
                    r#type="checkbox"
                    required
                    aria-invalid=move || error_of(errors, id).map(|_| "true")
                    aria-describedby=move || described_by(errors, id, false)
                    on:change=move |_| on_change()
                />
                <span>{children()}</span>
            </label>
            <FieldErrorLine id errors />
        </div>
    }
    .into_any()
}

/// A password, which can be shown. Pasting is allowed.
#[component]
pub fn PasswordField(
    /// Also the name under which the form sends it.
    #[prop(default = "password")]
    id: &'static str,
    #[prop(default = "Password")] label: &'static str,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    /// The rule, before anything is typed.
    #[prop(optional)]
    hint: Option<&'static str>,
    #[prop(into)] errors: Signal<FormErrors>,
    node_ref: NodeRef<html::Input>,
    on_change: impl Fn() + 'static,
    on_input: impl Fn(String) + 'static,
    /// Stands below the field: how strong a new password is.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let shown = RwSignal::new(false);
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="field__group">
                <input
                    node_ref=node_ref
                    id=id
                    name=id
                    r#type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    minlength=hint.map(|_| crate::accounts::PASSWORD_CHARS.start().to_string())
                    aria-invalid=move || error_of(errors, id).map(|_| "true")
                    aria-describedby=move || described_by(errors, id, hint.is_some())
                    on:change=move |_| on_change()
                    on:input:target=move |event| on_input(event.target().value())
                />
                <button
                    r#type="button"
                    class="icon-button field__reveal"
                    title="Show password"
                    aria-pressed=move || shown.get().to_string()
                    hidden=move || !hydrated.get()
                    on:click=move |_| shown.update(|it| *it = !*it)
                >
                    {move || view! { <IconView icon=if shown.get() { Icon::EyeOff } else { Icon::Eye } /> }}
                    <span class="vh">"Show password"</span>
                </button>
            </div>
            <FieldErrorLine id errors />
            {hint.map(|text| view! { <p class="field__hint" id=format!("{id}-hint")>{text}</p> })}
            {children.map(|it| it())}
        </div>
    }
    .into_any()
}

/// The form's one main button.
#[component]
pub fn SubmitButton(
    label: &'static str,
    /// What it says while the server is asked.
    busy_label: &'static str,
    #[prop(into)] busy: Signal<bool>,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            r#type="submit"
            class="button"
            data-kind="primary"
            aria-busy=move || busy.get().then_some("true")
            disabled=move || disabled.get()
        >
            {move || if busy.get() { busy_label } else { label }}
        </button>
    }
    .into_any()
}

/// A plain form that the browser itself sends: script only looks at the fields first and shows that it is under way.
#[derive(Debug, Clone, Copy)]
pub struct NativeForm {
    /// The form's element.
    pub element: NodeRef<html::Form>,
    /// Whether it is being sent.
    pub busy: RwSignal<bool>,
    /// Whether it was tried once: from then on fields are looked at when they are left.
    pub tried: RwSignal<bool>,
    /// How often it was refused here.
    pub refusals: RwSignal<u32>,
}

impl NativeForm {
    /// Lets the browser send the form if `found` is empty, and shows what was found otherwise.
    pub fn submit(self, event: &leptos::ev::SubmitEvent, found: FormErrors, errors: RwSignal<FormErrors>) {
        self.tried.set(true);
        if found.is_empty() {
            self.busy.set(true);
        } else {
            event.prevent_default();
            self.refusals.update(|it| *it += 1);
        }
        errors.set(found);
    }

    /// A field has changed: once the form was tried, what is wrong with it is looked at again. If a press of the pointer
    /// is what left the field, that waits until it is released: an error that goes moves what is below from under it.
    pub fn changed(self, look: impl Fn() -> FormErrors + 'static, errors: RwSignal<FormErrors>) {
        if self.tried.get_untracked() {
            let refusals = self.refusals.get_untracked();
            when_released(move || {
                // Sent meanwhile, it is the server that looks, or has looked and refused it.
                let is_sent = self.busy.try_get_untracked() != Some(false);
                if !is_sent && self.refusals.try_get_untracked() == Some(refusals) {
                    errors.try_set(look());
                }
            });
        }
    }
}

/// Runs it now, or once nothing is pressed any more.
fn when_released(run: impl FnOnce() + 'static) {
    /// How often is looked: shorter than anybody sees.
    const LOOK: Duration = Duration::from_millis(50);
    let is_pressed = document().query_selector(":active").is_ok_and(|it| it.is_some());
    if is_pressed { set_timeout(|| when_released(run), LOOK) } else { run() }
}

/// See [`NativeForm`]. Our own sentences take the place of the browser's bubbles once the page has come to life.
pub fn use_native_form() -> NativeForm {
    let form = NativeForm {
        element: NodeRef::new(),
        busy: RwSignal::new(false),
        tried: RwSignal::new(false),
        refusals: RwSignal::new(0),
    };
    Effect::new(move |_| {
        if let Some(element) = form.element.get() {
            element.set_no_validate(true);
        }
    });
    Effect::new(move |_| {
        // Back from the next page, the browser may show this one as it was left: busy.
        let listener = window_event_listener(leptos::ev::pageshow, move |_| form.busy.set(false));
        on_cleanup(move || listener.remove());
    });
    form
}
