//! One message: who, when, what, what others think of it, and for one's own how far it got.

use leptos::prelude::*;

use super::actions::ToolbarOf;
use super::list::focus_next_to;
use super::marks::{Quoted, Reactions, ReadBy};
use crate::accounts::UserSummary;
use crate::chat::outbox::Shown;
use crate::chat::state::{Content, MessageRow, Progress};
use crate::chat::store::{Desk, element_id};
use crate::ids::ClientId;
use crate::shell::TOOLBAR;
use crate::ui::browser::use_countdown;
use crate::ui::{Avatar, Icon, IconView, When, live, use_clock};

/// How far a message got, as `data-state` and as the article's name say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Received,
    Deleted,
    Sent,
    Delivered,
    Read,
    Waiting,
    Sending,
    NotSent,
}

impl Stage {
    fn of(row: &MessageRow) -> Self {
        match &row.content {
            Content::Stored(message) if message.deleted_at.is_some() => Self::Deleted,
            Content::Stored(_) if row.is_mine => match row.progress {
                Progress::Sent => Self::Sent,
                Progress::Delivered => Self::Delivered,
                Progress::Read => Self::Read,
            },
            Content::Stored(_) => Self::Received,
            Content::Unsent { shown, .. } => match shown {
                Shown::WaitingForConnection | Shown::WaitingForTurn => Self::Waiting,
                Shown::Sending => Self::Sending,
                Shown::Failed | Shown::Limited { .. } | Shown::Refused { .. } => Self::NotSent,
            },
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Deleted => "deleted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::NotSent => "not-sent",
        }
    }

    /// The sign beside one's own, and what it says.
    const fn tick(self) -> Option<(Icon, &'static str)> {
        match self {
            Self::Sent => Some((Icon::Tick, "Sent")),
            Self::Delivered => Some((Icon::Ticks, "Delivered")),
            Self::Read => Some((Icon::Ticks, "Read")),
            _ => None,
        }
    }
}

/// A message in the list.
#[component]
pub(super) fn MessageItem(desk: Desk, row: ArcRwSignal<MessageRow>) -> impl IntoView {
    let (client_id, is_mine, author) = {
        let row = row.read_untracked();
        (row.client_id, row.is_mine, author(&row, desk))
    };
    let row = RwSignal::from(row);
    let clock = use_clock();
    // No memos: a row changes seldom, and each memo would be paid for by every row of a list that is opened.
    let stage = move || row.with(Stage::of);
    let at = move || row.with(|it| it.at);
    // The list tells its rows when instants are written in another way.
    let time = move || {
        let at = at();
        untrack(|| clock.time(at))
    };
    let full = move || {
        let at = at();
        untrack(|| clock.full(at))
    };
    let continues = move || row.with(|it| it.continues);
    let name = author.name.clone();
    let label = move || {
        let whose = if is_mine { "You" } else { name.as_str() };
        match stage() {
            Stage::Received => [whose, ", ", &time()].concat(),
            Stage::Deleted => [whose, ", deleted, ", &time()].concat(),
            Stage::Sent | Stage::Delivered | Stage::Read => ["You, ", stage().name(), ", ", &time()].concat(),
            Stage::Waiting => "You, waiting".to_owned(),
            Stage::Sending => "You, sending".to_owned(),
            Stage::NotSent => "You, not sent".to_owned(),
        }
    };
    let shown_name = if is_mine { "You".to_owned() } else { author.name.clone() };
    // Told by the list as well.
    let has_actions = move || row.with(MessageRow::is_open) && desk.active.get_untracked() == Some(client_id);
    view! {
        <li data-row="message">
            <article
                id=element_id(client_id)
                class="message"
                tabindex="-1"
                aria-label=label
                data-state=move || stage().name()
                data-continues=move || continues().then_some("true")
                data-mention=move || row.with(|it| it.mentions_me).then_some("true")
                on:mouseenter=move |_| desk.point_at(client_id)
                on:focusin=move |_| desk.point_at(client_id)
            >
                <When is=move || !continues()>
                    <Avatar user=author.clone() />
                </When>
                <p class="message__meta">
                    <When is=move || !continues()>
                        <span class="message__author" dir="auto">
                            {shown_name.clone()}
                        </span>
                    </When>
                    <time datetime=move || at().to_string() title=full>
                        {time}
                    </time>
                    {move || {
                        stage()
                            .tick()
                            .map(|(icon, title)| {
                                view! {
                                    <span class="message__tick" title=title>
                                        <IconView icon />
                                    </span>
                                }
                                .into_any()
                            })
                    }}
                </p>
                <Quoted desk row />
                <Body desk row />
                <When is=move || row.with(has_more)>
                    <Reactions desk row />
                    <ReadBy desk row />
                    <Status desk row client_id />
                </When>
                <When is=has_actions>
                    {
                        provide_context(ToolbarOf(desk, row));
                        TOOLBAR.show_when_here()
                    }
                </When>
            </article>
        </li>
    }
    .into_any()
}

/// Whether there is anything to be said below the text. Of most messages there is not, and they pay for one question alone.
fn has_more(row: &MessageRow) -> bool {
    match &row.content {
        Content::Stored(message) => !message.reactions.is_empty() || !row.readers.is_empty(),
        Content::Unsent { .. } => true,
    }
}

/// The author of a stored message, or the viewer.
fn author(row: &MessageRow, desk: Desk) -> UserSummary {
    match &row.content {
        Content::Stored(message) => message.user.clone(),
        Content::Unsent { .. } => desk.store.me(),
    }
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
enum Text {
    Html(String, bool),
    Plain(String),
    Deleted,
}

/// The text: as the server made it, or plain until it has.
#[component]
fn Body(desk: Desk, row: RwSignal<MessageRow>) -> impl IntoView {
    let text = Memo::new(move |_| {
        row.with(|it| match &it.content {
            Content::Stored(message) if message.deleted_at.is_some() => Text::Deleted,
            Content::Stored(message) => Text::Html(message.body_html.clone(), message.edited_at.is_some()),
            Content::Unsent { body, .. } => Text::Plain(body.clone()),
        })
    });
    let edited = move || {
        view! {
            <button
                r#type="button"
                class="message__edited"
                title="Earlier versions"
                on:click=move |_| {
                    if let Some(id) = row.with_untracked(MessageRow::id) {
                        desk.dialogs.show_history(id);
                    }
                }
            >
                "(edited)"
            </button>
        }
        .into_any()
    };
    live(move || match text.get() {
        Text::Html(text, is_edited) => view! {
            <div class="message__body" dir="auto" inner_html=text></div>
            {is_edited.then(edited)}
        }
        .into_any(),
        Text::Plain(text) => view! {
            <div class="message__body" dir="auto" data-plain="true">
                {text}
            </div>
        }
        .into_any(),
        Text::Deleted => view! { <div class="message__body">"Message deleted"</div> }.into_any(),
    })
}
/// What keeps an unsent message, and what can be done.
#[component]
fn Status(desk: Desk, row: RwSignal<MessageRow>, client_id: ClientId) -> impl IntoView {
    let shown = Memo::new(move |_| {
        row.with(|it| match &it.content {
            Content::Stored(_) => None,
            Content::Unsent { shown, .. } => Some(shown.clone()),
        })
    });
    let discard = move || {
        view! {
            <button
                r#type="button"
                class="message__action"
                on:click=move |_| {
                    focus_next_to(desk, client_id);
                    desk.discard(client_id);
                }
            >
                "Discard"
            </button>
        }
    };
    let edit = move || {
        view! {
            <button r#type="button" class="message__action" on:click=move |_| desk.edit_unsent(client_id)>
                "Edit"
            </button>
        }
    };
    let retry = move || {
        view! {
            <button
                r#type="button"
                class="message__action"
                on:click=move |_| {
                    crate::ui::browser::focus(&element_id(client_id));
                    desk.retry(client_id);
                }
            >
                "Retry"
            </button>
        }
    };
    let line = move |icon: Icon, text: AnyView, actions: AnyView| {
        view! {
            <div class="message__status">
                <IconView icon />
                <span>{text}</span>
                {actions}
            </div>
        }
        .into_any()
    };
    live(move || match shown.get() {
        None => ().into_any(),
        Some(Shown::WaitingForConnection) => {
            line(Icon::Clock, "Waiting for connection".into_any(), discard().into_any())
        }
        Some(Shown::WaitingForTurn) => {
            line(Icon::Clock, "Waiting for the message before it".into_any(), discard().into_any())
        }
        Some(Shown::Sending) => view! { <p class="message__progress">"Sending…"</p> }.into_any(),
        Some(Shown::Failed) => line(Icon::Warning, "Not sent.".into_any(), view! { {retry()} {discard()} }.into_any()),
        Some(Shown::Limited { until }) => {
            let countdown = use_countdown(Signal::stored(Some(until)));
            let text = view! { "Too many messages. Sent in " {move || countdown.get()} " s." };
            line(Icon::Warning, text.into_any(), view! { {edit()} {discard()} }.into_any())
        }
        Some(Shown::Refused { reason }) => {
            let text = view! { "Not sent. " {reason} };
            line(Icon::Warning, text.into_any(), view! { {edit()} {discard()} }.into_any())
        }
    })
}
