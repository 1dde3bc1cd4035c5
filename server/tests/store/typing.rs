use app::accounts::{User, UserSummary};
use app::chat::{ChatService as _, Conversation, NewMessage, NewPrivateMessage, TypingNotice};
use app::error::AppError;
use app::ids::UserId;
use app::realtime::AppEvent;
use app::settings::SettingsService as _;
use serde_json::json;
use server::domain::{ChatLimits, SettingsDesk};

use crate::harness::{Fixture, START, on_both_databases, present};

fn in_conversation(conversation: Conversation) -> TypingNotice {
    TypingNotice { conversation, has_stopped: false }
}

/// What was told of typing, as channel, person and milliseconds from the start to the end of the lease.
fn told(fixture: &Fixture) -> Vec<(String, UserId, i64)> {
    let published = std::mem::take(&mut *fixture.broker.published.lock().unwrap());
    published
        .iter()
        .filter_map(|it| match AppEvent::from_parts(&it.event, &it.data).unwrap() {
            AppEvent::UserTyping(event) => {
                Some((it.channel.to_string(), event.user.id, event.until.unix_ms() - START.unix_ms()))
            }
            _ => None,
        })
        .collect()
}

fn to(recipient: &User) -> NewPrivateMessage {
    NewPrivateMessage { recipient_id: recipient.id, message: NewMessage { body: "hi".into(), ..NewMessage::default() } }
}

on_both_databases! {
    async fn typing_to_one_person_is_told_to_the_two_alone_and_ends_with_the_message(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        let (chat, conversation) = (fixture.chat(), Conversation::direct(ada.id, ben.id).unwrap());
        chat.typing(&ada, in_conversation(conversation), None).await.unwrap();
        let channels = [conversation.to_string(), format!("private-user.{}", ben.id)];
        assert_eq!(told(&fixture), channels.clone().map(|it| (it, ada.id, 6_000)));
        fixture.clock.set(START.plus_ms(2_000));
        chat.send_private_message(&ada, to(&ben), None).await.unwrap();
        assert_eq!(told(&fixture), channels.map(|it| (it, ada.id, 2_000)));
        chat.send_private_message(&ada, to(&ben), None).await.unwrap();
        assert!(told(&fixture).is_empty(), "what has ended does not end again");
        let stranger = chat.typing(&mei, in_conversation(conversation), None).await;
        assert!(matches!(stranger, Err(AppError::Forbidden(_))), "{stranger:?}");
    }

    async fn a_lease_is_ended_by_stopping_and_by_leaving(fixture: Fixture) {
        let (ada, chat) = (fixture.person("Ada").await, fixture.chat());
        let stop = TypingNotice { has_stopped: true, ..TypingNotice::default() };
        chat.typing(&ada, TypingNotice::default(), None).await.unwrap();
        fixture.clock.set(START.plus_ms(1_000));
        assert_eq!(chat.typing(&ada, stop, None).await.unwrap(), START.plus_ms(1_000));
        chat.typing(&ada, stop, None).await.unwrap();
        assert_eq!(told(&fixture), [("chat".into(), ada.id, 6_000), ("chat".into(), ada.id, 1_000)]);
        chat.typing(&ada, TypingNotice::default(), None).await.unwrap();
        chat.typists().end_all(&UserSummary::from(&ada)).await;
        assert_eq!(told(&fixture), [("chat".into(), ada.id, 7_000), ("chat".into(), ada.id, 1_000)]);
        chat.typing(&ada, TypingNotice::default(), None).await.unwrap();
        told(&fixture);
        fixture.clock.set(START.plus_ms(7_000));
        chat.typists().end_all(&UserSummary::from(&ada)).await;
        assert!(told(&fixture).is_empty(), "a lease that is over needs no end");
    }

    async fn a_crowd_and_who_keeps_it_to_themselves_are_not_told_of(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let crowd: Vec<UserId> = (1..=101).map(UserId).collect();
        let crowded = fixture.chat_with(ChatLimits::default(), present(&crowd));
        crowded.typing(&ada, TypingNotice::default(), None).await.unwrap();
        assert!(told(&fixture).is_empty());
        crowded.typing(&ada, in_conversation(Conversation::direct(ada.id, ben.id).unwrap()), None).await.unwrap();
        assert_eq!(told(&fixture).len(), 2, "two are no crowd");
        let roomy = fixture.chat_with(ChatLimits::default(), present(&crowd[1..]));
        roomy.typing(&ada, TypingNotice::default(), None).await.unwrap();
        assert_eq!(told(&fixture).len(), 1);
        let settings = SettingsDesk::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone());
        settings.change_settings(ada.id, json!({ "privacy": { "sends_typing": false } }), None).await.unwrap();
        roomy.typing(&ada, TypingNotice::default(), None).await.unwrap();
        assert!(told(&fixture).is_empty());
    }
}
