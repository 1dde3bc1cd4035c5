//! One WebSocket of the browser.

use leptos::prelude::queue_microtask;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::realtime::close_code::CloseCode;

/// What comes from a socket.
pub(super) enum SocketEvent {
    /// A text frame.
    Frame(String),
    /// It is closed, or could not be opened (1006). The last event.
    Closed(CloseCode),
}

/// An open socket, or one on its way to be. Dropped it is closed, and says nothing more.
pub(super) struct Socket {
    inner: WebSocket,
    on_message: Option<Closure<dyn FnMut(MessageEvent)>>,
    on_close: Option<Closure<dyn FnMut(CloseEvent)>>,
}

impl Socket {
    /// Begins to open a socket; what comes from it is given to `give`. `None` if the browser refuses the address.
    pub(super) fn open(url: &str, give: impl Fn(SocketEvent) + Clone + 'static) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let give_message = give.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            // The server sends text alone; anything else is not for us.
            if let Some(text) = event.data().as_string() {
                give_message(SocketEvent::Frame(text));
            }
        });
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            give(SocketEvent::Closed(CloseCode(event.code())));
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self { inner: socket, on_message: Some(on_message), on_close: Some(on_close) })
    }

    /// Sends a text frame; false if the socket is no longer open.
    pub(super) fn send(&self, text: &str) -> bool {
        self.inner.ready_state() == WebSocket::OPEN && self.inner.send_with_str(text).is_ok()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        // It fails only for a bad code or reason, and none is given.
        self.inner.close().ok();
        // One of the closures may be the very one that runs now, so they go after it.
        let closures = (self.on_message.take(), self.on_close.take());
        queue_microtask(move || drop(closures));
    }
}
