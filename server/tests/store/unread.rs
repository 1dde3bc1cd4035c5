use app::accounts::{Role, User};
use app::chat::{
    ChatService as _, Conversation, HistoryQuery, ListQuery, MAX_COUNTED_UNREAD, Message, NewMessage, NewPrivateMessage,
};
use app::ids::MessageId;
use server::store::{ConversationKey, Store, UnreadStretch};

use crate::harness::{Fixture, START, on_both_databases};
use crate::work::Watched;

/// How many rows a test puts in the way of what it asks for.
pub(crate) const FLOOD: u64 = 30_000;

/// Authors of the general room whose last message that was not deleted is not the one that is noted.
const WRONG_AUTHORS: &str = "\
    select count(*) from room_authors a where a.last_message_id <> coalesce((select max(m.id) from chat_messages m \
        where m.conversation_id = 0 and m.user_id = a.user_id and m.deleted_at is null), 0)";

pub(crate) fn direct(one: &User, other: &User) -> Conversation {
    Conversation::direct(one.id, other.id).unwrap()
}

pub(crate) async fn say(fixture: &Fixture, author: &User) -> MessageId {
    let message = NewMessage { body: "hi".into(), ..NewMessage::default() };
    fixture.chat().send_message(author, message, None).await.unwrap().message.id
}

pub(crate) async fn write(fixture: &Fixture, author: &User, recipient: &User) -> Message {
    let message = NewMessage { body: "hi".into(), ..NewMessage::default() };
    let command = NewPrivateMessage { recipient_id: recipient.id, message };
    fixture.chat().send_private_message(author, command, None).await.unwrap().message
}

/// How many unread messages the page, the list and the summary of a conversation tell of: the same in all three.
async fn count(fixture: &Fixture, reader: &User, conversation: Conversation) -> u32 {
    let chat = fixture.chat();
    let opened = chat.open(reader, conversation).await.unwrap();
    let list = chat.conversations(reader, ListQuery::default()).await.unwrap();
    let in_list = match conversation {
        Conversation::General => list.general.map(|it| it.unread_count),
        Conversation::Direct(_) => {
            list.direct.iter().find(|it| it.conversation == conversation).map(|it| it.unread_count)
        }
    };
    let counts = [opened.page.unread_count, opened.summary.unread_count, in_list.unwrap_or_default()];
    assert!(counts.iter().all(|it| *it == counts[0]), "{counts:?}");
    counts[0]
}

/// SQL for as many rows as [`FLOOD`] says, with the numbers from 1 as `i`.
pub(crate) fn flood() -> String {
    format!("with recursive n(i) as (select 1 union all select i + 1 from n where i < {FLOOD}) select i from n")
}

/// Stores many messages of one author at once.
pub(crate) async fn pour(fixture: &Fixture, author: &User, recipient: Option<&User>, is_deleted: bool) {
    let client_id = match &fixture.store {
        Store::Postgres(_) => "gen_random_uuid()",
        Store::Sqlite(_) => "randomblob(16)",
    };
    let (recipient, conversation) = match recipient {
        Some(recipient) => {
            let key = fixture.store.conversation_key(direct(author, recipient)).await.unwrap();
            (recipient.id.to_string(), key.0)
        }
        None => ("null".to_owned(), 0),
    };
    let (author, at) = (author.id, "'2026-01-01 00:00:00+00:00'");
    let deleted_at = if is_deleted { at } else { "null" };
    let sql = format!(
        "insert into chat_messages (user_id, recipient_id, conversation_id, client_id, body, body_html, created_at, \
            updated_at, deleted_at) \
        select {author}, {recipient}, {conversation}, {client_id}, 'hi', 'hi', {at}, {at}, {deleted_at} \
        from ({}) n",
        flood()
    );
    fixture.execute(sql).await;
}

on_both_databases! {
    async fn what_one_wrote_oneself_costs_nothing_to_count_between_two(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let first = write(&fixture, &ben, &ada).await.id;
        fixture.chat().mark_read(&ada, first).await.unwrap();
        pour(&fixture, &ada, Some(&ben), false).await;
        let last = write(&fixture, &ben, &ada).await.id;
        pour(&fixture, &ada, Some(&ben), false).await;
        let watched = Watched::new(fixture).await;
        assert_eq!(count(&watched.fixture, &ada, direct(&ada, &ben)).await, 1);
        let query = HistoryQuery { conversation: direct(&ada, &ben), unread: true, ..HistoryQuery::default() };
        let page = watched.fixture.chat().messages(&ada, query).await.unwrap();
        assert!(page.messages.iter().any(|it| it.id == last), "the page opens at what is unread");
        assert_eq!(count(&watched.fixture, &ben, direct(&ada, &ben)).await, MAX_COUNTED_UNREAD);
        let work = watched.work().await;
        assert!((1..FLOOD).contains(&work), "{work}");
    }

    async fn what_was_deleted_costs_nothing_to_count_between_two(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let first = write(&fixture, &ben, &ada).await.id;
        fixture.chat().mark_read(&ada, first).await.unwrap();
        pour(&fixture, &ben, Some(&ada), true).await;
        write(&fixture, &ben, &ada).await;
        let watched = Watched::new(fixture).await;
        assert_eq!(count(&watched.fixture, &ada, direct(&ada, &ben)).await, 1);
        let work = watched.work().await;
        assert!((1..FLOOD).contains(&work), "{work}");
    }

    async fn what_one_wrote_oneself_costs_nothing_to_count_in_the_room(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let first = say(&fixture, &ben).await;
        fixture.chat().mark_read(&ada, first).await.unwrap();
        pour(&fixture, &ada, None, false).await;
        let unread = say(&fixture, &ben).await;
        pour(&fixture, &ada, None, false).await;
        let watched = Watched::new(fixture).await;
        assert_eq!(count(&watched.fixture, &ada, Conversation::General).await, 1);
        let query = HistoryQuery { unread: true, ..HistoryQuery::default() };
        let page = watched.fixture.chat().messages(&ada, query).await.unwrap();
        assert!(page.messages.iter().any(|it| it.id == unread), "the page opens at what is unread");
        let work = watched.work().await;
        assert!((1..FLOOD).contains(&work), "{work}");
    }

    async fn what_was_deleted_costs_nothing_to_count_in_the_room(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let first = say(&fixture, &ben).await;
        fixture.chat().mark_read(&ada, first).await.unwrap();
        pour(&fixture, &ben, None, true).await;
        say(&fixture, &ben).await;
        let watched = Watched::new(fixture).await;
        assert_eq!(count(&watched.fixture, &ada, Conversation::General).await, 1);
        let work = watched.work().await;
        assert!((1..FLOOD).contains(&work), "{work}");
    }

    async fn who_never_read_on_costs_nothing_in_the_list_of_receipts(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let id = say(&fixture, &ada).await;
        fixture.chat().mark_read(&ben, id).await.unwrap();
        let at = "'2026-01-01 00:00:00+00:00'";
        let people = format!(
            "insert into users (name, email, password_hash, created_at, updated_at) \
            select 'P', 'p' || i, '', {at}, {at} from ({}) n",
            flood()
        );
        fixture.execute(people).await;
        let positions = format!(
            "insert into read_positions (user_id, conversation, last_read_message_id, updated_at) \
            select id, 'chat', {}, {at} from users where name = 'P'",
            id.0 + 1
        );
        fixture.execute(positions).await;
        let watched = Watched::new(fixture).await;
        let receipts = watched.fixture.chat().open(&ada, Conversation::General).await.unwrap().receipts;
        assert_eq!(receipts.iter().map(|it| it.user.id).collect::<Vec<_>>(), [ben.id]);
        let work = watched.work().await;
        assert!((1..FLOOD).contains(&work), "{work}");
    }

    async fn a_count_of_two_passes_over_one_s_own_and_over_what_is_gone(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        let chat = fixture.chat();
        assert_eq!(count(&fixture, &ada, direct(&ada, &ben)).await, 0, "before the first message");
        let read = write(&fixture, &ben, &ada).await.id;
        chat.mark_read(&ada, read).await.unwrap();
        write(&fixture, &ada, &ben).await;
        let gone = write(&fixture, &ben, &ada).await.id;
        write(&fixture, &ada, &ben).await;
        write(&fixture, &ben, &ada).await;
        write(&fixture, &mei, &ada).await;
        say(&fixture, &ben).await;
        assert_eq!(count(&fixture, &ada, direct(&ada, &ben)).await, 2);
        chat.delete_message(&ben, gone).await.unwrap();
        assert_eq!(count(&fixture, &ada, direct(&ada, &ben)).await, 1);
        assert_eq!(count(&fixture, &ben, direct(&ada, &ben)).await, 2);
        assert_eq!(count(&fixture, &ada, direct(&ada, &mei)).await, 1);
        let mut tx = fixture.store.begin().await.unwrap();
        tx.block(ada.id, ben.id, START).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&fixture, &ada, direct(&ada, &ben)).await, 1, "a block keeps what was");
        let state = chat.mark_unread(&ada, read).await.unwrap();
        assert_eq!(state.unread_count, 2, "as the transaction counts it");
        assert_eq!(count(&fixture, &ada, direct(&ada, &ben)).await, 2);
    }

    async fn many_authors_of_the_room_count_up_to_the_limit_together(fixture: Fixture) {
        let reader = fixture.person("Ada").await;
        for number in 1..=11 {
            let author = fixture.person(&format!("Author {number}")).await;
            fixture.say(&author, (1..=10).map(|it| it.to_string())).await;
            let expected = (number * 10).min(MAX_COUNTED_UNREAD);
            assert_eq!(count(&fixture, &reader, Conversation::General).await, expected);
        }
    }

    /// Every mix of sending, deleting and reading gives what counting by hand gives.
    async fn the_room_counts_as_one_would_by_hand(fixture: Fixture) {
        let mut people = Vec::new();
        for name in ["Ada", "Ben", "Mei"] {
            people.push(fixture.person(name).await);
        }
        let admin = User { role: Role::Admin, ..fixture.person("Zoë").await };
        let mut messages: Vec<(MessageId, usize)> = Vec::new();
        let mut read = [MessageId(0); 3];
        let mut random: u64 = 7;
        for _ in 0..80 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = usize::try_from(random >> 33).unwrap();
            let (who, what) = (number % 3, number / 3 % 8);
            let picked = messages.len().checked_sub(1).map(|last| last - number / 24 % 4.min(last + 1));
            match (what, picked) {
                (5 | 6, Some(index)) => {
                    let (id, _) = messages.remove(index);
                    fixture.chat().delete_message(&admin, id).await.unwrap();
                }
                (7, Some(index)) => {
                    fixture.chat().mark_read(&people[who], messages[index].0).await.unwrap();
                    read[who] = read[who].max(messages[index].0);
                }
                _ => messages.push((say(&fixture, &people[who]).await, who)),
            }
            assert_eq!(fixture.number(WRONG_AUTHORS).await, 0, "each author's last message that stands is known");
            for (reader, person) in people.iter().enumerate() {
                let is_unread = |(id, author): &&(MessageId, usize)| *id > read[reader] && *author != reader;
                let expected = messages.iter().filter(is_unread).count();
                let counted = count(&fixture, person, Conversation::General).await;
                assert_eq!(usize::try_from(counted).unwrap(), expected, "{} of {messages:?}", person.name);
                let stretch = UnreadStretch {
                    conversation: Conversation::General,
                    key: ConversationKey::GENERAL,
                    reader: person.id,
                    read: read[reader],
                };
                let first = messages.iter().find(is_unread).map(|(id, _)| *id);
                assert_eq!(fixture.store.first_unread(stretch).await.unwrap(), first, "{}", person.name);
            }
        }
    }

    async fn authors_of_the_room_are_found_in_messages_of_before(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        let mut ids = Vec::new();
        for author in [&ada, &ben, &ada, &mei] {
            ids.push(say(&fixture, author).await);
        }
        write(&fixture, &ben, &ada).await;
        for id in &ids[2..] {
            let author = if *id == ids[2] { &ada } else { &mei };
            fixture.chat().delete_message(author, *id).await.unwrap();
        }
        // As it was before the step that this is about.
        for sql in [
            "drop table room_authors",
            "drop index chat_messages_of_author",
            "drop index read_positions_receipts",
            "create index read_positions_conversation on read_positions (conversation, last_read_message_id)",
            "delete from _sqlx_migrations where version = 11",
        ] {
            fixture.execute(sql).await;
        }
        let done = fixture.store.migrate().await.unwrap();
        assert_eq!(done.iter().map(|it| it.version).collect::<Vec<_>>(), [11]);
        let counts = [count(&fixture, &ada, Conversation::General).await, count(&fixture, &mei, Conversation::General).await];
        assert_eq!(counts, [1, 2]);
        let without = "select count(*) from room_authors where last_message_id = 0";
        assert_eq!(fixture.number(without).await, 1, "Mei, whose only message was deleted");
        assert_eq!(fixture.number("select max(last_message_id) from room_authors").await, ids[1].0);
    }
}
