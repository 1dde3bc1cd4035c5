//! The pages through which people get in: plain forms, which script makes quicker to mend.

mod entry;
mod sign_in;
mod sign_up;
mod terms;

pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
pub use terms::TermsPage;
