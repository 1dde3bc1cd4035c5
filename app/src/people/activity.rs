//! Tells the server that the person does something, so that others see them as online and not as away.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::realtime::status::Status;
use crate::realtime::use_realtime;
use crate::rest;
use crate::ui::browser::now;

/// How often it is told at most. The server takes whoever was silent for 10 minutes for away.
const PAUSE: Duration = Duration::from_mins(1);

/// Watches keys, touches and looks, until the owner goes. A page in the background counts for nothing.
pub fn watch_activity() {
    let status = use_realtime().status();
    Effect::new(move |_| {
        // Whoever has just loaded the page has told so by connecting.
        let told_ms = StoredValue::new(now().unix_ms());
        let act = move || {
            let now_ms = now().unix_ms();
            let since_ms = now_ms - told_ms.try_get_value().unwrap_or(now_ms);
            let is_due = u128::try_from(since_ms).is_ok_and(|it| it >= PAUSE.as_millis());
            if !is_due || document().hidden() || !status.with_untracked(Status::is_live) {
                return;
            }
            told_ms.set_value(now_ms);
            spawn_local(async move {
                // The next key tells it again.
                rest::post_empty("/api/presence/active").await.ok();
            });
        };
        let listeners = [
            window_event_listener(ev::keydown, move |_| act()),
            window_event_listener(ev::pointerdown, move |_| act()),
            window_event_listener(ev::wheel, move |_| act()),
            window_event_listener(ev::visibilitychange, move |_| act()),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
}
