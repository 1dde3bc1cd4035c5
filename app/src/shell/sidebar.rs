//! The section's sidebar: beside the page where there is room, a drawer over it where there is not.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::ui::browser::focus;
use crate::ui::{Icon, IconView};

/// Below this width the sidebar is a drawer; the same as in `style/sidebar.css`.
const DRAWER: &str = "(max-width: 63.99rem)";
const SIDEBAR: &str = "sidebar";
const TOGGLE: &str = "sidebar-toggle";
const CLOSE: &str = "sidebar-close";

/// Whether the sidebar is open where it is a drawer. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct SidebarState {
    is_open: RwSignal<bool>,
}

/// Gives the state to everything below.
pub(super) fn provide_sidebar() {
    provide_context(SidebarState { is_open: RwSignal::new(false) });
}

/// See [`SidebarState`].
///
/// # Panics
/// Outside of the frame.
pub fn use_sidebar() -> SidebarState {
    expect_context()
}

impl SidebarState {
    /// Closes the drawer: somebody has found what they were looking for.
    pub fn close(self) {
        self.is_open.set(false);
    }
}

/// The button that opens the drawer. It stands in the page's header, and shows only where there is a drawer.
#[component]
pub fn SidebarToggle(
    /// What it shows, in lower case: `conversations`.
    what: &'static str,
) -> impl IntoView {
    let SidebarState { is_open } = use_sidebar();
    let name = format!("Show {what}");
    let title = name.clone();
    view! {
        <button
            r#type="button"
            id=TOGGLE
            class="icon-button sidebar__toggle"
            title=title
            aria-controls=SIDEBAR
            aria-expanded=move || is_open.get().to_string()
            on:click=move |_| is_open.set(true)
        >
            <IconView icon=Icon::Back />
            <span class="vh">{name}</span>
        </button>
    }
    .into_any()
}

/// The sidebar. While it is an open drawer the page behind it takes neither focus nor clicks, and Escape closes it.
#[component]
pub fn SectionSidebar(
    /// Its name as a region: `Conversations`.
    label: &'static str,
    children: Children,
) -> impl IntoView {
    let SidebarState { is_open } = use_sidebar();
    let is_over = use_is_over(is_open);
    let state = move || if is_open.get() { "open" } else { "closed" };
    Effect::new(move |was_over: Option<bool>| {
        let is_over = is_over.get();
        set_page_inert(is_over);
        match was_over {
            Some(false) if is_over => request_animation_frame(|| focus(CLOSE)),
            Some(true) if !is_over => request_animation_frame(return_focus),
            _ => {}
        }
        is_over
    });
    on_cleanup(move || is_open.set(false));
    let name = format!("Close {}", label.to_ascii_lowercase());
    let title = name.clone();
    view! {
        <div class="sidebar__scrim" data-state=state on:click=move |_| is_open.set(false)></div>
        <aside id=SIDEBAR class="sidebar" aria-label=label data-state=state>
            <button
                r#type="button"
                id=CLOSE
                class="icon-button sidebar__close"
                title=title
                on:click=move |_| is_open.set(false)
            >
                <IconView icon=Icon::Close />
                <span class="vh">{name}</span>
            </button>
            {children()}
        </aside>
    }
    .into_any()
}

/// Whether the drawer is open and covers the page; false in the first render.
fn use_is_over(is_open: RwSignal<bool>) -> Memo<bool> {
    let is_drawer = RwSignal::new(false);
    Effect::new(move |_| {
        let look = move || {
            let matches = window().match_media(DRAWER).ok().flatten().is_some_and(|it| it.matches());
            if is_drawer.try_get_untracked().is_some_and(|it| it != matches) {
                is_drawer.set(matches);
            }
        };
        look();
        let listeners = (
            window_event_listener(ev::resize, move |_| look()),
            window_event_listener(ev::keydown, move |event| {
                if event.key() == "Escape" && is_drawer.get_untracked() && !event.default_prevented() {
                    is_open.set(false);
                }
            }),
        );
        on_cleanup(move || {
            listeners.0.remove();
            listeners.1.remove();
        });
    });
    Memo::new(move |_| is_open.get() && is_drawer.get())
}

fn set_page_inert(is_inert: bool) {
    if let Some(page) = document().get_element_by_id("content") {
        let done = if is_inert { page.set_attribute("inert", "") } else { page.remove_attribute("inert") };
        // Only a name that is no attribute's could be refused.
        done.ok();
    }
}

/// Back to what opened the drawer, unless the focus has gone to a place of its own meanwhile.
fn return_focus() {
    let focused = document().active_element();
    let is_nowhere = focused.is_none_or(|it| {
        it.tag_name() == "BODY"
            || it
                .dyn_ref::<web_sys::HtmlElement>()
                .is_some_and(|it| it.closest(".sidebar").is_ok_and(|it| it.is_some()))
    });
    if is_nowhere {
        focus(TOGGLE);
    }
}
