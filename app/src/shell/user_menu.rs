//! The menu behind one's own picture: the theme, and the way out. A popover of plain forms, so it works without script.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{Theme, use_theme};
use crate::accounts::{User, UserSummary};
use crate::ui::{Avatar, CsrfField, Icon, IconView};

/// The picture in the bar, and what it opens.
#[component]
pub fn UserMenu(user: User) -> impl IntoView {
    let menu = NodeRef::<leptos::html::Div>::new();
    let close = move |_| {
        if let Some(menu) = menu.get_untracked() {
            // One that is closed already stays so.
            menu.hide_popover().ok();
        }
    };
    view! {
        <button r#type="button" class="bar__user" popovertarget="account-menu" aria-haspopup="dialog">
            <span class="vh">"Account of " {user.name.clone()}</span>
            <Avatar user=UserSummary::from(&user) />
        </button>
        <div node_ref=menu id="account-menu" class="menu" popover role="dialog" aria-label="Account">
            <div class="menu__head">
                <p class="menu__name" dir="auto">
                    {user.name.clone()}
                </p>
                <p class="menu__detail">{user.email.clone()}</p>
            </div>
            <ThemeForm />
            <div class="menu__part">
                <a class="menu__item" href="/settings" on:click=close>
                    <IconView icon=Icon::Settings />
                    "Settings"
                </a>
            </div>
            <form method="post" action="/sign-out" class="menu__part">
                <CsrfField />
                <button r#type="submit" class="menu__item">
                    <IconView icon=Icon::SignOut />
                    "Sign out"
                </button>
            </form>
        </div>
    }
    .into_any()
}

/// Three buttons of one form; script changes the colours without a new page.
#[component]
fn ThemeForm() -> impl IntoView {
    let theme = use_theme();
    let choose = move |event: SubmitEvent| {
        let Some(chosen) = event
            .submitter()
            .and_then(|it| it.dyn_into::<web_sys::HtmlButtonElement>().ok())
            .and_then(|it| it.value().parse::<Theme>().ok())
        else {
            return;
        };
        event.prevent_default();
        theme.choose(chosen);
    };
    let buttons = Theme::ALL.map(|it| {
        let icon = match it {
            Theme::System => Icon::System,
            Theme::Light => Icon::Light,
            Theme::Dark => Icon::Dark,
        };
        view! {
            <button
                r#type="submit"
                name="theme"
                value=it.name()
                class="segments__button"
                aria-pressed=move || (theme.chosen() == it).to_string()
            >
                <IconView icon />
                {it.label()}
            </button>
        }
        .into_any()
    });
    view! {
        <form method="post" action="/theme" class="menu__part" on:submit=choose>
            <CsrfField />
            <input r#type="hidden" name="next" value="/" />
            <p class="menu__label" id="theme-label">
                "Theme"
            </p>
            <div class="segments" role="group" aria-labelledby="theme-label">
                {buttons}
            </div>
        </form>
    }
    .into_any()
}
