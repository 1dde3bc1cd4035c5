//! This browser's tabs: what they tell each other, and which of them the browser has made the leader.

use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::ui::lock;

/// This tab among the others. Dropped it hears nothing more, and another one may lead.
pub(super) struct Tabs {
    name: String,
    channel: BroadcastChannel,
    /// The lock is held for as long as this promise is open.
    held: Promise,
    /// Ends the leading, or the waiting for it.
    release: Function,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// Joins the tabs that share the line of this name. `decide` is told whether this is the one that leads: the first,
    /// and the only one as far as is known. `None` where a browser can't do that.
    pub(super) fn join(
        name: &str,
        hear: impl Fn(String) + 'static,
        decide: impl FnOnce(bool) + 'static,
    ) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(note) = event.data().as_string() {
                hear(note);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let tabs = Self { name: name.to_owned(), channel, held, release: release?, _on_message: on_message };
        tabs.request(false, Box::new(decide)).then_some(tabs)
    }

    /// Waits for the moment at which this tab is to lead.
    pub(super) fn follow(&self, elected: impl FnOnce() + 'static) {
        // What could be asked once can be asked again.
        self.request(true, Box::new(|_| elected()));
    }

    fn request(&self, waits: bool, granted: Box<dyn FnOnce(bool)>) -> bool {
        lock::request(&self.name, waits, self.held.clone(), granted)
    }

    /// Tells all others a note.
    pub(super) fn tell(&self, note: &str) {
        // Refused by a closed channel alone, and this one is closed at its end.
        self.channel.post_message(&JsValue::from(note)).ok();
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
        // A promise may be fulfilled at any time, and more than once.
        self.release.call0(&JsValue::UNDEFINED).ok();
    }
}
