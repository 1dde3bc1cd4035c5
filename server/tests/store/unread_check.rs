use std::sync::Arc;

use app::accounts::User;
use app::chat::{ChatService as _, Conversation, EditMessage, React};
use app::ids::MessageId;
use server::domain::{UnreadCheck, UnreadCheckStatus};
use server::store::{ConversationKey, UnreadStretch};

use crate::harness::{Fixture, START, on_both_databases};
use crate::unread::{FLOOD, direct, pour, say, write};
use crate::work::Watched;

/// The check of a fixture's database, and what it has found.
struct Checking {
    check: UnreadCheck,
    status: Arc<UnreadCheckStatus>,
}

impl Checking {
    fn of(fixture: &Fixture) -> Self {
        let status = Arc::<UnreadCheckStatus>::default();
        Self { check: UnreadCheck::new(fixture.store.clone(), status.clone()), status }
    }

    /// Checks, and returns how many counts and how many flags are wrong that were not before.
    async fn round(&mut self) -> (u64, u64) {
        let before = (self.status.wrong_counts(), self.status.wrong_flags());
        self.check.round().await.unwrap();
        (self.status.wrong_counts() - before.0, self.status.wrong_flags() - before.1)
    }
}

/// Three people, with two messages in the room and two between each pair, one of which was read.
async fn company(fixture: &Fixture) -> [User; 3] {
    let people = [fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await];
    let [ada, ben, mei] = &people;
    for (author, reader) in [(ada, ben), (ben, mei), (mei, ada)] {
        let read = write(fixture, author, reader).await.id;
        write(fixture, author, reader).await;
        fixture.chat().mark_read(reader, read).await.unwrap();
    }
    let read = say(fixture, ada).await;
    fixture.chat().mark_read(ben, read).await.unwrap();
    say(fixture, mei).await;
    people
}

on_both_databases! {
    /// Each thing that people can do, many times in an order of chance.
    async fn whatever_people_do_no_count_is_wrong(fixture: Fixture) {
        let people = company(&fixture).await;
        let (chat, mut checking) = (fixture.chat(), Checking::of(&fixture));
        let mut messages: Vec<(MessageId, usize, Conversation)> = Vec::new();
        let mut random: u64 = 11;
        let mut kinds = [0; 10];
        for _ in 0..150 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = usize::try_from(random >> 33).unwrap();
            let (who, what, peer) = (number % 3, number / 3 % 10, (number + 1 + number / 30 % 2) % 3);
            let (person, other) = (&people[who], &people[peer]);
            let picked = messages.len().checked_sub(1).map(|last| messages[last - number / 60 % 5.min(last + 1)]);
            kinds[what] += 1;
            match (what, picked) {
                (0, Some((id, author, _))) => drop(chat.delete_message(&people[author], id).await),
                (1, Some((id, author, _))) => {
                    drop(chat.edit_message(&people[author], id, EditMessage { body: "changed".into() }).await);
                }
                (2 | 3, Some((id, _, conversation))) if conversation.is_open_to(person.id) => {
                    chat.mark_read(person, id).await.unwrap();
                }
                (4, Some((id, _, conversation))) if conversation.is_open_to(person.id) => {
                    chat.mark_unread(person, id).await.unwrap();
                }
                (5, Some((id, ..))) => {
                    drop(chat.react(person, id, React { emoji: "👍".into(), is_set: None }).await);
                }
                (6, _) => messages.push((say(&fixture, person).await, who, Conversation::General)),
                _ => messages.push((write(&fixture, person, other).await.id, who, direct(person, other))),
            }
            assert_eq!(checking.round().await, (0, 0), "after {what} by {}", person.name);
        }
        assert!(kinds.iter().all(|it| *it > 0), "{kinds:?}");
        let mut tx = fixture.store.begin().await.unwrap();
        tx.block(people[0].id, people[1].id, START).await.unwrap();
        tx.commit().await.unwrap();
        fixture.execute(format!("update users set is_disabled = true where id = {}", people[2].id)).await;
        assert_eq!(checking.round().await, (0, 0), "a block and a disabled account keep what was");
        assert_eq!(checking.status.checks(), 151 * 9, "three people in the room, three pairs");
    }

    async fn an_author_of_the_room_who_is_forgotten_is_found_as_a_wrong_count(fixture: Fixture) {
        let [ada, _, mei] = company(&fixture).await;
        let mut checking = Checking::of(&fixture);
        // More of her own than are looked through before the room's authors are asked.
        fixture.say(&ada, (0..300).map(|it| it.to_string())).await;
        say(&fixture, &mei).await;
        assert_eq!(checking.round().await, (0, 0));
        fixture.execute(format!("update room_authors set last_message_id = 0 where user_id = {}", mei.id)).await;
        assert_eq!(checking.round().await, (1, 0), "Ada's");
        assert_eq!(checking.round().await, (1, 0), "and it is told for as long as it lasts");
    }

    async fn a_message_that_strayed_into_a_conversation_is_found_as_a_wrong_count(fixture: Fixture) {
        let [ada, ben, mei] = company(&fixture).await;
        let mut checking = Checking::of(&fixture);
        let id = write(&fixture, &ada, &ben).await.id;
        let key = fixture.store.conversation_key(direct(&ben, &mei)).await.unwrap();
        fixture.execute(format!("update chat_messages set conversation_id = {} where id = {id}", key.0)).await;
        let (counts, flags) = checking.round().await;
        assert_eq!(counts, 4, "for Ben and for Mei, counted alone and in the list");
        assert_eq!(flags, 1, "Ben has a message of Ada's that is not in their conversation");
    }

    async fn flags_that_differ_from_the_read_position_are_found_on_both_sides_of_it(fixture: Fixture) {
        let [ada, ben, _] = company(&fixture).await;
        let mut checking = Checking::of(&fixture);
        assert_eq!(checking.round().await, (0, 0));
        let turn = format!(
            "update chat_messages set is_read = not is_read where user_id = {} and recipient_id = {}", ada.id, ben.id
        );
        fixture.execute(turn.clone()).await;
        assert_eq!(checking.round().await, (0, 2), "the one that was read, and the one that was not");
        fixture.execute(turn).await;
        assert_eq!(checking.round().await, (0, 0));
    }

    async fn a_round_takes_a_few_people_and_the_next_ones_follow(fixture: Fixture) {
        let mut people = Vec::new();
        for number in 0..30 {
            people.push(fixture.person(&format!("Person {number}")).await);
        }
        let wrong = write(&fixture, &people[28], &people[29]).await.id;
        for peer in &people[..26] {
            write(&fixture, peer, &people[27]).await;
        }
        fixture.execute(format!("update chat_messages set is_read = true where id = {wrong}")).await;
        let mut checking = Checking::of(&fixture);
        let mut found = Vec::new();
        for _ in 0..4 {
            let before = checking.status.checks();
            let (_, flags) = checking.round().await;
            found.push((checking.status.checks() - before, flags));
        }
        let first = (25 + 2 * 25, 1);
        let rest = (5 + 2 * 2, 0);
        assert_eq!(found, [first, rest, first, rest], "of 30 people and 27 conversations, the first of which is wrong");
    }

    async fn what_is_written_while_a_count_is_checked_is_seen_by_neither_reading(fixture: Fixture) {
        let [ada, ben, _] = company(&fixture).await;
        let (conversation, key) = (Conversation::General, ConversationKey::GENERAL);
        let mut tx = fixture.store.begin_snapshot().await.unwrap();
        let stretch = UnreadStretch { conversation, key, reader: ada.id, read: MessageId(0) };
        assert_eq!(tx.walk_after(stretch).await.unwrap().messages.len(), 2, "Ada's own and Mei's");
        say(&fixture, &ben).await;
        assert_eq!(tx.unread_count(stretch, 100).await.unwrap(), 1, "as the walk has seen it");
        tx.rollback().await.unwrap();
        assert_eq!(fixture.store.unread_count(stretch, 100).await.unwrap(), 2);
    }

    async fn what_lies_far_behind_a_position_costs_no_more_than_a_stretch_of_it(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        write(&fixture, &ben, &ada).await;
        for (author, recipient, is_deleted) in
            [(&ada, None, false), (&ben, None, true), (&ada, Some(&ben), false), (&ben, Some(&ada), true)]
        {
            pour(&fixture, author, recipient, is_deleted).await;
        }
        say(&fixture, &ada).await;
        say(&fixture, &ben).await;
        assert_eq!(Checking::of(&fixture).round().await, (0, 0), "more than a walk has seen is no difference");
        let key = fixture.store.conversation_key(direct(&ada, &ben)).await.unwrap();
        let watched = Watched::snapshots(fixture).await;
        let mut tx = watched.fixture.store.begin_snapshot().await.unwrap();
        let mut before = watched.work_in(&mut tx).await;
        for (conversation, key) in [(Conversation::General, ConversationKey::GENERAL), (direct(&ada, &ben), key)] {
            let stretch = UnreadStretch { conversation, key, reader: ada.id, read: MessageId(0) };
            let walk = tx.walk_after(stretch).await.unwrap();
            assert_eq!((walk.messages.len(), walk.is_complete()), (1_000, false));
            before = assert_little(&watched, &mut tx, before).await;
        }
        for (reader, author) in [(ada.id, ben.id), (ben.id, ada.id)] {
            let walk = tx.walk_flags(reader, author).await.unwrap();
            assert_eq!((walk.messages.len(), walk.is_complete()), (1_000, false));
            before = assert_little(&watched, &mut tx, before).await;
        }
    }
}

/// What was read since is less than what lies in the way. Returns the work until now.
async fn assert_little(watched: &Watched, tx: &mut server::store::Tx, before: u64) -> u64 {
    let now = watched.work_in(tx).await;
    assert!((before + 1..before + FLOOD).contains(&now), "{}", now - before);
    now
}
