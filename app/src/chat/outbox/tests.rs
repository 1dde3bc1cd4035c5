use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(1_700_000_000_000 + ms)
}

fn message(number: u128) -> OutboxMessage {
    OutboxMessage {
        client_id: ClientId(Uuid::from_u128(number)),
        body: format!("message {number}"),
        created_at: at(0),
        reply_to: None,
    }
}

fn outbox(line: Line, count: u128) -> Outbox {
    let mut outbox = Outbox::default();
    outbox.set_line(line);
    (1..=count).for_each(|number| outbox.add(message(number)));
    outbox
}

fn sent(outbox: &mut Outbox, now: Timestamp) -> ClientId {
    match outbox.next(now) {
        Next::Send(message) => message.client_id,
        other => panic!("nothing to send: {other:?}"),
    }
}

fn looks(outbox: &Outbox) -> Vec<Shown> {
    outbox.shown().map(|(_, shown)| shown).collect()
}

fn unreachable() -> AppError {
    AppError::Unreachable("connection refused".to_owned())
}

#[test]
fn messages_go_one_at_a_time_in_the_order_in_which_they_were_written() {
    let mut outbox = outbox(Line::Connected, 0);
    for number in [3, 1, 2, 2] {
        outbox.add(message(number));
    }
    for number in 1..=3 {
        let client_id = sent(&mut outbox, at(0));
        assert_eq!(client_id, message(number).client_id);
        assert_eq!(outbox.next(at(0)), Next::Nothing, "one was on its way");
        outbox.answered(client_id, Ok(()), at(1));
    }
    assert!(outbox.is_empty());
}

#[test]
fn offline_nothing_is_tried_and_everything_waits() {
    let mut outbox = outbox(Line::Offline, 2);
    assert_eq!(outbox.next(at(0)), Next::Nothing);
    assert_eq!(looks(&outbox), [Shown::WaitingForConnection, Shown::WaitingForConnection]);
    outbox.set_line(Line::Connected);
    assert_eq!(sent(&mut outbox, at(0)), message(1).client_id);
    assert_eq!(looks(&outbox), [Shown::Sending, Shown::Sending]);
}

#[test]
fn a_failed_message_is_tried_again_with_growing_pauses() {
    let mut outbox = outbox(Line::Connected, 2);
    let mut now = at(0);
    for wait_ms in [4_000, 8_000, 16_000, 30_000, 30_000] {
        let client_id = sent(&mut outbox, now);
        outbox.answered(client_id, Err(AppError::Internal), now);
        assert_eq!(looks(&outbox), [Shown::Failed, Shown::WaitingForTurn]);
        assert_eq!(outbox.next(now), Next::WaitUntil(now.plus_ms(wait_ms)));
        now = now.plus_ms(wait_ms);
    }
    outbox.next(now);
    assert_eq!(looks(&outbox)[0], Shown::Failed, "a quiet try does not flicker");
}

#[test]
fn retry_sends_at_once_and_says_so() {
    let mut outbox = outbox(Line::Connected, 1);
    let client_id = sent(&mut outbox, at(0));
    outbox.answered(client_id, Err(unreachable()), at(0));
    assert_eq!(looks(&outbox), [Shown::Failed]);
    outbox.retry(client_id);
    assert_eq!(sent(&mut outbox, at(1)), client_id);
    assert_eq!(looks(&outbox), [Shown::Sending]);
}

#[test]
fn without_a_connection_a_failure_is_a_wait_and_the_connection_ends_it() {
    let mut outbox = outbox(Line::Unsure, 2);
    let client_id = sent(&mut outbox, at(0));
    outbox.answered(client_id, Err(unreachable()), at(0));
    assert_eq!(looks(&outbox), [Shown::WaitingForConnection, Shown::WaitingForConnection]);
    assert!(matches!(outbox.next(at(1)), Next::WaitUntil(_)));
    outbox.set_line(Line::Connected);
    assert_eq!(sent(&mut outbox, at(1)), client_id);
}

#[test]
fn a_refused_message_stands_in_nobodys_way() {
    for error in [
        AppError::invalid("body", "has 5000 characters: expected 1 to 4000"),
        AppError::Conflict("this id is taken".into()),
        AppError::Forbidden("you are blocked".into()),
    ] {
        let mut outbox = outbox(Line::Connected, 2);
        let first = sent(&mut outbox, at(0));
        outbox.answered(first, Err(error), at(0));
        assert!(matches!(&looks(&outbox)[0], Shown::Refused { reason } if reason.ends_with('.')));
        assert_eq!(sent(&mut outbox, at(0)), message(2).client_id);
        assert_eq!(outbox.remove(first).as_deref(), Some("message 1"));
    }
}

#[test]
fn a_rate_limit_is_waited_for_by_all() {
    let mut outbox = outbox(Line::Connected, 2);
    let first = sent(&mut outbox, at(0));
    outbox.answered(first, Err(AppError::TooManyRequests { retry_after_s: 7 }), at(0));
    assert_eq!(looks(&outbox), [Shown::Limited { until: at(7_000) }, Shown::WaitingForTurn]);
    outbox.set_line(Line::Offline);
    outbox.set_line(Line::Connected);
    assert_eq!(outbox.next(at(6_999)), Next::WaitUntil(at(7_000)));
    assert_eq!(sent(&mut outbox, at(7_000)), first);
}

#[test]
fn its_author_is_told_once_that_a_message_was_not_sent() {
    let mut outbox = outbox(Line::Connected, 1);
    let client_id = sent(&mut outbox, at(0));
    let told = outbox.answered(client_id, Err(AppError::Internal), at(0));
    assert_eq!(told.as_deref(), Some("Your message was not sent."));
    sent(&mut outbox, at(4_000));
    assert_eq!(outbox.answered(client_id, Err(AppError::Internal), at(4_000)), None, "a quiet try failed as well");
    outbox.retry(client_id);
    sent(&mut outbox, at(4_001));
    let refused = outbox.answered(client_id, Err(AppError::Forbidden("you are blocked".into())), at(4_002));
    assert_eq!(refused.as_deref(), Some("Your message was not sent. You are blocked."));
}

#[test]
fn what_another_tab_has_written_is_left_to_it_for_a_while() {
    let mut outbox = outbox(Line::Connected, 0);
    outbox.add_of_other_tab(message(1), at(0));
    outbox.add(message(2));
    assert_eq!(outbox.next(at(1)), Next::WaitUntil(at(5_000)), "the order is kept");
    let mut heir = outbox.clone();
    outbox.accepted(message(1).client_id);
    assert_eq!(sent(&mut outbox, at(2)), message(2).client_id);
    assert_eq!(sent(&mut heir, at(5_000)), message(1).client_id, "the other tab was closed");
}

#[test]
fn what_another_tab_has_sent_is_dropped() {
    let mut outbox = outbox(Line::Connected, 2);
    let first = sent(&mut outbox, at(0));
    outbox.accepted(first);
    assert_eq!(sent(&mut outbox, at(0)), message(2).client_id);
    outbox.answered(first, Ok(()), at(1));
    assert_eq!(outbox.next(at(1)), Next::Nothing, "the second was still on its way");
}

/// Something that may happen to the queue.
#[derive(Debug, Clone)]
enum Happening {
    Add(u128),
    Next,
    Answer(u8),
    SetLine(Line),
    Wait(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (1_u128..40).prop_map(Happening::Add),
        Just(Happening::Next),
        Just(Happening::Next),
        (0_u8..4).prop_map(Happening::Answer),
        prop_oneof![Just(Line::Offline), Just(Line::Unsure), Just(Line::Connected)].prop_map(Happening::SetLine),
        (0_i64..40_000).prop_map(Happening::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_each_message_is_accepted_once_and_the_queue_runs_dry(
        happenings in proptest::collection::vec(happening(), 0..200)
    ) {
        let (mut outbox, mut now) = (Outbox::default(), at(0));
        let (mut added, mut accepted) = (std::collections::BTreeSet::new(), Vec::new());
        let mut in_flight = None;
        // Then the weather turns fair, and there is time.
        let fair = [Happening::SetLine(Line::Connected)].into_iter().chain(
            std::iter::repeat_n([Happening::Wait(60_000), Happening::Next, Happening::Answer(0)], 300).flatten());
        for happening in happenings.into_iter().chain(fair) {
            match happening {
                Happening::Add(number) if added.insert(number) => outbox.add(message(number)),
                Happening::Add(_) => {}
                Happening::Next => if let Next::Send(message) = outbox.next(now) {
                    prop_assert!(in_flight.is_none(), "two at a time");
                    in_flight = Some(message.client_id);
                },
                Happening::Answer(kind) => if let Some(client_id) = in_flight.take() {
                    let answer = match kind {
                        0 => { accepted.push(client_id); Ok(()) }
                        1 => Err(unreachable()),
                        2 => Err(AppError::Internal),
                        _ => Err(AppError::TooManyRequests { retry_after_s: 3 }),
                    };
                    outbox.answered(client_id, answer, now);
                },
                Happening::SetLine(line) => outbox.set_line(line),
                Happening::Wait(ms) => now = now.plus_ms(ms),
            }
        }
        prop_assert!(outbox.is_empty());
        prop_assert_eq!(accepted.len(), added.len());
        accepted.sort_unstable();
        prop_assert_eq!(accepted, added.into_iter().map(|it| message(it).client_id).collect::<Vec<_>>());
    }
}
