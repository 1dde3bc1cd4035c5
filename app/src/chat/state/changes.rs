//! What happens to a message after it was sent: edits, the deletion, reactions. The higher revision is the newer.

use crate::accounts::UserSummary;
use crate::chat::model::{Message, Reaction};
use crate::ids::MessageId;
use crate::realtime::AppEvent;

/// How many people a reaction names at most.
const MAX_NAMED: usize = 20;

/// Which message an event changes, if that is what it tells.
pub(super) const fn changed_message(event: &AppEvent) -> Option<MessageId> {
    match event {
        AppEvent::MessageEdited(it) => Some(it.message_id),
        AppEvent::MessageDeleted(it) => Some(it.message_id),
        AppEvent::ReactionChanged(it) => Some(it.message_id),
        _ => None,
    }
}

/// Changes a message as an event tells. What the message knows already changes nothing.
pub(super) fn change(message: &mut Message, event: &AppEvent) {
    match event {
        AppEvent::MessageEdited(it) if it.revision > message.revision => {
            message.body.clone_from(&it.body);
            message.body_html.clone_from(&it.body_html);
            message.mentions.clone_from(&it.mentions);
            message.edited_at = Some(it.edited_at);
            message.revision = it.revision;
        }
        AppEvent::MessageDeleted(it) if it.revision > message.revision => {
            message.body.clear();
            message.body_html.clear();
            message.mentions.clear();
            message.reactions.clear();
            message.deleted_at = Some(it.deleted_at);
            message.revision = it.revision;
        }
        AppEvent::ReactionChanged(it) if it.revision > message.revision => {
            set_reaction(message, &it.user, &it.emoji, it.is_set);
            if let Some(reaction) = message.reactions.iter_mut().find(|reaction| reaction.emoji == it.emoji) {
                reaction.count = it.count;
            }
            message.reactions.retain(|it| it.count > 0);
            message.revision = it.revision;
        }
        _ => {}
    }
}

/// Changes what a message quotes of another one.
pub(super) fn change_quote(message: &mut Message, event: &AppEvent) {
    let Some(quote) = &mut message.reply_to else { return };
    match event {
        AppEvent::MessageEdited(it) => quote.excerpt = crate::chat::model::excerpt(&it.body),
        AppEvent::MessageDeleted(_) => {
            quote.excerpt.clear();
            quote.is_deleted = true;
        }
        _ => {}
    }
}

/// Sets somebody's reaction, or takes it back.
pub(super) fn set_reaction(message: &mut Message, user: &UserSummary, emoji: &str, is_set: bool) {
    let at = message.reactions.iter().position(|it| it.emoji == emoji);
    let Some(at) = at else {
        if is_set {
            message.reactions.push(Reaction { emoji: emoji.to_owned(), count: 1, users: vec![user.clone()] });
        }
        return;
    };
    let reaction = &mut message.reactions[at];
    let was_set = reaction.users.iter().any(|it| it.id == user.id);
    if is_set && !was_set {
        reaction.count += 1;
        if reaction.users.len() < MAX_NAMED {
            reaction.users.push(user.clone());
        }
    } else if !is_set {
        // Somebody of the many who are not named may have taken theirs back as well.
        reaction.count = reaction.count.saturating_sub(1);
        reaction.users.retain(|it| it.id != user.id);
    }
    if reaction.count == 0 {
        message.reactions.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::model::Quote;
    use crate::ids::{ClientId, UserId};
    use crate::realtime::events::{MessageDeleted, MessageEdited, ReactionChanged};
    use crate::time::Timestamp;

    const AT: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

    fn user(id: i64) -> UserSummary {
        UserSummary { id: UserId(id), name: format!("Person {id}") }
    }

    fn message() -> Message {
        Message::new(MessageId(7), ClientId::new(AT), user(1), "before".into(), "<p>before</p>".into(), AT)
    }

    fn edited(body: &str, revision: u32) -> AppEvent {
        AppEvent::MessageEdited(MessageEdited {
            message_id: MessageId(7),
            body: body.to_owned(),
            body_html: format!("<p>{body}</p>"),
            edited_by: user(1),
            edited_at: AT,
            mentions: vec![user(3)],
            revision,
        })
    }

    fn deleted(revision: u32) -> AppEvent {
        AppEvent::MessageDeleted(MessageDeleted {
            message_id: MessageId(7),
            deleted_by: user(1),
            deleted_at: AT,
            revision,
        })
    }

    fn reacted(by: i64, is_set: bool, count: u32, revision: u32) -> AppEvent {
        AppEvent::ReactionChanged(ReactionChanged {
            message_id: MessageId(7),
            emoji: "👍".to_owned(),
            user: user(by),
            is_set,
            count,
            revision,
        })
    }

    #[test]
    fn of_two_versions_the_higher_revision_stays_whichever_came_first() {
        let mut message = message();
        for event in [edited("second", 2), edited("first", 1)] {
            change(&mut message, &event);
        }
        assert_eq!((message.body.as_str(), message.revision, message.edited_at), ("second", 2, Some(AT)));
        assert_eq!(message.mentions, [user(3)]);
    }

    #[test]
    fn nothing_is_left_of_a_deleted_message() {
        let mut message = message();
        for event in [reacted(2, true, 1, 1), deleted(2), edited("late", 1), reacted(3, true, 2, 1)] {
            change(&mut message, &event);
        }
        assert_eq!((message.body.as_str(), message.body_html.as_str()), ("", ""));
        assert!(message.deleted_at.is_some() && message.reactions.is_empty());
    }

    #[test]
    fn reactions_are_counted_by_the_server() {
        let mut message = message();
        change(&mut message, &reacted(2, true, 30, 1));
        change(&mut message, &reacted(3, true, 31, 2));
        change(&mut message, &reacted(3, true, 31, 2));
        assert_eq!((message.reactions[0].count, message.reactions[0].users.len()), (31, 2));
        change(&mut message, &reacted(2, false, 30, 3));
        assert_eq!((message.reactions[0].count, message.reactions[0].users.as_slice()), (30, &[user(3)][..]));
        change(&mut message, &reacted(3, false, 0, 4));
        assert!(message.reactions.iter().all(|it| it.count > 0));
    }

    #[test]
    fn a_quote_follows_what_it_quotes() {
        let quote = Quote { message_id: MessageId(7), user: user(1), excerpt: "before".into(), is_deleted: false };
        let mut reply = Message { reply_to: Some(quote), ..message() };
        change_quote(&mut reply, &edited("after\nwards", 1));
        assert_eq!(reply.reply_to.as_ref().unwrap().excerpt, "after wards");
        change_quote(&mut reply, &deleted(2));
        let quote = reply.reply_to.unwrap();
        assert_eq!((quote.excerpt.as_str(), quote.is_deleted), ("", true));
    }
}
