use std::sync::{Arc, Mutex};

use app::accounts::User;
use app::chat::{BlockState, Conversation};
use app::error::AppError;
use app::ids::UserId;
use app::people::{ChosenStatus, PeopleQuery, PeopleService as _, PresenceStatus, Whereabouts};
use app::realtime::AppEvent;
use app::settings::SettingsService as _;
use serde_json::json;
use server::domain::{People, PresenceRecorder, SettingsDesk};

use crate::harness::{Fixture, START, on_both_databases, present};

fn people(fixture: &Fixture) -> People {
    People::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone(), Arc::new(|_| {}))
}

async fn come(fixture: &Fixture, user: &User) {
    let mut tx = fixture.store.begin().await.unwrap();
    tx.set_online(user.id, fixture.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn names(fixture: &Fixture, reader: &User, query: PeopleQuery) -> Vec<String> {
    let page = people(fixture).people(reader, query).await.unwrap();
    page.people.into_iter().map(|it| it.user.name).collect()
}

async fn status(fixture: &Fixture, id: UserId) -> PresenceStatus {
    fixture.store.person(id).await.unwrap().unwrap().person.status
}

/// What `presence-chat` was told since, as name of the event and status.
async fn told(fixture: &Fixture) -> Vec<(UserId, PresenceStatus)> {
    fixture.relay().relay_all().await.unwrap();
    let published = std::mem::take(&mut *fixture.broker.published.lock().unwrap());
    published
        .iter()
        .filter(|it| it.channel.as_str() == "presence-chat")
        .map(|it| match AppEvent::from_parts(&it.event, &it.data).unwrap() {
            AppEvent::PresenceChanged(event) => (event.user.id, event.status),
            other => panic!("{other:?}"),
        })
        .collect()
}

on_both_databases! {
    async fn people_are_found_by_the_beginning_of_their_name_and_paged(fixture: Fixture) {
        let me = fixture.person("Me").await;
        for name in ["ÄNNE", "Anna", "amina K", "Ben"] {
            fixture.person(name).await;
        }
        let search = |text: &str| PeopleQuery { search: text.into(), ..PeopleQuery::default() };
        assert_eq!(names(&fixture, &me, search("")).await, ["amina K", "Anna", "Ben", "Me", "ÄNNE"]);
        assert_eq!(names(&fixture, &me, search(" AN")).await, ["Anna"]);
        assert_eq!(names(&fixture, &me, search("än")).await, ["ÄNNE"]);
        assert!(names(&fixture, &me, search("%")).await.is_empty());
        let first = people(&fixture).people(&me, PeopleQuery { limit: Some(2), ..PeopleQuery::default() }).await.unwrap();
        assert!(first.has_more);
        let rest = PeopleQuery { after: Some(first.people[1].user.id), ..PeopleQuery::default() };
        assert_eq!(names(&fixture, &me, rest).await, ["Ben", "Me", "ÄNNE"]);
        let long = people(&fixture).people(&me, search(&"x".repeat(81))).await;
        assert!(matches!(&long, Err(AppError::Invalid(it)) if it[0].field == "search"), "{long:?}");
        let nobody = people(&fixture).people(&me, PeopleQuery { after: Some(UserId(4_000)), ..PeopleQuery::default() }).await;
        assert!(matches!(&nobody, Err(AppError::Invalid(it)) if it[0].field == "after"), "{nobody:?}");
    }

    async fn everybody_is_seen_as_they_want_to_be(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        come(&fixture, &ada).await;
        let people = people(&fixture);
        for (chosen, seen) in [
            (ChosenStatus::DoNotDisturb, PresenceStatus::DoNotDisturb),
            (ChosenStatus::Away, PresenceStatus::Away),
            (ChosenStatus::Automatic, PresenceStatus::Online),
        ] {
            people.choose_status(&ada, chosen).await.unwrap();
            assert_eq!((status(&fixture, ada.id).await, people.chosen_status(&ada).await.unwrap()), (seen, chosen));
            assert_eq!(told(&fixture).await, [(ada.id, seen)]);
        }
        people.choose_status(&ben, ChosenStatus::Away).await.unwrap();
        assert!(told(&fixture).await.is_empty(), "who is not there is offline whatever they choose");
        assert_eq!(status(&fixture, ben.id).await, PresenceStatus::Offline);
        let here = PeopleQuery { whereabouts: Whereabouts::Here, ..PeopleQuery::default() };
        let gone = PeopleQuery { whereabouts: Whereabouts::Gone, ..PeopleQuery::default() };
        assert_eq!((names(&fixture, &ben, here).await, names(&fixture, &ben, gone).await), (vec!["Ada".to_owned()], vec!["Ben".to_owned()]));
    }

    async fn who_is_invisible_is_taken_from_the_live_table_and_seen_as_gone(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        come(&fixture, &ada).await;
        let hidden: Arc<Mutex<Vec<UserId>>> = Arc::default();
        let seen = Arc::clone(&hidden);
        let hide = Arc::new(move |id| seen.lock().unwrap().push(id));
        let people = People::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone(), hide);
        people.choose_status(&ada, ChosenStatus::Invisible).await.unwrap();
        assert_eq!(*hidden.lock().unwrap(), [ada.id]);
        assert!(people.is_invisible(ada.id).await.unwrap());
        assert_eq!(status(&fixture, ada.id).await, PresenceStatus::Offline);
        assert!(told(&fixture).await.is_empty(), "that they left is told by who hears it from the live table");
    }

    async fn who_does_nothing_for_ten_minutes_is_away_until_they_do_something(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        come(&fixture, &ada).await;
        come(&fixture, &ben).await;
        let recorder = PresenceRecorder::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone(), present(&[]));
        fixture.clock.set(START.plus_ms(5 * 60_000));
        people(&fixture).be_active(&ben).await.unwrap();
        fixture.clock.set(START.plus_ms(10 * 60_000 + 1));
        recorder.note_idle().await.unwrap();
        recorder.note_idle().await.unwrap();
        assert_eq!(told(&fixture).await, [(ada.id, PresenceStatus::Away)]);
        assert_eq!(status(&fixture, ben.id).await, PresenceStatus::Online);
        for _ in 0..2 {
            people(&fixture).be_active(&ada).await.unwrap();
        }
        assert_eq!(told(&fixture).await, [(ada.id, PresenceStatus::Online)]);
        people(&fixture).choose_status(&ada, ChosenStatus::DoNotDisturb).await.unwrap();
        told(&fixture).await;
        fixture.clock.set(START.plus_ms(30 * 60_000));
        recorder.note_idle().await.unwrap();
        assert_eq!(told(&fixture).await, [(ben.id, PresenceStatus::Away)], "what was chosen stands");
    }

    async fn a_profile_tells_what_its_owner_shows(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        come(&fixture, &ben).await;
        let mut tx = fixture.store.begin().await.unwrap();
        tx.set_offline(ben.id, START.plus_ms(1_000)).await.unwrap();
        tx.commit().await.unwrap();
        let settings = SettingsDesk::new(fixture.store.clone(), fixture.log.clone(), fixture.clock.clone());
        settings.change_settings(ben.id, json!({ "profile": { "headline": "Finance", "time_zone": "Europe/Berlin" } }), None).await.unwrap();
        let profile = people(&fixture).profile(&ada, ben.id).await.unwrap();
        assert_eq!((profile.person.headline.as_str(), profile.time_zone.as_deref()), ("Finance", Some("Europe/Berlin")));
        assert_eq!((profile.person.last_seen, profile.member_since), (Some(START.plus_ms(1_000)), START));
        assert_eq!(profile.conversation, Conversation::direct(ada.id, ben.id));
        settings.change_settings(ben.id, json!({ "privacy": { "last_seen": false } }), None).await.unwrap();
        assert_eq!(people(&fixture).profile(&ada, ben.id).await.unwrap().person.last_seen, None);
        assert_eq!(people(&fixture).profile(&ada, ada.id).await.unwrap().conversation, None);
        assert!(matches!(people(&fixture).profile(&ada, UserId(4_000)).await, Err(AppError::NotFound(_))));
    }

    async fn the_page_begins_with_those_who_are_there_apart_and_knows_whom_one_has_blocked(fixture: Fixture) {
        let (ada, ben, mei) = (fixture.person("Ada").await, fixture.person("Ben").await, fixture.person("Mei").await);
        come(&fixture, &ben).await;
        let people = people(&fixture);
        let names = |page: &app::people::PeoplePage| -> Vec<String> {
            page.people.iter().map(|it| it.user.name.clone()).collect()
        };
        let opened = people.open(&ada, String::new()).await.unwrap();
        assert_eq!((names(&opened.here), names(&opened.gone)), (vec!["Ben".into()], vec!["Ada".into(), "Mei".into()]));
        let searched = people.open(&ada, "me".to_owned()).await.unwrap();
        assert_eq!((names(&searched.here), names(&searched.gone)), (vec![], vec!["Mei".into()]));
        for blocked in [&mei, &ben] {
            people.set_blocked(&ada, blocked.id, true).await.unwrap();
        }
        let blocked = |list: Vec<app::accounts::UserSummary>| list.into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(blocked(people.blocked(&ada).await.unwrap()), ["Ben", "Mei"]);
        assert!(people.blocked(&ben).await.unwrap().is_empty());
    }

    async fn a_block_is_told_to_both_lists_and_taken_back(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let people = people(&fixture);
        people.set_blocked(&ada, ben.id, true).await.unwrap();
        people.set_blocked(&ada, ben.id, true).await.unwrap();
        assert_eq!(people.profile(&ada, ben.id).await.unwrap().block, BlockState::ByMe);
        assert_eq!(people.profile(&ben, ada.id).await.unwrap().block, BlockState::ByPeer);
        people.set_blocked(&ada, ben.id, false).await.unwrap();
        assert_eq!(people.profile(&ben, ada.id).await.unwrap().block, BlockState::None);
        let myself = people.set_blocked(&ada, ada.id, true).await;
        assert!(matches!(&myself, Err(AppError::Invalid(it)) if it[0].field == "id"), "{myself:?}");
        assert!(matches!(people.set_blocked(&ada, UserId(4_000), true).await, Err(AppError::NotFound(_))));
    }
}
