//! The page for an address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use super::frame::BrandMark;

/// What the page is about does not exist: the server answers with 404. Nothing in the browser.
pub fn answer_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
}

/// What every unknown address shows.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    answer_not_found();
    view! {
        <Title text="Not found" />
        <main class="entry" id="content">
            <div class="entry__card">
                <p class="entry__brand">
                    <BrandMark />
                    "SmartLink"
                </p>
                <h1 tabindex="-1">"This page doesn't exist"</h1>
                <p class="entry__text">"The address may be mistyped, or what was here is gone."</p>
                <a class="button" data-kind="primary" href="/">
                    "Go to Chat"
                </a>
            </div>
        </main>
    }
    .into_any()
}
