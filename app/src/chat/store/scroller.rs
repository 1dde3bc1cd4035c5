//! Where the list stands: at the end, following; or higher up, where nothing may move under the reader's eyes.
//!
//! The list is laid out from its end (`flex-direction: column-reverse`), so it begins at the newest message without any
//! script, `scrollTop` is 0 there and negative above, and stays where it is when older messages come in on top.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDivElement, HtmlElement};

use super::building::Building;
use crate::ids::ClientId;

/// Closer to the end than this is at the end.
const FOLLOW_PX: i32 = 80;
/// More is loaded when an end of the list is this close.
const LOAD_WITHIN_PX: i32 = 600;

/// The list's place. Handles are copies of each other.
#[derive(Clone, Copy)]
pub struct Scroller {
    /// The element that scrolls.
    pub(in crate::chat) log: NodeRef<html::Div>,
    /// Whether the end is in view.
    pub(in crate::chat) following: RwSignal<bool>,
    /// Counts how often it was scrolled.
    pub(in crate::chat) moves: RwSignal<u32>,
    /// Which rows are in the page yet.
    pub(in crate::chat) building: Building,
    is_keeping: StoredValue<bool>,
    /// By how much what is being read stands below its place: lists scroll by whole pixels, and rows are not as high.
    remainder: StoredValue<f64>,
}

impl PartialEq for Scroller {
    fn eq(&self, other: &Self) -> bool {
        self.following == other.following
    }
}

/// The id in the page of a message's article.
pub(in crate::chat) fn element_id(client_id: ClientId) -> String {
    format!("message-{client_id}")
}

/// The message whose article has this id in the page.
fn client_id_of(element_id: &str) -> Option<ClientId> {
    element_id.strip_prefix("message-")?.parse().ok()
}

impl Scroller {
    pub(in crate::chat) fn new() -> Self {
        Self {
            log: NodeRef::new(),
            following: RwSignal::new(true),
            moves: RwSignal::new(0),
            building: Building::new(),
            is_keeping: StoredValue::new(false),
            remainder: StoredValue::new(0.0),
        }
    }

    /// The element that scrolls, as long as it is in the page. Much is done a frame later, when the page may have been
    /// left.
    pub(in crate::chat) fn element(self) -> Option<HtmlDivElement> {
        self.log.try_get_untracked().flatten()
    }

    /// Whether the end is in view. A list that has left the page leads nowhere else.
    pub(in crate::chat) fn is_following(self) -> bool {
        self.following.try_get_untracked() != Some(false)
    }

    /// To be called whenever the list was scrolled.
    pub(in crate::chat) fn scrolled(self) {
        self.moves.try_update(|it| *it = it.wrapping_add(1));
        let follows = self.element().is_some_and(|it| it.scroll_top() >= -FOLLOW_PX);
        if follows != self.is_following() {
            self.following.try_set(follows);
        }
    }

    /// Goes to the end, now and once the page has been redrawn.
    pub(in crate::chat) fn to_end(self) {
        self.following.try_set(true);
        let go = move || {
            if let Some(log) = self.element() {
                log.set_scroll_top(0);
            }
        };
        go();
        request_animation_frame(go);
    }

    /// Goes to the line "New messages", a third from the top; to the end if there is none.
    pub(in crate::chat) fn to_unread(self) {
        request_animation_frame(move || {
            let Some(log) = self.element() else { return };
            let Ok(Some(line)) = log.query_selector("[data-row=unread]") else { return };
            let above = line.get_bounding_client_rect().top() - log.get_bounding_client_rect().top();
            scroll_by(&log, above - f64::from(log.client_height()) / 3.0);
            self.scrolled();
        });
    }

    /// Goes to a message, a third from the top, gives it the focus, and marks it for a moment.
    pub(in crate::chat) fn to_message(self, client_id: ClientId) {
        /// How long the mark stays.
        const MARKED: Duration = Duration::from_millis(2_500);

        self.building.hurry();
        let show = move || {
            let Some(log) = self.element() else { return };
            let found = document().get_element_by_id(&element_id(client_id));
            let Some(article) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else { return };
            let above = article.get_bounding_client_rect().top() - log.get_bounding_client_rect().top();
            scroll_by(&log, above - f64::from(log.client_height()) / 3.0);
            self.scrolled();
            // A message that can't take the focus or the mark is in view all the same.
            article.focus().ok();
            article.set_attribute("data-target", "true").ok();
            set_timeout(move || drop(article.remove_attribute("data-target")), MARKED);
        };
        // One frame for the list to be drawn, and one in which its place was put right.
        request_animation_frame(move || {
            request_animation_frame(show);
        });
    }

    /// Remembers what is being read, and puts it back to its place in the frame in which the list changes. Whether it
    /// lies in the newer half of the list.
    pub(in crate::chat) fn keep_place(self) -> bool {
        let Some(log) = self.element() else { return true };
        let follows = self.is_following();
        let reads_newer_half = -2 * log.scroll_top() <= log.scroll_height() - log.client_height();
        if follows {
            self.keep_following(log);
        } else {
            self.keep_reading(&log);
        }
        follows || reads_newer_half
    }

    fn keep_following(self, log: HtmlDivElement) {
        request_animation_frame(move || {
            if self.following.try_get_untracked() == Some(true) {
                log.set_scroll_top(0);
            }
        });
    }

    fn keep_reading(self, log: &HtmlDivElement) {
        // Several changes before the next frame are one change to the eye.
        if self.is_keeping() {
            return;
        }
        let Some((row, top)) = first_visible(log) else { return };
        self.is_keeping.try_set_value(true);
        let log = log.clone();
        request_animation_frame(move || {
            self.is_keeping.try_set_value(false);
            if row.is_connected() {
                // What rounding leaves is made up for the next time, or hundreds of messages would add it up.
                let place = top - self.remainder.try_get_value().unwrap_or_default();
                scroll_by(&log, row.get_bounding_client_rect().top() - place);
                let remainder = row.get_bounding_client_rect().top() - place;
                // More than a pixel is an end of the list, and no rounding.
                self.remainder.try_set_value(if remainder.abs() < 1.0 { remainder } else { 0.0 });
            }
        });
    }

    /// The uppermost message in view.
    pub(in crate::chat) fn first_visible(self) -> Option<ClientId> {
        let (row, _) = first_visible(&self.element()?.into())?;
        let article = row.query_selector("article").ok().flatten();
        client_id_of(&article?.id())
    }

    /// The lowermost message in view; one that is higher than the list counts as soon as it begins there.
    pub(in crate::chat) fn last_visible(self) -> Option<ClientId> {
        /// So much of a message has to be in view, or all of a lower one.
        const LINES_PX: f64 = 40.0;

        let log = self.element()?;
        let edge = log.get_bounding_client_rect().bottom() + 1.0;
        let articles = log.query_selector_all("article").ok()?;
        let article = (0..articles.length()).rev().find_map(|it| {
            let article = articles.item(it)?.dyn_into::<Element>().ok()?;
            let rect = article.get_bounding_client_rect();
            (rect.top() + rect.height().min(LINES_PX) <= edge).then_some(article)
        });
        client_id_of(&article?.id())
    }

    /// Whether what is being read is about to be put back to its place.
    pub(in crate::chat) fn is_keeping(self) -> bool {
        self.is_keeping.try_get_value() == Some(true)
    }

    /// Whether what is older than the list would soon be in view.
    pub(in crate::chat) fn is_near_old_end(self) -> bool {
        // What is loaded comes first.
        if self.building.is_under_way.try_get_untracked() == Some(true) {
            return false;
        }
        let above = |it: HtmlElement| it.scroll_height() - it.client_height() + it.scroll_top();
        self.element().is_some_and(|it| above(it.into()) < LOAD_WITHIN_PX)
    }

    /// Whether what is newer than the list would soon be in view.
    pub(in crate::chat) fn is_near_new_end(self) -> bool {
        self.element().is_some_and(|it| -it.scroll_top() < LOAD_WITHIN_PX)
    }
}

/// The message at the upper edge, and how far below the window's edge it begins.
fn first_visible(log: &HtmlElement) -> Option<(Element, f64)> {
    let edge = log.get_bounding_client_rect().top();
    // No line between days: it moves up when older messages of its day come in.
    let rows = log.query_selector_all("[data-row=message]").ok()?;
    (0..rows.length()).filter_map(|it| rows.item(it)?.dyn_into::<Element>().ok()).find_map(|row| {
        let rect = row.get_bounding_client_rect();
        (rect.bottom() > edge).then(|| (row, rect.top()))
    })
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
fn scroll_by(log: &HtmlElement, pixels: f64) {
    log.set_scroll_top(log.scroll_top() + pixels.round() as i32);
}
