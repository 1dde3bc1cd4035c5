//! What the person is told of, and how; when nothing may disturb; and the browser's own notifications.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};

use super::saver::Saver;
use super::text::TextSetting;
use super::{Section, SectionForm};
use crate::notifications::{Permission, play_sound};
use crate::settings::change::{clock_text, minute_from};
use crate::settings::model::QuietHours;
use crate::time::Timestamp;
use crate::ui::browser::now;
use crate::ui::{CsrfField, Switch, When, use_clock};

const QUIET: &str = "notifications.quiet_hours";
const FROM: &str = "notifications.quiet_hours.from_minute";
const TO: &str = "notifications.quiet_hours.to_minute";
const MONEY: &str = "notifications.quiet_hours.lets_money_through";
const MUTED: &str = "notifications.muted_until";

/// What is proposed to somebody who has none: the night.
const NIGHT: QuietHours = QuietHours { from_minute: 22 * 60, to_minute: 7 * 60, lets_money_through: true };

/// A kind of thing that one is told of, with the paths of its switches.
struct Kind {
    label: &'static str,
    in_app: &'static str,
    desktop: &'static str,
    /// Only what is meant for the person alone may make a sound.
    sound: Option<&'static str>,
}

/// A kind's words and paths from its name in the settings; with or without a sound.
macro_rules! kind {
    ($name:literal, $label:literal) => {
        Kind {
            label: $label,
            in_app: concat!("notifications.", $name, ".in_app"),
            desktop: concat!("notifications.", $name, ".desktop"),
            sound: None,
        }
    };
    ($name:literal, $label:literal, sound) => {
        Kind { sound: Some(concat!("notifications.", $name, ".sound")), ..kind!($name, $label) }
    };
}

const KINDS: [Kind; 7] = [
    kind!("direct_message", "Direct messages while you are away", sound),
    kind!("mention", "Mentions", sound),
    kind!("reply", "Replies"),
    kind!("reaction", "Reactions"),
    kind!("campaign", "Campaigns"),
    kind!("money", "Money", sound),
    kind!("system", "Your account and the system"),
];

/// For how long one may mute: minutes, and the words.
const MUTES: [(i64, &str); 4] = [(60, "1 hour"), (8 * 60, "8 hours"), (24 * 60, "1 day"), (7 * 24 * 60, "1 week")];

#[component]
pub(super) fn NotificationsSection(saver: Saver) -> impl IntoView {
    view! {
        <Desktop />
        <Mute saver />
        <SectionForm label="Notifications" section=Section::Notifications>
            <Quiet saver />
            <div>
                <h2 class="settings__title" id="kinds">
                    "What you are told of"
                </h2>
                <p class="field__hint">"What is switched off in the app is not listed at all."</p>
            </div>
            <table class="settings__kinds" aria-labelledby="kinds">
                <thead>
                    <tr>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"In the app"</th>
                        <th scope="col">"Desktop"</th>
                        <th scope="col">"Sound"</th>
                    </tr>
                </thead>
                <tbody>
                    {KINDS
                        .map(|Kind { label, in_app, desktop, sound }| {
                            let name = |of: &str| label.to_owned() + ": " + of;
                            view! {
                                <tr>
                                    <th scope="row">{label}</th>
                                    <td>
                                        <CellSwitch saver path=in_app name=name("in the app") />
                                    </td>
                                    <td>
                                        <CellSwitch saver path=desktop name=name("on the desktop") />
                                    </td>
                                    <td>
                                        {match sound {
                                            Some(path) => view! { <CellSwitch saver path name=name("with a sound") plays_sound=true /> }.into_any(),
                                            None => view! { <span class="settings__none">"None"</span> }.into_any(),
                                        }}
                                    </td>
                                </tr>
                            }
                        })}
                </tbody>
            </table>
        </SectionForm>
    }
    .into_any()
}

/// A switch whose words stand at the head of its row and column.
#[component]
fn CellSwitch(
    saver: Saver,
    path: &'static str,
    name: String,
    /// So that one knows what it will be.
    #[prop(optional)]
    plays_sound: bool,
) -> impl IntoView {
    let on = saver.truth(path);
    let disabled = saver.is_stale();
    view! {
        <input r#type="hidden" name=path value="false" />
        <input
            r#type="checkbox"
            role="switch"
            class="switch__button"
            id=path
            name=path
            value="true"
            aria-label=name
            checked=on.get_untracked()
            prop:checked=move || on.get()
            disabled=move || disabled.get()
            on:change:target=move |event| {
                let is_on = event.target().checked();
                if is_on && plays_sound {
                    play_sound();
                }
                saver.save(path, is_on.into());
            }
        />
    }
    .into_any()
}

/// The browser's own notifications: asked for by a click alone.
#[component]
fn Desktop() -> impl IntoView {
    let permission = RwSignal::new(None::<Permission>);
    Effect::new(move |_| permission.set(Some(Permission::now())));
    let ask = move |_| {
        spawn_local(async move {
            let answer = Permission::ask().await;
            permission.try_set(Some(answer));
        });
    };
    view! {
        <section class="settings__card" aria-labelledby="desktop" hidden=move || permission.get().is_none()>
            <div>
                <h2 class="settings__title" id="desktop">
                    "Desktop notifications"
                </h2>
                <p role="status">
                    {move || match permission.get() {
                        None => "",
                        Some(Permission::Unsupported) => {
                            "This browser can't show them here. It needs a safe line (https)."
                        }
                        Some(Permission::Undecided) => {
                            "Shown by your system while this page is hidden. Your browser will ask you."
                        }
                        Some(Permission::Granted) => "On in this browser, for the kinds that you choose below.",
                        Some(Permission::Denied) => {
                            "Your browser blocks them. Allow notifications for this site in the browser's settings, behind the sign beside the address, then reload this page."
                        }
                    }}
                </p>
            </div>
            <When is=move || permission.get() == Some(Permission::Undecided)>
                <button r#type="button" class="button" data-kind="primary" on:click=ask>
                    "Turn on desktop notifications"
                </button>
            </When>
        </section>
    }
    .into_any()
}

/// For a while nothing but badges.
#[component]
fn Mute(saver: Saver) -> impl IntoView {
    let clock = use_clock();
    let until = saver.value(|it| it.notifications.muted_until);
    let disabled = saver.is_stale();
    let mute = move |minutes: i64| saver.save(MUTED, json!(now().plus_ms(minutes * 60_000)));
    let buttons = MUTES.map(|(minutes, label)| {
        view! {
            // Without script a form sends the minutes of the button that was pressed.
            <button
                r#type="submit"
                class="button"
                data-size="small"
                name="mute_minutes"
                value=minutes.to_string()
                disabled=move || disabled.get()
                on:click=move |event| {
                    event.prevent_default();
                    mute(minutes);
                }
            >
                <span class="vh">"Mute for "</span>
                {label}
            </button>
        }
    });
    let unmute = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        saver.save(MUTED, Value::Null);
    };
    view! {
        <form
            method="post"
            action="/settings"
            class="settings__part"
            aria-labelledby="mute"
            on:submit=|event| event.prevent_default()
        >
            <CsrfField />
            <input r#type="hidden" name="section" value=Section::Notifications.name() />
            <h2 class="settings__title" id="mute">
                "Mute"
            </h2>
            <p class="field__hint" role="status">
                {move || match until.get().filter(|it| clock.is_ahead(*it)) {
                    Some(until) => "Muted until ".to_owned() + &clock.day_and_time(until) + ". Badges still count.",
                    None => "No toasts, no sounds and no desktop notifications for a while; badges still count.".to_owned(),
                }}
            </p>
            <div class="settings__buttons">
                {buttons}
                <When is=move || until.get().is_some_and(|it: Timestamp| clock.is_ahead(it))>
                    <button
                        r#type="submit"
                        class="button"
                        data-size="small"
                        name="mute_minutes"
                        value="0"
                        disabled=move || disabled.get()
                        on:click=unmute
                    >
                        "Unmute"
                    </button>
                </When>
            </div>
        </form>
    }
    .into_any()
}

/// Each day some hours with nothing but badges.
#[component]
fn Quiet(saver: Saver) -> impl IntoView {
    let hours = saver.value(|it| it.notifications.quiet_hours);
    let is_on = Signal::derive(move || hours.get().is_some());
    let shown = move || hours.get().unwrap_or(NIGHT);
    let turn = Callback::new(move |on: bool| {
        saver.save(QUIET, if on { json!(NIGHT) } else { Value::Null });
    });
    let set = move |path: &'static str| {
        Callback::new(move |text: String| match minute_from(&text) {
            Some(minute) if hours.get_untracked().is_some() => saver.save(path, minute.into()),
            Some(_) => {}
            None => saver.refuse(path, "Enter a time such as 22:00.".to_owned()),
        })
    };
    let (set_from, set_to) = (set(FROM), set(TO));
    let disabled = Signal::derive(move || saver.is_stale().get());
    let money = Signal::derive(move || shown().lets_money_through);
    let turn_money = Callback::new(move |on: bool| {
        if hours.get_untracked().is_some() {
            saver.save(MONEY, on.into());
        }
    });
    let hydrated = crate::ui::browser::use_hydrated();
    let from = Signal::derive(move || clock_text(shown().from_minute));
    let to = Signal::derive(move || clock_text(shown().to_minute));
    view! {
        <div role="group" aria-labelledby="quiet">
            <h2 class="settings__title" id="quiet">
                "Quiet hours"
            </h2>
            <input r#type="hidden" name=QUIET value="false" />
            <Switch
                id=QUIET
                label="Be quiet each day"
                hint="In these hours no toasts, no sounds and no desktop notifications; badges still count."
                on=is_on
                on_change=turn
                disabled
            />
            <div class="settings__hours" hidden=move || hydrated.get() && !is_on.get()>
                <TextSetting
                    id=FROM
                    label="From"
                    hint="In your time zone"
                    kind="time"
                    value=from
                    errors=saver.errors
                    disabled
                    on_change=set_from
                />
                <TextSetting
                    id=TO
                    label="To"
                    hint="May be the next morning"
                    kind="time"
                    value=to
                    errors=saver.errors
                    disabled
                    on_change=set_to
                />
                <div>
                    <input r#type="hidden" name=MONEY value="false" />
                    <Switch
                        id=MONEY
                        label="Let money through"
                        hint="Deposits and withdrawals are told of all the same."
                        on=money
                        on_change=turn_money
                        disabled
                    />
                </div>
            </div>
        </div>
    }
    .into_any()
}
