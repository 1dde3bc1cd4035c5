//! Every route and every layer.

use std::sync::{Arc, OnceLock};

use app::App;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any_service, get, post};
use axum::{Extension, Router};
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list, render_app_async_with_context};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::trace::TraceLayer;

use crate::config::Config;
use crate::http::metrics::RequestMetrics;
use crate::http::problem::{BodyLimit, answer_panic, describe_bare_failures, no_such_path};
use crate::http::{
    api, body_timeout, broadcasting, cors, csrf, forms, health, metrics, operator, origin, page_forms, page_owner,
    pages, plain_page, pusher, security_headers, session_renewal, static_files, theme,
};
use crate::state::AppState;
use crate::websocket;

/// Everything that this server answers. The layers around all of it stand from the outermost inwards, and are one to the
/// router, which would box every request and answer once more for each.
pub fn router(state: AppState) -> Router {
    let max_body_bytes = state.config.max_body_bytes();
    let routes = Router::new()
        .merge(pusher_server(&state))
        .merge(programs(&state))
        .merge(people(&state))
        .route("/up", get(health::up))
        .route("/ready", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .merge(operator::router())
        .fallback_service(files(&state))
        .layer((
            TraceLayer::new_for_http(),
            from_fn(plain_page::show_problems),
            CatchPanicLayer::custom(answer_panic),
            from_fn_with_state((Arc::clone(&state.config), Arc::clone(&state.requests)), around),
            DefaultBodyLimit::max(max_body_bytes),
            Extension(BodyLimit(max_body_bytes)),
        ))
        .with_state(state);
    // Around the whole, since a route tells which methods it allows only outside of its own layers.
    Router::new().fallback_service(routes).layer(from_fn(describe_bare_failures))
}

/// What is done before and after every request.
async fn around(
    State((config, requests)): State<(Arc<Config>, Arc<RequestMetrics>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let measurement = metrics::measure(&request);
    origin::resolve(&config, &mut request);
    let mut response = next.run(request).await;
    security_headers::add(&mut response);
    measurement.end(&requests, response.status());
    response
}

/// The WebSocket server and its API, below the prefix that a deployment may have given it.
fn pusher_server(state: &AppState) -> Router<AppState> {
    // With the little that they need for their state: each layer clones what it wraps, for every request, down to it.
    let routes = Router::new()
        .merge(websocket::router().with_state(Arc::clone(&state.hub)))
        .merge(pusher::router().with_state(state.pusher_api.clone()));
    match &state.config.server.path {
        Some(prefix) => Router::new().nest(prefix, routes.route("/up", get(health::up))),
        None => routes,
    }
}

/// What scripts and programs ask: JSON in, JSON out, also from pages of other origins that are allowed.
fn programs(state: &AppState) -> Router<AppState> {
    let api = Router::new().nest("/api", api::router()).layer(from_fn_with_state(state.clone(), csrf::protect));
    Router::new()
        .merge(api)
        .merge(broadcasting::router())
        .route("/sanctum/csrf-cookie", get(csrf::csrf_cookie))
        .layer(from_fn(session_renewal::renew))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(state.clone(), cors::allow))
        .layer(from_fn_with_state(Arc::clone(&state.config), body_timeout::limit))
}

/// What people see and send: pages, the server functions that pages call, and plain forms.
fn people(state: &AppState) -> Router<AppState> {
    let options = state.leptos_options.clone();
    Router::new()
        .leptos_routes_with_context(state, page_routes(), pages::provide(state.clone()), move || {
            app::shell(options.clone())
        })
        .layer(from_fn(page_owner::keep))
        .merge(forms::router())
        .merge(page_forms::router())
        .route("/theme", post(theme::set_theme))
        .layer(from_fn_with_state(state.clone(), pages::prepare))
        .layer(from_fn_with_state(state.clone(), csrf::protect))
        .layer(from_fn_with_state(Arc::clone(&state.config), body_timeout::limit))
        .layer(from_fn(session_renewal::renew))
        .layer(CompressionLayer::new())
}

/// The app's pages. Found once: for so long Leptos gives no answer to any page of the process, and one that another server
/// renders just then, as in tests, would wait for ever.
fn page_routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// Built files, and for what is none of them the app's own page that says so.
fn files(state: &AppState) -> Router {
    let root = state.config.site_root();
    let options = state.leptos_options.clone();
    let page = render_app_async_with_context(pages::provide(state.clone()), move || app::shell(options.clone()));
    let not_found = get(page)
        .layer(from_fn(page_owner::keep))
        .layer(from_fn(pages::mark_not_found))
        .layer(from_fn_with_state(state.clone(), pages::prepare))
        .fallback(no_such_path)
        .with_state::<()>(state.clone());
    let directory = static_files::directory(&root).call_fallback_on_method_not_allowed(true).fallback(not_found);
    Router::new()
        .route("/pkg/{*path}", any_service(static_files::directory(&root)))
        .fallback_service(directory)
        .layer(from_fn(static_files::cache))
}
