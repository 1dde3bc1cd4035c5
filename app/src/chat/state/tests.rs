use proptest::prelude::*;
use uuid::Uuid;

use super::timeline::MAX_ROWS;
use super::*;
use crate::accounts::UserSummary;
use crate::chat::model::ChannelPosition;
use crate::chat::outbox::{Line, OutboxMessage};
use crate::ids::ClientId;
use crate::realtime::events::MessageSent;
use crate::time::{CivilDate, Timestamp};

const ME: UserId = UserId(1);

fn at(minutes: i64) -> Timestamp {
    // 2023-11-14T22:13:20Z
    Timestamp::from_unix_ms(1_700_000_000_000 + minutes * 60_000)
}

fn client_id(id: i64) -> ClientId {
    ClientId(Uuid::from_u128(u128::try_from(id).unwrap()))
}

fn message(id: i64, author: i64, minutes: i64) -> Message {
    let user = UserSummary { id: UserId(author), name: format!("Person {author}") };
    let (body, body_html) = (format!("message {id}"), format!("<p>message {id}</p>"));
    Message::new(MessageId(id), client_id(id), user, body, body_html, at(minutes))
}

fn page(messages: Vec<Message>, has_older: bool, has_newer: bool, read_up_to: Option<i64>) -> MessagePage {
    let position = ChannelPosition { epoch: "e".into(), offset: 0 };
    let read_up_to = read_up_to.map(MessageId);
    MessagePage { messages, has_older, has_newer, position, read_up_to, read_revision: 0, unread_count: 0 }
}

fn opened(page: MessagePage) -> Room {
    let mut room = Room::new(ME, Conversation::General);
    room.take(Stretch::Newest, page);
    room.begin_visit();
    room
}

fn utc(instant: Timestamp) -> CivilDate {
    instant.date(0)
}

fn sent(message: Message) -> AppEvent {
    AppEvent::MessageSent(MessageSent { message })
}

/// The rows in short: `day`, `unread`, `7` a message with its author's name, `+8` one that continues it, `?9` unsent.
fn sketch(room: &Room) -> String {
    let rows = room.rows(&utc).into_iter().map(|row| match row {
        Row::Day(_) => "day".to_owned(),
        Row::Unread => "unread".to_owned(),
        Row::Message(it) => {
            let mark = match (&it.content, it.continues) {
                (Content::Unsent { .. }, _) => "?",
                (Content::Stored(_), true) => "+",
                (Content::Stored(_), false) => "",
            };
            format!("{mark}{}", it.client_id.0.as_u128())
        }
    });
    rows.collect::<Vec<_>>().join(" ")
}

fn ids(room: &Room) -> Vec<i64> {
    room.timeline.messages().map(|it| it.id.0).collect()
}

#[test]
fn messages_of_one_author_within_five_minutes_stand_under_one_name() {
    let messages = vec![message(1, 2, 0), message(2, 2, 4), message(3, 2, 9), message(4, 3, 9), message(5, 2, 9)];
    assert_eq!(sketch(&opened(page(messages, false, false, None))), "day 1 +2 3 4 5");
}

#[test]
fn each_day_has_its_line_even_if_the_clock_goes_back() {
    let messages =
        vec![message(1, 2, 0), message(2, 2, 106), message(3, 2, 107), message(4, 2, 105), message(5, 2, 108)];
    assert_eq!(sketch(&opened(page(messages, false, false, None))), "day 1 2 day 3 +4 +5");
}

#[test]
fn the_unread_line_stands_before_the_first_message_of_somebody_else_and_stays() {
    let messages = vec![message(1, 2, 0), message(2, 1, 1), message(3, 2, 2), message(4, 2, 3)];
    let mut room = opened(page(messages, false, false, Some(1)));
    assert_eq!(sketch(&room), "day 1 2 unread 3 +4");
    assert_eq!(room.unread_count(), 2);
    room.read.advance(MessageId(4));
    assert_eq!(sketch(&room), "day 1 2 unread 3 +4", "it stays for the visit");
    assert_eq!(room.unread_count(), 0);
    room.begin_visit();
    assert_eq!(sketch(&room), "day 1 2 3 +4");
    room.read.advance(MessageId(1));
    assert_eq!(room.read.read_up_to(), Some(MessageId(4)), "a position never goes back");
}

#[test]
fn what_a_person_wrote_is_unread_from_the_first_word_on_and_the_room_from_the_first_visit() {
    let messages = || page(vec![message(1, 2, 0), message(2, 2, 1)], false, false, None);
    let mut direct = Room::new(ME, Conversation::direct(ME, UserId(2)).unwrap());
    direct.take(Stretch::Newest, messages());
    direct.begin_visit();
    assert_eq!((sketch(&direct).as_str(), direct.unread_count()), ("day unread 1 +2", 2));
    let room = opened(messages());
    assert_eq!((sketch(&room).as_str(), room.unread_count()), ("day 1 +2", 0));
}

#[test]
fn the_unread_line_waits_until_what_is_before_it_is_loaded() {
    let mut room = opened(page(vec![message(5, 2, 5)], true, false, Some(2)));
    assert_eq!(sketch(&room), "day 5");
    let older = (1..=4).map(|id| message(id, 2, id)).collect();
    room.take(Stretch::Before(MessageId(5)), page(older, false, false, None));
    assert_eq!(sketch(&room), "day 1 +2 unread 3 +4 +5");
}

#[test]
fn an_echo_takes_the_place_of_the_bubble() {
    let mut room = opened(page(vec![message(1, 2, 0)], false, false, None));
    room.outbox.set_line(Line::Connected);
    room.outbox.add(OutboxMessage {
        client_id: client_id(7),
        body: "message 7".into(),
        created_at: at(1),
        reply_to: None,
    });
    assert_eq!(sketch(&room), "day 1 ?7");
    room.apply(sent(message(6, 2, 1)));
    assert_eq!(sketch(&room), "day 1 +6 ?7", "the unsent stays at the bottom");
    assert!(room.apply(sent(message(7, 1, 1))).is_none(), "one's own is no news");
    assert_eq!(sketch(&room), "day 1 +6 7");
    assert!(!room.accept(message(7, 1, 1)), "the answer after the echo");
}

#[test]
fn what_arrives_while_the_end_is_not_loaded_is_loaded_later() {
    let mut room = opened(page((300..=600).map(|id| message(id, 2, id)).collect(), true, false, None));
    room.timeline.trim_newer();
    assert_eq!((room.timeline.newest(), room.timeline.has_newer()), (Some(MessageId(599)), true));
    assert!(room.apply(sent(message(601, 2, 601))).is_some());
    assert!(room.apply(sent(message(601, 2, 601))).is_none(), "the same again is no news");
    assert_eq!(room.timeline.newest(), Some(MessageId(599)));
    room.take(Stretch::After(MessageId(599)), page(vec![message(600, 2, 600)], true, false, None));
    assert!(room.timeline.has_newer(), "601 was heard of");
    room.take(Stretch::After(MessageId(600)), page(vec![message(601, 2, 601)], true, false, None));
    assert!(!room.timeline.has_newer());
    room.timeline.trim_older();
    assert_eq!((room.timeline.len(), room.timeline.oldest()), (MAX_ROWS, Some(MessageId(302))));
}

#[test]
fn a_late_page_leaves_no_hole_below_or_above_what_was_opened_meanwhile() {
    let mut room = opened(page((1..=50).map(|id| message(id, 2, id)).collect(), false, true, None));
    room.take(Stretch::Newest, page((500..=550).map(|id| message(id, 2, id)).collect(), true, false, None));
    room.take(Stretch::After(MessageId(50)), page((51..=100).map(|id| message(id, 2, id)).collect(), true, true, None));
    assert_eq!((room.timeline.oldest(), room.timeline.has_newer()), (Some(MessageId(500)), false));
    room.take(Stretch::Around(MessageId(20)), page((1..=50).map(|id| message(id, 2, id)).collect(), false, true, None));
    room.take(
        Stretch::Before(MessageId(500)),
        page((450..500).map(|id| message(id, 2, id)).collect(), true, true, None),
    );
    assert_eq!(room.timeline.newest(), Some(MessageId(50)));
}

#[test]
fn a_page_for_an_end_that_was_dropped_is_ignored() {
    let mut room = opened(page((300..=601).map(|id| message(id, 2, id)).collect(), true, false, None));
    room.timeline.trim_older();
    assert_eq!(room.timeline.oldest(), Some(MessageId(302)));
    room.take(Stretch::Before(MessageId(300)), page(vec![message(299, 2, 299)], false, false, None));
    assert_eq!(room.timeline.oldest(), Some(MessageId(302)), "it would have left a hole");
    assert!(room.timeline.has_older());
}

fn key(row: &Row) -> RowKey {
    match row {
        Row::Day(date) => RowKey::Day(*date),
        Row::Unread => RowKey::Unread,
        Row::Message(row) => RowKey::Message(row.client_id),
    }
}

/// How a part of a conversation may reach the page.
#[derive(Debug, Clone)]
enum Arrival {
    Echo(i64),
    Answer(i64),
    Write(i64),
    /// Asked for now, and come with the next [`Arrival::Late`] that takes it.
    Older(i64),
    Newer(i64),
    Late(usize),
    TrimOlder,
    TrimNewer,
    Reopen,
    OpenAround(i64),
}

const LAST: i64 = 60;

/// A conversation on the server in which every third message is mine.
fn stored(id: i64) -> Message {
    message(id, if id % 3 == 0 { 1 } else { 2 }, id)
}

fn older_page(before: i64, limit: i64) -> MessagePage {
    let first = (before - limit).max(1);
    page((first..before).map(stored).collect(), first > 1, true, None)
}

fn newer_page(after: i64, up_to: i64, limit: i64) -> MessagePage {
    let last = (after + limit).min(up_to);
    page((after + 1..=last).map(stored).collect(), true, last < up_to, None)
}

fn page_around(id: i64) -> MessagePage {
    let (first, last) = ((id - 4).max(1), (id + 5).min(LAST));
    page((first..=last).map(stored).collect(), first > 1, last < LAST, None)
}

fn newest_page(up_to: i64) -> MessagePage {
    let first = (up_to - 9).max(1);
    page((first..=up_to).map(stored).collect(), first > 1, false, None)
}

fn arrival() -> impl Strategy<Value = Arrival> {
    prop_oneof![
        (1..=LAST).prop_map(Arrival::Echo),
        (1..=LAST).prop_map(Arrival::Answer),
        (1..=LAST / 3).prop_map(|it| Arrival::Write(it * 3)),
        (1..=20_i64).prop_map(Arrival::Older),
        (1..=20_i64).prop_map(Arrival::Newer),
        (0_usize..4).prop_map(Arrival::Late),
        (0_usize..4).prop_map(Arrival::Late),
        Just(Arrival::TrimOlder),
        Just(Arrival::TrimNewer),
        Just(Arrival::Reopen),
        (1..=LAST).prop_map(Arrival::OpenAround),
    ]
}

proptest! {
    #[test]
    fn any_order_of_arrivals_ends_with_the_same_list_and_nothing_twice(
        opened_at in 1..=LAST, arrivals in proptest::collection::vec(arrival(), 0..120)
    ) {
        let mut room = opened(newest_page(opened_at));
        let mut on_their_way = Vec::<(Stretch, MessagePage)>::new();
        for arrival in arrivals {
            match arrival {
                // Live events are what came after the page; a replay may bring what the page had.
                Arrival::Echo(id) => { room.apply(sent(stored(id))); }
                Arrival::Answer(id) if id % 3 == 0 => { room.accept(stored(id)); }
                Arrival::Write(id) if !room.timeline.contains(client_id(id)) => {
                    room.outbox.add(OutboxMessage { client_id: client_id(id), body: String::new(), created_at: at(id), reply_to: None });
                }
                Arrival::Answer(_) | Arrival::Write(_) => {}
                Arrival::Older(limit) => if let Some(oldest) = room.timeline.oldest() {
                    on_their_way.push((Stretch::Before(oldest), older_page(oldest.0, limit)));
                },
                Arrival::Newer(limit) => if let Some(newest) = room.timeline.newest() {
                    on_their_way.push((Stretch::After(newest), newer_page(newest.0, LAST, limit)));
                },
                Arrival::Late(which) => if which < on_their_way.len() {
                    let (asked, page) = on_their_way.swap_remove(which);
                    room.take(asked, page);
                },
                Arrival::TrimOlder => room.timeline.trim_older(),
                Arrival::TrimNewer => room.timeline.trim_newer(),
                Arrival::Reopen => room.take(Stretch::Newest, newest_page(LAST)),
                Arrival::OpenAround(id) => room.take(Stretch::Around(MessageId(id)), page_around(id)),
            }
            let shown: Vec<RowKey> = room.rows(&utc).iter().map(key).collect();
            let distinct: std::collections::BTreeSet<_> = shown.iter().copied().collect();
            prop_assert_eq!(shown.len(), distinct.len(), "a row twice: {:?}", shown);
        }
        // The socket replays whatever has not come yet, and the person scrolls to both ends.
        for id in opened_at..=LAST {
            room.apply(sent(stored(id)));
        }
        for _ in 0..100 {
            if room.timeline.has_newer() && let Some(newest) = room.timeline.newest() {
                room.take(Stretch::After(newest), newer_page(newest.0, LAST, 10));
            }
            if room.timeline.has_older() && let Some(oldest) = room.timeline.oldest() {
                room.take(Stretch::Before(oldest), older_page(oldest.0, 10));
            }
        }
        prop_assert_eq!(ids(&room), (1..=LAST).collect::<Vec<_>>());
        prop_assert!(!room.timeline.has_older() && !room.timeline.has_newer());
        let unsent = room.rows(&utc).into_iter().filter(|it| {
            matches!(it, Row::Message(MessageRow { content: Content::Unsent { .. }, .. }))
        });
        prop_assert_eq!(unsent.count(), 0, "everything written had been stored");
    }
}
