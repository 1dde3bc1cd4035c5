use std::collections::BTreeSet;

use app::accounts::{Role, User};
use app::chat::{
    ChatService as _, Conversation, EditMessage, HistoryQuery, ListQuery, Message, NewMessage, NewPrivateMessage, React,
};
use app::error::AppError;
use app::ids::MessageId;
use app::realtime::AppEvent;

use crate::harness::{Fixture, START, on_both_databases};

async fn say(fixture: &Fixture, author: &User, body: &str) -> Message {
    let message = NewMessage { body: body.into(), ..NewMessage::default() };
    fixture.chat().send_message(author, message, None).await.unwrap().message
}

async fn write(fixture: &Fixture, author: &User, recipient: &User, body: &str) -> Message {
    let message = NewMessage { body: body.into(), ..NewMessage::default() };
    let command = NewPrivateMessage { recipient_id: recipient.id, message };
    fixture.chat().send_private_message(author, command, None).await.unwrap().message
}

async fn edit(fixture: &Fixture, editor: &User, id: MessageId, body: &str) -> Result<Message, AppError> {
    fixture.chat().edit_message(editor, id, EditMessage { body: body.into() }).await
}

async fn newest(fixture: &Fixture, reader: &User) -> Message {
    fixture.chat().messages(reader, HistoryQuery::default()).await.unwrap().messages.pop().unwrap()
}

/// The last event told on a channel.
async fn last_on(fixture: &Fixture, channel: &str) -> AppEvent {
    fixture.relay().relay_all().await.unwrap();
    let published = fixture.broker.published.lock().unwrap();
    let last = published.iter().rev().find(|it| it.channel.as_str() == channel).unwrap();
    AppEvent::from_parts(&last.event, &last.data).unwrap()
}

fn react(emoji: &str, is_set: Option<bool>) -> React {
    React { emoji: emoji.into(), is_set }
}

on_both_databases! {
    async fn an_edit_is_told_with_its_revision_and_the_old_text_is_kept(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let message = say(&fixture, &ada, "one").await;
        fixture.clock.set(START.plus_ms(1_000));
        let edited = edit(&fixture, &ada, message.id, " *two* ").await.unwrap();
        assert_eq!((edited.body.as_str(), edited.revision, edited.edited_at), ("*two*", 1, Some(START.plus_ms(1_000))));
        assert_eq!(edited.body_html, "<p><em>two</em></p>");
        assert_eq!(newest(&fixture, &ben).await, edited);
        let AppEvent::MessageEdited(event) = last_on(&fixture, "chat").await else { panic!() };
        assert_eq!((event.message_id, event.body.as_str(), event.revision), (message.id, "*two*", 1));
        assert_eq!(edit(&fixture, &ada, message.id, "*two*").await.unwrap().revision, 1, "the same text is no edit");
        edit(&fixture, &ada, message.id, "three").await.unwrap();
        let texts: Vec<_> = fixture.chat().edits(&ben, message.id).await.unwrap().into_iter().map(|it| it.body).collect();
        assert_eq!(texts, ["one", "*two*"]);
        assert!(matches!(edit(&fixture, &ben, message.id, "mine").await, Err(AppError::Forbidden(_))));
        assert!(matches!(edit(&fixture, &ada, message.id, " ").await, Err(AppError::Invalid(_))));
        assert!(matches!(edit(&fixture, &ada, MessageId(999), "x").await, Err(AppError::NotFound(_))));
    }

    async fn what_is_deleted_is_shown_to_nobody_and_its_place_stays(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let message = say(&fixture, &ada, "secret @Ben").await;
        let reply = NewMessage { body: "why?".into(), reply_to: Some(message.id), client_id: None };
        fixture.chat().send_message(&ben, reply, None).await.unwrap();
        assert!(matches!(fixture.chat().delete_message(&ben, message.id).await, Err(AppError::Forbidden(_))));
        fixture.chat().delete_message(&ada, message.id).await.unwrap();
        fixture.chat().delete_message(&ada, message.id).await.unwrap();
        let page = fixture.chat().messages(&ben, HistoryQuery::default()).await.unwrap();
        let [gone, answer] = &page.messages[..] else { panic!("{page:?}") };
        assert!(gone.deleted_at.is_some() && gone.mentions.is_empty());
        let quote = answer.reply_to.as_ref().unwrap();
        assert!(quote.is_deleted && quote.excerpt.is_empty());
        assert!(!format!("{page:?}").contains("secret"));
        assert_eq!(page.unread_count, 0, "nobody has to read what is gone");
        let AppEvent::MessageDeleted(event) = last_on(&fixture, "chat").await else { panic!() };
        assert_eq!((event.message_id, event.revision), (message.id, 1));
        assert!(matches!(edit(&fixture, &ada, message.id, "x").await, Err(AppError::Conflict(_))));
        assert!(matches!(fixture.chat().react(&ben, message.id, react("👍", None)).await, Err(AppError::Conflict(_))));
        assert!(fixture.chat().edits(&ben, message.id).await.unwrap().is_empty());
        assert_eq!(fixture.number("select count(*) from event_log where event = 'MessageDeleted'").await, 1);
    }

    async fn an_admin_deletes_in_the_general_room_and_reads_nobody_s_letters(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let admin = User { role: Role::Admin, ..fixture.person("Root").await };
        let (general, private) = (say(&fixture, &ada, "spam").await, write(&fixture, &ada, &ben, "hi").await);
        fixture.chat().delete_message(&admin, general.id).await.unwrap();
        assert!(matches!(fixture.chat().delete_message(&admin, private.id).await, Err(AppError::NotFound(_))));
        assert!(matches!(fixture.chat().find(&admin, private.id).await, Err(AppError::NotFound(_))));
    }

    async fn a_reaction_is_set_once_a_person_and_taken_back(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let (chat, message) = (fixture.chat(), say(&fixture, &ada, "hi").await);
        let set = chat.react(&ben, message.id, react("👍", None)).await.unwrap();
        assert_eq!((set.is_set, set.count, set.revision), (true, 1, 1));
        let again = chat.react(&ben, message.id, react("👍", Some(true))).await.unwrap();
        assert_eq!((again.is_set, again.count), (true, 1));
        chat.react(&ada, message.id, react("👍", None)).await.unwrap();
        chat.react(&ada, message.id, react("🎉", None)).await.unwrap();
        let reactions = newest(&fixture, &ada).await.reactions;
        let sketch: Vec<_> = reactions
            .iter()
            .map(|it| (it.emoji.as_str(), it.count, it.users.iter().map(|it| it.name.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(sketch, [("👍", 2, vec!["Ada", "Ben"]), ("🎉", 1, vec!["Ada"])]);
        let off = chat.react(&ben, message.id, react("👍", None)).await.unwrap();
        assert_eq!((off.is_set, off.count, off.revision), (false, 1, 4));
        let AppEvent::ReactionChanged(event) = last_on(&fixture, "chat").await else { panic!() };
        assert_eq!(event, off);
        assert_eq!(fixture.broker.offsets("chat"), (1..=5).collect::<Vec<u64>>());
        let wrong = chat.react(&ben, message.id, react("<b>", None)).await;
        assert!(matches!(&wrong, Err(AppError::Invalid(it)) if it[0].field == "emoji"), "{wrong:?}");
    }

    async fn many_react_at_once_and_every_count_is_right(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let message = say(&fixture, &ada, "hi").await;
        let mut tasks = Vec::new();
        for number in 0..12 {
            let (chat, person) = (fixture.chat(), fixture.person(&format!("P{number}")).await);
            tasks.push(tokio::spawn(async move { chat.react(&person, message.id, react("👍", Some(true))).await.unwrap() }));
        }
        let (mut counts, mut revisions) = (BTreeSet::new(), BTreeSet::new());
        for task in tasks {
            let event = task.await.unwrap();
            counts.insert(event.count);
            revisions.insert(event.revision);
        }
        assert_eq!((counts.len(), revisions.len()), (12, 12));
        assert_eq!(newest(&fixture, &ada).await.reactions[0].count, 12);
    }

    async fn who_is_named_is_found_by_the_longest_name(fixture: Fixture) {
        let (ada, amina) = (fixture.person("Ada").await, fixture.person("Amina").await);
        let (amina_k, zoe) = (fixture.person("Amina K").await, fixture.person("ZOË").await);
        let ids = |message: &Message| message.mentions.iter().map(|it| it.id).collect::<Vec<_>>();
        assert_eq!(ids(&say(&fixture, &ada, "hi @amina k, and (@zoë)! mail x@amina").await), [amina_k.id, zoe.id]);
        assert_eq!(ids(&say(&fixture, &ada, "@Amina: hi @Nobody @ada").await), [amina.id], "nobody names themselves");
        let message = newest(&fixture, &amina).await;
        assert_eq!(ids(&message), [amina.id]);
        assert_eq!(ids(&edit(&fixture, &ada, message.id, "@zoë").await.unwrap()), [zoe.id]);
        assert_eq!(ids(&newest(&fixture, &amina).await), [zoe.id]);
        let private = write(&fixture, &ada, &zoe, "@Amina and @Zoë").await;
        assert_eq!(ids(&private), [zoe.id], "in a conversation of two nobody else is called");
    }

    async fn a_link_to_a_message_opens_it_with_those_around_it(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let first = write(&fixture, &ada, &ben, "one").await;
        say(&fixture, &ada, "elsewhere").await;
        let second = write(&fixture, &ben, &ada, "two").await;
        let found = fixture.chat().find(&ben, first.id).await.unwrap();
        assert_eq!(found.conversation, Conversation::direct(ada.id, ben.id).unwrap());
        assert_eq!(found.page.messages, [first, second]);
    }

    async fn a_list_hears_that_its_last_line_changed(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let (first, last) = (write(&fixture, &ada, &ben, "one").await, write(&fixture, &ada, &ben, "two").await);
        edit(&fixture, &ada, first.id, "uno").await.unwrap();
        let own = format!("private-user.{}", ben.id);
        last_on(&fixture, &own).await;
        let told = fixture.broker.on(&own).into_iter().filter(|(name, _)| name == "ConversationUpdated").count();
        assert_eq!(told, 2, "an older line is in no list");
        edit(&fixture, &ada, last.id, "due").await.unwrap();
        let AppEvent::ConversationUpdated(event) = last_on(&fixture, &own).await else { panic!() };
        assert_eq!(event.summary.last_line.unwrap().excerpt, "due");
        fixture.chat().delete_message(&ada, last.id).await.unwrap();
        let AppEvent::ConversationUpdated(event) = last_on(&fixture, &own).await else { panic!() };
        assert_eq!(event.summary.unread_count, 1);
        let line = event.summary.last_line.unwrap();
        assert!(line.is_deleted && line.excerpt.is_empty());
        assert_eq!(fixture.chat().conversations(&ben, ListQuery::default()).await.unwrap().direct[0].unread_count, 1);
    }
}
