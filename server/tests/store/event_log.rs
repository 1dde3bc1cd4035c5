use std::collections::BTreeSet;
use std::time::Duration;

use app::chat::ChannelPosition;
use app::ids::{MessageId, UserId};
use app::realtime::events::{MessageRead, UserTyping};
use app::realtime::{AppChannel, AppEvent, ChannelName};
use server::application::ApplicationId;
use server::broker::history::{History as _, RecoverFrom, Recovered, RecoveryLimit};
use server::event_log::{LogHistory, Retention, RetentionSweep};

use crate::harness::{Fixture, START, application_id, on_both_databases};

const CHANNEL: AppChannel = AppChannel::PrivateUser(UserId(4));

/// An event whose data bears a number.
fn event(number: i64) -> AppEvent {
    let reader = app::accounts::UserSummary { id: UserId(4), name: "Ada".to_owned() };
    let conversation = app::chat::Conversation::General;
    AppEvent::from(MessageRead {
        conversation,
        reader,
        read_up_to: Some(MessageId(number)),
        read_at: START,
        revision: 1,
        unread_count: None,
    })
}

async fn append(fixture: &Fixture, channel: AppChannel, number: i64) -> u64 {
    let mut tx = fixture.store.begin().await.unwrap();
    let logged = fixture.log.append(&mut tx, channel, &event(number), None).await.unwrap();
    fixture.log.commit(tx).await.unwrap();
    logged.offset
}

async fn since(fixture: &Fixture, from: RecoverFrom, limit_events: usize) -> Recovered {
    within(fixture, from, RecoveryLimit { events: limit_events, bytes: 1_000_000 }).await
}

async fn within(fixture: &Fixture, from: RecoverFrom, limit: RecoveryLimit) -> Recovered {
    let channel = CHANNEL.channel_name();
    let history = LogHistory::new(fixture.log.clone());
    history.since(&application_id(), &channel, from, limit).await.unwrap().expect("the channel is logged")
}

fn offsets(recovered: &Recovered) -> Vec<u64> {
    recovered.events.iter().filter_map(|it| it.logged).map(|it| it.offset).collect()
}

on_both_databases! {
    async fn parallel_appends_are_numbered_without_gaps(fixture: Fixture) {
        let fixture = std::sync::Arc::new(fixture);
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let fixture = fixture.clone();
                tokio::spawn(async move { append(&fixture, CHANNEL, number).await })
            })
            .collect();
        let mut taken = BTreeSet::new();
        for task in tasks {
            taken.insert(task.await.unwrap());
        }
        assert_eq!(taken, (1..=50).collect::<BTreeSet<u64>>());
        assert_eq!(fixture.log.position(CHANNEL).await.unwrap().offset, 50);
    }

    async fn a_transaction_that_is_taken_back_leaves_no_gap(fixture: Fixture) {
        append(&fixture, CHANNEL, 1).await;
        let mut tx = fixture.store.begin().await.unwrap();
        fixture.log.append(&mut tx, CHANNEL, &event(2), None).await.unwrap();
        tx.rollback().await.unwrap();
        let mut tx = fixture.store.begin().await.unwrap();
        fixture.log.append(&mut tx, CHANNEL, &event(2), None).await.unwrap();
        drop(tx); // as when the request is given up
        assert_eq!(append(&fixture, CHANNEL, 2).await, 2);
    }

    async fn each_channel_has_numbers_and_an_epoch_of_its_own(fixture: Fixture) {
        let other = AppChannel::PrivateUser(UserId(5));
        assert_eq!(append(&fixture, CHANNEL, 1).await, 1);
        assert_eq!(append(&fixture, other, 1).await, 1);
        assert_eq!(append(&fixture, CHANNEL, 2).await, 2);
        let (one, two) = (fixture.log.position(CHANNEL).await.unwrap(), fixture.log.position(other).await.unwrap());
        assert_ne!(one.epoch, two.epoch);
        assert_eq!((one.offset, two.offset), (2, 1));
        assert_eq!(one, fixture.log.position(CHANNEL).await.unwrap());
    }

    async fn a_channel_without_events_has_a_position_that_lasts(fixture: Fixture) {
        let (one, two) = tokio::join!(fixture.log.position(CHANNEL), fixture.log.position(CHANNEL));
        let first = one.unwrap();
        assert_eq!(first, two.unwrap());
        assert_eq!(first.offset, 0);
        assert_eq!(append(&fixture, CHANNEL, 1).await, 1);
        assert_eq!(fixture.log.position(CHANNEL).await.unwrap().epoch, first.epoch);
    }

    async fn whoever_was_away_gets_what_came_since_in_order(fixture: Fixture) {
        for number in 1..=10 {
            append(&fixture, CHANNEL, number).await;
        }
        let position = fixture.log.position(CHANNEL).await.unwrap();
        let known = |offset| RecoverFrom::Position(ChannelPosition { offset, ..position.clone() });
        let recovered = since(&fixture, known(7), 100).await;
        assert!(recovered.recovered);
        assert_eq!((recovered.offset, offsets(&recovered)), (10, vec![8, 9, 10]));
        assert_eq!(*recovered.events[0].data, *event(8).to_data());
        assert_eq!(&*recovered.events[0].event, "MessageRead");
        let all_known = since(&fixture, known(10), 100).await;
        assert!(all_known.recovered && all_known.events.is_empty());
    }

    async fn more_bytes_than_may_be_are_not_recovered(fixture: Fixture) {
        for number in 1..=450 {
            append(&fixture, CHANNEL, number).await;
        }
        let position = fixture.log.position(CHANNEL).await.unwrap();
        let from = RecoverFrom::Position(ChannelPosition { offset: 0, ..position });
        let all = within(&fixture, from.clone(), RecoveryLimit { events: 500, bytes: 1_000_000 }).await;
        assert_eq!(offsets(&all), (1..=450).collect::<Vec<u64>>());
        let bytes: usize = all.events.iter().map(|it| it.event.len() + it.data.len()).sum();
        assert!(within(&fixture, from.clone(), RecoveryLimit { events: 450, bytes }).await.recovered);
        let too_many = within(&fixture, from, RecoveryLimit { events: 500, bytes: bytes - 1 }).await;
        assert!(!too_many.recovered && too_many.events.is_empty());
    }

    async fn what_can_not_be_told_whole_is_not_told_in_part(fixture: Fixture) {
        for number in 1..=10 {
            append(&fixture, CHANNEL, number).await;
        }
        let position = fixture.log.position(CHANNEL).await.unwrap();
        let known = |offset: u64, epoch: &str| {
            RecoverFrom::Position(ChannelPosition { offset, epoch: epoch.to_owned() })
        };
        for (from, limit) in [
            (known(5, "another epoch"), 100),
            (known(11, &position.epoch), 100), // of a database that was restored from before
            (known(u64::MAX, &position.epoch), 100),
            (known(5, &position.epoch), 4),
        ] {
            let recovered = since(&fixture, from.clone(), limit).await;
            assert!(!recovered.recovered && recovered.events.is_empty(), "{from:?} was recovered");
            assert_eq!((recovered.offset, &recovered.epoch), (10, &position.epoch));
        }
        fixture.execute("delete from event_log where channel_offset <= 6").await;
        assert!(!since(&fixture, known(5, &position.epoch), 100).await.recovered);
        assert!(since(&fixture, known(6, &position.epoch), 100).await.recovered);
    }

    async fn the_latest_position_is_told_without_events(fixture: Fixture) {
        append(&fixture, CHANNEL, 1).await;
        let latest = since(&fixture, RecoverFrom::Latest, 100).await;
        assert!(!latest.recovered && latest.events.is_empty());
        assert_eq!(latest.offset, 1);
    }

    async fn only_channels_of_the_app_are_logged(fixture: Fixture) {
        let history = LogHistory::new(fixture.log.clone());
        let name = |text: &str| text.parse::<ChannelName>().unwrap();
        let foreign = ApplicationId("another".into());
        for (application_id, channel) in [
            (&foreign, name("chat")),
            (&application_id(), name("orders")),
            (&application_id(), name("private-user.0")),
            (&application_id(), name("presence-campaign.7")),
        ] {
            let limit = RecoveryLimit { events: 10, bytes: 10_000 };
            let answer = history.since(application_id, &channel, RecoverFrom::Latest, limit).await.unwrap();
            assert!(answer.is_none(), "{channel} is logged");
        }
        assert_eq!(fixture.number("select count(*) from channel_positions").await, 0);
    }

    async fn old_events_are_deleted_but_never_one_that_is_not_published(fixture: Fixture) {
        let retention = Retention { keep_for: Duration::from_mins(1), keep_per_channel: 1_000_000 };
        let sweep = RetentionSweep::new(fixture.store.clone(), fixture.clock.clone(), retention);
        for number in 1..=3 {
            append(&fixture, CHANNEL, number).await;
        }
        fixture.relay().relay_all().await.unwrap();
        append(&fixture, CHANNEL, 4).await;
        fixture.clock.set(START.plus_ms(60_000));
        assert_eq!(sweep.sweep().await.unwrap(), 0, "exactly a minute old is not older");
        fixture.clock.set(START.plus_ms(60_001));
        append(&fixture, CHANNEL, 5).await;
        assert_eq!(sweep.sweep().await.unwrap(), 3);
        assert_eq!(fixture.number("select min(channel_offset) from event_log").await, 4);
        assert_eq!(append(&fixture, CHANNEL, 6).await, 6, "the numbering goes on");
    }

    async fn of_a_busy_channel_only_the_last_events_are_kept(fixture: Fixture) {
        let retention = Retention { keep_for: Duration::from_hours(24), keep_per_channel: 10 };
        let sweep = RetentionSweep::new(fixture.store.clone(), fixture.clock.clone(), retention);
        let quiet = AppChannel::PrivateUser(UserId(5));
        append(&fixture, quiet, 1).await;
        let mut tx = fixture.store.begin().await.unwrap();
        for number in 1..=2_500 {
            fixture.log.append(&mut tx, CHANNEL, &event(number), None).await.unwrap();
        }
        fixture.log.commit(tx).await.unwrap();
        fixture.relay().relay_all().await.unwrap();
        assert_eq!(sweep.sweep().await.unwrap(), 2_490);
        assert_eq!(fixture.number("select count(*) from event_log").await, 11);
        assert_eq!(fixture.number("select min(channel_offset) from event_log where channel = 'private-user.4'").await, 2_491);
    }

    async fn only_durable_events_on_their_own_channels_are_logged(fixture: Fixture) {
        let user = app::accounts::UserSummary { id: UserId(4), name: "Ada".to_owned() };
        let typing = AppEvent::from(UserTyping { user, until: START, conversation: app::chat::Conversation::General });
        let mut tx = fixture.store.begin().await.unwrap();
        let refused = fixture.log.append(&mut tx, AppChannel::Chat, &typing, None).await;
        assert!(refused.is_err(), "an event that is worth nothing a second later was logged");
        let refused = fixture.log.append(&mut tx, AppChannel::Chat, &event(1), None).await;
        assert!(refused.is_err(), "an event was logged on a channel that it does not belong to");
    }
}
