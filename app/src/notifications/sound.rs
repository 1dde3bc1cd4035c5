//! A short sound, for those who have switched it on.

use js_sys::{Promise, Reflect};
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AudioContext;

use crate::ids::NotificationId;
use crate::ui::lock;

/// Two tones, in hertz.
const TONES_HZ: [f32; 2] = [784.0, 1_046.5];
/// When the second one follows, and when all is over, in seconds.
const SECOND_AT_S: f64 = 0.12;
const END_AT_S: f64 = 0.5;
/// How loud it begins, of 1, and what counts as silence.
const LOUD: f32 = 0.12;
const SILENT: f32 = 0.001;
/// For so long other tabs that hear of the same notification leave it to the one that plays.
const ONCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Plays the sound for a notification, in one of the browser's tabs.
pub(super) fn play_for(id: NotificationId) {
    if !may_play() {
        return;
    }
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = move |is_first: bool| {
        if is_first {
            play();
        }
        set_timeout(
            move || {
                if let Some(release) = release {
                    // A promise may be fulfilled at any time.
                    release.call0(&JsValue::UNDEFINED).ok();
                }
            },
            ONCE,
        );
    };
    let name = "smartlink-sound-".to_owned() + &id.to_string();
    if !lock::request(&name, false, held, Box::new(granted)) {
        // Tabs that can't agree are as good as alone.
        play();
    }
}

/// Plays it now. Called from a click, or after one.
pub(crate) fn play() {
    // A browser without sound is silent, as it would be without loudspeakers.
    try_to_play().ok();
}

/// Whether somebody has used this tab: before that browsers play nothing, and complain of who tries.
fn may_play() -> bool {
    let activation = Reflect::get(&window().navigator(), &"userActivation".into()).unwrap_or_default();
    Reflect::get(&activation, &"hasBeenActive".into()).is_ok_and(|it| it.is_truthy())
}

fn try_to_play() -> Result<(), JsValue> {
    let context = AudioContext::new()?;
    let (tone, volume, now) = (context.create_oscillator()?, context.create_gain()?, context.current_time());
    tone.connect_with_audio_node(&volume)?;
    volume.connect_with_audio_node(&context.destination())?;
    tone.frequency().set_value_at_time(TONES_HZ[0], now)?;
    tone.frequency().set_value_at_time(TONES_HZ[1], now + SECOND_AT_S)?;
    volume.gain().set_value_at_time(LOUD, now)?;
    volume.gain().exponential_ramp_to_value_at_time(SILENT, now + END_AT_S)?;
    let close = Closure::once_into_js(move || context.close().map(drop));
    tone.set_onended(Some(close.unchecked_ref()));
    tone.start()?;
    tone.stop_with_when(now + END_AT_S)
}
