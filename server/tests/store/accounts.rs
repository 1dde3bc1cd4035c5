use std::net::IpAddr;
use std::time::Duration;

use app::accounts::{AccountService as _, ChangePassword, Credentials, Role, SignUp, User};
use app::error::AppError;
use server::domain::{AccountLimits, Accounts, Allowance, Passwords, SessionOrigin, Sessions};

use crate::harness::{Fixture, START, on_both_databases, password, sign_up};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

async fn sign_in(accounts: &Accounts, email: &str, password: &str) -> Result<User, AppError> {
    let form = Credentials { email: email.to_owned(), password: password.to_owned(), remember: false };
    accounts.sign_in(form, HERE).await
}

on_both_databases! {
    async fn whoever_signed_up_can_sign_in(fixture: Fixture) {
        let accounts = fixture.accounts();
        let ada = accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        assert_eq!((ada.name.as_str(), ada.email.as_str(), ada.role), ("Ada", "ada@example.com", Role::Member));
        assert_eq!(sign_in(&accounts, " ADA@example.com ", password()).await, Ok(ada));
        assert_eq!(fixture.number("select count(*) from users where password_hash like '$argon2id$%'").await, 1);
    }

    async fn wrong_email_and_wrong_password_are_one_error(fixture: Fixture) {
        let accounts = fixture.accounts();
        accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        let expected = Err(AppError::invalid("email", "Email or password is wrong."));
        assert_eq!(sign_in(&accounts, "ada@example.com", "wrong horse battery").await, expected);
        assert_eq!(sign_in(&accounts, "ben@example.com", password()).await, expected);
        assert_eq!(sign_in(&accounts, "no address", password()).await, expected);
        assert_eq!(sign_in(&accounts, "", "").await, expected);
    }

    async fn an_address_has_one_account(fixture: Fixture) {
        let accounts = fixture.accounts();
        accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        let again = SignUp { email: "ADA@Example.com".to_owned(), ..sign_up("Ben") };
        let refused = accounts.sign_up(again, HERE).await;
        assert!(matches!(&refused, Err(AppError::Conflict(it)) if it.contains("ada@example.com")), "{refused:?}");
    }

    async fn guessing_is_slowed_down_and_the_owner_is_not(fixture: Fixture) {
        let accounts = fixture.accounts();
        accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        for _ in 0..20 {
            assert!(sign_in(&accounts, "ada@example.com", password()).await.is_ok());
        }
        for _ in 0..5 {
            let refused = sign_in(&accounts, "ada@example.com", "wrong horse battery").await;
            assert!(matches!(refused, Err(AppError::Invalid(_))), "{refused:?}");
        }
        let limited = Err(AppError::TooManyRequests { retry_after_s: 30 });
        assert_eq!(sign_in(&accounts, "ada@example.com", password()).await, limited);
        fixture.clock.set(START.plus_ms(30_000));
        assert!(sign_in(&accounts, "ada@example.com", password()).await.is_ok());
    }

    async fn a_new_password_takes_the_place_of_the_old_one(fixture: Fixture) {
        let accounts = fixture.accounts();
        let ada = accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        let change = async |current: &str, new: &str| {
            let form = ChangePassword { current_password: current.to_owned(), password: new.to_owned() };
            accounts.change_password(&ada, form, HERE).await
        };
        assert_eq!(change(password(), "a horse of another colour").await, Ok(()));
        assert_eq!(sign_in(&accounts, "ada@example.com", "a horse of another colour").await, Ok(ada.clone()));
        assert!(sign_in(&accounts, "ada@example.com", password()).await.is_err());
        // Wrong ones count as tries to sign in: one was taken just now.
        for _ in 0..4 {
            let refused = change("not the right one", "yet another horse").await;
            assert!(matches!(&refused, Err(AppError::Invalid(it)) if it[0].field == "current_password"), "{refused:?}");
        }
        let limited = Err(AppError::TooManyRequests { retry_after_s: 30 });
        assert_eq!(change("a horse of another colour", "yet another horse").await, limited);
    }

    async fn one_address_can_not_try_many_accounts(fixture: Fixture) {
        let accounts = fixture.accounts();
        let mut limited = 0;
        for number in 0..32 {
            match sign_in(&accounts, &format!("user{number}@example.com"), password()).await {
                Err(AppError::Invalid(_)) => {}
                Err(AppError::TooManyRequests { retry_after_s: 6 }) => limited += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(limited, 2);
    }

    async fn a_disabled_account_is_kept_out_at_once(fixture: Fixture) {
        let accounts = fixture.accounts();
        let sessions = Sessions::new(fixture.store.clone(), fixture.clock.clone());
        let ada = accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        let session = sessions.create(ada.id, true, SessionOrigin::default()).await.unwrap();
        accounts.set_disabled("Ada@example.com", true).await.unwrap();
        assert!(sessions.find(&session.token).await.unwrap().is_none());
        let refused = sign_in(&accounts, "ada@example.com", password()).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))), "{refused:?}");
        let refused = sign_in(&accounts, "ada@example.com", "wrong horse battery").await;
        assert!(matches!(refused, Err(AppError::Invalid(_))), "who guesses learns that it is disabled: {refused:?}");
        accounts.set_disabled("ada@example.com", false).await.unwrap();
        assert!(sign_in(&accounts, "ada@example.com", password()).await.is_ok());
    }

    async fn one_address_can_not_open_accounts_without_end(fixture: Fixture) {
        let limits = AccountLimits {
            sign_ups_per_address: Allowance { burst: 2, interval: Duration::from_mins(1) },
            ..AccountLimits::default()
        };
        let accounts = Accounts::new(fixture.store.clone(), fixture.clock.clone(), Passwords::default(), limits);
        let short = SignUp { password: "short".to_owned(), ..sign_up("Ada") };
        for _ in 0..3 {
            let refused = accounts.sign_up(short.clone(), HERE).await;
            assert!(matches!(refused, Err(AppError::Invalid(_))), "a form with a fault costs nothing: {refused:?}");
        }
        accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        accounts.sign_up(sign_up("Ben"), HERE).await.unwrap();
        let limited = Err(AppError::TooManyRequests { retry_after_s: 60 });
        assert_eq!(accounts.sign_up(sign_up("Cleo"), HERE).await, limited);
        assert!(accounts.sign_up(sign_up("Dana"), "192.0.2.8".parse().unwrap()).await.is_ok());
        fixture.clock.set(START.plus_ms(60_000));
        assert!(accounts.sign_up(sign_up("Cleo"), HERE).await.is_ok());
    }

    async fn what_is_no_address_is_counted_under_what_was_typed(fixture: Fixture) {
        let accounts = fixture.accounts();
        for _ in 0..5 {
            assert!(matches!(sign_in(&accounts, "ada@", "x").await, Err(AppError::Invalid(_))));
        }
        assert!(matches!(sign_in(&accounts, " ADA@", "x").await, Err(AppError::TooManyRequests { .. })));
        assert!(matches!(sign_in(&accounts, "ben@", "x").await, Err(AppError::Invalid(_))), "he pays for another");
    }

    async fn an_admin_is_made_by_address(fixture: Fixture) {
        let accounts = fixture.accounts();
        accounts.sign_up(sign_up("Ada"), HERE).await.unwrap();
        accounts.set_role("ADA@example.com", Role::Admin).await.unwrap();
        assert_eq!(accounts.find("ada@example.com").await.unwrap().role, Role::Admin);
        let unknown = accounts.set_role("ben@example.com", Role::Admin).await;
        assert!(matches!(unknown, Err(AppError::NotFound(_))), "{unknown:?}");
    }
}
