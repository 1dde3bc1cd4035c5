//! Accounts: who somebody is, and how they get in and out.
//!
//! Sign in, sign up and sign out are plain forms that need no script; the server answers them with a redirect.

mod api;
mod forms;
mod model;
mod strength;
mod view;

#[cfg(feature = "ssr")]
pub use api::AccountService;
pub use api::{ChangeName, ChangePassword, Credentials, CurrentUser, SignUp};
pub use forms::{CsrfToken, FormFlash, FormKind, next_path};
pub use model::{PASSWORD_CHARS, Role, User, UserSummary, validate_email, validate_name, validate_password};
pub use view::{SignInPage, SignUpPage, TermsPage};
