//! What the page knows of notifications whatever section is on screen: how many are unread, and what has just come.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use send_wrapper::SendWrapper;

use super::api::{MarkNotifications, MarkedNotifications, NotificationPage};
use super::desktop::{DesktopNotices, Permission};
use super::model::Notification;
use super::sound;
use crate::accounts::User;
use crate::error::AppError;
use crate::ids::NotificationId;
use crate::people::ChosenStatus;
use crate::realtime::status::Status;
use crate::realtime::{AppChannel, AppEvent, Realtime, use_realtime};
use crate::rest;
use crate::settings::{SettingsStore, use_settings};
use crate::shell::{Attention, AttentionSource, use_attention, use_page};
use crate::ui::browser::now;
use crate::ui::{LocalClock, ToastAction, ToastKind, Toasts, reason, use_clock, use_toasts};

/// Notifications of whoever is signed in. Handles are copies of each other.
#[derive(Clone, Copy)]
pub struct NotificationCenter {
    realtime: Realtime,
    attention: Attention,
    toasts: Toasts,
    settings: SettingsStore,
    clock: LocalClock,
    path: Memo<String>,
    go: StoredValue<Callback<String>>,
    /// `None` until the first one.
    on_desktop: StoredValue<Option<SendWrapper<DesktopNotices>>>,
    /// What was read while the server could not be reached.
    untold: StoredValue<Vec<NotificationId>>,
}

/// Gives the notifications of `user` to everything below, and counts them from what the page brought. Call it once, in
/// the part of the page that only signed-in people see, below the toasts and the settings.
pub fn provide_notifications(user: &User) {
    let standing = use_page().standing;
    let navigate = use_navigate();
    let center = NotificationCenter {
        realtime: use_realtime(),
        attention: use_attention(),
        toasts: use_toasts(),
        settings: use_settings(),
        clock: use_clock(),
        path: use_location().pathname,
        go: StoredValue::new(Callback::new(move |path: String| navigate(&path, NavigateOptions::default()))),
        on_desktop: StoredValue::new(None),
        untold: StoredValue::new(Vec::new()),
    };
    center.count(standing.unread_notifications);
    provide_context(center);
    let (channel, position) = (AppChannel::PrivateUser(user.id), standing.position);
    Effect::new(move |_| {
        center.realtime.listen(channel, AppEvent::notifications, position.clone(), move |event| center.receive(event));
        center.realtime.on_gap(channel, move || async move { center.reload_count().await });
    });
    let is_live = Memo::new(move |_| center.realtime.status().with(Status::is_live));
    Effect::new(move |_| {
        if is_live.get() {
            center.tell();
        }
    });
}

/// See [`NotificationCenter`].
///
/// # Panics
/// Outside of the frame.
pub fn use_notifications() -> NotificationCenter {
    expect_context()
}

impl NotificationCenter {
    /// How many are unread, counted up to 100.
    pub fn unread_count(self) -> Signal<usize> {
        self.attention.count(AttentionSource::Notifications)
    }

    /// Marks some as read. It counts at once, and is told to the server, later if that can't be reached now; `refused` is
    /// called if the server says no.
    pub fn mark_read(self, ids: Vec<NotificationId>, refused: impl FnOnce() + 'static) {
        let unread = self.unread_count().get_untracked();
        self.attention.set(AttentionSource::Notifications, unread.saturating_sub(ids.len()));
        self.tell_read(ids, move || {
            self.attention.set(AttentionSource::Notifications, unread);
            refused();
        });
    }

    fn tell_read(self, ids: Vec<NotificationId>, refused: impl FnOnce() + 'static) {
        let which = MarkNotifications { notification_ids: ids.clone(), up_to: None };
        spawn_local(async move {
            match rest::post::<MarkedNotifications>("/api/notifications/read", &which).await {
                Ok(marked) => self.count(marked.unread_count),
                Err(AppError::Unreachable(_) | AppError::Unavailable(_)) => {
                    self.untold.try_update_value(|it| it.extend(ids));
                }
                Err(error) => {
                    refused();
                    self.say_failed("Not marked as read.", &error);
                }
            }
        });
    }

    /// Marks all up to `newest` as read, and offers to take it back. `marked` is told what was changed, both ways.
    pub fn mark_all_read(self, newest: NotificationId, marked: Callback<(Vec<NotificationId>, bool)>) {
        let which = MarkNotifications { notification_ids: Vec::new(), up_to: Some(newest) };
        spawn_local(async move {
            let answer = rest::post::<MarkedNotifications>("/api/notifications/read", &which).await;
            match answer {
                Ok(done) => {
                    self.count(done.unread_count);
                    let ids = done.notification_ids;
                    marked.try_run((ids.clone(), true));
                    let undo = Callback::new(move |()| self.mark_unread(ids.clone(), marked));
                    let text = if done.unread_count == 0 { "All marked as read." } else { "Marked as read." };
                    self.toasts.show(ToastKind::News, text, Some(ToastAction { label: "Undo", run: undo }));
                }
                Err(error) => self.say_failed("Not marked as read.", &error),
            }
        });
    }

    fn mark_unread(self, ids: Vec<NotificationId>, marked: Callback<(Vec<NotificationId>, bool)>) {
        // What the server takes at once.
        let ids: Vec<_> = ids.into_iter().take(1_000).collect();
        let which = MarkNotifications { notification_ids: ids, up_to: None };
        spawn_local(async move {
            match rest::post::<MarkedNotifications>("/api/notifications/unread", &which).await {
                Ok(done) => {
                    self.count(done.unread_count);
                    marked.try_run((done.notification_ids, false));
                }
                Err(error) => self.say_failed("Not undone.", &error),
            }
        });
    }

    /// Opens what a notification is about, which reads it.
    pub fn open(self, notification: &Notification) {
        if notification.read_at.is_none() {
            self.mark_read(vec![notification.id], || ());
        }
        self.go_to(notification);
    }

    /// Opens what a notification is about; whoever calls it reads it.
    pub fn go_to(self, notification: &Notification) {
        if let Some(path) = &notification.path {
            self.go.with_value(|it| it.run(path.clone()));
        }
    }

    fn count(self, unread: u32) {
        self.attention.set(AttentionSource::Notifications, usize::try_from(unread).unwrap_or(usize::MAX));
    }

    fn say_failed(self, text: &str, error: &AppError) {
        self.toasts.show(ToastKind::Error, text.to_owned() + " " + &reason(error), None);
    }

    fn receive(self, event: AppEvent) {
        match event {
            AppEvent::NotificationCreated(created) => {
                self.count(created.unread_count);
                self.close(&created.replaces.into_iter().collect::<Vec<_>>());
                // What is caught up on after a pause is in the list; it is no news any more.
                if self.realtime.status().with_untracked(Status::is_live) {
                    self.alert(created.notification);
                }
            }
            AppEvent::NotificationRead(read) => {
                self.count(read.unread_count);
                if read.read_at.is_some() {
                    self.close(&read.notification_ids);
                }
            }
            _ => {}
        }
    }

    fn close(self, ids: &[NotificationId]) {
        self.on_desktop.try_update_value(|it| it.as_mut().map(|it| it.close(ids)));
    }

    /// Tells of one that has just come, as the person has chosen to be told.
    fn alert(self, notification: Notification) {
        let at = now();
        let minute = untrack(|| self.clock.minute_of_day(at));
        let is_busy = self.settings.status.get_untracked() == ChosenStatus::DoNotDisturb;
        let (alerts, is_silent) = self.settings.settings.with_untracked(|it| {
            let settings = &it.notifications;
            (settings.alerts(notification.kind), settings.is_silent(notification.kind, at, minute, is_busy))
        });
        if is_silent {
            return;
        }
        if alerts.sound && notification.kind.has_sound() && !self.is_on_screen(&notification) {
            sound::play_for(notification.id);
        }
        if document().hidden() {
            if alerts.desktop && Permission::now() == Permission::Granted {
                let clicked = notification.clone();
                self.on_desktop.update_value(|it| {
                    let notices = it.get_or_insert_with(|| SendWrapper::new(DesktopNotices::default()));
                    notices.show(&notification, move || self.open(&clicked));
                });
            }
        } else if !self.is_on_screen(&notification) {
            let text = match notification.body.as_str() {
                "" => notification.title.clone(),
                body => notification.title.clone() + ": " + body,
            };
            let view = Callback::new(move |()| self.open(&notification));
            self.toasts.show(ToastKind::News, text, Some(ToastAction { label: "View", run: view }));
        }
    }

    /// Whether the person looks at what it is about, or at the list that it comes into.
    fn is_on_screen(self, notification: &Notification) -> bool {
        let here = self.path.get_untracked();
        let about = notification.path.as_deref().and_then(|it| it.split('?').next()).unwrap_or("/notifications");
        let is_there = here == about || (about == "/chat" && here == "/") || here == "/notifications";
        is_there && document().has_focus().unwrap_or(true)
    }

    /// Tells the server what was read while it could not be reached.
    fn tell(self) {
        let ids = self.untold.try_update_value(std::mem::take).unwrap_or_default();
        if !ids.is_empty() {
            self.tell_read(ids, || ());
        }
    }

    async fn reload_count(self) -> bool {
        match rest::get::<NotificationPage>("/api/notifications?filter=unread&limit=1").await {
            Ok(page) => {
                self.count(page.unread_count);
                true
            }
            Err(_) => false,
        }
    }
}
