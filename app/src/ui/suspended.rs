//! What has to be waited for.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;

type Waiting = Pin<Box<dyn Future<Output = AnyView> + Send>>;

/// What `view` comes to, and `before` in its place until then. The server waits for it, as for any `<Suspense>`; this is
/// one for all views, so that the browser's code for it is there once.
pub fn suspended<View>(
    before: impl Fn() -> AnyView + Send + Sync + 'static,
    view: impl Fn() -> View + Send + Sync + 'static,
) -> AnyView
where
    View: Future<Output = AnyView> + Send + 'static,
{
    erased(Box::new(before), Box::new(move || Box::pin(view())))
}

fn erased(before: Box<dyn Fn() -> AnyView + Send + Sync>, view: Box<dyn Fn() -> Waiting + Send + Sync>) -> AnyView {
    view! { <Suspense fallback=move || before()>{move || Suspend::new(view())}</Suspense> }.into_any()
}
