use app::accounts::User;
use app::chat::{ChatService as _, Conversation, HistoryQuery, NewMessage, NewPrivateMessage, ReadState};
use app::error::AppError;
use app::ids::MessageId;
use app::realtime::AppEvent;
use app::realtime::events::{MessageDelivered, MessageRead};
use app::settings::SettingsService as _;
use serde_json::json;
use server::domain::SettingsDesk;

use crate::harness::{Fixture, on_both_databases};

async fn write(fixture: &Fixture, author: &User, recipient: &User) -> MessageId {
    let message = NewMessage { body: "hi".into(), ..NewMessage::default() };
    let command = NewPrivateMessage { recipient_id: recipient.id, message };
    fixture.chat().send_private_message(author, command, None).await.unwrap().message.id
}

async fn say(fixture: &Fixture, author: &User) -> MessageId {
    let message = NewMessage { body: "hi".into(), ..NewMessage::default() };
    fixture.chat().send_message(author, message, None).await.unwrap().message.id
}

async fn read(fixture: &Fixture, reader: &User, id: MessageId) -> ReadState {
    fixture.chat().mark_read(reader, id).await.unwrap()
}

/// Forgets what was told so far.
async fn settle(fixture: &Fixture) {
    fixture.relay().relay_all().await.unwrap();
    fixture.broker.published.lock().unwrap().clear();
}

/// What each person's own channel was told of reading and delivery since.
async fn told(fixture: &Fixture) -> Vec<(String, AppEvent)> {
    fixture.relay().relay_all().await.unwrap();
    let published = std::mem::take(&mut *fixture.broker.published.lock().unwrap());
    let mut told: Vec<_> = published
        .iter()
        .map(|it| (it.channel.to_string(), AppEvent::from_parts(&it.event, &it.data).unwrap()))
        .filter(|(_, event)| matches!(event, AppEvent::MessageRead(_) | AppEvent::MessageDelivered(_)))
        .collect();
    told.sort_by(|(one, _), (other, _)| one.cmp(other));
    told
}

fn reads(told: &[(String, AppEvent)]) -> Vec<(&str, &MessageRead)> {
    told.iter()
        .map(|(channel, event)| match event {
            AppEvent::MessageRead(it) => (channel.as_str(), it),
            other => panic!("{other:?}"),
        })
        .collect()
}

async fn keep_receipts(fixture: &Fixture, user: &User) {
    let settings = SettingsDesk::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone());
    settings.change_settings(user.id, json!({ "privacy": { "read_receipts": false } }), None).await.unwrap();
}

on_both_databases! {
    async fn reading_tells_the_author_and_the_reader_s_other_tabs(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let ids = [write(&fixture, &ada, &ben).await, write(&fixture, &ada, &ben).await, write(&fixture, &ada, &ben).await];
        settle(&fixture).await;
        let state = read(&fixture, &ben, ids[1]).await;
        let conversation = Conversation::direct(ada.id, ben.id).unwrap();
        assert_eq!(state, ReadState { conversation, read_up_to: Some(ids[1]), revision: 1, unread_count: 1 });
        let told = told(&fixture).await;
        let [(ada_s, at_ada), (ben_s, at_ben)] = reads(&told)[..] else { panic!("{told:?}") };
        assert_eq!((ada_s, ben_s), (&*format!("private-user.{}", ada.id), &*format!("private-user.{}", ben.id)));
        assert_eq!((at_ada.read_up_to, at_ada.unread_count), (Some(ids[1]), None));
        assert_eq!((at_ben.read_up_to, at_ben.unread_count, at_ben.revision), (Some(ids[1]), Some(1), 1));
        assert_eq!(fixture.number("select count(*) from chat_messages where is_read").await, 2);
        let opened = fixture.chat().open(&ada, conversation).await.unwrap();
        assert_eq!(opened.summary.peer_read_up_to, Some(ids[1]));
        assert_eq!((opened.receipts.len(), opened.receipts[0].read_up_to), (1, ids[1]));
    }

    async fn everything_is_read_at_once_where_anything_is_unread_and_nowhere_else(fixture: Fixture) {
        let [ada, ben, cleo, dan] = ["Ada", "Ben", "Cleo", "Dan"].map(|it| fixture.person(it));
        let (ada, ben, cleo, dan) = (ada.await, ben.await, cleo.await, dan.await);
        let from_ben = write(&fixture, &ben, &ada).await;
        let own_last = write(&fixture, &ada, &ben).await;
        let read_before = write(&fixture, &cleo, &ada).await;
        read(&fixture, &ada, read_before).await;
        write(&fixture, &ada, &cleo).await;
        let deleted = write(&fixture, &dan, &ada).await;
        fixture.chat().delete_message(&dan, deleted).await.unwrap();
        say(&fixture, &ben).await;
        let in_room = say(&fixture, &ada).await;
        settle(&fixture).await;

        let all = fixture.chat().mark_all_read(&ada).await.unwrap();
        assert!(!all.has_more);
        let stands: Vec<_> = all.conversations.iter().map(|it| (it.conversation, it.read_up_to, it.unread_count)).collect();
        let with_ben = Conversation::direct(ada.id, ben.id).unwrap();
        assert_eq!(stands, [(Conversation::General, Some(in_room), 0), (with_ben, Some(own_last), 0)]);
        let told = told(&fixture).await;
        let at_ada = reads(&told).iter().filter(|(_, it)| it.unread_count.is_some()).count();
        assert_eq!(at_ada, 2, "her other tabs: {told:?}");
        assert!(reads(&told).iter().any(|(channel, it)| {
            *channel == format!("private-user.{}", ben.id) && it.read_up_to >= Some(from_ben)
        }));
        assert_eq!(fixture.chat().mark_all_read(&ada).await.unwrap().conversations, []);
        settle(&fixture).await;
    }

    async fn more_unread_conversations_than_one_command_marks_are_marked_by_the_next(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        for number in 0..101 {
            let peer = fixture.person(&format!("Peer {number}")).await;
            write(&fixture, &peer, &ada).await;
        }
        let first = fixture.chat().mark_all_read(&ada).await.unwrap();
        assert_eq!((first.conversations.len(), first.has_more), (100, true));
        let second = fixture.chat().mark_all_read(&ada).await.unwrap();
        assert_eq!((second.conversations.len(), second.has_more), (1, false));
        assert_eq!(fixture.number("select count(*) from chat_messages where not is_read").await, 0);
    }

    async fn a_position_moves_back_only_when_it_is_asked_to(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let ids = [write(&fixture, &ada, &ben).await, write(&fixture, &ada, &ben).await, write(&fixture, &ada, &ben).await];
        read(&fixture, &ben, ids[2]).await;
        settle(&fixture).await;
        assert_eq!(read(&fixture, &ben, ids[0]).await.read_up_to, Some(ids[2]));
        assert!(told(&fixture).await.is_empty(), "what does not move is not told");
        let state = fixture.chat().mark_unread(&ben, ids[1]).await.unwrap();
        assert_eq!((state.read_up_to, state.revision, state.unread_count), (Some(ids[0]), 2, 2));
        let events = told(&fixture).await;
        assert!(reads(&events).iter().all(|(_, it)| it.read_up_to == Some(ids[0]) && it.revision == 2));
        assert_eq!(fixture.number("select count(*) from chat_messages where is_read").await, 1);
        let state = fixture.chat().mark_unread(&ben, ids[0]).await.unwrap();
        assert_eq!((state.read_up_to, state.unread_count), (None, 3));
        let state = fixture.chat().mark_unread(&ben, ids[2]).await.unwrap();
        assert_eq!((state.read_up_to, state.revision), (None, 3), "nor does it move forward then");
        assert_eq!(fixture.number("select count(*) from chat_messages where is_read").await, 0);
    }

    async fn nobody_reads_what_is_not_theirs(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        let id = write(&fixture, &ada, &ben).await;
        let chat = fixture.chat();
        for refused in [
            chat.mark_read(&mei, id).await.map(drop),
            chat.mark_unread(&mei, id).await.map(drop),
            chat.mark_delivered(&mei, id).await,
            chat.readers(&mei, id).await.map(drop),
            chat.mark_read(&ben, MessageId(id.0 + 1)).await.map(drop),
        ] {
            assert!(matches!(refused, Err(AppError::NotFound(_))), "{refused:?}");
        }
    }

    async fn delivery_is_told_once_to_the_author(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let ids = [write(&fixture, &ada, &ben).await, write(&fixture, &ada, &ben).await];
        let general = say(&fixture, &ada).await;
        settle(&fixture).await;
        let chat = fixture.chat();
        for id in [ids[1], ids[0], ids[1], general] {
            chat.mark_delivered(&ben, id).await.unwrap();
        }
        let told = told(&fixture).await;
        let [(channel, AppEvent::MessageDelivered(MessageDelivered { delivered_up_to, .. }))] = &told[..] else { panic!("{told:?}") };
        assert_eq!((channel, *delivered_up_to), (&format!("private-user.{}", ada.id), ids[1]));
        let list = chat.conversations(&ada, app::chat::ListQuery::default()).await.unwrap().direct;
        assert_eq!((list[0].peer_delivered_up_to, list[0].peer_read_up_to), (Some(ids[1]), None));
        read(&fixture, &ben, ids[0]).await;
        let list = chat.conversations(&ada, app::chat::ListQuery::default()).await.unwrap().direct;
        assert_eq!((list[0].peer_delivered_up_to, list[0].peer_read_up_to), (Some(ids[1]), Some(ids[0])));
    }

    async fn who_has_read_a_message_of_the_general_room_is_listed(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        let ids = [say(&fixture, &ada).await, say(&fixture, &mei).await, say(&fixture, &ada).await];
        settle(&fixture).await;
        read(&fixture, &ben, ids[1]).await;
        let events = told(&fixture).await;
        assert_eq!(reads(&events).len(), 3, "ada, mei and ben's own tabs");
        read(&fixture, &mei, ids[2]).await;
        let readers = |id| {
            let (chat, ada) = (fixture.chat(), ada.clone());
            async move {
                let readers = chat.readers(&ada, id).await.unwrap();
                assert_eq!(usize::try_from(readers.count).unwrap(), readers.readers.len());
                readers.readers.into_iter().map(|it| it.user.name).collect::<Vec<_>>()
            }
        };
        assert_eq!(readers(ids[0]).await, ["Mei", "Ben"]);
        assert_eq!(readers(ids[2]).await, ["Mei"]);
        assert_eq!(readers(ids[1]).await, ["Ben"], "an author needs no receipt");
        let new = fixture.person("Zoë").await;
        fixture.store.begin_reading(new.id, fixture.clock.now()).await.unwrap();
        assert_eq!(readers(ids[0]).await, ["Mei", "Ben"], "who has just come has read nothing yet");
        let opened = fixture.chat().open(&ada, Conversation::General).await.unwrap();
        assert_eq!(opened.receipts.len(), 2);
    }

    async fn who_keeps_receipts_gets_none(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let conversation = Conversation::direct(ada.id, ben.id).unwrap();
        let (to_ben, to_ada, general) = (write(&fixture, &ada, &ben).await, write(&fixture, &ben, &ada).await, say(&fixture, &ada).await);
        keep_receipts(&fixture, &ben).await;
        settle(&fixture).await;
        for (reader, id, own) in [(&ben, to_ben, &ben), (&ada, to_ada, &ada), (&ben, general, &ben)] {
            read(&fixture, reader, id).await;
            let events = told(&fixture).await;
            let channels: Vec<&str> = reads(&events).into_iter().map(|(channel, _)| channel).collect();
            assert_eq!(channels, [format!("private-user.{}", own.id)], "only their own tabs hear of it");
        }
        for reader in [&ada, &ben] {
            let opened = fixture.chat().open(reader, conversation).await.unwrap();
            assert_eq!((opened.summary.peer_read_up_to, opened.receipts.len()), (None, 0), "{}", reader.name);
            assert_eq!(fixture.chat().readers(reader, general).await.unwrap().count, 0);
        }
        assert_eq!(fixture.number("select count(*) from chat_messages where is_read").await, 2, "the position is kept all the same");
    }

    async fn what_was_said_before_somebody_came_is_not_unread(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        say(&fixture, &ada).await;
        let ben = app::accounts::AccountService::sign_up(&fixture.accounts(), crate::harness::sign_up("Ben"), std::net::Ipv4Addr::LOCALHOST.into()).await.unwrap();
        say(&fixture, &ada).await;
        let page = fixture.chat().messages(&ben, HistoryQuery { unread: true, ..HistoryQuery::default() }).await.unwrap();
        assert_eq!((page.messages.len(), page.unread_count), (2, 1));
    }

    async fn settings_are_changed_in_part_and_by_many_at_once(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let desk = SettingsDesk::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone());
        let changes = [json!({ "chat": { "skin_tone": 3 } }), json!({ "privacy": { "last_seen": false } }), json!({ "profile": { "headline": "Marketing" } })];
        let tasks: Vec<_> = changes
            .into_iter()
            .map(|change| {
                let (desk, id) = (desk.clone(), ada.id);
                tokio::spawn(async move { desk.change_settings(id, change, None).await.unwrap() })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let settings = desk.settings(ada.id).await.unwrap();
        assert_eq!((settings.chat.skin_tone, settings.privacy.last_seen, settings.profile.headline.as_str()), (3, false, "Marketing"));
        let wrong = desk.change_settings(ada.id, json!({ "chat": { "skin_tone": 9 } }), None).await;
        assert!(matches!(&wrong, Err(AppError::Invalid(it)) if it[0].field == "chat.skin_tone"), "{wrong:?}");
        assert_eq!(desk.settings(ada.id).await.unwrap(), settings);
    }

    async fn a_change_of_settings_is_told_to_its_author_alone_and_only_if_it_is_one(fixture: Fixture) {
        const TOLD: &str = "select count(*) from event_log where event = 'SettingsChanged' and channel = 'private-user.1'";
        let ada = fixture.person("Ada").await;
        assert_eq!(ada.id.0, 1);
        let desk = SettingsDesk::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone());
        for change in [json!({ "chat": { "skin_tone": 3 } }), json!({ "chat": { "skin_tone": 3 } })] {
            desk.change_settings(ada.id, change, None).await.unwrap();
            assert_eq!(fixture.number(TOLD).await, 1);
        }
        desk.change_settings(ada.id, json!({ "chat": { "skin_tone": 9 } }), None).await.unwrap_err();
        desk.change_settings(ada.id, json!({ "chat": { "skin_tone": 4 } }), None).await.unwrap();
        assert_eq!(fixture.number(TOLD).await, 2);
        assert_eq!(fixture.number("select count(*) from event_log").await, 2);
    }
}
