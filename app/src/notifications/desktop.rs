//! Notifications by the browser itself, outside of the page. Never asked for but by a click.

use std::collections::BTreeMap;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;

use super::model::Notification;
use crate::ids::NotificationId;

/// Whether the browser may show notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// This browser can't, or not on a line like this one.
    Unsupported,
    /// Nobody has decided yet.
    Undecided,
    /// It may.
    Granted,
    /// The person has forbidden it; only the browser's own settings take that back.
    Denied,
}

impl Permission {
    /// As the browser has it now.
    pub fn now() -> Self {
        let has_them = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
        if !has_them || !window().is_secure_context() {
            return Self::Unsupported;
        }
        match web_sys::Notification::permission() {
            web_sys::NotificationPermission::Granted => Self::Granted,
            web_sys::NotificationPermission::Denied => Self::Denied,
            _ => Self::Undecided,
        }
    }

    /// Has the browser ask the person. To be called from a click alone.
    pub async fn ask() -> Self {
        if Self::now() == Self::Undecided
            && let Ok(asked) = web_sys::Notification::request_permission()
        {
            // Whatever the answer is, the browser knows it.
            JsFuture::from(asked).await.ok();
        }
        Self::now()
    }
}

/// Those that are on the screen now, by what they tell of.
#[derive(Default)]
pub(super) struct DesktopNotices(BTreeMap<NotificationId, DesktopNotice>);

struct DesktopNotice {
    shown: web_sys::Notification,
    _on_click: Closure<dyn FnMut()>,
}

impl DesktopNotices {
    /// Shows one, in place of an older one of the same conversation. A click on it brings the page to the front.
    pub(super) fn show(&mut self, notification: &Notification, on_click: impl Fn() + 'static) {
        let tag = match &notification.conversation {
            Some(conversation) => conversation.to_string(),
            None => "notification-".to_owned() + &notification.id.to_string(),
        };
        let options = web_sys::NotificationOptions::new();
        options.set_tag(&tag);
        options.set_body(&notification.body);
        options.set_icon("/icons/icon-192.png");
        // Browsers of telephones show them by a service worker alone; the list says the same.
        let Ok(shown) = web_sys::Notification::new_with_options(&notification.title, &options) else { return };
        let on_click = Closure::new(move || {
            window().focus().ok();
            on_click();
        });
        shown.set_onclick(Some(on_click.as_ref().unchecked_ref()));
        self.0.insert(notification.id, DesktopNotice { shown, _on_click: on_click });
    }

    /// Takes away what was read, here or elsewhere.
    pub(super) fn close(&mut self, ids: &[NotificationId]) {
        for id in ids {
            if let Some(notice) = self.0.remove(id) {
                notice.shown.close();
            }
        }
    }
}
