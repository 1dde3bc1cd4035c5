//! Parts of the app that a browser loads when they are needed, so that the first visit to chat doesn't pay for them.
//!
//! The server renders a part like anything else, and names its file to the browser. The browser has the part of the page
//! that it brings to life before it begins ([`load_parts_of`]), and loads others when somebody goes there.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;

use crate::ui::{SkeletonList, live};

type Loading<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A part: what it shows, and whether its file is here.
pub(crate) struct Part {
    /// The file's name in the bundle, as the server preloads it.
    #[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "only the server preloads"))]
    file: &'static str,
    load: fn() -> Loading<()>,
    view: fn() -> Loading<AnyView>,
    is_loaded: AtomicBool,
}

/// Declares parts: `NAME = component in file`. Parts of one file are loaded together.
macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident = $name:ident, $load:ident, $file:ident, $page:path;)+) => {
        $(
            #[cfg_attr(
                feature = "hydrate",
                leptos::wasm_split::wasm_split(
                    $file,
                    wasm_split_path = ::leptos::wasm_split,
                    fallible,
                    preload($load)
                )
            )]
            fn $name() -> Result<AnyView, SplitLoaderError> {
                use $page as Page;
                Ok(view! { <Page /> }.into_any())
            }

            #[cfg(not(feature = "hydrate"))]
            async fn $load() -> Result<(), SplitLoaderError> {
                Ok(())
            }

            $(#[$doc])*
            pub(crate) static $part: Part = Part {
                file: stringify!($file),
                load: || Box::pin($load()),
                #[cfg(feature = "hydrate")]
                view: || Box::pin($name()),
                #[cfg(not(feature = "hydrate"))]
                view: || Box::pin(std::future::ready($name())),
                is_loaded: AtomicBool::new(cfg!(not(feature = "hydrate"))),
            };
        )+
    };
}

parts! {
    /// `/sign-in`.
    SIGN_IN = sign_in, load_sign_in, entry, crate::accounts::SignInPage;
    /// `/sign-up`.
    SIGN_UP = sign_up, load_sign_up, entry, crate::accounts::SignUpPage;
    /// `/terms`.
    TERMS = terms, load_terms, entry, crate::accounts::TermsPage;
    /// `/notifications`.
    NOTIFICATIONS = notifications, load_notifications, notifications, crate::notifications::NotificationsPage;
    /// `/people`.
    PEOPLE = people, load_people, people, crate::people::PeopleView;
    /// `/settings` and what is below it.
    SETTINGS = settings, load_settings_part, settings, crate::settings::SettingsPage;
    /// What `Ctrl/Cmd+K` opens.
    SWITCHER = switcher, load_switcher, tools, super::switcher::SwitcherDialog;
    /// What "New message" opens.
    PEOPLE_PICKER = people_picker, load_people_picker, tools, crate::chat::PeoplePicker;
    /// The buttons of a message.
    TOOLBAR = toolbar, load_toolbar, actions, crate::chat::Toolbar;
    /// What a message's buttons open.
    MESSAGE_DIALOGS = message_dialogs, load_message_dialogs, actions, crate::chat::MessageDialogs;
    /// What can be done about the other person of a conversation.
    PEER_MENU = peer_menu, load_peer_menu, actions, crate::chat::PeerMenu;
    /// What `Shift+Esc` asks.
    READ_ALL = read_all, load_read_all, actions, crate::chat::ReadAllDialog;
    /// What `?` opens.
    KEYBOARD_HELP = keyboard_help, load_keyboard_help, tools, super::keyboard::KeyboardHelp;
}

/// The parts that pages are made of, by path; those below one, such as `/settings/profile`, are made of the same.
static PAGES: &[(&str, &[&Part])] = &[
    ("/sign-in", &[&SIGN_IN]),
    ("/sign-up", &[&SIGN_UP]),
    ("/terms", &[&TERMS]),
    ("/people", &[&PEOPLE]),
    ("/notifications", &[&NOTIFICATIONS]),
    ("/settings", &[&SETTINGS]),
];

/// Loads what the page at `path` is made of. To be done before the server's HTML is brought to life.
///
/// # Errors
/// The file can't be had: the server is gone, or has files of another version.
pub async fn load_parts_of(path: &str) -> Result<(), SplitLoaderError> {
    for part in parts_of(path) {
        part.load().await?;
    }
    Ok(())
}

fn parts_of(path: &str) -> &'static [&'static Part] {
    let is_of = |page: &str| match path.trim_end_matches('/').strip_prefix(page) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    };
    PAGES.iter().find(|(page, _)| is_of(page)).map_or(&[], |(_, parts)| parts)
}

impl Part {
    /// Loads the part's file, if it isn't here.
    pub(crate) async fn load(&'static self) -> Result<(), SplitLoaderError> {
        (self.load)().await?;
        self.is_loaded.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Loads the part in good time, since somebody is about to go there. A file that can't be had is asked for again then.
    pub(crate) fn expect(&'static self) {
        if !self.is_loaded.load(Ordering::Relaxed) {
            spawn_local(async move {
                self.load().await.ok();
            });
        }
    }

    /// The part: at once if it is here, else rows in its place until it is.
    pub(crate) fn show(&'static self) -> AnyView {
        #[cfg(feature = "ssr")]
        leptos::prefetch_lazy_fn_on_server(self.file);
        if let Some(view) = self.now() {
            return view;
        }
        let loaded = RwSignal::new(None);
        let load = move || {
            spawn_local(async move {
                loaded.try_set(Some(self.load().await.is_ok()));
            });
        };
        load();
        let again = move |()| {
            loaded.set(None);
            load();
        };
        let view = move || {
            let instead = match loaded.get() {
                Some(true) => return self.now(),
                Some(false) => view! { <NotLoaded again=Callback::new(again) /> }.into_any(),
                None => view! { <SkeletonList rows=6 label="Loading" /> }.into_any(),
            };
            Some(view! { <div class="page">{instead}</div> }.into_any())
        };
        live(view)
    }

    /// The part, once it is here: nothing stands in its place until then, nor if its file can't be had. Asked for again
    /// the next time.
    pub(crate) fn show_when_here(&'static self) -> AnyView {
        if let Some(view) = self.now() {
            return view;
        }
        let is_here = RwSignal::new(false);
        spawn_local(async move {
            if self.load().await.is_ok() {
                is_here.try_set(true);
            }
        });
        live(move || is_here.get().then(|| self.now()).flatten())
    }

    /// The part, if it is here.
    fn now(&self) -> Option<AnyView> {
        if !self.is_loaded.load(Ordering::Relaxed) {
            return None;
        }
        // Nothing is left to wait for: it is there at the first look.
        match pin!((self.view)()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(view)) => Some(view),
            _ => None,
        }
    }
}

/// Instead of a part whose file could not be had.
#[component]
fn NotLoaded(again: Callback<()>) -> impl IntoView {
    view! {
        <div class="error-card" role="alert">
            <p>"This part of the page couldn't be loaded. Check your line, or reload the page."</p>
            <button r#type="button" class="button" data-size="small" on:click=move |_| again.run(())>
                "Try again"
            </button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_parts_that_its_path_names() {
        let count = |path| parts_of(path).len();
        assert_eq!([count("/sign-in"), count("/sign-in/"), count("/sign-in/x")], [1, 1, 1]);
        assert_eq!([count("/"), count("/nowhere"), count("/sign-inn")], [0, 0, 0]);
    }
}
