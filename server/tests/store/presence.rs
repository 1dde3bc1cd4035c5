use std::sync::{Arc, Mutex};

use app::ids::UserId;
use app::realtime::AppEvent;
use server::domain::{ChatLimits, PresenceRecorder, PresenceSource};
use server::hub::{LeaveReason, PresenceChange};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::harness::{Fixture, START, on_both_databases, present};

/// Changes that a test makes.
struct Changes(mpsc::Receiver<PresenceChange>);

#[async_trait::async_trait]
impl PresenceSource for Changes {
    async fn next(&mut self) -> Option<PresenceChange> {
        self.0.recv().await
    }
}

fn joined(user_id: impl ToString) -> PresenceChange {
    PresenceChange::Joined { user_id: user_id.to_string().into(), user_info: None }
}

fn left(user_id: impl ToString) -> PresenceChange {
    PresenceChange::Left { user_id: user_id.to_string().into(), reason: LeaveReason::Closed }
}

fn recorder(fixture: &Fixture, present_ids: &[UserId]) -> PresenceRecorder {
    PresenceRecorder::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone(), present(present_ids))
}

/// Records changes, until all are written.
async fn record(fixture: &Fixture, changes: impl IntoIterator<Item = PresenceChange>) {
    let (tx, rx) = mpsc::channel(100);
    for change in changes {
        tx.send(change).await.unwrap();
    }
    drop(tx);
    recorder(fixture, &[]).run(Changes(rx), CancellationToken::new()).await;
}

/// The events that were told, as name and person.
async fn told(fixture: &Fixture) -> Vec<(String, UserId)> {
    fixture.relay().relay_all().await.unwrap();
    let published = std::mem::take(&mut *fixture.broker.published.lock().unwrap());
    published
        .iter()
        .map(|it| {
            assert_eq!(it.channel.as_str(), "presence-chat");
            match AppEvent::from_parts(&it.event, &it.data).unwrap() {
                AppEvent::UserJoined(event) => (it.event.to_string(), event.user.id),
                AppEvent::UserLeft(event) => (it.event.to_string(), event.user.id),
                other => panic!("{other:?}"),
            }
        })
        .collect()
}

on_both_databases! {
    async fn coming_and_leaving_is_a_row_and_an_event(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        record(&fixture, [joined(ada.id)]).await;
        assert_eq!(told(&fixture).await, [("UserJoined".to_owned(), ada.id)]);
        assert_eq!(fixture.number("select count(*) from user_presence where is_online and online_since = last_seen").await, 1);
        fixture.clock.set(START.plus_ms(5_000));
        record(&fixture, [left(ada.id)]).await;
        assert_eq!(told(&fixture).await, [("UserLeft".to_owned(), ada.id)]);
        assert_eq!(fixture.number("select count(*) from user_presence where not is_online and online_since is null and last_seen > created_at").await, 1);
    }

    async fn a_change_to_what_is_so_already_is_none(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        record(&fixture, [left(ada.id), joined(ada.id), joined(ada.id)]).await;
        assert_eq!(told(&fixture).await, [("UserJoined".to_owned(), ada.id)]);
        assert_eq!(fixture.log.position(app::realtime::AppChannel::PresenceChat).await.unwrap().offset, 1);
    }

    async fn who_has_no_account_is_passed_over(fixture: Fixture) {
        fixture.person("Ada").await;
        record(&fixture, [joined(4_000), joined("ada"), joined(""), joined("01"), left(4_000), left("ada")]).await;
        assert!(told(&fixture).await.is_empty());
        assert_eq!(fixture.number("select count(*) from user_presence").await, 0);
    }

    async fn a_recorder_that_missed_changes_looks_at_the_live_table(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        record(&fixture, [joined(ada.id)]).await;
        told(&fixture).await;
        recorder(&fixture, &[ben.id]).record(&PresenceChange::Resync).await.unwrap();
        assert_eq!(told(&fixture).await, [("UserLeft".to_owned(), ada.id), ("UserJoined".to_owned(), ben.id)]);
    }

    async fn after_a_restart_only_who_stayed_away_has_left(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        record(&fixture, [joined(ada.id), joined(ben.id)]).await;
        told(&fixture).await;
        recorder(&fixture, &[ada.id, mei.id]).reconcile().await.unwrap();
        assert_eq!(told(&fixture).await, [("UserLeft".to_owned(), ben.id), ("UserJoined".to_owned(), mei.id)]);
        recorder(&fixture, &[ada.id, mei.id]).reconcile().await.unwrap();
        assert!(told(&fixture).await.is_empty());
    }

    async fn the_list_of_who_is_online_says_since_when(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        record(&fixture, [joined(ada.id)]).await;
        fixture.clock.set(START.plus_ms(60_000));
        let chat = fixture.chat_with(ChatLimits::default(), present(&[ada.id]));
        let online = app::chat::ChatService::online_users(&chat).await.unwrap();
        assert_eq!((online[0].user.id, online[0].since), (ada.id, Some(START)));
    }
}

/// Time stands still here, so the grace is over as soon as nothing else is to be done.
#[tokio::test]
async fn who_is_back_within_the_grace_has_never_been_gone() {
    let fixture = Fixture::sqlite().await;
    let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
    record(&fixture, [joined(ada.id), joined(ben.id)]).await;
    told(&fixture).await;

    let live: Arc<Mutex<Vec<UserId>>> = Arc::default();
    let seen = live.clone();
    let looked = Arc::new(tokio::sync::Notify::new());
    let looks = looked.clone();
    let present_users = Arc::new(move || {
        looks.notify_one();
        seen.lock().unwrap().clone()
    });
    let recorder =
        PresenceRecorder::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone(), present_users);
    let (tx, rx) = mpsc::channel(100);
    let shutdown = CancellationToken::new();
    tokio::time::pause();
    let task = tokio::spawn(recorder.run(Changes(rx), shutdown.clone()));
    tx.send(joined(ada.id)).await.unwrap();
    live.lock().unwrap().push(ada.id);
    looked.notified().await;
    tokio::time::resume();
    // The change that comes after the look is taken only once the look is done.
    tx.send(joined(ada.id)).await.unwrap();
    drop(tx);
    task.await.unwrap();
    assert_eq!(told(&fixture).await, [("UserLeft".to_owned(), ben.id)]);
}
