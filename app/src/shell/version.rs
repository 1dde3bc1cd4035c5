//! Which build of the app a page is of, and the bar that says that the server has a newer one.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::announcer::use_announcer;
use crate::error::AppError;
use crate::realtime::browser::page_meta;
use crate::realtime::use_realtime;
use crate::rest::page_function;
use crate::ui::When;

/// Name of the `<meta>` element whose `content` is the page's build.
pub const BUILD_META: &str = "build";

const TEXT: &str = "A new version is ready.";

/// The build that the server hands out: the version, and the hash that the built files bear in their names.
///
/// The hash stands beside the program, as the build left it. Without one (a build that gives its files plain names)
/// the version alone has to do.
#[cfg(feature = "ssr")]
pub(super) fn build_id() -> &'static str {
    static BUILD: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let beside = std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join("hash.txt")));
        let hashes = beside.and_then(|it| std::fs::read_to_string(it).ok()).unwrap_or_default();
        let hash = hashes.lines().find_map(|it| it.strip_prefix("js: ")).unwrap_or_default();
        format!("{} {hash}", env!("CARGO_PKG_VERSION")).trim_end().to_owned()
    });
    &BUILD
}

#[cfg(not(feature = "ssr"))]
pub(super) const fn build_id() -> &'static str {
    ""
}

page_function! { "build",
    /// The build that the server hands out now.
    ///
    /// # Errors
    /// `Unreachable`, made in the browser.
    pub async fn current_build() -> Result<String, AppError> {
        std::future::ready(Ok(build_id().to_owned())).await
    }
}

/// Asks for the server's build each time that the line has come back, since a new version begins with a new process.
#[component]
pub fn VersionBar() -> impl IntoView {
    let status = use_realtime().status();
    let announcer = use_announcer();
    let is_outdated = RwSignal::new(false);
    let is_live = Memo::new(move |_| status.with(crate::realtime::status::Status::is_live));
    Effect::new(move |times: Option<u32>| {
        let times = times.unwrap_or(0) + u32::from(is_live.get());
        // The first connection is that of a page which has just come from the server.
        if times > 1 && is_live.get_untracked() {
            spawn_local(async move {
                // Without an answer it is asked again at the next time.
                let Ok(build) = current_build().await else { return };
                if build != page_meta(BUILD_META) && is_outdated.try_get_untracked() == Some(false) {
                    is_outdated.set(true);
                    announcer.say(TEXT);
                }
            });
        }
        times
    });
    // A page that can't be loaded anew shows the browser's own error, which says why.
    let reload = move |_| drop(window().location().reload());
    view! {
        <When is=move || is_outdated.get()>
            <section class="banner" data-kind="news" aria-label="New version">
                <p>{TEXT}</p>
                <button r#type="button" class="button" data-size="small" on:click=reload>
                    "Reload"
                </button>
            </section>
        </When>
    }
}
