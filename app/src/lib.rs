//! SmartLink's app: everything that the server and the browser share.
//!
//! Compiled twice: for the server with the feature `ssr`, for the browser with `hydrate`.

#![expect(
    unreachable_pub,
    reason = "`#[component]` puts a public function beside each component, in private modules too"
)]

pub mod error;
pub mod ids;
mod json;
mod letters;
pub mod time;

pub mod realtime;

pub mod accounts;
pub mod admin;
pub mod campaigns;
pub mod chat;
pub mod notifications;
pub mod people;
pub mod settings;
pub mod wallet;

pub mod dev;
pub mod rest;
pub mod shell;
mod sorted;
pub mod ui;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use shell::parts;
pub use shell::shell;

/// The whole app: what is shared by all pages, and which page stands at which path.
///
/// No page may live under `/app`, `/apps` or `/api`, which belong to the WebSocket server and the REST API. Pages are
/// rendered whole before they are sent, so that they can be read without script.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    shell::provide_page();
    ui::browser::provide_hydrated();
    ui::provide_clock();
    let announcer = shell::provide_announcer();
    let attention = shell::provide_attention();
    view! {
        <Title formatter=move |place: String| attention.title(&place) />
        <Router>
            <shell::RouteFocus announcer />
            <Routes fallback=shell::NotFoundPage>
                <Route path=path!("/sign-in") view=|| parts::SIGN_IN.show() ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=|| parts::SIGN_UP.show() ssr=SsrMode::Async />
                <Route path=path!("/terms") view=|| parts::TERMS.show() ssr=SsrMode::Async />
                <Route path=path!("/dev/components") view=dev::ComponentsPage ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=shell::Frame ssr=SsrMode::Async>
                    <ParentRoute path=path!("") view=chat::ChatLayout ssr=SsrMode::Async>
                        <Route path=path!("") view=chat::GeneralPage ssr=SsrMode::Async />
                        <Route path=path!("chat") view=chat::GeneralPage ssr=SsrMode::Async />
                        <Route path=path!("chat/:user") view=chat::DirectPage ssr=SsrMode::Async />
                    </ParentRoute>
                    <Route path=path!("/people") view=|| parts::PEOPLE.show() ssr=SsrMode::Async />
                    <Route
                        path=path!("/notifications")
                        view=|| parts::NOTIFICATIONS.show()
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=path!("/settings/:section?")
                        view=|| parts::SETTINGS.show()
                        ssr=SsrMode::Async
                    />
                </ParentRoute>
            </Routes>
        </Router>
        <shell::LiveRegions announcer />
        <shell::FailureBar />
    }
}
