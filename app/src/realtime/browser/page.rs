//! What the page knows of itself: clocks, addresses, and the moments after which a line is to be doubted.

use std::cell::Cell;
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::RealtimeConfig;
use crate::ids::UserId;
use crate::realtime::connection::Input;
use crate::ui::browser::now;

/// How often the clock is looked at for jumps. A dead line is noticed within this and the probe's 5 s.
const CLOCK_CHECK: Duration = Duration::from_secs(4);
/// A look that comes later than this after the one before it was slept over.
const CLOCK_JUMP_MS: i64 = 8_000;

/// Milliseconds since the page was loaded, of a clock that never goes back. It may stand still while the machine sleeps.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a page lives less than 2^53 ms, from 0 on"
)]
pub(super) fn now_ms() -> u64 {
    window().performance().map_or(0.0, |it| it.now()) as u64
}

/// Random bits for the connection's delays.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "53 random bits are plenty")]
pub(super) fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}

/// The `content` of the `<meta>` element of this name; empty without one.
pub(super) fn meta(name: &str) -> String {
    let element = document().query_selector(&format!("meta[name=\"{name}\"]")).ok().flatten();
    element.and_then(|it| it.get_attribute("content")).unwrap_or_default()
}

/// The socket's address, on the page's own host. A client whose name begins with `js` gets errors in the form that
/// pusher-js knows (rule ERR-1).
pub(super) fn socket_url(config: &RealtimeConfig) -> String {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|it| it == "https:") { "wss" } else { "ws" };
    // A page without a host is no page of ours; the socket then fails to open, and the status says so.
    let host = location.host().unwrap_or_default();
    let RealtimeConfig { key, path } = config;
    let path = path.trim_end_matches('/');
    let version = env!("CARGO_PKG_VERSION");
    format!("{scheme}://{host}{path}/app/{key}?protocol=7&client=js-smartlink&version={version}")
}

/// What the tabs of a browser know their line by: tabs of different people, or servers, don't share one. The number is
/// to change with what they tell each other.
pub(super) fn line_name(config: &RealtimeConfig, user: UserId) -> String {
    ["smartlink-line-1-", &config.key, "-", &user.to_string()].concat()
}

/// Calls `leave` when the page goes away, whether for good or to be brought back, until the owner goes.
pub(super) fn on_leaving(leave: impl Fn() + 'static) {
    let listener = window_event_listener(ev::pagehide, move |_| leave());
    on_cleanup(move || listener.remove());
}

/// Gives inputs for everything that the page tells of its network and of its sleep, until the owner goes.
pub(super) fn watch(give: impl Fn(Input) + Clone + 'static) {
    if !window().navigator().on_line() {
        give(Input::Offline);
    }
    let on = |input: fn() -> Input| {
        let give = give.clone();
        move || give(input())
    };
    let (offline, online) = (on(|| Input::Offline), on(|| Input::Online));
    let (shown, restored, woke) = (on(|| Input::Woke), on(|| Input::Woke), on(|| Input::Woke));
    let listeners = [
        window_event_listener(ev::offline, move |_| offline()),
        window_event_listener(ev::online, move |_| online()),
        window_event_listener(ev::visibilitychange, move |_| {
            if !document().hidden() {
                shown();
            }
        }),
        window_event_listener(ev::pageshow, move |event| {
            if event.persisted() {
                restored();
            }
        }),
    ];
    let last_look = Cell::new(now());
    let look = move || {
        let seen = now();
        if seen.unix_ms() - last_look.replace(seen).unix_ms() > CLOCK_JUMP_MS {
            woke();
        }
    };
    // Without timers nothing of the page would work; then the other signs have to do.
    let interval = set_interval_with_handle(look, CLOCK_CHECK).ok();
    on_cleanup(move || {
        listeners.into_iter().for_each(WindowListenerHandle::remove);
        if let Some(interval) = interval {
            interval.clear();
        }
    });
}
