//! What people agree to when they open an account.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::shell::BrandMark;

const TERMS: [(&str, &str); 5] = [
    (
        "Your account",
        "It is yours alone. Keep its password to yourself, and write under a name that others know you by.",
    ),
    (
        "Talking to each other",
        "Write nothing that is against the law, and nothing meant to deceive, to threaten or to flood others with what \
         they did not ask for.",
    ),
    (
        "What is stored",
        "What you write is stored on this server, so that those it is meant for can read it, today and later. Whoever \
         runs the server answers for how it is kept.",
    ),
    (
        "Who decides",
        "Whoever runs this server may close an account, or take away what breaks these terms, and says why when asked.",
    ),
    ("What is promised", "The service is offered as it is. Keep a copy of what you can't do without."),
];

/// `/terms`: short enough to be read.
#[component]
pub fn TermsPage() -> impl IntoView {
    let terms = TERMS.map(|(title, text)| {
        view! {
            <h2>{title}</h2>
            <p>{text}</p>
        }
    });
    view! {
        <Title text="Terms" />
        <main class="entry" id="content">
            <div class="entry__card entry__card-text">
                <p class="entry__brand">
                    <BrandMark />
                    "SmartLink"
                </p>
                <h1 tabindex="-1">"Terms"</h1>
                {terms}
            </div>
        </main>
    }
    .into_any()
}
