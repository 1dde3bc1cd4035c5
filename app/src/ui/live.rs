//! What changes while it is shown.

use leptos::prelude::*;

/// Shows what `view` makes, and again whenever something that it has read changes. As a closure in `view!` does, but one
/// for all of them, so that the browser's code for it is there once.
pub fn live<View: IntoAny + 'static>(view: impl Fn() -> View + Send + 'static) -> AnyView {
    erased(Box::new(move || view().into_any()))
}

fn erased(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || view()).into_any()
}
