//! Pages: what the app is told of a request before it renders, and the cookies and headers that go with a page.

use std::net::SocketAddr;
use std::sync::Arc;

use app::accounts::{AccountService, CsrfToken, CurrentUser, FormFlash, User};
use app::chat::ChatService;
use app::error::AppError;
use app::notifications::{NotificationFilter, NotificationQuery, NotificationService};
use app::people::PeopleService;
use app::realtime::RealtimeConfig;
use app::settings::{CurrentSession, SettingsService};
use app::shell::{Standing, Theme};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::nonce::use_nonce;
use leptos::prelude::{LeptosOptions, expect_context, provide_context, use_context};
use leptos_axum::ResponseOptions;

use super::csrf::CsrfContext;
use super::identity::Identity;
use super::origin::RequestOrigin;
use super::session_renewal::SessionRenewal;
use super::{cookies, flash, security_headers};
use crate::config::Config;
use crate::state::AppState;

/// What a page is told of its request, found out before the page is rendered.
#[derive(Clone)]
struct PageRequest {
    user: CurrentUser,
    session: CurrentSession,
    csrf_token: CsrfToken,
    theme: Theme,
    flash: Option<FormFlash>,
    standing: Option<Standing>,
    host: String,
}

/// What stands before the address of a server function, which brings no page.
const FUNCTIONS: &str = "/fn/";

/// Finds out who looks at the page, and sets the cookies that it needs.
pub async fn prepare(
    State(state): State<AppState>,
    origin: RequestOrigin,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    let identity =
        match Identity::of(&state, request.headers(), SessionRenewal::of(request.extensions()).as_ref()).await {
            Ok(identity) => identity,
            Err(error) => return error.into_response(),
        };
    let standing = match identity.user() {
        Some(user) if !request.uri().path().starts_with(FUNCTIONS) => match standing_of(&state, user).await {
            Ok(standing) => Some(standing),
            Err(error) => return error.into_response(),
        },
        _ => None,
    };
    let csrf = CsrfContext::of(&state.signer, request.headers());
    let flash = flash::open(&state.signer, request.headers());
    let has_flash = cookies::value(request.headers(), cookies::FLASH).is_some();
    let theme = cookies::value(request.headers(), Theme::COOKIE).and_then(|it| it.parse().ok()).unwrap_or_default();
    request.extensions_mut().insert(PageRequest {
        user: identity.current_user(),
        session: CurrentSession(if let Identity::Session(session) = &identity { Some(session.id) } else { None }),
        csrf_token: csrf.token.clone(),
        theme,
        flash,
        standing,
        host: origin.host.clone(),
    });
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // What a page shows is one person's; the browser asks each time, and keeps no copy for the next person.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    csrf.set_cookies(headers, origin.is_https);
    if has_flash {
        cookies::set(headers, cookies::no_flash(origin.is_https));
    }
    response
}

/// How things stand for whoever looks at the page. The position comes before the rest, so that nothing falls between.
async fn standing_of(state: &AppState, user: &User) -> Result<Standing, AppError> {
    let query = NotificationQuery { filter: NotificationFilter::Unread, limit: Some(1), before: None };
    let notifications = state.notifications.notifications(user.id, query).await?;
    Ok(Standing {
        unread_notifications: notifications.unread_count,
        position: Some(notifications.position),
        settings: state.settings.settings(user.id).await?,
        status: state.people.chosen_status(user).await?,
    })
}

/// Gives a page, or a server function, the contexts that `app` asks for.
pub fn provide(state: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context::<Arc<dyn ChatService>>(Arc::clone(&state.chat));
        provide_context::<Arc<dyn NotificationService>>(Arc::clone(&state.notifications));
        provide_context::<Arc<dyn PeopleService>>(Arc::clone(&state.people));
        provide_context::<Arc<dyn SettingsService>>(Arc::clone(&state.settings));
        provide_context::<Arc<dyn AccountService>>(Arc::clone(&state.accounts));
        provide_context(RealtimeConfig {
            key: state.own.now().key.clone(),
            path: state.config.server.path.clone().unwrap_or_default(),
        });
        let Some(page) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<PageRequest>().cloned()) else {
            return;
        };
        provide_context(page.user);
        provide_context(page.session);
        provide_context(page.csrf_token);
        provide_context(page.theme);
        if let Some(flash) = page.flash {
            provide_context(flash);
        }
        if let Some(standing) = page.standing {
            provide_context(standing);
        }
        if let Some(nonce) = use_nonce() {
            let policy = security_headers::page_policy(&nonce, &page.host, state.config.server.reload_port.is_some());
            expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// The answer to an address of no page: the app's page that says so.
pub async fn mark_not_found(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// How Leptos finds the built files. Their names have hashes if the build has left the list of them beside the program.
pub fn leptos_options(config: &Config, address: SocketAddr) -> LeptosOptions {
    const HASH_FILE: &str = "hash.txt";
    let beside = std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join(HASH_FILE)));
    LeptosOptions::builder()
        .output_name("smartlink")
        .site_root(config.site_root().to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(address)
        .reload_port(config.server.reload_port.map_or(u32::from(address.port()) + 1, u32::from))
        .hash_file(Arc::from(HASH_FILE))
        .hash_files(beside.is_some_and(|it| it.is_file()))
        .build()
}
