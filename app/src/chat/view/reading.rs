//! What counts as read: messages that were in view for a second, in a window that somebody looks at.

use std::time::Duration;

use leptos::prelude::*;

use crate::chat::state::Room;
use crate::chat::store::{Desk, Scroller};
use crate::ids::MessageId;
use crate::settings::ReadWhen;

/// How long a message must be in view.
const LOOK: Duration = Duration::from_secs(1);

/// Whether the page is visible, and its window the one in use. False in the first render.
fn use_attention() -> Signal<bool> {
    let attention = RwSignal::new(false);
    Effect::new(move |_| {
        let look = move || {
            let page = document();
            attention.set(!page.hidden() && page.has_focus().unwrap_or(false));
        };
        look();
        let listeners = [
            window_event_listener(leptos::ev::focus, move |_| look()),
            window_event_listener(leptos::ev::blur, move |_| look()),
            window_event_listener(leptos::ev::visibilitychange, move |_| look()),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
    attention.into()
}

/// The last message that counts as read by now, if it has not been read before: the last in view, or as the reader has
/// chosen it.
fn seen(desk: Desk, scroller: Scroller) -> Option<MessageId> {
    // Behind an open drawer nothing is seen.
    if document().query_selector("#content[inert]").is_ok_and(|it| it.is_some()) {
        return None;
    }
    // What was said before somebody's first visit is nothing that they would have to mark.
    let is_first_visit = desk.room.with_untracked(|it| it.read.read_up_to().is_none());
    let last = match desk.store.settings.reads_when() {
        ReadWhen::Marked if !is_first_visit => return None,
        ReadWhen::Opened => None,
        ReadWhen::Seen | ReadWhen::Marked => Some(scroller.last_visible()?),
    };
    desk.room.with_untracked(|room| {
        // Below all that is stored stands what one has not sent yet: then everything stored is above it.
        let seen = last.and_then(|it| room.message_id(it)).or_else(|| room.timeline.newest())?;
        (Some(seen) > room.read.read_up_to()).then_some(seen)
    })
}

/// Tells the server what has been read, at most once a second, and counts what came while the reader was higher up.
pub(super) fn keep_reading(desk: Desk, scroller: Scroller) {
    let attention = use_attention();
    let store = desk.store;
    let is_at_end = Memo::new(move |_| scroller.following.get() && desk.room.with(|it| !it.timeline.has_newer()));
    let is_by_hand = store.settings.value(|it| it.chat.read_when == ReadWhen::Marked);
    let is_looked_at =
        Memo::new(move |_| attention.get() && is_at_end.get() && !desk.is_left_unread.get() && !is_by_hand.get());
    Effect::new(move |_| {
        let place = is_looked_at.get().then_some(desk.conversation);
        if store.looked_at.get_untracked() != place {
            store.looked_at.set(place);
        }
    });
    // On the server nobody looks, and there nothing is to be taken back.
    if cfg!(feature = "hydrate") {
        on_cleanup(move || {
            store.looked_at.try_update(|it| *it = it.filter(|it| *it != desk.conversation));
        });
    }
    let unread = Memo::new(move |_| -> Option<MessageId> {
        desk.room.with(|it| {
            // The first visit has nothing unread, but leaves a mark for the next.
            let is_news = it.unread_count() > 0 || it.read.read_up_to().is_none();
            it.timeline.newest().filter(|_| is_news)
        })
    });
    // What is in view is looked at a second after it came there.
    let may_read = Memo::new(move |_| {
        let newest = unread.get().filter(|_| attention.get() && !desk.is_left_unread.get())?;
        Some((newest, scroller.moves.get()))
    });
    let is_waiting = StoredValue::new(false);
    Effect::new(move |_| {
        if may_read.get().is_none() || is_waiting.get_value() {
            return;
        }
        is_waiting.set_value(true);
        let look_again = move || {
            // The page may have been left in the meantime.
            let Some(may_read) = may_read.try_get_untracked() else { return };
            is_waiting.set_value(false);
            if let Some(seen) = may_read.and_then(|_| seen(desk, scroller)) {
                desk.mark_read(seen);
            }
        };
        set_timeout(look_again, LOOK);
    });
    Effect::new(move |_| {
        if is_at_end.get() {
            desk.unseen.set(0);
        }
    });
    Effect::new(move |was_here: Option<bool>| {
        let is_here = attention.get();
        if was_here == Some(false) && is_here {
            desk.change(Room::begin_visit);
        }
        is_here
    });
}
