use app::error::AppError;
use server::domain::{Ability, Tokens};

use crate::harness::{Fixture, START, on_both_databases};

fn tokens(fixture: &Fixture) -> Tokens {
    Tokens::new(fixture.store.clone(), fixture.clock.clone())
}

on_both_databases! {
    async fn a_token_does_what_its_abilities_say(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let abilities = [Ability::ChatRead, Ability::Broadcasting];
        let new = tokens(&fixture).create(ada.id, " bot ", &abilities, None).await.unwrap();
        let token = tokens(&fixture).find(&new.plain_text).await.unwrap().unwrap();
        assert_eq!((token.id, token.name.as_str(), &token.user), (new.id, "bot", &ada));
        assert!(token.allows(Ability::ChatRead) && token.allows(Ability::Broadcasting));
        assert!(!token.allows(Ability::ChatWrite) && !token.allows(Ability::Everything));
        let all = tokens(&fixture).create(ada.id, "all", &[Ability::Everything], None).await.unwrap();
        assert!(tokens(&fixture).find(&all.plain_text).await.unwrap().unwrap().allows(Ability::ChatWrite));
        for wrong in ["", "smartlink_", &new.plain_text[10..], &new.plain_text.to_uppercase()] {
            assert!(tokens(&fixture).find(wrong).await.unwrap().is_none(), "{wrong:?} is a token");
        }
        assert_eq!(fixture.number("select count(*) from personal_access_tokens where last_used_at is not null").await, 2);
    }

    async fn a_token_ends_when_it_was_said_to(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let end = START.plus_ms(5_000);
        let new = tokens(&fixture).create(ada.id, "bot", &[Ability::ChatRead], Some(end)).await.unwrap();
        fixture.clock.set(end.plus_ms(-1));
        assert!(tokens(&fixture).find(&new.plain_text).await.unwrap().is_some());
        fixture.clock.set(end);
        assert!(tokens(&fixture).find(&new.plain_text).await.unwrap().is_none());
    }

    async fn only_its_owner_revokes_a_token(fixture: Fixture) {
        let (ada, ben) = (fixture.person("Ada").await, fixture.person("Ben").await);
        let new = tokens(&fixture).create(ada.id, "bot", &[Ability::ChatRead], None).await.unwrap();
        assert!(!tokens(&fixture).revoke(ben.id, new.id).await.unwrap());
        assert!(tokens(&fixture).find(&new.plain_text).await.unwrap().is_some());
        assert!(tokens(&fixture).revoke(ada.id, new.id).await.unwrap());
        assert!(!tokens(&fixture).revoke(ada.id, new.id).await.unwrap());
        assert!(tokens(&fixture).find(&new.plain_text).await.unwrap().is_none());
    }

    async fn a_token_that_can_not_be_is_refused_by_name(fixture: Fixture) {
        let ada = fixture.person("Ada").await;
        let read = [Ability::ChatRead];
        for (name, abilities, expires_at, field) in [
            (" ", read.as_slice(), None, "name"),
            ("bot", &[], None, "abilities"),
            ("bot", &read, Some(START), "expires_at"),
        ] {
            let refused = tokens(&fixture).create(ada.id, name, abilities, expires_at).await.map(|it| it.id);
            assert!(matches!(&refused, Err(AppError::Invalid(it)) if it[0].field == field), "{refused:?}");
        }
    }
}
