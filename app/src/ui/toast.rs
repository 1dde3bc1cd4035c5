//! Toasts: short words on what has just happened elsewhere. Whatever they say is found on a page as well.

use std::time::Duration;

use leptos::prelude::*;

use super::each::Each;
use super::icon::{Icon, IconView};

/// How many are shown at once; a new one takes the place of the oldest.
const MAX: usize = 3;
/// How long one stays, unless it is an error or somebody looks at it.
const STAY_MS: u32 = 6_000;
const TICK_MS: u32 = 250;

/// What a toast is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something to know: goes by itself, and is read aloud when there is a pause.
    News,
    /// Something that failed: stays until it is closed, and is read aloud at once.
    Error,
}

/// One thing that can be done about it.
#[derive(Debug, Clone, Copy)]
pub struct ToastAction {
    /// The verb.
    pub label: &'static str,
    /// Does it; the toast goes.
    pub run: Callback<()>,
}

#[derive(Debug, Clone)]
struct Toast {
    id: u64,
    kind: ToastKind,
    text: String,
    action: Option<ToastAction>,
    left_ms: u32,
}

/// Those that are shown, oldest first.
#[derive(Debug, Clone, Default)]
struct Shown {
    toasts: Vec<Toast>,
    last_id: u64,
}

impl Shown {
    fn push(&mut self, kind: ToastKind, text: String, action: Option<ToastAction>) {
        self.last_id += 1;
        self.toasts.push(Toast { id: self.last_id, kind, text, action, left_ms: STAY_MS });
        if self.toasts.len() > MAX {
            let oldest = self.toasts.iter().position(|it| it.kind == ToastKind::News).unwrap_or(0);
            self.toasts.remove(oldest);
        }
    }

    /// Time that nobody looked at them has gone by.
    fn pass(&mut self, ms: u32) {
        self.toasts.retain_mut(|it| {
            if it.kind == ToastKind::News {
                it.left_ms = it.left_ms.saturating_sub(ms);
            }
            it.left_ms > 0
        });
    }

    fn is_waiting(&self) -> bool {
        self.toasts.iter().any(|it| it.kind == ToastKind::News)
    }
}

/// Where toasts are put. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Shown>,
    is_looked_at: RwSignal<bool>,
}

/// Gives the toasts to everything below.
pub fn provide_toasts() -> Toasts {
    let toasts = Toasts { shown: RwSignal::default(), is_looked_at: RwSignal::new(false) };
    provide_context(toasts);
    toasts
}

/// See [`Toasts`].
///
/// # Panics
/// Outside of [`provide_toasts`].
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    /// Says something, with at most one thing that can be done about it.
    pub fn show(self, kind: ToastKind, text: impl Into<String>, action: Option<ToastAction>) {
        self.shown.update(|it| it.push(kind, text.into(), action));
    }

    fn close(self, id: u64) {
        self.shown.update(|it| it.toasts.retain(|it| it.id != id));
    }
}

/// The toasts that are shown, in the corner; pointing at them or having the focus in them makes them stay.
#[component]
pub fn ToastRegion(toasts: Toasts) -> impl IntoView {
    let is_waiting = Memo::new(move |_| toasts.shown.with(Shown::is_waiting) && !toasts.is_looked_at.get());
    Effect::new(move |_| {
        if !is_waiting.get() {
            return;
        }
        let tick = move || {
            // A tick may have been on its way when somebody began to look.
            if is_waiting.try_get_untracked() == Some(true) {
                toasts.shown.try_update(|it| it.pass(TICK_MS));
            }
        };
        if let Ok(interval) = set_interval_with_handle(tick, Duration::from_millis(TICK_MS.into())) {
            on_cleanup(move || interval.clear());
        }
    });
    let look = move |is_looked_at| move |_| toasts.is_looked_at.set(is_looked_at);
    let look_focus = move |is_looked_at| move |_| toasts.is_looked_at.set(is_looked_at);
    view! {
        <section
            class="toasts"
            aria-label="Messages"
            on:mouseenter=look(true)
            on:mouseleave=look(false)
            on:focusin=look_focus(true)
            on:focusout=look_focus(false)
        >
            <Each each=move || toasts.shown.with(|it| it.toasts.clone()) key=|it| it.id let:toast>
                <ToastView toasts toast />
            </Each>
        </section>
    }
    .into_any()
}

#[component]
fn ToastView(toasts: Toasts, toast: Toast) -> impl IntoView {
    let Toast { id, kind, text, action, .. } = toast;
    let (role, name) = match kind {
        ToastKind::News => ("status", "news"),
        ToastKind::Error => ("alert", "error"),
    };
    let button = action.map(|action| {
        let press = move |_| {
            toasts.close(id);
            action.run.run(());
        };
        view! {
            <button r#type="button" class="button" data-size="small" on:click=press>
                {action.label}
            </button>
        }
        .into_any()
    });
    view! {
        <div class="toast" data-kind=name>
            <p role=role dir="auto">
                {text}
            </p>
            {button}
            <button r#type="button" class="icon-button" title="Close" on:click=move |_| toasts.close(id)>
                <IconView icon=Icon::Close />
                <span class="vh">"Close"</span>
            </button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(shown: &Shown) -> Vec<&str> {
        shown.toasts.iter().map(|it| it.text.as_str()).collect()
    }

    #[test]
    fn a_fourth_takes_the_place_of_the_oldest_that_is_no_error() {
        let mut shown = Shown::default();
        shown.push(ToastKind::Error, "failed".into(), None);
        for text in ["one", "two", "three"] {
            shown.push(ToastKind::News, text.into(), None);
        }
        assert_eq!(texts(&shown), ["failed", "two", "three"]);
    }

    #[test]
    fn news_go_after_six_seconds_and_errors_stay() {
        let mut shown = Shown::default();
        shown.push(ToastKind::Error, "failed".into(), None);
        shown.push(ToastKind::News, "news".into(), None);
        shown.pass(5_999);
        assert_eq!(texts(&shown), ["failed", "news"]);
        shown.pass(1);
        assert_eq!(texts(&shown), ["failed"]);
        assert!(!shown.is_waiting());
    }
}
