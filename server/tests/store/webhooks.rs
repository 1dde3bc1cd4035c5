//! Webhooks in the database.

use server::store::{DepartureRow, NewDeliveryRow};

use crate::harness::{Fixture, START, on_both_databases};

const URL: &str = "http://example.com/hook";

async fn add(fixture: &Fixture, url: &str, body: &str) {
    let mut tx = fixture.store.begin().await.unwrap();
    let (at, give_up_at) = (fixture.clock.now(), fixture.clock.now().plus_ms(300_000));
    let row = NewDeliveryRow { application_id: "1", url, body, events: 1, at, give_up_at };
    tx.insert_delivery(row).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_databases! {
    async fn a_request_is_taken_by_one_alone_and_in_its_order(fixture: Fixture) {
        for body in ["first", "second"] {
            add(&fixture, URL, body).await;
        }
        add(&fixture, "http://example.com/other", "other").await;
        let (now, lease) = (START, START.plus_ms(15_000));
        let first = fixture.store.claim_delivery("1", URL, now, lease).await.unwrap().unwrap();
        let second = fixture.store.claim_delivery("1", URL, now, lease).await.unwrap().unwrap();
        assert_eq!((first.body.as_str(), second.body.as_str()), ("first", "second"));
        assert_eq!(first.give_up_at(), START.plus_ms(300_000));
        assert_eq!(fixture.store.claim_delivery("1", URL, now, lease).await.unwrap(), None);
        let again = fixture.store.claim_delivery("1", URL, lease, lease.plus_ms(1)).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempts), (first.id, 2));
    }

    async fn what_waits_is_counted_by_receiver(fixture: Fixture) {
        for body in ["first", "second"] {
            add(&fixture, URL, body).await;
        }
        let first = fixture.store.claim_delivery("1", URL, START, START.plus_ms(1)).await.unwrap().unwrap();
        fixture.store.postpone_delivery(first.id, START.plus_ms(1_000), "not now").await.unwrap();
        let waiting = fixture.store.waiting_deliveries(START).await.unwrap();
        assert_eq!(waiting.iter().map(|it| (it.waiting, it.due)).collect::<Vec<_>>(), [(2, 1)]);
        fixture.store.delete_delivery(first.id).await.unwrap();
        assert_eq!(fixture.store.waiting_deliveries(START).await.unwrap()[0].waiting, 1);
    }

    async fn a_dead_letter_is_listed_revived_forgotten_and_pruned(fixture: Fixture) {
        let mut ids = Vec::new();
        for body in ["a", "b", "c"] {
            add(&fixture, URL, body).await;
            let taken = fixture.store.claim_delivery("1", URL, START, START.plus_ms(9)).await.unwrap().unwrap();
            fixture.store.give_up_delivery(taken.id, "it answered with status 500").await.unwrap();
            ids.push(taken.id);
        }
        let letters = fixture.store.dead_letters(0, 10).await.unwrap();
        assert_eq!(letters.iter().map(|it| it.body.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(letters[0].last_error, "it answered with status 500");
        assert!(fixture.store.waiting_deliveries(START).await.unwrap().is_empty());

        let revived = fixture.store.revive_deliveries(Some(ids[0]), START, START.plus_ms(5)).await.unwrap();
        assert_eq!(revived, 1);
        let taken = fixture.store.claim_delivery("1", URL, START, START.plus_ms(9)).await.unwrap().unwrap();
        assert_eq!((taken.body.as_str(), taken.attempts), ("a", 1));
        assert_eq!(fixture.store.prune_dead_letters(1).await.unwrap(), 1);
        assert_eq!(fixture.store.dead_letters(0, 10).await.unwrap()[0].body, "c");
        assert_eq!(fixture.store.delete_dead_letters(None).await.unwrap(), 1);
        assert_eq!(fixture.store.delete_dead_letters(Some(ids[0])).await.unwrap(), 0);
    }

    async fn departures_are_left_and_taken_once(fixture: Fixture) {
        let rows = [None, Some("\"7\"".to_owned())].map(|user_id| DepartureRow {
            application_id: "1".to_owned(),
            channel: "presence-a".to_owned(),
            user_id,
        });
        let mut tx = fixture.store.begin().await.unwrap();
        for row in &rows {
            tx.insert_departure(row).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut taken = fixture.store.take_departures(10).await.unwrap();
        taken.sort_by(|a, b| a.user_id.cmp(&b.user_id));
        assert_eq!(taken, rows);
        assert!(fixture.store.take_departures(10).await.unwrap().is_empty());
    }
}
