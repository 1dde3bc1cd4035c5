//! Messages that are sent at the same moment, and stored together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::accounts::User;
use app::chat::{ChatService as _, HistoryQuery, NewMessage};
use app::ids::{ClientId, UserId};
use server::domain::Chat;
use server::store::Store;

use crate::harness::{Fixture, START, on_both_databases};

/// Sends a message for each author and client id at once; returns the number of each that was stored, new or known.
async fn send_at_once(chat: &Arc<Chat>, sends: Vec<(User, ClientId)>) -> Vec<Option<i64>> {
    let sends = sends.into_iter().map(|(author, client_id)| {
        let chat = chat.clone();
        tokio::spawn(async move {
            let message = NewMessage { client_id: Some(client_id), body: client_id.to_string(), reply_to: None };
            chat.send_message(&author, message, None).await.ok().map(|it| it.message.id.0)
        })
    });
    let mut ids = Vec::new();
    for send in sends.collect::<Vec<_>>() {
        ids.push(send.await.unwrap());
    }
    ids
}

async fn people(fixture: &Fixture, count: usize) -> Vec<User> {
    let mut people = Vec::new();
    for number in 0..count {
        people.push(fixture.person(&format!("Person {number}")).await);
    }
    people
}

on_both_databases! {
    async fn messages_sent_at_once_are_each_stored_once_and_told_in_the_order_of_their_numbers(fixture: Fixture) {
        let chat = Arc::new(fixture.chat());
        // Each twice, as by a browser whose first request had no answer yet.
        let once: Vec<_> = people(&fixture, 100).await.into_iter().map(|it| (it, ClientId::new(START))).collect();
        let ids = send_at_once(&chat, [once.clone(), once].concat()).await;
        assert_eq!(ids[..100], ids[100..], "the same message is answered to both");
        let stored: BTreeSet<i64> = ids.iter().map(|it| it.unwrap()).collect();
        assert_eq!(stored.len(), 100);

        assert_eq!(fixture.number("select count(*) from chat_messages").await, 100);
        assert_eq!(fixture.number("select last_offset from channel_positions where channel = 'chat'").await, 100);
        fixture.relay().relay_all().await.unwrap();
        assert_eq!(fixture.broker.offsets("chat"), (1..=100).collect::<Vec<u64>>());
        let published = fixture.broker.published.lock().unwrap().clone();
        let told: Vec<i64> = published
            .iter()
            .map(|it| serde_json::from_str::<serde_json::Value>(&it.data).unwrap()["message"]["id"].as_i64().unwrap())
            .collect();
        assert_eq!(told, stored.into_iter().collect::<Vec<_>>());

        let page = chat.messages(&fixture.person("Ada").await, HistoryQuery::default()).await.unwrap();
        assert!(page.messages.iter().all(|it| it.body == it.client_id.to_string()), "each bears its own words");
        let wrong_authors = "\
            select count(*) from room_authors a where a.last_message_id <> \
                (select max(m.id) from chat_messages m where m.user_id = a.user_id)";
        assert_eq!(fixture.number(wrong_authors).await, 0);
        assert_eq!(fixture.number("select count(*) from room_authors").await, 100);
    }

    async fn one_that_the_database_refuses_does_not_take_the_others_with_it(fixture: Fixture) {
        let chat = Arc::new(fixture.chat());
        let mut sends: Vec<_> = people(&fixture, 20).await.into_iter().map(|it| (it, ClientId::new(START))).collect();
        // Whose account is gone since they were let in.
        let gone = User { id: UserId(9_999), ..sends[0].0.clone() };
        sends.insert(10, (gone, ClientId::new(START)));
        let ids = send_at_once(&chat, sends).await;
        assert_eq!(ids.iter().position(Option::is_none), Some(10));
        assert_eq!(ids.iter().flatten().count(), 20);
        fixture.relay().relay_all().await.unwrap();
        assert_eq!(fixture.broker.offsets("chat"), (1..=20).collect::<Vec<u64>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_waited_for_by_the_group_and_not_by_each() {
    let fixture = Fixture::sqlite().await;
    let chat = Arc::new(fixture.chat());
    let sends: Vec<_> = people(&fixture, 30).await.into_iter().map(|it| (it, ClientId::new(START))).collect();
    let other = Store::connect(&fixture.settings).await.unwrap();
    let lock = other.begin().await.unwrap();
    // The first message waits for the lock alone, the others together, 5 s each: far less than if each did.
    let refused = tokio::time::timeout(Duration::from_mins(1), send_at_once(&chat, sends.clone())).await;
    assert_eq!(refused.expect("an answer for each").into_iter().flatten().count(), 0);
    lock.rollback().await.unwrap();
    assert_eq!(send_at_once(&chat, sends).await.into_iter().flatten().count(), 30);
    assert_eq!(fixture.number("select count(*) from chat_messages").await, 30);
}
