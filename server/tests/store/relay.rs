use std::sync::atomic::Ordering;
use std::time::Duration;

use app::ids::{MessageId, UserId};
use app::realtime::events::MessageRead;
use app::realtime::{AppChannel, AppEvent};
use server::store::{Store, Tx};
use tokio_util::sync::CancellationToken;

use crate::harness::{Fixture, START, on_both_databases};

const CHANNEL: AppChannel = AppChannel::PrivateUser(UserId(4));

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

async fn append(fixture: &Fixture, tx: &mut Tx, channel: AppChannel) {
    fixture.log.append(tx, channel, &event(1), None).await.unwrap();
}

async fn append_many(fixture: &Fixture, count: usize) {
    let mut tx = fixture.store.begin().await.unwrap();
    for _ in 0..count {
        append(fixture, &mut tx, CHANNEL).await;
    }
    fixture.log.commit(tx).await.unwrap();
}

/// Waits until as many events are published, 10 s at most.
async fn published(fixture: &Fixture, count: usize) -> Vec<u64> {
    for _ in 0..1_000 {
        let offsets = fixture.broker.offsets("private-user.4");
        if offsets.len() >= count {
            return offsets;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("only {:?} of {count} were published", fixture.broker.offsets("private-user.4").len());
}

on_both_databases! {
    async fn everything_is_published_once_and_in_order(fixture: Fixture) {
        append_many(&fixture, 1_234).await;
        assert_eq!(fixture.relay().relay_all().await.unwrap(), 1_234);
        assert_eq!(fixture.broker.offsets("private-user.4"), (1..=1_234).collect::<Vec<u64>>());
        assert_eq!(fixture.relay().relay_all().await.unwrap(), 0);
    }

    async fn the_bell_wakes_the_relay_at_once(fixture: Fixture) {
        let shutdown = CancellationToken::new();
        let relay = tokio::spawn(fixture.relay().run(shutdown.clone()));
        append_many(&fixture, 1).await;
        published(&fixture, 1).await;
        let began = tokio::time::Instant::now();
        for count in 2..=11 {
            append_many(&fixture, 1).await;
            published(&fixture, count).await;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "the relay waited for its sweep");
        shutdown.cancel();
        relay.await.unwrap();
    }

    async fn what_another_process_wrote_is_found_without_a_bell(fixture: Fixture) {
        let shutdown = CancellationToken::new();
        let relay = tokio::spawn(fixture.relay().run(shutdown.clone()));
        let mut tx = fixture.store.begin().await.unwrap();
        append(&fixture, &mut tx, CHANNEL).await;
        tx.commit().await.unwrap(); // past the log, which would ring
        published(&fixture, 1).await;
        shutdown.cancel();
        relay.await.unwrap();
    }

    async fn a_crash_between_publishing_and_noting_it_repeats_but_loses_nothing(fixture: Fixture) {
        append_many(&fixture, 3).await;
        fixture.relay().relay_all().await.unwrap();
        // As if the process had ended before the note was written.
        fixture.execute("update event_log set is_relayed = false where channel_offset >= 2").await;
        append_many(&fixture, 1).await;
        fixture.relay().relay_all().await.unwrap();
        assert_eq!(fixture.broker.offsets("private-user.4"), [1, 2, 3, 2, 3, 4]);
        assert_eq!(fixture.number("select count(*) from event_log where not is_relayed").await, 0);
    }

    async fn a_broker_that_fails_is_asked_again_until_it_takes_the_events(fixture: Fixture) {
        fixture.broker.failures.store(2, Ordering::SeqCst);
        append_many(&fixture, 3).await;
        assert!(fixture.relay().relay_all().await.is_err());
        assert_eq!(fixture.number("select count(*) from event_log where not is_relayed").await, 3);
        let shutdown = CancellationToken::new();
        fixture.broker.failures.store(2, Ordering::SeqCst);
        let relay = fixture.relay();
        let status = relay.status();
        let relay = tokio::spawn(relay.run(shutdown.clone()));
        assert_eq!(published(&fixture, 3).await, [1, 2, 3]);
        shutdown.cancel();
        relay.await.unwrap();
        assert_eq!((status.published(), status.is_failing()), (3, false));
    }

    async fn a_relay_that_is_stopped_publishes_what_was_committed_before(fixture: Fixture) {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        append_many(&fixture, 3).await;
        fixture.relay().run(shutdown).await;
        assert_eq!(fixture.broker.offsets("private-user.4"), [1, 2, 3]);
    }

    async fn the_socket_that_gets_nothing_stands_in_the_log(fixture: Fixture) {
        let mut tx = fixture.store.begin().await.unwrap();
        let socket_id = "1234.5678".parse().unwrap();
        let logged = fixture.log.append(&mut tx, CHANNEL, &event(1), Some(socket_id)).await.unwrap();
        fixture.log.commit(tx).await.unwrap();
        fixture.relay().relay_all().await.unwrap();
        let published = fixture.broker.published.lock().unwrap();
        assert_eq!((published[0].except, published[0].logged), (Some(socket_id), Some(logged)));
        assert_eq!(logged.event_id.get_version_num(), 7);
    }
}

/// Only PostgreSQL lets two writers in at once, so that ids need not be committed in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_committed_late_is_still_found() {
    let fixture = Fixture::postgres().await;
    let mut late = fixture.store.begin().await.unwrap();
    append(&fixture, &mut late, AppChannel::PrivateUser(UserId(5))).await;
    append_many(&fixture, 2).await;
    assert_eq!(fixture.relay().relay_all().await.unwrap(), 2);
    fixture.log.commit(late).await.unwrap();
    assert_eq!(fixture.relay().relay_all().await.unwrap(), 1);
    assert_eq!(fixture.broker.offsets("private-user.5"), [1]);
}

/// The plan of the relay's query must not grow with the table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_and_a_page_of_history_never_scan() {
    const QUERIES: [&str; 3] = [
        "explain query plan select id from event_log where not is_relayed order by id limit 500",
        "explain query plan select id from chat_messages where conversation_id = 0 and id < 5 order by id desc limit 5",
        "explain query plan select id from event_log \
         where application_id = 'a' and channel = 'b' and channel_offset > 1 and channel_offset <= 9 \
         order by channel_offset limit 5",
    ];
    let fixture = Fixture::sqlite().await;
    let Store::Sqlite(pools) = &fixture.store else { panic!("not SQLite") };
    for query in QUERIES {
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(query).fetch_all(&pools.reader).await.unwrap();
        let plan: Vec<String> = plan.into_iter().map(|it| it.3).collect();
        assert!(plan.iter().all(|it| it.contains("INDEX") && !it.contains("TEMP B-TREE")), "{query}: {plan:?}");
    }
}
