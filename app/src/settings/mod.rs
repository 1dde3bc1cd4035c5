//! Settings: what each person has chosen, the same on all their devices.

mod api;
mod change;
mod device;
mod look;
mod model;
mod store;
mod view;

#[cfg(feature = "ssr")]
pub use api::SettingsService;
pub use api::{CurrentSession, list_sessions, load_settings};
pub use change::{change_of, minute_from};
pub use model::{
    Alerts, AnnounceWhat, Appearance, ChatSettings, Density, KeyboardSettings, NotificationSettings, Privacy, Profile,
    QuietHours, ReadWhen, SessionInfo, Settings, validate_time_zone,
};
pub use store::{SettingsStore, provide_settings, use_settings};
pub use view::SettingsPage;
