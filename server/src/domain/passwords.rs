//! Password hashes: argon2id, away from the async threads, and never more at once than there are cores.

use std::num::NonZero;
use std::sync::Arc;

use app::error::AppError;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory of one hash. Source: OWASP, "Password Storage Cheat Sheet": 19 MiB with two passes in one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many may wait for each one that computes. At 50 ms a hash the last one waits for about 2 s.
const WAITING_PER_CORE: usize = 40;

/// Verified instead of the hash that an unknown account does not have, so that it takes the same time: random bytes, of
/// which nobody knows a password, with the parameters above.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$+Cyn4r7K/Yrca7l/Tg9QZA$NibO4d9lYmRZ3CVx0U9oKR5qTUifjAkKsdiVLhhtBtk";

/// Hashes and verifies passwords. Cheap to clone; clones share the bound.
#[derive(Debug, Clone)]
pub struct Passwords {
    computing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self { computing: Arc::new(Semaphore::new(cores)), waiting: Arc::new(Semaphore::new(cores * WAITING_PER_CORE)) }
    }
}

impl Passwords {
    /// The hash of a password in PHC form, with a salt of its own.
    ///
    /// # Errors
    /// `Unavailable` if too many wait already.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        self.compute(move || hash(&password)).await
    }

    /// Whether this is the password of the hash. Without a hash it takes the same time and says no.
    ///
    /// # Errors
    /// `Unavailable` if too many wait already; `Internal` if the hash is none.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, AppError> {
        self.compute(move || {
            let is_right = verify(&password, stored.as_deref().unwrap_or(DUMMY_HASH))?;
            Ok(is_right && stored.is_some())
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, AppError> {
        let busy = || AppError::Unavailable("too many people are signing in at the moment: try again soon".to_owned());
        let _place_in_line = self.waiting.try_acquire().map_err(|_| busy())?;
        let permit = Arc::clone(&self.computing).acquire_owned().await.map_err(|_| busy())?;
        // The permit goes along: a request that is given up does not end its thread's work.
        let computed = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        computed.await.map_err(|error| error.to_string()).and_then(|it| it).map_err(|error| {
            tracing::error!(%error, "a password cannot be hashed");
            AppError::Internal
        })
    }
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, String> {
    let hash: PasswordHash = argon2()?.hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> Result<bool, String> {
    let hash = PasswordHash::new(hash).map_err(|error| error.to_string())?;
    match argon2()?.verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits_its_hash() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterx".to_owned(), Some(hash.clone())).await.unwrap());
        assert_ne!(passwords.hash("correct horse battery".to_owned()).await.unwrap(), hash, "the salt is the same");
    }

    #[tokio::test]
    async fn an_account_that_does_not_exist_costs_as_much_as_one_that_does() {
        let passwords = Passwords::default();
        assert_eq!(passwords.verify("correct horse battery".to_owned(), None).await, Ok(false));
        let parameters = |hash: &str| hash.rsplitn(3, '$').last().map(ToOwned::to_owned);
        assert_eq!(parameters(DUMMY_HASH), parameters(&passwords.hash("x".to_owned()).await.unwrap()));
    }

    #[tokio::test]
    async fn whoever_would_wait_too_long_is_told_at_once() {
        let passwords = Passwords { computing: Arc::new(Semaphore::new(1)), waiting: Arc::new(Semaphore::new(0)) };
        let refused = passwords.hash("correct horse battery".to_owned()).await;
        assert!(matches!(refused, Err(AppError::Unavailable(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_none_is_a_fault_of_ours() {
        let refused = Passwords::default().verify("x".to_owned(), Some("plain".to_owned())).await;
        assert_eq!(refused, Err(AppError::Internal));
    }
}
