use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::chat::{ChatService as _, HistoryQuery, Message, NewMessage, TypingNotice};
use app::error::AppError;
use app::ids::{ClientId, MessageId, UserId};
use app::realtime::AppEvent;
use server::domain::{Allowance, ChatLimits};

use crate::harness::{Fixture, START, on_both_databases, present};

fn new_message(client_id: ClientId, body: &str) -> NewMessage {
    NewMessage { client_id: Some(client_id), body: body.to_owned(), reply_to: None }
}

fn numbers(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|it| it.body.parse().unwrap()).collect()
}

on_both_databases! {
    async fn a_message_and_its_event_are_stored_together(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let client_id = ClientId::new(START);
        let except = Some("1234.5678".parse().unwrap());
        let sent = fixture.chat().send_message(&ada, new_message(client_id, " hi **you** \n"), except).await.unwrap();
        assert!(sent.is_new);
        let message = sent.message;
        assert_eq!((message.client_id, message.created_at, message.user.id), (client_id, START, ada.id));
        assert_eq!((message.body.as_str(), message.body_html.as_str()), ("hi **you**", "<p>hi <strong>you</strong></p>"));

        fixture.relay().relay_all().await.unwrap();
        let published = fixture.broker.published.lock().unwrap().clone();
        let [publication] = published.as_slice() else { panic!("{published:?}") };
        assert_eq!((publication.channel.as_str(), publication.except), ("chat", except));
        let AppEvent::MessageSent(event) = AppEvent::from_parts(&publication.event, &publication.data).unwrap() else {
            panic!("{publication:?}")
        };
        assert_eq!(event.message, message);
        let page = fixture.chat().messages(&ada, HistoryQuery::default()).await.unwrap();
        assert_eq!(page.messages, [message]);
        assert_eq!(page.position.offset, 1);
    }

    async fn the_same_client_id_again_is_the_same_message(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let limits = ChatLimits {
            messages: Allowance { burst: 1, interval: Duration::from_mins(1) },
            ..ChatLimits::default()
        };
        let chat = fixture.chat_with(limits, Arc::new(Vec::new));
        let client_id = ClientId::new(START);
        let first = chat.send_message(&ada, new_message(client_id, "once"), None).await.unwrap();
        for _ in 0..3 {
            let again = chat.send_message(&ada, new_message(client_id, "other words"), None).await.unwrap();
            assert!(!again.is_new);
            assert_eq!(again.message, first.message);
        }
        assert_eq!(fixture.number("select count(*) from event_log").await, 1);
    }

    async fn the_same_client_id_in_parallel_is_one_message_and_one_event(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let chat = fixture.chat();
        let client_id = ClientId::new(START);
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (chat, ada) = (chat.clone(), ada.clone());
                tokio::spawn(async move { chat.send_message(&ada, new_message(client_id, "once"), None).await })
            })
            .collect();
        let (mut ids, mut new) = (BTreeSet::new(), 0);
        for task in tasks {
            let sent = task.await.unwrap().unwrap();
            ids.insert(sent.message.id);
            new += usize::from(sent.is_new);
        }
        assert_eq!((ids.len(), new), (1, 1));
        assert_eq!(fixture.number("select count(*) from chat_messages").await, 1);
        assert_eq!(fixture.number("select max(channel_offset) from event_log").await, 1);
        assert_eq!(fixture.number("select last_offset from channel_positions").await, 1);
    }

    async fn a_client_id_of_another_person_is_a_conflict(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let client_id = ClientId::new(START);
        fixture.chat().send_message(&ada, new_message(client_id, "mine"), None).await.unwrap();
        let stolen = fixture.chat().send_message(&ben, new_message(client_id, "mine too"), None).await;
        assert!(matches!(stolen, Err(AppError::Conflict(_))), "{stolen:?}");
        assert_eq!(fixture.number("select count(*) from chat_messages").await, 1);
    }

    async fn messages_are_numbered_in_the_order_in_which_the_channel_is_told(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let chat = fixture.chat();
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let (chat, ada) = (chat.clone(), ada.clone());
                tokio::spawn(async move {
                    let message = NewMessage { body: number.to_string(), ..NewMessage::default() };
                    chat.send_message(&ada, message, None).await.unwrap()
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap().is_new);
        }
        fixture.relay().relay_all().await.unwrap();
        assert_eq!(fixture.broker.offsets("chat"), (1..=50).collect::<Vec<u64>>());
        let published = fixture.broker.published.lock().unwrap().clone();
        let ids: Vec<MessageId> = published
            .iter()
            .map(|it| match AppEvent::from_parts(&it.event, &it.data).unwrap() {
                AppEvent::MessageSent(event) => event.message.id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }

    async fn history_goes_both_ways_and_says_whether_there_is_more(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        fixture.say(&ada, (1..=25).map(|it| it.to_string())).await;
        let chat = fixture.chat();
        let page = |before: Option<MessageId>, after: Option<MessageId>| {
            let (chat, ada) = (chat.clone(), ada.clone());
            async move { chat.messages(&ada, HistoryQuery { before, after, limit: Some(10), ..HistoryQuery::default() }).await.unwrap() }
        };
        let newest = page(None, None).await;
        assert_eq!(numbers(&newest.messages), (16..=25).collect::<Vec<_>>());
        assert_eq!((newest.has_older, newest.has_newer, newest.position.offset), (true, false, 25));
        let middle = page(Some(newest.messages[0].id), None).await;
        assert_eq!(numbers(&middle.messages), (6..=15).collect::<Vec<_>>());
        assert_eq!((middle.has_older, middle.has_newer), (true, true));
        let oldest = page(Some(middle.messages[0].id), None).await;
        assert_eq!(numbers(&oldest.messages), (1..=5).collect::<Vec<_>>());
        assert_eq!((oldest.has_older, oldest.has_newer), (false, true));
        let forward = page(None, Some(oldest.messages[4].id)).await;
        assert_eq!(forward.messages, middle.messages);
        assert_eq!((forward.has_older, forward.has_newer), (true, true));
        let end = page(None, Some(newest.messages[9].id)).await;
        assert!(end.messages.is_empty() && end.has_older && !end.has_newer);
        let all = page(None, Some(MessageId(0))).await;
        assert_eq!((numbers(&all.messages), all.has_older), ((1..=10).collect(), false));
    }

    async fn a_page_that_can_not_be_is_refused_by_name(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let id = Some(MessageId(1));
        for (query, field) in [
            (HistoryQuery { limit: Some(0), ..HistoryQuery::default() }, "limit"),
            (HistoryQuery { limit: Some(101), ..HistoryQuery::default() }, "limit"),
            (HistoryQuery { before: id, after: id, ..HistoryQuery::default() }, "after"),
            (HistoryQuery { after: id, unread: true, ..HistoryQuery::default() }, "unread"),
        ] {
            let refused = fixture.chat().messages(&ada, query).await;
            assert!(matches!(&refused, Err(AppError::Invalid(it)) if it[0].field == field), "{refused:?}");
        }
        let empty = fixture.chat().send_message(&ada, NewMessage { body: " ".into(), ..NewMessage::default() }, None).await;
        assert!(matches!(&empty, Err(AppError::Invalid(it)) if it[0].field == "body"), "{empty:?}");
    }

    async fn a_read_position_never_moves_back(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        fixture.say(&ada, (1..=3).map(|it| it.to_string())).await;
        let chat = fixture.chat();
        let read_up_to = || {
            let (chat, ada) = (chat.clone(), ada.clone());
            async move { chat.messages(&ada, HistoryQuery::default()).await.unwrap().read_up_to }
        };
        let ids: Vec<MessageId> =
            chat.messages(&ada, HistoryQuery::default()).await.unwrap().messages.iter().map(|it| it.id).collect();
        assert_eq!(read_up_to().await, None);
        for (read, expected) in [(1, 1), (2, 2), (0, 2), (2, 2)] {
            chat.mark_read(&ada, ids[read]).await.unwrap();
            assert_eq!(read_up_to().await, Some(ids[expected]));
        }
        let unknown = chat.mark_read(&ada, MessageId(ids[2].0 + 1)).await;
        assert!(matches!(unknown, Err(AppError::NotFound(_))), "{unknown:?}");
        let ben = fixture.person("Ben").await;
        assert_eq!(chat.messages(&ben, HistoryQuery::default()).await.unwrap().read_up_to, None);
    }

    async fn typing_is_told_at_once_and_never_stored(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let except = Some("1234.5678".parse().unwrap());
        let until = fixture.chat().typing(&ada, TypingNotice::default(), except).await.unwrap();
        assert_eq!(until, START.plus_ms(6_000));
        let published = fixture.broker.published.lock().unwrap().clone();
        assert_eq!((published.len(), published[0].except, published[0].logged), (1, except, None));
        assert!(published[0].data.contains("\"until\":\"2023-11-14T22:13:26.123Z\""), "{}", published[0].data);
        assert_eq!(fixture.number("select count(*) from event_log").await, 0);
    }

    async fn whoever_sends_too_fast_is_told_when_to_try_again(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let allowance = Allowance { burst: 2, interval: Duration::from_secs(5) };
        let limits = ChatLimits { messages: allowance, typing: allowance, ..ChatLimits::default() };
        let chat = fixture.chat_with(limits, Arc::new(Vec::new));
        let say = |author: &app::accounts::User| {
            let (chat, author) = (chat.clone(), author.clone());
            async move { chat.send_message(&author, NewMessage { body: "hi".into(), ..NewMessage::default() }, None).await }
        };
        let first = new_message(ClientId::new(START), "hi");
        let stored = chat.send_message(&ada, first.clone(), None).await.unwrap();
        assert!(say(&ada).await.is_ok());
        let again = chat.send_message(&ada, first, None).await.unwrap();
        assert!(!again.is_new && again.message == stored.message, "what is stored costs nothing to send again");
        assert_eq!(say(&ada).await, Err(AppError::TooManyRequests { retry_after_s: 5 }));
        assert!(say(&ben).await.is_ok());
        fixture.clock.set(START.plus_ms(5_000));
        assert!(say(&ada).await.is_ok());
        for _ in 0..2 {
            assert!(chat.typing(&ada, TypingNotice::default(), None).await.is_ok());
        }
        assert_eq!(chat.typing(&ada, TypingNotice::default(), None).await, Err(AppError::TooManyRequests { retry_after_s: 5 }));
    }

    async fn who_is_online_is_what_the_live_table_says(fixture: Fixture) {
        let (zoe, ada) = (fixture.person("Zoe").await, fixture.person("ada").await);
        fixture.person("Ben").await;
        let unknown = UserId(4_000);
        let chat = fixture.chat_with(ChatLimits::default(), present(&[zoe.id, ada.id, unknown]));
        let names: Vec<String> = chat.online_users().await.unwrap().into_iter().map(|it| it.user.name).collect();
        assert_eq!(names, ["ada", "Zoe"]);
        assert!(fixture.chat().online_users().await.unwrap().is_empty());
    }

    async fn an_account_that_is_deleted_takes_what_it_wrote_along(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        fixture.say(&ada, ["1".to_owned()]).await;
        fixture.say(&ben, ["2".to_owned()]).await;
        fixture.execute("delete from users where name = 'Ada'").await;
        let page = fixture.chat().messages(&ben, HistoryQuery::default()).await.unwrap();
        assert_eq!(numbers(&page.messages), [2]);
        assert_eq!(fixture.number("select count(*) from chat_messages").await, 1);
    }
}
