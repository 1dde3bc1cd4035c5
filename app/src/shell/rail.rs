//! The rail: the sections, with icon and word, and how much waits in each.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::parts::{NOTIFICATIONS, PEOPLE, Part};
use super::{AttentionSource, use_attention};
use crate::ui::{Badge, Icon, IconView};

/// The main navigation.
#[component]
pub fn Rail() -> impl IntoView {
    let attention = use_attention();
    let [messages, notifications] =
        [AttentionSource::DirectMessages, AttentionSource::Notifications].map(|it| attention.count(it));
    view! {
        <nav class="rail" aria-label="Main">
            <ul>
                <RailLink section="/chat" href="/" icon=Icon::Chat label="Chat" count=messages />
                <RailLink section="/people" href="/people" icon=Icon::People label="People" part=&PEOPLE />
                <RailLink
                    section="/notifications"
                    href="/notifications"
                    icon=Icon::Bell
                    label="Notifications"
                    count=notifications
                    part=&NOTIFICATIONS
                />
            </ul>
        </nav>
    }
    .into_any()
}

/// One section. `section` is where its pages stand; the chat has the home page as well.
#[component]
fn RailLink(
    section: &'static str,
    href: &'static str,
    icon: Icon,
    label: &'static str,
    /// How much waits there.
    #[prop(optional)]
    count: Option<Signal<usize>>,
    /// What its pages are made of.
    #[prop(optional)]
    part: Option<&'static Part>,
) -> impl IntoView {
    let path = use_location().pathname;
    let is_here = Memo::new(move |_| path.with(|it| is_within(it, section, href)));
    let expect = move || {
        if let Some(part) = part {
            part.expect();
        }
    };
    view! {
        <li>
            <a
                class="rail__link"
                href=href
                aria-current=move || is_here.get().then_some("page")
                on:pointerenter=move |_| expect()
                on:focus=move |_| expect()
            >
                <IconView icon />
                <span class="rail__label">{label}</span>
                {count.map(|count| view! { <span class="rail__badge">" " <Badge count what="unread" /></span> }.into_any())}
            </a>
        </li>
    }
    .into_any()
}

fn is_within(path: &str, section: &str, home: &str) -> bool {
    path == home || path.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lies_in_one_section() {
        for path in ["/", "/chat", "/chat/7"] {
            assert!(is_within(path, "/chat", "/"), "{path}");
        }
        assert!(!is_within("/people", "/chat", "/"));
        assert!(!is_within("/chatter", "/chat", "/"));
    }
}
