//! What stands around a message's text: what it answers, what others think of it, and who has read it.

use leptos::prelude::*;

use super::emoji;
use crate::accounts::UserSummary;
use crate::chat::model::{Quote, Reaction};
use crate::chat::state::{Content, MessageRow};
use crate::chat::store::Desk;
use crate::ids::UserId;
use crate::ui::{AvatarStack, live, place_popover, use_clock};

/// The message that this one answers, in one line; pressing it leads there.
#[component]
pub(super) fn Quoted(desk: Desk, row: RwSignal<MessageRow>) -> impl IntoView {
    let quote = Memo::new(move |_| -> Option<Quote> {
        row.with(|it| match &it.content {
            Content::Stored(message) if message.deleted_at.is_some() => None,
            Content::Stored(message) => message.reply_to.clone(),
            Content::Unsent { reply_to, .. } => reply_to.clone(),
        })
    });
    live(move || {
        quote.get().map(|Quote { message_id, user, excerpt, is_deleted }| {
            let text = if is_deleted { "Message deleted".to_owned() } else { excerpt };
            let name = if user.id == desk.store.user_id() { "You".to_owned() } else { user.name };
            view! {
                <button r#type="button" class="message__quote" on:click=move |_| desk.jump_to(message_id)>
                    <span class="vh">"Answers "</span>
                    <span class="message__quoted" dir="auto">
                        {name}
                    </span>
                    " "
                    <span dir="auto">{text}</span>
                </button>
            }
            .into_any()
        })
    })
}

/// The reactions, each a button that sets one's own or takes it back.
#[component]
pub(super) fn Reactions(desk: Desk, row: RwSignal<MessageRow>) -> impl IntoView {
    let me = desk.store.user_id();
    let reactions = Memo::new(move |_| -> Vec<Reaction> {
        row.with(|it| match &it.content {
            Content::Stored(message) if message.deleted_at.is_none() => message.reactions.clone(),
            _ => Vec::new(),
        })
    });
    live(move || {
        let reactions = reactions.get();
        (!reactions.is_empty()).then(|| {
            let buttons = reactions.into_iter().map(|reaction| {
                let is_mine = reaction.users.iter().any(|it| it.id == me);
                let Reaction { emoji, count, users } = reaction;
                let title = names(&users, count, me);
                let (sign, name) = (emoji.clone(), emoji::name_of(&emoji).to_owned());
                view! {
                    <button
                        r#type="button"
                        class="reaction"
                        aria-pressed=is_mine.to_string()
                        title=title
                        on:click=move |_| {
                            if let Some(id) = row.with_untracked(MessageRow::id) {
                                desk.react(id, &emoji);
                            }
                        }
                    >
                        <span class="vh">{name} " "</span>
                        <span aria-hidden="true">{sign}</span>
                        " "
                        {count}
                    </button>
                }
                .into_any()
            });
            view! { <div class="message__reactions">{buttons.collect_view()}</div> }.into_any()
        })
    })
}

/// Who has set a reaction, oneself first.
fn names(users: &[UserSummary], count: u32, me: UserId) -> String {
    let (own, others): (Vec<_>, Vec<_>) = users.iter().partition(|it| it.id == me);
    let all = own.iter().map(|_| "You").chain(others.iter().map(|it| it.name.as_str()));
    let listed = all.collect::<Vec<_>>().join(", ");
    let more = count.saturating_sub(u32::try_from(users.len()).unwrap_or(u32::MAX));
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// Who has read it, on the last message alone that tells.
#[component]
pub(super) fn ReadBy(desk: Desk, row: RwSignal<MessageRow>) -> impl IntoView {
    let clock = use_clock();
    let readers = Memo::new(move |_| row.with(|it| it.readers.clone()));
    let is_direct = desk.is_direct();
    live(move || {
        let readers = readers.get();
        let first = readers.first()?;
        if is_direct {
            let at = first.read_at;
            return Some(
                view! {
                    <p class="message__read">
                        "Read " <time datetime=at.to_string()>{move || clock.time(at)}</time>
                    </p>
                }
                .into_any(),
            );
        }
        let count = readers.len();
        let people: Vec<UserSummary> = readers.iter().map(|it| it.user.clone()).collect();
        let list = readers.into_iter().map(|it| {
            let at = it.read_at;
            view! {
                <li>
                    <span dir="auto">{it.user.name}</span>
                    " "
                    <time datetime=at.to_string()>{move || clock.time(at)}</time>
                </li>
            }
            .into_any()
        });
        Some(
            view! {
                <button
                    r#type="button"
                    class="message__readers"
                    popovertarget="readers"
                    aria-haspopup="dialog"
                >
                    <span class="vh">{if count == 1 { "Read by 1 person".to_owned() } else { format!("Read by {count} people") }}</span>
                    <span aria-hidden="true">
                        <AvatarStack people />
                    </span>
                </button>
                <div
                    id="readers"
                    class="menu menu-anchored"
                    popover
                    role="dialog"
                    aria-label="Read by"
                    on:toggle=|event| place_popover(&event)
                >
                    <ul class="menu__part readers">{list.collect_view()}</ul>
                </div>
            }
            .into_any(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_tells_who_set_it() {
        let user = |id, name: &str| UserSummary { id: UserId(id), name: name.to_owned() };
        let users = [user(2, "Amina K"), user(1, "Mei D")];
        assert_eq!(names(&users, 2, UserId(1)), "You, Amina K");
        assert_eq!(names(&users, 5, UserId(3)), "Amina K, Mei D and 3 more");
    }
}
