//! What is being written: the text, and what is done with it by key, by button and in time.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::draft;
use super::naming::{Mentions, Pressed};
use crate::chat::state::{Marking, TypingNotices};
use crate::chat::store::{Desk, Purpose};
use crate::ids::MessageId;
use crate::ui::browser::now;

/// After which pause a draft is saved.
const SAVE_AFTER: Duration = Duration::from_millis(300);
/// Who has looked elsewhere for so long has stopped typing.
const STOP_AFTER: Duration = Duration::from_secs(5);
/// The area grows to so many lines, then it scrolls.
const MAX_LINES: u32 = 8;

/// The text and what belongs to it.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) desk: Desk,
    pub(super) area: NodeRef<html::Textarea>,
    pub(super) text: RwSignal<String>,
    pub(super) error: RwSignal<Option<String>>,
    notices: StoredValue<TypingNotices>,
    save: StoredValue<Option<TimeoutHandle>>,
    /// Runs while the focus is elsewhere, until that counts as an end of typing.
    pause: StoredValue<Option<TimeoutHandle>>,
    pub(super) mentions: Mentions,
    /// Whether another text of a message is on its way.
    pub(super) is_saving: RwSignal<bool>,
}

impl Writing {
    pub(super) fn new(desk: Desk) -> Self {
        Self {
            desk,
            area: NodeRef::new(),
            text: RwSignal::default(),
            error: RwSignal::new(None),
            notices: StoredValue::new(TypingNotices::default()),
            save: StoredValue::new(None),
            pause: StoredValue::new(None),
            mentions: Mentions::new(desk),
            is_saving: RwSignal::new(false),
        }
    }

    pub(super) fn show(self, text: String) {
        if let Some(area) = self.area.get_untracked() {
            area.set_value(&text);
        }
        self.fit();
        self.text.set(text);
        self.save_soon();
    }

    pub(super) fn typed(self, text: String) {
        self.error.set(None);
        self.look_for_names(&text);
        self.text.set(text);
        self.tell_typing();
        if self.text.with_untracked(|it| it.trim().is_empty()) {
            self.tell_stop();
        }
        self.fit();
        self.save_soon();
    }

    /// Tells the others that one is typing, now or as soon as it may be told again.
    fn tell_typing(self) {
        if self.text.try_with_untracked(|it| it.trim().is_empty()) != Some(false) {
            return;
        }
        match self.notices.try_update_value(|it| it.typed(now())).flatten() {
            Some(0) => self.desk.tell_typing(false),
            Some(wait_ms) => set_timeout(move || self.tell_typing(), Duration::from_millis(wait_ms)),
            None => {}
        }
    }

    /// Tells the others that one no longer types, if they think so.
    fn tell_stop(self) {
        if self.notices.try_update_value(TypingNotices::stopped) == Some(true) {
            self.desk.tell_typing(true);
        }
    }

    /// The focus has gone or come back.
    pub(super) fn looked(self, is_away: bool) {
        let timeout = if is_away { set_timeout_with_handle(move || self.tell_stop(), STOP_AFTER).ok() } else { None };
        // A field that leaves the page loses the focus last of all.
        self.pause.try_update_value(|it| {
            if let Some(earlier) = std::mem::replace(it, timeout) {
                earlier.clear();
            }
        });
    }

    /// Where the browser does not fit the area to its text by itself, counts the lines as they are laid out.
    fn fit(self) {
        let Some(area) = self.area.get_untracked() else { return };
        // Asked for as a whole and not of the area, whose style would have to be worked out at each key.
        if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
            return;
        }
        let Ok(Some(style)) = window().get_computed_style(&area) else { return };
        let value = |name: &str| style.get_property_value(name).unwrap_or_default();
        // As the browser reads it, which carries what that takes.
        let pixels = |name: &str| js_sys::Number::parse_float(&value(name));
        area.set_rows(1);
        let text_px = f64::from(area.scroll_height()) - pixels("padding-top") - pixels("padding-bottom");
        area.set_rows(
            (1..=MAX_LINES).find(|it| f64::from(*it) * pixels("line-height") + 1.0 >= text_px).unwrap_or(MAX_LINES),
        );
    }

    pub(super) fn look_for_names(self, text: &str) {
        let caret = self.area.get_untracked().and_then(|it| it.selection_end().ok().flatten());
        self.mentions.look(text, caret);
    }

    /// Writes a name in place of what was typed of it.
    pub(super) fn complete(self, (text, caret): (String, u32)) {
        self.show(text);
        if let Some(area) = self.area.get_untracked() {
            area.focus().ok();
            // A caret that can't be set stands at the end.
            area.set_selection_range(caret, caret).ok();
        }
    }

    /// Whether the text belongs to a message that was sent, and is no draft.
    fn is_editing(self) -> bool {
        self.desk.purpose.try_with_untracked(|it| matches!(it, Purpose::Edit(..))) == Some(true)
    }

    /// What was answered or changed is left as it is; a draft comes back.
    pub(super) fn leave_purpose(self) {
        self.error.set(None);
        self.desk.purpose.set(Purpose::New);
    }

    fn save(self) {
        if !self.is_editing() {
            self.save_draft();
        }
    }

    pub(super) fn save_draft(self) {
        if let Some(text) = self.text.try_get_untracked() {
            let (store, conversation) = (self.desk.store, self.desk.conversation);
            draft::save(store.user_id(), conversation, &text);
            let is_draft = !text.trim().is_empty();
            if store.drafts.try_with_untracked(|it| it.contains(&conversation)) == Some(!is_draft) {
                store.drafts.update(|it| {
                    if is_draft {
                        it.add(conversation);
                    } else {
                        it.remove(&conversation);
                    }
                });
            }
        }
    }

    fn save_soon(self) {
        let timeout = set_timeout_with_handle(move || self.save(), SAVE_AFTER).ok();
        self.save.update_value(|it| {
            if let Some(earlier) = std::mem::replace(it, timeout) {
                earlier.clear();
            }
        });
    }

    /// What was typed in the last moment is kept as well when the page is left or closed.
    pub(super) fn save_on_leaving(self) {
        // On the server nothing is typed, and there is nowhere to keep it.
        if cfg!(feature = "hydrate") {
            on_cleanup(move || {
                self.save();
                self.tell_stop();
            });
        }
        Effect::new(move |_| {
            let hidden = window_event_listener(leptos::ev::pagehide, move |_| self.save());
            on_cleanup(move || hidden.remove());
        });
    }

    pub(super) fn send(self) {
        let Some(area) = self.area.get_untracked() else { return };
        let body = area.value();
        // The area keeps the focus, also where a button was pressed.
        area.focus().ok();
        if body.trim().is_empty() {
            return;
        }
        let reply_to = match self.desk.purpose.get_untracked() {
            Purpose::New => None,
            Purpose::Reply(quote) => Some(quote),
            Purpose::Edit(id, before) => return self.save_edit(id, &before, body),
        };
        match self.desk.send(&body, reply_to) {
            Ok(()) => {
                self.desk.purpose.set(Purpose::New);
                self.notices.update_value(TypingNotices::sent);
                self.error.set(None);
                self.show(String::new());
                self.save();
            }
            Err(reason) => self.error.set(Some(reason)),
        }
    }

    /// Changes the message. The text stays where it is until the server has it.
    fn save_edit(self, id: MessageId, before: &str, body: String) {
        if body.trim() == before {
            return self.leave_purpose();
        }
        if self.is_saving.get_untracked() {
            return;
        }
        self.is_saving.set(true);
        spawn_local(async move {
            let answer = self.desk.edit(id, body).await;
            if self.is_saving.try_set(false).is_some() {
                return; // left meanwhile
            }
            match answer {
                Ok(()) => self.leave_purpose(),
                Err(reason) => self.error.set(Some(["Not changed. ", &reason].concat())),
            }
        });
    }

    /// Puts marks around what is selected, or takes them away.
    fn mark(self, mark: &str) {
        let Some(area) = self.area.get_untracked() else { return };
        let place = |place: Result<Option<u32>, _>| place.ok().flatten().unwrap_or_default();
        let text = area.value();
        let selection = (place(area.selection_start()), place(area.selection_end()));
        let Marking { replaced, text, selected } = Marking::toggle(&text, selection, mark);
        // A range within the text can be selected, and text can be put into a field that has the focus. It is put there
        // as if it had been typed, so that it can be undone by the browser's own key.
        area.set_selection_range(replaced.0, replaced.1).ok();
        if let Some(page) = document().dyn_ref::<web_sys::HtmlDocument>() {
            page.exec_command_with_show_ui_and_value("insertText", false, &text).ok();
        }
        area.set_selection_range(selected.0, selected.1).ok();
    }

    /// Whether this Enter sends: with Ctrl or Cmd always, otherwise as the writer wants it.
    fn is_to_send(self, event: &KeyboardEvent) -> bool {
        event.ctrl_key() || event.meta_key() || event.shift_key() != self.desk.store.settings.enter_sends()
    }

    pub(super) fn pressed(self, event: &KeyboardEvent) {
        if !event.is_composing() {
            match self.mentions.press(&event.key(), &self.text.get_untracked()) {
                Pressed::Elsewhere => {}
                pressed => {
                    event.prevent_default();
                    event.stop_propagation();
                    if let Pressed::Chosen(completed) = pressed {
                        self.complete(completed);
                    }
                    return;
                }
            }
        }
        // 229 is what browsers say while an input method composes, some of them after `isComposing` has ended.
        let is_composing = event.is_composing() || event.key_code() == 229;
        match event.key().as_str() {
            "Enter" if !is_composing && self.is_to_send(event) => {
                event.prevent_default();
                self.send();
            }
            key if !is_composing && !event.alt_key() && event.ctrl_key() != event.meta_key() => {
                let mark = match (key, event.shift_key()) {
                    ("b", false) => "**",
                    ("i", false) => "*",
                    ("c" | "C", true) => "`",
                    _ => return,
                };
                event.prevent_default();
                self.mark(mark);
            }
            "Escape" if event.shift_key() => {}
            "Escape" if !is_composing && self.desk.purpose.with_untracked(|it| *it != Purpose::New) => {
                event.prevent_default();
                self.leave_purpose();
            }
            "Escape" if !is_composing => self.desk.leave_reading(),
            "ArrowUp" if self.text.with_untracked(String::is_empty) && self.desk.edit_last() => event.prevent_default(),
            _ => {}
        }
    }
}
