//! The rules of the app's areas that need the database, as the traits of `app` ask for them.

mod accounts;
mod chat;
mod notifications;
mod passwords;
mod people;
mod presence;
mod rate_limiter;
mod secret;
mod sessions;
mod settings;
mod tokens;
mod unread_check;

pub use accounts::{AccountLimits, Accounts};
pub use chat::{Chat, ChatLimits, PresentUsers, Typing};
pub use notifications::{NewNotification, Notifications};
pub use passwords::Passwords;
pub use people::{HideMember, People};
pub use presence::{PresenceRecorder, PresenceSource};
pub use rate_limiter::{Allowance, RateLimiter};
pub use sessions::{NewSession, Session, SessionOrigin, SessionSweep, Sessions};
pub use settings::SettingsDesk;
pub use tokens::{Ability, BearerToken, NewToken, Tokens};
pub use unread_check::{UnreadCheck, UnreadCheckStatus};
