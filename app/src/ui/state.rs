//! What a list or a card shows in place of its content: nothing yet, nothing at all, or why not.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icon::{Icon, IconView};
use super::live::live;
use crate::error::AppError;

/// What will be here one day, and what can be done about it.
#[component]
pub fn EmptyState(
    icon: Icon,
    #[prop(into)] text: String,
    /// One action: a link or a button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty__sign" aria-hidden="true">
                <IconView icon />
            </span>
            <p>{text}</p>
            {children.map(|it| it())}
        </div>
    }
    .into_any()
}

/// Rows where content will be, of the same height.
#[component]
pub fn SkeletonList(
    rows: usize,
    /// Such as `Loading people`.
    label: &'static str,
) -> impl IntoView {
    let rows = (0..rows).map(|it| view! { <li class="skeleton__row" data-width=(it % 4).to_string()></li> }.into_any());
    view! {
        <div aria-busy="true">
            <ul class="skeleton" aria-label=label>
                {rows.collect_view()}
            </ul>
        </div>
    }
    .into_any()
}

/// What failed, in plain words, and another try. Only the part that failed shows it.
#[component]
pub fn ErrorCard(
    /// Such as `Couldn't load people.`.
    text: &'static str,
    error: AppError,
    on_retry: Callback<()>,
) -> impl IntoView {
    let why = reason(&error);
    let id = format!("{}-{}", env!("CARGO_PKG_VERSION"), error.status());
    view! {
        <div class="error-card" role="alert">
            <IconView icon=Icon::Warning />
            <div>
                <p>{text} " " {why}</p>
                <p class="error-card__id">"Error " <code>{id.clone()}</code> <CopyButton text=id what="error id" /></p>
            </div>
            <button r#type="button" class="button" data-size="small" on:click=move |_| on_retry.run(())>
                "Try again"
            </button>
        </div>
    }
    .into_any()
}

/// Why something failed, as a sentence for people.
pub fn reason(error: &AppError) -> String {
    match error {
        AppError::Unreachable(_) => "The server can't be reached.".to_owned(),
        AppError::Internal => "Something went wrong on our side.".to_owned(),
        AppError::Unauthenticated => "You're signed out.".to_owned(),
        AppError::TooManyRequests { retry_after_s } => format!("Too many tries. Try again in {retry_after_s} s."),
        other => format!("{}.", capitalised(&other.to_string())),
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|it| std::iter::once(it.to_ascii_uppercase()).chain(rest).collect()).unwrap_or_default()
}

/// Puts a text into the clipboard, and says so for a moment.
#[component]
pub fn CopyButton(
    #[prop(into)] text: String,
    /// Such as `error id`.
    what: &'static str,
) -> impl IntoView {
    let is_copied = RwSignal::new(false);
    // Browsers lend their clipboard to pages on a safe line alone; elsewhere the text is marked and copied by hand.
    let is_possible = RwSignal::new(false);
    Effect::new(move |_| is_possible.set(window().is_secure_context()));
    let copy = move |_| {
        let copied = wasm_bindgen_futures::JsFuture::from(window().navigator().clipboard().write_text(&text));
        spawn_local(async move {
            // Where the person has forbidden it, the sign stays as it was.
            if copied.await.is_ok() && is_copied.try_set(true).is_none() {
                let forget = move || {
                    is_copied.try_set(false);
                };
                set_timeout(forget, Duration::from_secs(2));
            }
        });
    };
    view! {
        <button r#type="button" class="icon-button" title=format!("Copy {what}") hidden=move || !is_possible.get() on:click=copy>
            {move || view! { <IconView icon=if is_copied.get() { Icon::Tick } else { Icon::Copy } /> }}
            <span class="vh">{move || if is_copied.get() { format!("Copied {what}") } else { format!("Copy {what}") }}</span>
        </button>
    }
    .into_any()
}

/// How many wait: a number, 99+ at most; nothing at 0.
#[component]
pub fn Badge(
    #[prop(into)] count: Signal<usize>,
    /// Such as `unread`.
    what: &'static str,
) -> impl IntoView {
    live(move || {
        let count = count.get();
        (count > 0).then(|| {
            let text = if count > 99 { "99+".to_owned() } else { count.to_string() };
            view! { <span class="badge">{text} <span class="vh">" " {what}</span></span> }.into_any()
        })
    })
}

/// More about what it stands in, shown on hover and focus; never all there is, since it is not read aloud.
#[component]
pub fn Tooltip(#[prop(into)] text: Signal<String>, children: Children) -> impl IntoView {
    view! {
        <span class="tooltip">
            {children()} <span class="tooltip__text" aria-hidden="true">
                {move || text.get()}
            </span>
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_begins_with_a_capital() {
        assert_eq!(capitalised("only its owner may"), "Only its owner may");
        assert_eq!(capitalised(""), "");
    }
}
