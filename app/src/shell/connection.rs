//! How the line to the server does: the pill in the bar, its details, and the banner over the page.

use leptos::prelude::*;

use super::announcer::use_announcer;
use crate::realtime::status::{Banner, BannerAction, Status};
use crate::realtime::{Realtime, use_realtime};
use crate::time::Timestamp;
use crate::ui::browser::go_to_sign_in;
use crate::ui::{TimeText, live, use_clock};

/// The pill; pressing it shows the details.
#[component]
pub fn ConnectionPill() -> impl IntoView {
    let realtime = use_realtime();
    let status = realtime.status();
    view! {
        <button
            r#type="button"
            class="pill"
            popovertarget="connection"
            aria-haspopup="dialog"
            data-tone=move || status.with(|it| it.tone().name())
        >
            <span class="pill__dot" aria-hidden="true"></span>
            <span class="vh">"Connection:"</span>
            " "
            {move || status.with(Status::label)}
            {move || status.with(Status::reason).map(|it| view! { <span class="pill__reason">" · " {it}</span> }.into_any())}
        </button>
        <div id="connection" class="menu" popover role="dialog" aria-labelledby="connection-title">
            <h2 class="menu__title" id="connection-title">
                "Connection"
            </h2>
            <ConnectionDetails realtime />
        </div>
    }
    .into_any()
}

#[component]
fn ConnectionDetails(realtime: Realtime) -> impl IntoView {
    let clock = use_clock();
    let status = realtime.status();
    let latency = move || realtime.latency_ms().get().map_or("—".to_owned(), |it| format!("{it} ms"));
    let socket_id = move || realtime.socket_id().get().map_or("—".to_owned(), |it| it.to_string());
    let since = realtime.connected_since();
    let channels = move || {
        let names: Vec<String> = realtime.channels().get().iter().map(ToString::to_string).collect();
        if names.is_empty() { "—".to_owned() } else { names.join(", ") }
    };
    view! {
        <dl class="details">
            <div>
                <dt>"State"</dt>
                <dd>{move || status.with(Status::label)}</dd>
            </div>
            <div>
                <dt>"Latency"</dt>
                <dd>{latency}</dd>
            </div>
            <div>
                <dt>"Since"</dt>
                <dd>
                    {move || match since.get() {
                        Some(at) => view! { <TimeText at=Signal::from(at) /> }.into_any(),
                        None => "—".into_any(),
                    }}
                </dd>
            </div>
            <div>
                <dt>"Socket id"</dt>
                <dd>{socket_id}</dd>
            </div>
            <div>
                <dt>"Channels"</dt>
                <dd>{channels}</dd>
            </div>
            {move || realtime.as_of().get().map(|at| last_heard(at, clock.time_with_seconds(at)))}
        </dl>
    }
    .into_any()
}

fn last_heard(at: Timestamp, text: String) -> AnyView {
    view! {
        <div>
            <dt>"Last heard"</dt>
            <dd>
                <time datetime=at.to_string()>{text}</time>
            </dd>
        </div>
    }
    .into_any()
}

/// Whether what is on screen is live; true in the first render, since the page has just come from the server.
pub fn use_is_live() -> Signal<bool> {
    let status = use_realtime().status();
    Memo::new(move |_| status.with(|it| it.is_live() || matches!(it, Status::Connecting { .. }))).into()
}

/// "as of 12:04:31" beside a number that is not live just now; nothing while it is.
#[component]
pub fn AsOf() -> impl IntoView {
    let clock = use_clock();
    let is_live = use_is_live();
    let as_of = use_realtime().as_of();
    live(move || {
        as_of.get().filter(|_| !is_live.get()).map(|at| {
            view! {
                <span class="as-of">
                    " as of " <time datetime=at.to_string()>{clock.time_with_seconds(at)}</time>
                </span>
            }
            .into_any()
        })
    })
}

/// What is read aloud of the line: a banner's text when it appears, and that all is well once it really is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Speech {
    said: Option<&'static str>,
}

impl Speech {
    /// What to say now, if anything.
    fn next(&mut self, banner: Option<&'static str>, is_live: bool) -> Option<&'static str> {
        let text = match banner {
            Some(text) if self.said != Some(text) => text,
            // A banner that goes while what was missed is still on its way has said nothing wrong yet.
            None if self.said.is_some() && is_live => "Connected",
            _ => return None,
        };
        self.said = banner;
        Some(text)
    }
}

/// Over the page while something is wrong that people should know; read aloud once, without the countdown.
#[component]
pub fn ConnectionBanner() -> impl IntoView {
    let realtime = use_realtime();
    let announcer = use_announcer();
    let banner = realtime.banner();
    let status = realtime.status();
    let heard = Memo::new(move |_| (banner.with(|it| it.as_ref().map(|it| it.text)), status.with(Status::is_live)));
    Effect::new(move |speech: Option<Speech>| {
        let mut speech = speech.unwrap_or_default();
        let (text, is_live) = heard.get();
        if let Some(text) = speech.next(text, is_live) {
            announcer.say(text);
        }
        speech
    });
    live(move || banner.get().map(|it| view! { <BannerLine banner=it realtime /> }.into_any()))
}

#[component]
fn BannerLine(banner: Banner, realtime: Realtime) -> impl IntoView {
    let countdown = banner.countdown_s.map(|seconds| {
        view! {
            <span aria-hidden="true">
                " Trying again in " <strong>{seconds} " s"</strong> "."
            </span>
        }
        .into_any()
    });
    let button = banner.action.map(|action| {
        let press = move |_| match action {
            BannerAction::RetryNow => realtime.retry_now(),
            BannerAction::Refresh => realtime.refresh(),
            BannerAction::SignIn => go_to_sign_in(),
            // A page that can't be loaded anew shows the browser's own error, which says why.
            BannerAction::Reload => drop(window().location().reload()),
        };
        view! {
            <button r#type="button" class="button" data-size="small" on:click=press>
                {action.label()}
            </button>
        }
        .into_any()
    });
    view! {
        <section
            class="banner"
            aria-label="Connection"
            data-kind=if banner.countdown_s.is_some() { "warning" } else { "notice" }
        >
            <p>
                {banner.text} {countdown}
                {banner.detail.map(|it| view! { <span class="banner__detail">" " {it}</span> }.into_any())}
            </p>
            {button}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connected_is_said_after_the_line_has_caught_up_and_not_before() {
        let mut speech = Speech::default();
        assert_eq!(speech.next(None, false), None, "a page that is connecting says nothing");
        assert_eq!(speech.next(None, true), None, "nor one that never had a banner");
        assert_eq!(speech.next(Some("Connection lost."), false), Some("Connection lost."));
        assert_eq!(speech.next(Some("Connection lost."), false), None, "once");
        assert_eq!(speech.next(None, false), None, "catching up");
        assert_eq!(speech.next(None, true), Some("Connected"));
        assert_eq!(speech.next(None, true), None);
    }

    #[test]
    fn a_gap_is_told_though_the_line_is_live() {
        let mut speech = Speech::default();
        assert_eq!(speech.next(Some("Some updates were missed."), true), Some("Some updates were missed."));
        assert_eq!(speech.next(None, true), Some("Connected"));
    }
}
