//! Which rows of the list are in the page yet: those in view first, the older ones above them a few in each frame. A page
//! of fifty rows at once would hold up a slow machine for a sixth of a second.

use std::time::Duration;

use leptos::prelude::*;

use crate::chat::state::Row;
use crate::ids::ClientId;
use crate::ui::browser::use_hydrated;

/// So many rows are built for the first frame of a list: about as many as are in view.
const FIRST: usize = 14;
/// So many are added in each frame after that, which is as fast as a finger scrolls.
const EACH_FRAME: usize = 4;
/// Rows above the unread line that are in view when a list opens there, a third of its height at most.
const ABOVE_UNREAD: usize = 12;

/// How far the building of a list has got. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(in crate::chat) struct Building {
    /// The first render has to have what the server's has.
    is_alive: Signal<bool>,
    /// Whether rows are left to be built.
    pub(in crate::chat) is_under_way: RwSignal<bool>,
    /// Counts the frames in which rows were added.
    frames: RwSignal<u32>,
    is_waiting: StoredValue<bool>,
    is_hurried: StoredValue<bool>,
}

impl Building {
    pub(super) fn new() -> Self {
        Self {
            is_alive: use_hydrated(),
            is_under_way: RwSignal::new(false),
            frames: RwSignal::new(0),
            is_waiting: StoredValue::new(false),
            is_hurried: StoredValue::new(false),
        }
    }

    /// The rows that are to be in the page now, of all that there are. To be called where the list is made, which happens
    /// again for the next rows in the next frame.
    pub(in crate::chat) fn cut(self, mut rows: Vec<Row>, is_built: impl Fn(ClientId) -> bool) -> Vec<Row> {
        self.frames.track();
        let is_hurried = self.is_hurried.try_update_value(std::mem::take).unwrap_or_default();
        // No frame is drawn of a hidden page.
        let is_whole = is_hurried || !self.is_alive.get_untracked() || document().hidden();
        let begin = if is_whole { 0 } else { begin(&rows, is_built) };
        if self.is_under_way.get_untracked() != (begin > 0) {
            self.is_under_way.set(begin > 0);
        }
        if begin > 0 {
            self.go_on_after_frame();
        }
        rows.drain(..begin);
        rows
    }

    /// Builds all that is left at once, since one of those rows is to be gone to.
    pub(super) fn hurry(self) {
        if self.is_hurried.try_set_value(true).is_none() {
            self.next();
        }
    }

    fn next(self) {
        self.frames.try_update(|it| *it = it.wrapping_add(1));
    }

    /// Just after a frame, so that it is drawn before and the next one has all the time there is.
    fn go_on_after_frame(self) {
        if self.is_waiting.get_value() {
            return;
        }
        self.is_waiting.set_value(true);
        let go_on = move || {
            // The list may have been left meanwhile.
            if self.is_waiting.try_set_value(false).is_none() {
                self.next();
            }
        };
        request_animation_frame(move || set_timeout(go_on, Duration::ZERO));
    }
}

/// The index of the first row that is to be built now.
fn begin(rows: &[Row], is_built: impl Fn(ClientId) -> bool) -> usize {
    // The lines between messages don't count: a day's line moves up when older messages of the day come in.
    let oldest_built = rows.iter().position(|it| matches!(it, Row::Message(it) if is_built(it.client_id)));
    if let Some(oldest_built) = oldest_built {
        return oldest_built.saturating_sub(EACH_FRAME);
    }
    let from_end = rows.len().saturating_sub(FIRST);
    let unread = rows.iter().position(|it| matches!(it, Row::Unread));
    unread.map_or(from_end, |it| from_end.min(it.saturating_sub(ABOVE_UNREAD)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::outbox::Shown;
    use crate::chat::state::{Content, MessageRow, Progress};
    use crate::time::Timestamp;

    fn id(number: usize) -> ClientId {
        format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()
    }

    fn message(number: usize) -> Row {
        Row::Message(MessageRow {
            client_id: id(number),
            continues: false,
            is_mine: true,
            at: Timestamp::from_unix_ms(0),
            content: Content::Unsent { body: String::new(), reply_to: None, shown: Shown::Sending },
            progress: Progress::Sent,
            readers: Vec::new(),
            mentions_me: false,
        })
    }

    fn messages(count: usize) -> Vec<Row> {
        (0..count).map(message).collect()
    }

    #[test]
    fn a_list_begins_with_what_is_in_view() {
        assert_eq!(begin(&messages(50), |_| false), 50 - FIRST);
        assert_eq!(begin(&messages(3), |_| false), 0);
        assert_eq!(begin(&[], |_| false), 0);
    }

    #[test]
    fn what_is_in_view_at_the_unread_line_is_there_from_the_first_frame() {
        let mut rows = messages(50);
        rows.insert(20, Row::Unread);
        assert_eq!(begin(&rows, |_| false), 20 - ABOVE_UNREAD);
        rows.swap(20, 50);
        assert_eq!(begin(&rows, |_| false), 51 - FIRST, "the end is in view as well");
    }

    #[test]
    fn older_rows_come_a_few_in_each_frame_until_all_are_there() {
        let rows = messages(50);
        let (mut built, mut frames) = (50 - FIRST, 0);
        while built > 0 {
            let next = begin(&rows, |it| (built..50).any(|number| it == id(number)));
            assert!(built - next <= EACH_FRAME && next < built);
            (built, frames) = (next, frames + 1);
        }
        assert_eq!(frames, (50 - FIRST).div_ceil(EACH_FRAME));
    }

    #[test]
    fn newer_rows_are_built_at_once_and_a_days_line_is_no_row_that_was_built() {
        let mut rows = vec![Row::Day(Timestamp::from_unix_ms(0).date(0))];
        rows.extend(messages(80));
        assert_eq!(begin(&rows, |it| (60..70).any(|number| it == id(number))), 61 - EACH_FRAME);
        assert_eq!(begin(&rows, |it| it == id(0)), 0);
    }
}
