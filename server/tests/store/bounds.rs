//! What reading costs however much is stored: rows and not time.

use app::chat::{ChatService as _, Conversation, HistoryQuery, ListQuery, MAX_COUNTED_UNREAD};
use app::ids::MessageId;
use server::store::{ConversationKey, Store, UnreadStretch};

use crate::harness::{Fixture, on_both_databases};
use crate::unread::{FLOOD, direct, flood, pour, say, write};
use crate::work::Watched;

/// Statements of a connection that PostgreSQL plans for their values, before it may keep a plan for all values.
const PLANNED_ANEW: usize = 5;

/// SQL for another client id each time.
fn random_id(store: &Store) -> &'static str {
    match store {
        Store::Postgres(_) => "gen_random_uuid()",
        Store::Sqlite(_) => "randomblob(16)",
    }
}

on_both_databases! {
    async fn a_page_of_a_conversation_costs_nothing_of_what_was_written_elsewhere(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        for conversation in [Conversation::General, direct(&ada, &ben)] {
            let first = match conversation {
                Conversation::General => say(&fixture, &ada).await,
                Conversation::Direct(_) => write(&fixture, &ada, &ben).await.id,
            };
            assert!(first.0 < 3, "{conversation} begins with message {first}, before the flood");
        }
        pour(&fixture, &ben, None, false).await;
        pour(&fixture, &ada, Some(&ben), false).await;
        let middle = MessageId(fixture.number("select max(id) from chat_messages").await);
        // As many again elsewhere, so that either conversation lies far from both ends.
        pour(&fixture, &mei, Some(&ada), false).await;
        let watched = Watched::new(fixture).await;
        for conversation in [Conversation::General, direct(&ada, &ben)] {
            let beside = HistoryQuery { conversation, ..HistoryQuery::default() };
            for query in [
                beside,
                HistoryQuery { before: Some(MessageId(i64::MAX)), ..beside },
                HistoryQuery { before: Some(middle), ..beside },
                HistoryQuery { after: Some(MessageId(1)), ..beside },
                HistoryQuery { after: Some(middle), ..beside },
                HistoryQuery { unread: true, ..beside },
            ] {
                let before = watched.work().await;
                watched.fixture.chat().messages(&ada, query).await.unwrap();
                let work = watched.work().await - before;
                assert!((1..FLOOD).contains(&work), "{work} for {query:?}");
            }
        }
    }

    async fn a_room_in_which_many_have_written_much_costs_no_more_to_count(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let at = "'2026-01-01 00:00:00+00:00'";
        let client_id = random_id(&fixture.store);
        for sql in [
            format!(
                "insert into users (name, email, password_hash, created_at, updated_at) \
                select 'P', 'p' || i, '', {at}, {at} from ({}) n where i <= 150 order by i",
                flood()
            ),
            format!(
                "insert into chat_messages (user_id, client_id, body, body_html, created_at, updated_at) \
                select {} + 1 + i % 150, {client_id}, 'hi', 'hi', {at}, {at} from ({}) n order by i",
                ada.id,
                flood()
            ),
            "insert into room_authors (user_id, last_message_id) \
                select user_id, max(id) from chat_messages group by user_id".to_owned(),
        ] {
            fixture.execute(sql).await;
        }
        let watched = Watched::new(fixture).await;
        for read in [1, i64::try_from(FLOOD).unwrap() - 99] {
            let (conversation, key) = (Conversation::General, ConversationKey::GENERAL);
            let stretch = UnreadStretch { conversation, key, reader: ada.id, read: MessageId(read) };
            let before = watched.work().await;
            let count = watched.fixture.store.unread_count(stretch, MAX_COUNTED_UNREAD).await.unwrap();
            assert_eq!(count, if read == 1 { MAX_COUNTED_UNREAD } else { 99 });
            let work = watched.work().await - before;
            assert!((1..FLOOD / 4).contains(&work), "{work} after message {read}");
        }
    }

    async fn a_list_of_conversations_costs_what_it_shows_of_them(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let at = "'2026-01-01 00:00:00+00:00'";
        for sql in [
            format!(
                "insert into users (name, email, password_hash, created_at, updated_at) \
                select 'P', 'p' || i, '', {at}, {at} from ({}) n order by i",
                flood()
            ),
            format!(
                "insert into direct_conversations (low_user_id, high_user_id, created_at, last_message_id) \
                select {}, id, {at}, id from users where name = 'P'",
                ada.id
            ),
            format!(
                "insert into chat_messages (user_id, recipient_id, conversation_id, client_id, body, body_html, \
                    created_at, updated_at) \
                select c.high_user_id, {}, c.id, {}, 'hi', 'hi', {at}, {at} from direct_conversations c order by c.id",
                ada.id,
                random_id(&fixture.store)
            ),
            "update direct_conversations set last_message_id = \
                (select m.id from chat_messages m where m.conversation_id = direct_conversations.id)".to_owned(),
            format!(
                "insert into read_positions (user_id, conversation, last_read_message_id, updated_at) \
                select p.id, 'private-chat.{}.' || c.high_user_id, 0, {at} from direct_conversations c \
                join users p on p.id in (c.low_user_id, c.high_user_id)",
                ada.id
            ),
        ] {
            fixture.execute(sql).await;
        }
        // Its channel is numbered from here on, which reading then need not begin.
        let list = fixture.chat().conversations(&ada, ListQuery { limit: Some(100), ..ListQuery::default() }).await.unwrap();
        assert!(list.direct.len() == 100 && list.has_more);
        let watched = Watched::new(fixture).await;
        for _ in 0..2 * PLANNED_ANEW {
            let before = watched.work().await;
            let list = watched.fixture.chat().conversations(&ada, ListQuery::default()).await.unwrap();
            let work = watched.work().await - before;
            assert!(list.direct.len() == 50 && list.direct.iter().all(|it| it.unread_count == 1), "{list:?}");
            assert!((1..FLOOD).contains(&work), "{work}");
        }
    }
}
