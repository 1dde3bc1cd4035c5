//! A menu behind a button: a popover, so the browser closes it with Escape or a click elsewhere.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::icon::{Icon, IconView};

/// One thing that can be done.
#[derive(Debug, Clone)]
pub struct MenuItem {
    /// The verb.
    pub label: String,
    /// Its picture.
    pub icon: Icon,
    /// Whether it takes something away.
    pub is_danger: bool,
    /// Does it; the menu closes first.
    pub run: Callback<()>,
}

/// The button and the menu. Arrows, Home and End move, Enter chooses, Escape closes and gives the focus back.
#[component]
pub fn Menu(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    /// What the button says to screen readers, and in its tooltip.
    #[prop(into)]
    label: String,
    #[prop(into)] items: Signal<Vec<MenuItem>>,
) -> impl IntoView {
    let (button, menu) = (NodeRef::<html::Button>::new(), NodeRef::<html::Div>::new());
    let is_open = RwSignal::new(false);
    let toggled = move |_| {
        let Some(menu) = menu.get_untracked() else { return };
        let is_shown = menu.matches(":popover-open").unwrap_or(false);
        is_open.set(is_shown);
        if is_shown {
            if let Some(button) = button.get_untracked() {
                place(&menu, &button);
            }
            move_focus(&menu, Step::First);
        }
    };
    let press = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => Step::Next,
            "ArrowUp" => Step::Previous,
            "Home" => Step::First,
            "End" => Step::Last,
            "Tab" => {
                hide(menu);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(menu) = menu.get_untracked() {
            move_focus(&menu, step);
        }
    };
    let choose = move |run: Callback<()>| {
        hide(menu);
        run.run(());
    };
    let title = label.clone();
    let menu_label = label.clone();
    let target = id.clone();
    view! {
        <button
            node_ref=button
            r#type="button"
            class="icon-button"
            popovertarget=target
            aria-haspopup="menu"
            aria-expanded=move || is_open.get().to_string()
            title=title
        >
            <IconView icon=Icon::More />
            <span class="vh">{label}</span>
        </button>
        <div
            node_ref=menu
            id=id
            class="menu menu-anchored"
            popover
            role="menu"
            aria-label=menu_label
            on:toggle=toggled
            on:keydown=press
        >
            <div class="menu__part" role="none">
                {move || {
                    items
                        .get()
                        .into_iter()
                        .map(|item| {
                            let run = item.run;
                            view! {
                                <button
                                    r#type="button"
                                    class="menu__item"
                                    role="menuitem"
                                    tabindex="-1"
                                    data-kind=item.is_danger.then_some("danger")
                                    on:click=move |_| choose(run)
                                >
                                    <IconView icon=item.icon />
                                    {item.label}
                                </button>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </div>
    }
    .into_any()
}

enum Step {
    First,
    Last,
    Next,
    Previous,
}

fn hide(menu: NodeRef<html::Div>) {
    if let Some(menu) = menu.get_untracked() {
        // One that is closed already stays so.
        menu.hide_popover().ok();
    }
}

fn move_focus(menu: &web_sys::HtmlElement, step: Step) {
    let Ok(items) = menu.query_selector_all("[role=menuitem]") else { return };
    let count = items.length();
    if count == 0 {
        return;
    }
    let focused = document().active_element();
    let at = (0..count).find(|at| items.get(*at).as_ref() == focused.as_ref().map(AsRef::as_ref));
    let next = match (step, at) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Previous, None) => count - 1,
        (Step::Next, Some(at)) => (at + 1) % count,
        (Step::Previous, Some(at)) => (at + count - 1) % count,
    };
    if let Some(item) = items.get(next).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        item.focus().ok();
    }
}

/// Puts a popover that has just opened beside the button that opens it, and the focus on the first thing in it.
pub fn place_popover(event: &web_sys::Event) {
    let Some(popover) = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
    if !popover.matches(":popover-open").unwrap_or(false) {
        return;
    }
    let opener = document().query_selector(&["[popovertarget=\"", &popover.id(), "\"]"].concat()).ok().flatten();
    if let Some(opener) = opener.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        place(&popover, &opener);
    }
    if let Some(first) = popover.query_selector("button").ok().flatten() {
        // One that is not shown leaves the focus where it is.
        first.unchecked_into::<web_sys::HtmlElement>().focus().ok();
    }
}

/// Under the button, or above it where there is no room; never out of the window.
fn place(menu: &web_sys::HtmlElement, button: &web_sys::HtmlElement) {
    const GAP: f64 = 4.0;
    let (anchor, own) = (button.get_bounding_client_rect(), menu.get_bounding_client_rect());
    let side = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|it| it.as_f64()).unwrap_or_default();
    let (width, height) = (side(window().inner_width()), side(window().inner_height()));
    let below = anchor.bottom() + GAP;
    let top = if below + own.height() > height { (anchor.top() - GAP - own.height()).max(GAP) } else { below };
    let left = (anchor.right() - own.width()).clamp(GAP, (width - own.width() - GAP).max(GAP));
    let style = menu.style();
    for (name, value) in [("--x", left), ("--y", top)] {
        // A property that can't be set leaves the menu in the corner, where it can be used as well.
        style.set_property(name, &format!("{value}px")).ok();
    }
}
