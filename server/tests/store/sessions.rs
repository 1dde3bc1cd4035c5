use app::time::Timestamp;
use server::domain::{Ability, SessionOrigin, Sessions, Tokens};

use crate::harness::{Fixture, START, on_both_databases};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

fn sessions(fixture: &Fixture) -> Sessions {
    Sessions::new(fixture.store.clone(), fixture.clock.clone())
}

fn after(ms: i64) -> Timestamp {
    START.plus_ms(ms)
}

on_both_databases! {
    async fn a_session_is_found_by_its_token_alone(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let origin = SessionOrigin {
            user_agent: Some("x".repeat(10_000)),
            address: Some("2001:db8::1".parse().unwrap()),
        };
        let new = sessions(&fixture).create(ada.id, false, origin).await.unwrap();
        assert_eq!(new.max_age_s, None);
        let session = sessions(&fixture).find(&new.token).await.unwrap().unwrap();
        assert_eq!((session.id, session.user), (new.id, ada));
        for wrong in ["", "x", &new.token[1..], &new.token.to_uppercase()] {
            assert!(sessions(&fixture).find(wrong).await.unwrap().is_none(), "{wrong:?} is a session");
        }
        assert_eq!(fixture.number("select count(*) from sessions where length(user_agent) = 300 and address = '2001:db8::1'").await, 1);
    }

    async fn being_used_puts_off_the_end_and_is_written_once_a_minute(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let new = sessions(&fixture).create(ada.id, false, SessionOrigin::default()).await.unwrap();
        let expires_at = |ms| {
            let (sessions, token) = (sessions(&fixture), new.token.clone());
            fixture.clock.set(after(ms));
            async move { sessions.find(&token).await.unwrap().map(|it| it.expires_at) }
        };
        assert_eq!(expires_at(MINUTE_MS - 1).await, Some(after(DAY_MS)));
        assert_eq!(expires_at(MINUTE_MS).await, Some(after(MINUTE_MS + DAY_MS)));
        assert_eq!(expires_at(MINUTE_MS + DAY_MS - 1).await, Some(after(MINUTE_MS + DAY_MS - 1 + DAY_MS)));
        assert_eq!(expires_at(10 * DAY_MS).await, None);
    }

    async fn a_session_that_is_remembered_lasts_30_days(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let new = sessions(&fixture).create(ada.id, true, SessionOrigin::default()).await.unwrap();
        assert_eq!(new.max_age_s, Some(30 * 86_400));
        fixture.clock.set(after(30 * DAY_MS - 1));
        assert!(sessions(&fixture).find(&new.token).await.unwrap().is_some());
    }

    async fn a_session_ends_once_and_others_go_on(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let all = sessions(&fixture);
        let phone = all.create(ada.id, false, SessionOrigin::default()).await.unwrap();
        let desk = all.create(ada.id, false, SessionOrigin::default()).await.unwrap();
        let laptop = all.create(ada.id, false, SessionOrigin::default()).await.unwrap();
        let bens = all.create(ben.id, false, SessionOrigin::default()).await.unwrap();
        assert!(all.end(&phone.token).await.unwrap());
        assert!(!all.end(&phone.token).await.unwrap());
        assert!(all.find(&phone.token).await.unwrap().is_none());
        assert_eq!(all.end_all(ada.id, Some(desk.id)).await.unwrap(), 1);
        assert!(all.find(&laptop.token).await.unwrap().is_none());
        assert!(all.find(&desk.token).await.unwrap().is_some());
        assert_eq!(all.end_all(ada.id, None).await.unwrap(), 1);
        assert!(all.find(&bens.token).await.unwrap().is_some());
    }

    async fn ended_sessions_are_deleted(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let all = sessions(&fixture);
        all.create(ada.id, false, SessionOrigin::default()).await.unwrap();
        all.create(ada.id, true, SessionOrigin::default()).await.unwrap();
        fixture.clock.set(after(DAY_MS - 1));
        assert_eq!(all.delete_ended().await.unwrap(), 0);
        // Exactly a second, which SQLite's text has no fraction for.
        fixture.clock.set(Timestamp::from_unix_ms(START.unix_ms() / 1_000 * 1_000 + DAY_MS + 1_000));
        assert_eq!(all.delete_ended().await.unwrap(), 1);
        assert_eq!(fixture.number("select count(*) from sessions").await, 1);
    }
}

/// Whoever only reads must not suffer from a disk that takes nothing any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_use_that_can_not_be_written_keeps_nobody_out() {
    let fixture = Fixture::sqlite().await;
    let ada = fixture.person("Ada").await;
    let sessions = sessions(&fixture);
    let session = sessions.create(ada.id, false, SessionOrigin::default()).await.unwrap();
    let tokens = Tokens::new(fixture.store.clone(), fixture.clock.clone());
    let token = tokens.create(ada.id, "test", &[Ability::ChatRead], None).await.unwrap();
    for table in ["sessions", "personal_access_tokens"] {
        let sql = format!("create trigger full_{table} before update on {table} begin select raise(fail, 'full'); end");
        fixture.execute(sql).await;
    }
    fixture.clock.set(after(5 * MINUTE_MS));
    let found = sessions.find(&session.token).await.unwrap().expect("the session is gone");
    assert_eq!(found.expires_at, after(DAY_MS), "an end is told that is not written");
    assert!(tokens.find(&token.plain_text).await.unwrap().is_some());
}
