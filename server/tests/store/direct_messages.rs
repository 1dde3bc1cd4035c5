use app::accounts::User;
use app::chat::{
    BlockState, ChatService as _, Conversation, ConversationSummary, HistoryQuery, ListQuery, MAX_COUNTED_UNREAD,
    Message, NewMessage, NewPrivateMessage,
};
use app::error::AppError;
use app::ids::{ClientId, MessageId, UserId};
use app::realtime::AppEvent;

use crate::harness::{Fixture, START, on_both_databases};

fn direct(one: &User, other: &User) -> Conversation {
    Conversation::direct(one.id, other.id).unwrap()
}

fn to(recipient: &User, body: &str) -> NewPrivateMessage {
    NewPrivateMessage { recipient_id: recipient.id, message: NewMessage { body: body.into(), ..NewMessage::default() } }
}

async fn write(fixture: &Fixture, author: &User, recipient: &User, body: &str) -> Message {
    fixture.chat().send_private_message(author, to(recipient, body), None).await.unwrap().message
}

async fn list(fixture: &Fixture, reader: &User) -> Vec<ConversationSummary> {
    fixture.chat().conversations(reader, ListQuery::default()).await.unwrap().direct
}

/// What each channel was told, in order, but for notifications.
async fn told(fixture: &Fixture) -> Vec<(String, AppEvent)> {
    fixture.relay().relay_all().await.unwrap();
    let published = std::mem::take(&mut *fixture.broker.published.lock().unwrap());
    let event = |it: &server::broker::Publication| AppEvent::from_parts(&it.event, &it.data).unwrap();
    let told = published.iter().map(|it| (it.channel.to_string(), event(it)));
    told.filter(|(_, event)| !matches!(event, AppEvent::NotificationCreated(_))).collect()
}

on_both_databases! {
    async fn a_private_message_is_told_to_the_two_and_to_both_lists(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let message = write(&fixture, &ben, &ada, "hi **you**").await;
        let told = told(&fixture).await;
        let names: Vec<_> = told.iter().map(|(channel, event)| format!("{channel} {}", event.name())).collect();
        assert_eq!(names, [
            format!("private-chat.{}.{} PrivateMessageSent", ada.id, ben.id),
            format!("private-user.{} ConversationUpdated", ada.id),
            format!("private-user.{} ConversationUpdated", ben.id),
        ]);
        let AppEvent::PrivateMessageSent(sent) = &told[0].1 else { panic!("{told:?}") };
        assert_eq!((&sent.message, sent.recipient_id), (&message, ada.id));
        let AppEvent::ConversationUpdated(ada_s) = &told[1].1 else { panic!("{told:?}") };
        assert_eq!(list(&fixture, &ada).await, std::slice::from_ref(&ada_s.summary));
        let summary = &ada_s.summary;
        assert_eq!((summary.conversation, summary.unread_count), (direct(&ada, &ben), 1));
        assert_eq!(summary.peer.as_ref().unwrap().name, "Ben");
        let line = summary.last_line.as_ref().unwrap();
        assert_eq!((line.message_id, line.user.id, line.excerpt.as_str()), (message.id, ben.id, "hi **you**"));
        assert_eq!(list(&fixture, &ben).await[0].unread_count, 0, "nobody has to read what they wrote");
    }

    async fn the_history_of_two_is_theirs_alone_and_apart_from_the_general_room(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        fixture.say(&ada, ["to all".to_owned()]).await;
        let one = write(&fixture, &ada, &ben, "one").await;
        write(&fixture, &ada, &mei, "else").await;
        let two = write(&fixture, &ben, &ada, "two").await;
        let query = HistoryQuery { conversation: direct(&ada, &ben), ..HistoryQuery::default() };
        for reader in [&ada, &ben] {
            let page = fixture.chat().messages(reader, query).await.unwrap();
            assert_eq!(page.messages, [one.clone(), two.clone()]);
            assert_eq!(page.position.offset, 2);
        }
        let stranger = fixture.chat().messages(&mei, query).await;
        assert!(matches!(stranger, Err(AppError::Forbidden(_))), "{stranger:?}");
        assert!(matches!(fixture.chat().open(&mei, query.conversation).await, Err(AppError::Forbidden(_))));
        let general = fixture.chat().messages(&ben, HistoryQuery::default()).await.unwrap();
        assert_eq!(general.messages.len(), 1);
        assert_eq!(fixture.number("select count(*) from chat_messages where recipient_id is not null and not is_read").await, 3);
    }

    async fn the_list_is_sorted_by_the_last_message_and_paged(fixture: Fixture) {
        let me = fixture.person("Me").await;
        let mut expected = Vec::new();
        for number in 0..5 {
            let peer = fixture.person(&format!("Peer{number}")).await;
            write(&fixture, &peer, &me, "hi").await;
            expected.insert(0, peer.name.clone());
        }
        let names = |page: &[ConversationSummary]| -> Vec<String> {
            page.iter().map(|it| it.peer.as_ref().unwrap().name.clone()).collect()
        };
        let chat = fixture.chat();
        let first = chat.conversations(&me, ListQuery { limit: Some(3), before: None }).await.unwrap();
        assert_eq!((names(&first.direct), first.has_more), (expected[..3].to_vec(), true));
        assert_eq!((first.general.unwrap().conversation, first.position.offset), (Conversation::General, 10), "a line and a notification each");
        let before = Some(first.direct[2].last_line.as_ref().unwrap().message_id);
        let rest = chat.conversations(&me, ListQuery { limit: Some(3), before }).await.unwrap();
        assert_eq!((names(&rest.direct), rest.has_more), (expected[3..].to_vec(), false));
        assert!(rest.general.is_none());
        let refused = chat.conversations(&me, ListQuery { limit: Some(0), before: None }).await;
        assert!(matches!(&refused, Err(AppError::Invalid(it)) if it[0].field == "limit"), "{refused:?}");
    }

    async fn whom_nobody_can_write_to_is_named(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let myself = fixture.chat().send_private_message(&ada, to(&ada, "hi"), None).await;
        assert!(matches!(&myself, Err(AppError::Invalid(it)) if it[0].field == "recipient_id"), "{myself:?}");
        let nobody = NewPrivateMessage { recipient_id: UserId(4_000), ..to(&ada, "hi") };
        let nobody = fixture.chat().send_private_message(&ada, nobody, None).await;
        assert_eq!(nobody, Err(AppError::NotFound("person 4000".into())));
        fixture.execute("update users set is_disabled = true where name = 'Ben'").await;
        let disabled = fixture.chat().send_private_message(&ada, to(&ben, "hi"), None).await;
        assert!(matches!(disabled, Err(AppError::NotFound(_))), "{disabled:?}");
        let empty = fixture.chat().send_private_message(&ben, to(&ada, " "), None).await;
        assert!(matches!(&empty, Err(AppError::Invalid(it)) if it[0].field == "body"), "{empty:?}");
    }

    async fn a_conversation_is_opened_before_its_first_message(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let opened = fixture.chat().open(&ada, direct(&ada, &ben)).await.unwrap();
        assert_eq!(opened.summary.peer.unwrap().id, ben.id);
        assert!(opened.page.messages.is_empty() && !opened.page.has_older && opened.summary.last_line.is_none());
        let nobody = fixture.chat().open(&ada, Conversation::direct(ada.id, UserId(4_000)).unwrap()).await;
        assert!(matches!(nobody, Err(AppError::NotFound(_))), "{nobody:?}");
    }

    async fn a_client_id_is_of_one_conversation(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let chat = fixture.chat();
        let message = NewMessage { client_id: Some(ClientId::new(START)), body: "hi".into(), reply_to: None };
        let command = NewPrivateMessage { recipient_id: ben.id, message: message.clone() };
        let first = chat.send_private_message(&ada, command.clone(), None).await.unwrap();
        let again = chat.send_private_message(&ada, command, None).await.unwrap();
        assert_eq!((again.message, again.is_new), (first.message, false));
        let elsewhere = chat.send_message(&ada, message, None).await;
        assert!(matches!(elsewhere, Err(AppError::Conflict(_))), "{elsewhere:?}");
        assert_eq!(told(&fixture).await.len(), 3);
    }

    async fn two_who_write_to_each_other_at_once_wait_for_nothing_but_each_other(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let chat = fixture.chat();
                let (author, recipient) = if number % 2 == 0 { (ada.clone(), ben.clone()) } else { (ben.clone(), ada.clone()) };
                tokio::spawn(async move { chat.send_private_message(&author, to(&recipient, "hi"), None).await.unwrap() })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap().is_new);
        }
        fixture.relay().relay_all().await.unwrap();
        let channel = direct(&ada, &ben).to_string();
        assert_eq!(fixture.broker.offsets(&channel), (1..=40).collect::<Vec<u64>>());
        for person in [&ada, &ben] {
            // 40 lines of the list, and 20 notifications of what came from the other.
            assert_eq!(fixture.broker.offsets(&format!("private-user.{}", person.id)), (1..=60).collect::<Vec<u64>>());
        }
        assert_eq!(list(&fixture, &ada).await[0].unread_count, 20);
    }

    async fn a_reply_quotes_a_message_of_its_own_conversation(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let question = write(&fixture, &ada, &ben, "what\n\nnow?").await;
        let chat = fixture.chat();
        let mut command = to(&ada, "this");
        command.message.reply_to = Some(question.id);
        let reply = chat.send_private_message(&ben, command.clone(), None).await.unwrap().message;
        let quote = reply.reply_to.clone().unwrap();
        assert_eq!((quote.message_id, quote.user.id, quote.excerpt.as_str()), (question.id, ada.id, "what now?"));
        let query = HistoryQuery { conversation: direct(&ada, &ben), ..HistoryQuery::default() };
        assert_eq!(chat.messages(&ada, query).await.unwrap().messages, [question, reply.clone()]);
        command.message = NewMessage { body: "no".into(), reply_to: Some(MessageId(reply.id.0 + 1)), client_id: None };
        for refused in [
            chat.send_private_message(&ben, command, None).await,
            chat.send_message(&ben, NewMessage { body: "no".into(), reply_to: Some(reply.id), client_id: None }, None).await,
        ] {
            assert!(matches!(&refused, Err(AppError::Invalid(it)) if it[0].field == "reply_to"), "{refused:?}");
        }
    }

    async fn a_page_opens_around_a_message_or_around_what_is_unread(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        fixture.say(&ada, (1..=200).map(|it| it.to_string())).await;
        let chat = fixture.chat();
        let newest = chat.messages(&ben, HistoryQuery::default()).await.unwrap();
        assert_eq!(newest.unread_count, MAX_COUNTED_UNREAD);
        let id = |number: i64| MessageId(newest.messages[49].id.0 - 200 + number);
        let page = |query: HistoryQuery| {
            let (chat, ben) = (chat.clone(), ben.clone());
            async move {
                let page = chat.messages(&ben, query).await.unwrap();
                let number = |message: &Message| message.body.parse::<i64>().unwrap();
                let ends = (number(page.messages.first().unwrap()), number(page.messages.last().unwrap()));
                (ends, page.has_older, page.has_newer)
            }
        };
        let around = |number| HistoryQuery { around: Some(id(number)), limit: Some(10), ..HistoryQuery::default() };
        assert_eq!(page(around(100)).await, ((95, 104), true, true));
        assert_eq!(page(around(2)).await, ((1, 10), false, true));
        assert_eq!(page(around(200)).await, ((191, 200), true, false));
        let missing = chat.messages(&ben, HistoryQuery { around: Some(id(201)), ..HistoryQuery::default() }).await;
        assert!(matches!(missing, Err(AppError::NotFound(_))), "{missing:?}");
        let unread = HistoryQuery { unread: true, limit: Some(10), ..HistoryQuery::default() };
        assert_eq!(page(unread).await, ((191, 200), true, false), "who was never here begins at the end");
        chat.mark_read(&ben, id(50)).await.unwrap();
        assert_eq!(page(unread).await, ((48, 57), true, true));
        chat.mark_read(&ben, id(198)).await.unwrap();
        assert_eq!(page(unread).await, ((191, 200), true, false));
        assert_eq!(chat.messages(&ben, unread).await.unwrap().unread_count, 2);
    }

    async fn a_block_stops_what_is_to_come_and_keeps_what_was(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        write(&fixture, &ben, &ada, "hi").await;
        let mut tx = fixture.store.begin().await.unwrap();
        assert!(tx.block(ada.id, ben.id, START).await.unwrap());
        assert!(!tx.block(ada.id, ben.id, START).await.unwrap());
        tx.commit().await.unwrap();
        let refused = fixture.chat().send_private_message(&ben, to(&ada, "hey"), None).await;
        assert_eq!(refused, Err(AppError::Forbidden("Ada does not take messages from you".into())));
        let refused = fixture.chat().send_private_message(&ada, to(&ben, "hey"), None).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))), "{refused:?}");
        assert_eq!(list(&fixture, &ada).await[0].block, BlockState::ByMe);
        assert_eq!(list(&fixture, &ben).await[0].block, BlockState::ByPeer);
        let query = HistoryQuery { conversation: direct(&ada, &ben), ..HistoryQuery::default() };
        assert_eq!(fixture.chat().messages(&ben, query).await.unwrap().messages.len(), 1);
        let mut tx = fixture.store.begin().await.unwrap();
        assert!(tx.unblock(ada.id, ben.id).await.unwrap());
        tx.commit().await.unwrap();
        write(&fixture, &ben, &ada, "hey").await;
    }
}
