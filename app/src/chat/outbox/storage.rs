//! The outbox on disk: an IndexedDB store in the browser, shared by all tabs of the site.
//!
//! Where the browser allows no storage (private windows, a full disk), the outbox lives in memory alone, and
//! [`OutboxStorage::is_durable`] lets the page say so.

use std::rc::Rc;

use js_sys::{Function, Promise};
use leptos::prelude::window;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransactionMode, MessageEvent};

use super::OutboxMessage;
use crate::chat::conversation::Conversation;
use crate::ids::{ClientId, UserId};
use crate::json;

const DATABASE: &str = "smartlink";
const STORE: &str = "outbox";
/// Counts up with each change of the stores.
const VERSION: u32 = 1;
/// On which tabs tell each other what has come into the outbox, and what has left it.
const TABS: &str = "smartlink-outbox";
/// Counts up when [`Stored`] changes so that an older build must not read it.
const FORMAT: u32 = 2;

/// A message as it is stored, as JSON under its client id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// In which form. The first one had no number, and knew the general room alone.
    #[serde(default = "first_format")]
    pub format: u32,
    /// Whose message: people may share a browser, and nobody sends for another.
    pub user_id: UserId,
    /// Where it is to be said.
    #[serde(default = "general")]
    pub conversation: Conversation,
    /// The message.
    pub message: OutboxMessage,
}

const fn first_format() -> u32 {
    1
}

const fn general() -> Conversation {
    Conversation::General
}

/// What one tab tells all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TabMessage {
    /// A message was written, and this tab is about to send it.
    Added(Stored),
    /// A message was accepted or thrown away.
    Removed(ClientId),
}

/// The outbox could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// The browser's part of the outbox. Handles are copies of each other; with the last one the tab's channel closes.
#[derive(Debug, Clone)]
pub struct OutboxStorage {
    database: Option<IdbDatabase>,
    tabs: Rc<Option<Tabs>>,
}

/// What tabs hear each other on.
#[derive(Debug)]
struct Tabs(BroadcastChannel);

impl Drop for Tabs {
    fn drop(&mut self) {
        self.0.set_onmessage(None);
        self.0.close();
    }
}

impl OutboxStorage {
    /// Opens the store, making it at the first time. Never fails: without storage it keeps nothing.
    pub async fn open() -> Self {
        let tabs = BroadcastChannel::new(TABS).ok().map(Tabs);
        Self { database: open_database().await.ok(), tabs: Rc::new(tabs) }
    }

    /// Whether what is written survives a reload.
    pub const fn is_durable(&self) -> bool {
        self.database.is_some()
    }

    /// What `user_id` has written and not sent, in no particular order. What this build can't read is left alone.
    ///
    /// # Errors
    /// If the store can't be read: then nobody knows what is unsent.
    pub async fn load(&self, user_id: UserId) -> Result<Vec<(Conversation, OutboxMessage)>, Unreadable> {
        let rows = self.request(IdbTransactionMode::Readonly, IdbObjectStore::get_all).await.map_err(|_| Unreadable)?;
        let rows = js_sys::Array::from(&rows);
        let stored = rows
            .iter()
            .filter_map(|it| json::from_str::<Stored>(&it.as_string()?).ok())
            .filter(|it| it.format <= FORMAT && it.user_id == user_id)
            .map(|it| (it.conversation, it.message));
        Ok(stored.collect())
    }

    /// Keeps a message, and tells the other tabs. False if it could not be kept, and so lives in memory alone.
    pub async fn put(&self, user_id: UserId, conversation: Conversation, message: OutboxMessage) -> bool {
        let key = JsValue::from(message.client_id.to_string());
        let stored = Stored { format: FORMAT, user_id, conversation, message };
        let Ok(value) = serde_json::to_string(&stored) else { return false };
        let put = |store: &IdbObjectStore| store.put_with_key(&JsValue::from(value), &key);
        let is_kept = self.request(IdbTransactionMode::Readwrite, put).await.is_ok();
        self.tell(&TabMessage::Added(stored));
        is_kept
    }

    /// Forgets a message that was accepted or discarded, and tells the other tabs.
    pub async fn remove(&self, client_id: ClientId) {
        let key = JsValue::from(client_id.to_string());
        // If it can't be removed it is sent once more after the next start, which changes nothing.
        self.request(IdbTransactionMode::Readwrite, |store| store.delete(&key)).await.ok();
        self.tell(&TabMessage::Removed(client_id));
    }

    /// Calls `hear` for everything that another tab tells, for as long as there is a handle.
    pub fn on_message(&self, hear: impl Fn(TabMessage) + 'static) {
        let Some(Tabs(tabs)) = self.tabs.as_ref() else { return };
        let handler = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // A tab of another build may say what this one does not understand.
            if let Some(message) = event.data().as_string().and_then(|it| json::from_str(&it).ok()) {
                hear(message);
            }
        });
        tabs.set_onmessage(Some(handler.into_js_value().unchecked_ref()));
    }

    fn tell(&self, message: &TabMessage) {
        if let Some(Tabs(tabs)) = self.tabs.as_ref()
            && let Ok(text) = serde_json::to_string(message)
        {
            // Without it the other tabs learn of it by the server's echo.
            tabs.post_message(&JsValue::from(text)).ok();
        }
    }

    /// Runs one request in a transaction of its own, and waits until that is complete: a full disk aborts it only then.
    async fn request(
        &self,
        mode: IdbTransactionMode,
        request: impl FnOnce(&IdbObjectStore) -> Result<IdbRequest, JsValue>,
    ) -> Result<JsValue, JsValue> {
        let database = self.database.as_ref().ok_or(JsValue::NULL)?;
        let transaction = database.transaction_with_str_and_mode(STORE, mode)?;
        let request = request(&transaction.object_store(STORE)?)?;
        let complete = Promise::new(&mut |resolve: Function, reject: Function| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        });
        JsFuture::from(complete).await?;
        request.result()
    }
}

async fn open_database() -> Result<IdbDatabase, JsValue> {
    let factory = window().indexed_db()?.ok_or(JsValue::NULL)?;
    let request = factory.open_with_u32(DATABASE, VERSION)?;
    let upgraded = request.clone();
    let upgrade = Closure::once_into_js(move || {
        // A store that can't be made fails the request, which is looked at below.
        upgraded.result().and_then(|it| it.unchecked_into::<IdbDatabase>().create_object_store(STORE)).ok();
    });
    request.set_onupgradeneeded(Some(upgrade.unchecked_ref()));
    let opened = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
        // A tab of an older build holds the store back; this one does without rather than wait for it to be closed.
        request.set_onblocked(Some(&reject));
    });
    JsFuture::from(opened).await?;
    let database: IdbDatabase = request.result()?.unchecked_into();
    // A tab of a newer build wants to change the stores: it must not have to wait for this one to be closed.
    let closing = database.clone();
    let give_way = Closure::once_into_js(move || closing.close());
    database.set_onversionchange(Some(give_way.unchecked_ref()));
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_build_stored_belongs_to_the_general_room() {
        let text = r#"{"user_id":4,"message":{"client_id":"00000000-0000-0000-0000-000000000007","body":"a","created_at":"2026-11-22T09:04:31.204Z"}}"#;
        let stored: Stored = serde_json::from_str(text).unwrap();
        assert_eq!((stored.format, stored.conversation, stored.user_id), (1, Conversation::General, UserId(4)));
        assert_eq!(stored.message.body, "a");
    }

    #[test]
    fn what_is_stored_and_told_comes_back_as_it_was() {
        let text = r#"{"client_id":"00000000-0000-0000-0000-000000000007","body":"a","created_at":"2026-11-22T09:04:31.204Z"}"#;
        let stored = Stored {
            format: FORMAT,
            user_id: UserId(4),
            conversation: "private-chat.4.9".parse().unwrap(),
            message: serde_json::from_str(text).unwrap(),
        };
        for told in [TabMessage::Removed(stored.message.client_id), TabMessage::Added(stored)] {
            let text = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<TabMessage>(&text).unwrap(), told);
        }
    }
}
