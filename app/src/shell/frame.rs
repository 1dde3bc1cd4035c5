//! The frame of every page behind the sign-in: the bar, the rail, and room for the section.

use leptos::prelude::*;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::use_location;

use super::connection::{ConnectionBanner, ConnectionPill};
use super::keyboard::provide_keyboard;
use super::parts::{KEYBOARD_HELP, Part, SWITCHER};
use super::rail::Rail;
use super::sidebar::provide_sidebar;
use super::switcher::provide_switcher;
use super::use_page;
use super::user_menu::UserMenu;
use super::version::VersionBar;
use crate::realtime::{RealtimeConfig, provide_realtime};
use crate::ui::{Icon, IconView, ToastRegion, live, provide_toasts};

/// Sends whoever is not signed in to the sign-in page, and everybody else into the frame.
#[component]
pub fn Frame() -> impl IntoView {
    let Some(user) = use_page().user else {
        let location = use_location();
        let path = location.pathname.get_untracked()
            + &location.search.with_untracked(|it| match it.as_str() {
                "" => String::new(),
                search => format!("?{}", search.trim_start_matches('?')),
            });
        return view! { <Redirect path=sign_in_path(&path) /> }.into_any();
    };
    provide_realtime(RealtimeConfig::from_page(), user.id);
    let toasts = provide_toasts();
    super::theme::provide_theme();
    let settings = crate::settings::provide_settings(&user);
    crate::chat::provide_chat(&user);
    provide_sidebar();
    let keyboard = provide_keyboard(settings.value(|it| it.keyboard.single_keys));
    let switcher = provide_switcher();
    crate::notifications::provide_notifications(&user);
    crate::chat::offer_conversations();
    crate::people::watch_activity();
    view! {
        <a class="skip-link" href="#content" on:click=skip>
            "Skip to content"
        </a>
        <div class="shell">
            <header class="bar">
                <a class="bar__brand" href="/">
                    <BrandMark />
                    "SmartLink"
                </a>
                <button
                    r#type="button"
                    class="bar__search"
                    title="Search and commands"
                    aria-haspopup="dialog"
                    aria-keyshortcuts="Control+K Meta+K"
                    on:click=move |_| switcher.open()
                >
                    <IconView icon=Icon::Search />
                    <span class="bar__search-word">"Search"</span>
                    <kbd aria-hidden="true">"Ctrl K"</kbd>
                </button>
                <ConnectionPill />
                <UserMenu user />
            </header>
            <div class="shell__banners">
                <ConnectionBanner />
                <VersionBar />
            </div>
            <Rail />
            <Outlet />
        </div>
        <ToastRegion toasts />
        <Tool is_open=keyboard.is_help_open part=&KEYBOARD_HELP />
        <Tool is_open=switcher.is_open part=&SWITCHER />
    }
    .into_any()
}

/// A dialog that is loaded when it opens for the first time.
#[component]
pub(crate) fn Tool(is_open: RwSignal<bool>, part: &'static Part) -> impl IntoView {
    let is_wanted = Memo::new(move |before| before.copied().unwrap_or_default() || is_open.get());
    live(move || is_wanted.get().then(|| part.show()))
}

/// The router would only scroll: this moves the focus as well.
fn skip(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    crate::ui::browser::focus("content");
}

/// The sign-in page that leads back to `path`.
fn sign_in_path(path: &str) -> String {
    if path == "/" {
        return "/sign-in".to_owned();
    }
    let escaped: String = path.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
        text
    });
    format!("/sign-in?next={escaped}")
}

/// A digit of a percent escape.
fn hex(half: u8) -> char {
    char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase()
}

/// The sign of the house: two links that hold each other.
#[component]
pub fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <rect x="1" y="1" width="22" height="22" rx="6.5" />
            <path d="M10.6 13.4a3 3 0 0 0 4.3 0l2.2-2.2a3 3 0 0 0-4.3-4.3l-.9.9M13.4 10.6a3 3 0 0 0-4.3 0l-2.2 2.2a3 3 0 0 0 4.3 4.3l.9-.9" />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_survives_the_sign_in() {
        assert_eq!(sign_in_path("/"), "/sign-in");
        assert_eq!(sign_in_path("/chat?at=7&x=ä"), "/sign-in?next=/chat%3Fat%3D7%26x%3D%C3%A4");
    }
}
