//! For those who build SmartLink: every component in every state on one page, in debug builds alone.

#[cfg(debug_assertions)]
mod gallery;

use leptos::prelude::*;

/// `/dev/components`: the target of screenshots and of the accessibility scan. A release has no such page.
#[component]
pub fn ComponentsPage() -> impl IntoView {
    #[cfg(debug_assertions)]
    return gallery::Gallery().into_any();
    #[cfg(not(debug_assertions))]
    return crate::shell::NotFoundPage().into_any();
}
