//! The document around the app, which only the server makes.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use super::{Standing, Theme};
use crate::App;
use crate::realtime::RealtimeConfig;
use crate::realtime::browser::{KEY_META, PATH_META};
use crate::shell::version::{BUILD_META, build_id};

/// The whole document: head, scripts, and the app in the body.
///
/// Takes the contexts [`Theme`], the system's where none is given, [`RealtimeConfig`], and [`Standing`] for what somebody
/// has chosen.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    let appearance = use_context::<Standing>().unwrap_or_default().settings.appearance;
    let realtime = use_context::<RealtimeConfig>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=theme.attribute()
            data-density=appearance.density.attribute()
            data-text-size=appearance.text_size_attribute()
        >
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f6f7fa" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#0b0e14" media="(prefers-color-scheme: dark)" />
                <meta name="description" content="Talk, see who is here, and watch it all live." />
                <meta name=KEY_META content=realtime.key />
                <meta name=PATH_META content=realtime.path />
                <meta name=BUILD_META content=build_id() />
                <link rel="preload" href="/fonts/inter-latin-wght-normal.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous" />
                <HashedStylesheet options=options.clone() id="smartlink" />
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
