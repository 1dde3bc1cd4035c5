//! The browser's locks: of all tabs of this site one has a lock of a name at a time (the Web Locks API).

use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    /// `LockManager.request()`. Fails where there is none: in pages that came over a line that is not secure, and in old
    /// browsers.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request_lock(name: &str, options: &JsValue, granted: &JsValue) -> Result<Promise, JsValue>;
}

/// Asks for a lock, which this tab then has until `held` is fulfilled. `granted` is told whether it has it: once it has,
/// or at once if a lock that another tab has is not waited for. False where the browser has no locks; then nothing is
/// called.
pub(crate) fn request(name: &str, waits: bool, held: Promise, granted: Box<dyn FnOnce(bool)>) -> bool {
    let options = js_sys::Object::new();
    if !waits {
        // A property of a new object can always be set.
        js_sys::Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE).ok();
    }
    let granted = Closure::once_into_js(move |lock: JsValue| {
        let is_granted = !lock.is_null();
        granted(is_granted);
        if is_granted { JsValue::from(held) } else { JsValue::NULL }
    });
    // The promise ends with the lock, and has nothing to say then.
    request_lock(name, options.unchecked_ref(), &granted).map(drop).is_ok()
}
