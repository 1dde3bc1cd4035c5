//! Notifications: what needs somebody's attention, one record and one state for all their tabs and devices.

mod api;
mod center;
mod desktop;
mod model;
mod sound;
mod state;
mod view;

#[cfg(feature = "ssr")]
pub use api::NotificationService;
pub use api::{
    MarkNotifications, MarkedNotifications, NotificationFilter, NotificationPage, NotificationQuery, list_notifications,
};
pub use center::{NotificationCenter, provide_notifications, use_notifications};
pub use desktop::Permission;
pub use model::{Notification, NotificationKind};
pub(crate) use sound::play as play_sound;
pub use view::NotificationsPage;
