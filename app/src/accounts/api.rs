//! What the forms send, who is signed in, and the trait that the server implements.

use serde::{Deserialize, Serialize};

use super::model::User;

/// The form of sign-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The account's address, in any case.
    pub email: String,
    /// The password in clear, never logged.
    pub password: String,
    /// Whether the session outlives the browser: 30 days instead of until it closes.
    #[serde(default)]
    pub remember: bool,
}

/// The form of sign-up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUp {
    /// See [`super::validate_name`].
    pub name: String,
    /// See [`super::validate_email`].
    pub email: String,
    /// See [`super::validate_password`].
    pub password: String,
}

/// The form of another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeName {
    /// See [`super::validate_name`].
    pub name: String,
}

/// The form of a new password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePassword {
    /// The one that holds now, never logged.
    pub current_password: String,
    /// See [`super::validate_password`].
    pub password: String,
}

/// Who looks at the page: given as context to every page by the server, and to the browser by the first resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentUser(pub Option<User>);

/// What accounts can do, implemented by the server's domain.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait AccountService: Send + Sync {
    /// Opens an account.
    ///
    /// # Errors
    /// `Invalid` names each field at fault; `Conflict` if the address has an account; `TooManyRequests` after too many
    /// accounts from `client_address`.
    async fn sign_up(&self, form: SignUp, client_address: std::net::IpAddr) -> Result<User, crate::error::AppError>;

    /// Tells whose credentials these are.
    ///
    /// # Errors
    /// `Invalid` with one and the same sentence for an unknown address and a wrong password, in the same time;
    /// `TooManyRequests` after too many tries for the address or from `client_address`.
    async fn sign_in(
        &self,
        form: Credentials,
        client_address: std::net::IpAddr,
    ) -> Result<User, crate::error::AppError>;

    /// Gives `user` another name, and tells who they are with it.
    ///
    /// # Errors
    /// `Invalid` names `name` if it can't be one.
    async fn change_name(&self, user: &User, form: ChangeName) -> Result<User, crate::error::AppError>;

    /// Gives `user` another password. Their sessions are not ended by it.
    ///
    /// # Errors
    /// `Invalid` names `current_password` if it is not theirs, `password` if it is no good as a new one; `TooManyRequests`
    /// after too many wrong ones, which count as tries to sign in.
    async fn change_password(
        &self,
        user: &User,
        form: ChangePassword,
        client_address: std::net::IpAddr,
    ) -> Result<(), crate::error::AppError>;
}
