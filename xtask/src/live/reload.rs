//! Telling open pages to reload. `leptos::hydration::AutoReload` puts a script into each page that connects here.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use tungstenite::Message;

/// The pages that are open.
#[derive(Clone, Default)]
pub(crate) struct Pages {
    open: Arc<Mutex<Vec<Sender<String>>>>,
}

impl Pages {
    /// Starts to listen for pages on `port`, at this machine's own address only.
    pub(crate) fn listen(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("port {port} for the live reload is taken; is another `cargo xtask dev` running? (reload-port in Cargo.toml)")
        })?;
        Ok(Self::accept(listener))
    }

    fn accept(listener: TcpListener) -> Self {
        let pages = Self::default();
        let accepting = pages.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, receiver) = mpsc::channel();
                accepting.open.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
                thread::spawn(move || serve(stream, &receiver));
            }
        });
        pages
    }

    /// Tells every open page to reload.
    pub(crate) fn reload(&self) {
        self.tell(&serde_json::json!({ "all": true }));
    }

    /// Tells every open page to take its style sheet anew; `path` is what its link's address contains.
    pub(crate) fn reload_style(&self, path: &str) {
        self.tell(&serde_json::json!({ "css": path, "all": false }));
    }

    fn tell(&self, message: &serde_json::Value) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|page| page.send(message.to_string()).is_ok());
    }
}

/// One page, until it goes. It is told what to do and has nothing to say, so that writing shows whether it is there.
fn serve(stream: TcpStream, messages: &Receiver<String>) {
    let Ok(mut page) = tungstenite::accept(stream) else { return };
    for message in messages {
        if page.send(Message::text(message)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_page_is_told_to_reload_and_to_take_its_style_anew() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let pages = Pages::accept(listener);
        let stream = TcpStream::connect(address).unwrap();
        let (mut page, _) = tungstenite::client(format!("ws://{address}/live_reload"), stream).unwrap();

        pages.reload_style("pkg/smartlink.css");
        pages.reload();
        assert_eq!(page.read().unwrap().to_text().unwrap(), r#"{"all":false,"css":"pkg/smartlink.css"}"#);
        assert_eq!(page.read().unwrap().to_text().unwrap(), r#"{"all":true}"#);
    }
}
