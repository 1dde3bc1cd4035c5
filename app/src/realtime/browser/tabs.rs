//! This browser's tabs: what they tell each other, and which of them the browser has made the leader.

use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

#[wasm_bindgen]
extern "C" {
    /// `LockManager.request()` of the Web Locks API. Fails where there is none: in pages that came over a line that is
    /// not secure, and in old browsers.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request_lock(name: &str, options: &JsValue, granted: &Function) -> Result<Promise, JsValue>;
}

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
        let options = js_sys::Object::new();
        // A property of a new object can always be set.
        js_sys::Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE).ok();
        tabs.request(&options, Box::new(decide)).then_some(tabs)
    }

    /// Waits for the moment at which this tab is to lead.
    pub(super) fn follow(&self, elected: impl FnOnce() + 'static) {
        // What could be asked once can be asked again.
        self.request(&JsValue::from(js_sys::Object::new()), Box::new(|_| elected()));
    }

    fn request(&self, options: &JsValue, granted: Box<dyn FnOnce(bool)>) -> bool {
        let held = self.held.clone();
        let granted = Closure::once_into_js(move |lock: JsValue| {
            let is_granted = !lock.is_null();
            granted(is_granted);
            if is_granted { JsValue::from(held) } else { JsValue::NULL }
        });
        // The promise ends when this tab no longer leads, and has nothing to say then.
        request_lock(&self.name, options, granted.unchecked_ref()).map(drop).is_ok()
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
