use app::accounts::User;
use app::chat::{ChatService as _, Message, NewMessage, NewPrivateMessage, React};
use app::error::AppError;
use app::ids::NotificationId;
use app::notifications::{
    MarkNotifications, Notification, NotificationFilter, NotificationKind, NotificationQuery, NotificationService as _,
};
use app::realtime::AppEvent;
use app::realtime::events::NotificationRead;
use app::settings::SettingsService as _;
use serde_json::json;
use server::domain::{ChatLimits, Notifications, SettingsDesk};

use crate::harness::{Fixture, START, on_both_databases, present};

fn desk(fixture: &Fixture) -> Notifications {
    Notifications::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone())
}

async fn say(fixture: &Fixture, author: &User, body: &str) -> Message {
    let message = NewMessage { body: body.into(), ..NewMessage::default() };
    fixture.chat().send_message(author, message, None).await.unwrap().message
}

async fn write(fixture: &Fixture, author: &User, recipient: &User) -> Message {
    let message = NewMessage { body: "hi".into(), ..NewMessage::default() };
    let command = NewPrivateMessage { recipient_id: recipient.id, message };
    fixture.chat().send_private_message(author, command, None).await.unwrap().message
}

async fn list(fixture: &Fixture, user: &User) -> Vec<Notification> {
    desk(fixture).notifications(user.id, NotificationQuery::default()).await.unwrap().notifications
}

async fn titles(fixture: &Fixture, user: &User) -> Vec<String> {
    list(fixture, user).await.into_iter().map(|it| it.title).collect()
}

/// What a person's own channel was told of notifications since.
async fn told(fixture: &Fixture, user: &User) -> Vec<AppEvent> {
    fixture.relay().relay_all().await.unwrap();
    let published = std::mem::take(&mut *fixture.broker.published.lock().unwrap());
    let channel = format!("private-user.{}", user.id);
    let events = published.iter().filter(|it| it.channel.as_str() == channel);
    let events = events.map(|it| AppEvent::from_parts(&it.event, &it.data).unwrap());
    events.filter(|it| matches!(it, AppEvent::NotificationCreated(_) | AppEvent::NotificationRead(_))).collect()
}

async fn change_settings(fixture: &Fixture, user: &User, changes: serde_json::Value) {
    let settings = SettingsDesk::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone());
    settings.change_settings(user.id, changes, None).await.unwrap();
}

on_both_databases! {
    async fn a_mention_is_told_and_read_with_its_message(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let message = say(&fixture, &ada, "look, @Ben").await;
        let events = told(&fixture, &ben).await;
        let [AppEvent::NotificationCreated(created)] = &events[..] else { panic!("{events:?}") };
        let notification = &created.notification;
        assert_eq!((notification.kind, created.unread_count, created.replaces), (NotificationKind::Mention, 1, None));
        assert_eq!((notification.title.as_str(), notification.body.as_str()), ("Ada mentioned you in General", "look, @Ben"));
        assert_eq!((notification.message_id, notification.actor.as_ref().unwrap().id), (Some(message.id), ada.id));
        assert_eq!(list(&fixture, &ben).await, std::slice::from_ref(notification));
        fixture.chat().mark_read(&ben, message.id).await.unwrap();
        let events = told(&fixture, &ben).await;
        let [AppEvent::NotificationRead(read)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((&read.notification_ids[..], read.unread_count), (&[notification.id][..], 0));
        assert_eq!(list(&fixture, &ben).await[0].read_at, Some(START));
        assert!(list(&fixture, &ada).await.is_empty());
    }

    async fn a_reply_is_told_to_whom_it_answers_and_once(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let question = say(&fixture, &ada, "well?").await;
        for (author, body) in [(&ben, "yes"), (&ben, "yes, @Ada"), (&ada, "good")] {
            let reply = NewMessage { body: body.into(), reply_to: Some(question.id), client_id: None };
            fixture.chat().send_message(author, reply, None).await.unwrap();
        }
        assert_eq!(titles(&fixture, &ada).await, ["Ben mentioned you in General", "Ben replied to you in General"]);
    }

    async fn messages_to_who_is_away_are_one_notification_a_conversation(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        write(&fixture, &ada, &ben).await;
        write(&fixture, &mei, &ben).await;
        told(&fixture, &ben).await;
        let first = list(&fixture, &ben).await[1].id;
        let last = write(&fixture, &ada, &ben).await;
        let events = told(&fixture, &ben).await;
        let [AppEvent::NotificationCreated(created)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((created.replaces, created.unread_count, created.notification.count), (Some(first), 2, 2));
        assert_eq!(titles(&fixture, &ben).await, ["2 messages from Ada", "Mei wrote to you"]);
        fixture.chat().mark_read(&ben, last.id).await.unwrap();
        let unread = NotificationQuery { filter: NotificationFilter::Unread, ..NotificationQuery::default() };
        let page = desk(&fixture).notifications(ben.id, unread).await.unwrap();
        assert_eq!((page.notifications.len(), page.unread_count), (1, 1));
    }

    async fn whoever_is_looking_needs_no_notification_of_a_message(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let chat = fixture.chat_with(ChatLimits::default(), present(&[ben.id]));
        let message = NewMessage { body: "hi".into(), ..NewMessage::default() };
        let command = NewPrivateMessage { recipient_id: ben.id, message };
        chat.send_private_message(&ada, command.clone(), None).await.unwrap();
        assert!(list(&fixture, &ben).await.is_empty());
        let mut tx = fixture.store.begin().await.unwrap();
        tx.set_online(ben.id, START).await.unwrap();
        tx.set_away(ben.id, true, START).await.unwrap();
        tx.commit().await.unwrap();
        chat.send_private_message(&ada, command, None).await.unwrap();
        assert_eq!(titles(&fixture, &ben).await, ["Ada wrote to you"]);
    }

    async fn reactions_to_one_message_are_one_notification(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        let message = say(&fixture, &ada, "hi").await;
        for (user, emoji) in [(&ben, "👍"), (&ben, "👍"), (&ben, "🎉"), (&ada, "👍")] {
            fixture.chat().react(user, message.id, React { emoji: emoji.into(), is_set: None }).await.unwrap();
        }
        assert_eq!(titles(&fixture, &ada).await, ["Ben reacted with 🎉"], "nobody is told of what they do themselves");
        fixture.chat().react(&mei, message.id, React { emoji: "👍".into(), is_set: None }).await.unwrap();
        assert_eq!(titles(&fixture, &ada).await, ["Mei and 1 other reacted"]);
        fixture.chat().mark_read(&ada, message.id).await.unwrap();
        assert_eq!(list(&fixture, &ada).await[0].read_at, None, "one's own message says nothing of who reacted");
    }

    async fn who_switched_a_kind_off_or_blocked_somebody_is_not_told(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        change_settings(&fixture, &ben, json!({ "notifications": { "mention": { "in_app": false } } })).await;
        let mut tx = fixture.store.begin().await.unwrap();
        tx.block(mei.id, ada.id, START).await.unwrap();
        tx.commit().await.unwrap();
        say(&fixture, &ada, "@Ben @Mei").await;
        assert!(list(&fixture, &ben).await.is_empty() && list(&fixture, &mei).await.is_empty());
        write(&fixture, &ada, &ben).await;
        assert_eq!(list(&fixture, &ben).await.len(), 1);
    }

    async fn reading_is_told_to_all_tabs_and_can_be_taken_back(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        for number in 0..3 {
            say(&fixture, &ada, &format!("{number} @Ben")).await;
        }
        let desk = desk(&fixture);
        let ids: Vec<NotificationId> = list(&fixture, &ben).await.iter().rev().map(|it| it.id).collect();
        told(&fixture, &ben).await;
        let one = MarkNotifications { notification_ids: vec![ids[2]], up_to: None };
        assert!(desk.mark_read(mei.id, one.clone()).await.unwrap().notification_ids.is_empty(), "only their own");
        let all = MarkNotifications { notification_ids: Vec::new(), up_to: Some(ids[1]) };
        let marked = desk.mark_read(ben.id, all.clone()).await.unwrap();
        assert_eq!((&marked.notification_ids[..], marked.unread_count), (&ids[..2], 1));
        assert!(desk.mark_read(ben.id, all.clone()).await.unwrap().notification_ids.is_empty());
        let undo = MarkNotifications { notification_ids: marked.notification_ids.clone(), up_to: None };
        let undone = desk.mark_unread(ben.id, undo).await.unwrap();
        assert_eq!((&undone.notification_ids[..], undone.unread_count), (&ids[..2], 3));
        let events = told(&fixture, &ben).await;
        let read = |at| AppEvent::from(NotificationRead { notification_ids: ids[..2].to_vec(), unread_count: if at == Some(START) { 1 } else { 3 }, read_at: at });
        assert_eq!(events, [read(Some(START)), read(None)]);
        let refused = desk.mark_unread(ben.id, all).await;
        assert!(matches!(&refused, Err(AppError::Invalid(it)) if it[0].field == "up_to"), "{refused:?}");
    }

    async fn the_list_is_filtered_and_paged(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        for number in 0..4 {
            say(&fixture, &ada, &format!("{number} @Ben")).await;
        }
        write(&fixture, &ada, &ben).await;
        let desk = desk(&fixture);
        let query = NotificationQuery { limit: Some(2), filter: NotificationFilter::Mentions, before: None };
        let first = desk.notifications(ben.id, query).await.unwrap();
        assert!(first.has_more && first.notifications.iter().all(|it| it.kind == NotificationKind::Mention));
        let rest = desk.notifications(ben.id, NotificationQuery { before: Some(first.notifications[1].id), ..query }).await.unwrap();
        assert_eq!((rest.notifications.len(), rest.has_more, rest.unread_count), (2, false, 5));
        let money = NotificationQuery { filter: NotificationFilter::Money, ..NotificationQuery::default() };
        assert!(desk.notifications(ben.id, money).await.unwrap().notifications.is_empty());
    }
}
