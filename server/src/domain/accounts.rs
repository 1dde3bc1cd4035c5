//! Signing up and in, with the limits that make guessing passwords useless.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use app::accounts::{
    AccountService, ChangeName, ChangePassword, Credentials, Role, SignUp, User, validate_email, validate_name,
    validate_password,
};
use app::error::{AppError, FieldError};

use super::passwords::Passwords;
use super::rate_limiter::{Allowance, RateLimiter};
use crate::clock::Clock;
use crate::store::{NewUserRow, Store, StoreError};

/// One sentence for whatever is wrong, so that nobody learns which addresses have an account.
const WRONG_CREDENTIALS: &str = "Email or password is wrong.";

/// The characters that tell one malformed address from another.
const MAX_COUNTED_CHARS: usize = 100;

/// How many failed tries to sign in are allowed, and how many new accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountLimits {
    /// For one account, from wherever.
    pub tries_per_account: Allowance,
    /// From one address, for whatever account. An IPv6 address counts with its whole /64, which one customer has.
    pub tries_per_address: Allowance,
    /// Accounts opened from one address. Each costs a password hash, which people who sign in wait for too.
    pub sign_ups_per_address: Allowance,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            tries_per_account: Allowance { burst: 5, interval: Duration::from_secs(30) },
            tries_per_address: Allowance { burst: 30, interval: Duration::from_secs(6) },
            // A whole office or class behind one address signs up on one morning.
            sign_ups_per_address: Allowance { burst: 60, interval: Duration::from_secs(10) },
        }
    }
}

/// The accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
    passwords: Passwords,
    tries_per_account: Arc<RateLimiter<String>>,
    tries_per_address: Arc<RateLimiter<IpAddr>>,
    sign_ups_per_address: Arc<RateLimiter<IpAddr>>,
}

impl Accounts {
    /// The accounts in this store.
    pub fn new(store: Store, clock: Clock, passwords: Passwords, limits: AccountLimits) -> Self {
        Self {
            store,
            clock,
            passwords,
            tries_per_account: Arc::new(RateLimiter::new(limits.tries_per_account)),
            tries_per_address: Arc::new(RateLimiter::new(limits.tries_per_address)),
            sign_ups_per_address: Arc::new(RateLimiter::new(limits.sign_ups_per_address)),
        }
    }

    /// Opens an account with a role.
    ///
    /// # Errors
    /// `Invalid` names each field at fault; `Conflict` if the address has an account.
    pub async fn create(&self, form: SignUp, role: Role) -> Result<User, AppError> {
        let checked = checked(&form)?;
        self.insert(checked, form.password, role).await
    }

    async fn insert(&self, (name, email): (String, String), password: String, role: Role) -> Result<User, AppError> {
        let password_hash = self.passwords.hash(password).await?;
        let row = NewUserRow { name: &name, email: &email, password_hash: &password_hash, role, at: self.clock.now() };
        let user = self.store.insert_user(row).await.map_err(|error| match error {
            StoreError::Duplicate(_) => {
                AppError::Conflict(format!("`{email}` has an account already: sign in, or take another address"))
            }
            other => other.into(),
        })?;
        self.store.begin_reading(user.id, self.clock.now()).await?;
        Ok(user)
    }

    /// Sets what the account with this address may do.
    ///
    /// # Errors
    /// `NotFound` if there is no such account.
    pub async fn set_role(&self, email: &str, role: Role) -> Result<(), AppError> {
        let email = email.trim().to_lowercase();
        let is_known = self.store.set_role(&email, role, self.clock.now()).await?;
        is_known.then_some(()).ok_or_else(|| AppError::NotFound(format!("an account with the address {email}")))
    }

    /// Keeps the account with this address out, which ends its sessions, or lets it in again.
    ///
    /// # Errors
    /// `NotFound` if there is no such account.
    pub async fn set_disabled(&self, email: &str, is_disabled: bool) -> Result<(), AppError> {
        let email = email.trim().to_lowercase();
        let user = self.find(&email).await?;
        self.store.set_disabled(&email, is_disabled, self.clock.now()).await?;
        if is_disabled {
            self.store.delete_sessions_of(user.id, None).await?;
        }
        Ok(())
    }

    /// Gives the account with this address another password, as for somebody who has forgotten theirs, and ends all its
    /// sessions.
    ///
    /// # Errors
    /// `Invalid` names `password`; `NotFound` if there is no such account.
    pub async fn set_password(&self, email: &str, password: String) -> Result<(), AppError> {
        validate_password(&password).map_err(|detail| AppError::invalid("password", detail))?;
        let user = self.find(email).await?;
        let password_hash = self.passwords.hash(password).await?;
        self.store.set_password_hash(user.id, &password_hash, self.clock.now()).await?;
        self.store.delete_sessions_of(user.id, None).await?;
        Ok(())
    }

    /// The account with this address.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn find(&self, email: &str) -> Result<User, AppError> {
        let email = email.trim().to_lowercase();
        let stored = self.store.user_by_email(&email).await?;
        stored.map(|it| it.user).ok_or_else(|| AppError::NotFound(format!("an account with the address {email}")))
    }
}

#[async_trait::async_trait]
impl AccountService for Accounts {
    async fn sign_up(&self, form: SignUp, client_address: IpAddr) -> Result<User, AppError> {
        let checked = checked(&form)?;
        self.sign_ups_per_address.take(network_of(client_address), self.clock.now())?;
        self.insert(checked, form.password, Role::Member).await
    }

    async fn sign_in(&self, form: Credentials, client_address: IpAddr) -> Result<User, AppError> {
        let (now, address) = (self.clock.now(), network_of(client_address));
        // What is no address is nobody's, and takes as long to refuse. Its tries count under what was typed.
        let email = validate_email(&form.email).unwrap_or_else(|_| shortened(&form.email));
        self.tries_per_address.take(address, now)?;
        self.tries_per_account.take(email.clone(), now).inspect_err(|_| self.tries_per_address.give_back(&address))?;

        let stored = self.store.user_by_email(&email).await?;
        let hash = stored.as_ref().map(|it| it.password_hash.clone());
        let is_right = self.passwords.verify(form.password, hash).await?;
        let Some(stored) = stored.filter(|_| is_right) else {
            return Err(AppError::invalid("email", WRONG_CREDENTIALS));
        };
        // Only failures count, so whoever knows the password may come as often as they like.
        self.tries_per_account.give_back(&email);
        self.tries_per_address.give_back(&address);
        if stored.is_disabled {
            return Err(AppError::Forbidden("this account is disabled: ask an administrator".to_owned()));
        }
        Ok(stored.user)
    }

    async fn change_name(&self, user: &User, form: ChangeName) -> Result<User, AppError> {
        let name = validate_name(&form.name).map_err(|detail| AppError::invalid("name", detail))?;
        self.store.set_name(user.id, &name, self.clock.now()).await?;
        Ok(User { name, ..user.clone() })
    }

    async fn change_password(&self, user: &User, form: ChangePassword, client_address: IpAddr) -> Result<(), AppError> {
        validate_password(&form.password).map_err(|detail| AppError::invalid("password", detail))?;
        if form.password == form.current_password {
            return Err(AppError::invalid("password", "is the current one: expected another"));
        }
        let (now, address) = (self.clock.now(), network_of(client_address));
        // Whoever finds a browser unlocked may guess no more often than at the sign-in.
        self.tries_per_address.take(address, now)?;
        self.tries_per_account
            .take(user.email.clone(), now)
            .inspect_err(|_| self.tries_per_address.give_back(&address))?;
        let stored = self.store.user(user.id).await?.ok_or(AppError::Unauthenticated)?;
        if !self.passwords.verify(form.current_password, Some(stored.password_hash)).await? {
            return Err(AppError::invalid("current_password", "is not the password of this account"));
        }
        self.tries_per_account.give_back(&user.email);
        self.tries_per_address.give_back(&address);
        let password_hash = self.passwords.hash(form.password).await?;
        self.store.set_password_hash(user.id, &password_hash, self.clock.now()).await?;
        Ok(())
    }
}

/// Name and address as they are stored, or every field at fault at once.
fn checked(form: &SignUp) -> Result<(String, String), AppError> {
    let (name, email) = (validate_name(&form.name), validate_email(&form.email));
    let password = validate_password(&form.password);
    match (name, email, password) {
        (Ok(name), Ok(email), Ok(())) => Ok((name, email)),
        (name, email, password) => {
            let faults = [("name", name.err()), ("email", email.err()), ("password", password.err())];
            let field = |(field, fault): (&str, Option<String>)| {
                fault.map(|detail| FieldError { field: field.to_owned(), detail })
            };
            Err(AppError::Invalid(faults.into_iter().filter_map(field).collect()))
        }
    }
}

/// What was typed for an address, as it is counted under: bounded, since it is kept.
fn shortened(email: &str) -> String {
    email.trim().to_lowercase().chars().take(MAX_COUNTED_CHARS).collect()
}

/// The address that tries are counted under.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn every_field_at_fault_is_named_at_once() {
        let form = SignUp { name: " ".into(), email: "ada".into(), password: "short".into() };
        let Err(AppError::Invalid(errors)) = checked(&form) else { panic!("the form was taken") };
        assert_eq!(errors.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["name", "email", "password"]);
        assert!(!format!("{errors:?}").contains("short"), "the password is in the answer");
    }
}
