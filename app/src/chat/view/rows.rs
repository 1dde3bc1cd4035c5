//! The rows of the list, each with a signal of its own, so that the list is never rebuilt.

use std::collections::HashMap;

use leptos::prelude::*;

use super::blocks::Blocks;
use super::row::MessageItem;
use crate::chat::state::{MessageRow, Row, RowKey};
use crate::chat::store::{Desk, Scroller};
use crate::ids::ClientId;
use crate::settings::ReadWhen;
use crate::time::CivilDate;
use crate::ui::{ClockSetting, Each, When, use_clock};

/// A row with what may change in it as a signal of its own.
#[derive(Clone)]
enum Item {
    Day(CivilDate),
    Unread,
    Message(ClientId, ArcRwSignal<MessageRow>),
}

impl Item {
    const fn key(&self) -> RowKey {
        match self {
            Self::Day(date) => RowKey::Day(*date),
            Self::Unread => RowKey::Unread,
            Self::Message(client_id, _) => RowKey::Message(*client_id),
        }
    }
}

/// What is known of the list from one change to the next.
#[derive(Default)]
struct Kept {
    signals: HashMap<ClientId, ArcRwSignal<MessageRow>>,
    blocks: Blocks<RowKey>,
    /// How instants were written.
    clock: ClockSetting,
    /// What each block shows, by its number.
    shown: HashMap<u64, ArcRwSignal<Vec<Item>>>,
}

impl Kept {
    /// Tells all rows if instants are written in another way from now on.
    fn set_clock(&mut self, clock: ClockSetting) {
        if self.clock != clock {
            self.clock = clock;
            self.signals.values().for_each(Notify::notify);
        }
    }

    /// The blocks now. A block is told only if other rows than before are in it.
    fn take(&mut self, rows: Vec<Row>) -> Vec<(u64, ArcRwSignal<Vec<Item>>)> {
        let mut items = renew(&mut self.signals, rows).into_iter();
        let sizes = self.blocks.arrange(items.as_slice().iter().map(Item::key));
        let mut shown = HashMap::with_capacity(sizes.len());
        for (block, size) in &sizes {
            let now: Vec<_> = items.by_ref().take(*size).collect();
            let signal = match self.shown.remove(block) {
                Some(signal) => {
                    let keys = |items: &[Item]| items.iter().map(Item::key).collect::<Vec<_>>();
                    if keys(&signal.read_untracked()) != keys(&now) {
                        signal.set(now);
                    }
                    signal
                }
                None => ArcRwSignal::new(now),
            };
            shown.insert(*block, signal);
        }
        self.shown = shown;
        sizes.into_iter().filter_map(|(block, _)| Some((block, self.shown.get(&block)?.clone()))).collect()
    }
}

#[component]
pub(super) fn Rows(desk: Desk, scroller: Scroller) -> impl IntoView {
    let clock = use_clock();
    let kept = StoredValue::new(Kept::default());
    let blocks = move || {
        let rows = desk.room.with(|it| it.rows(&|instant| clock.date(instant)));
        let taken = kept.try_update_value(|kept| {
            kept.set_clock(clock.setting());
            let rows = scroller.building.cut(rows, |it| kept.signals.contains_key(&it));
            kept.take(rows)
        });
        taken.unwrap_or_default()
    };
    // Two rows are told when another message is pointed at, instead of each asking whether it is the one.
    Effect::new(move |before: Option<Option<ClientId>>| {
        let now = desk.active.get();
        kept.with_value(|kept| {
            [before.flatten(), now].iter().flatten().filter_map(|it| kept.signals.get(it)).for_each(Notify::notify);
        });
        now
    });
    view! {
        <ol class="chat__rows">
            <Each each=blocks key=|it| it.0 let:block>
                <Each each=move || block.1.get() key=Item::key let:item>
                    <ItemRow desk item />
                </Each>
            </Each>
        </ol>
    }
    .into_any()
}

#[component]
fn ItemRow(desk: Desk, item: Item) -> impl IntoView {
    let clock = use_clock();
    match item {
        Item::Day(date) => view! {
            <li class="line" data-row="day">
                <div role="separator" aria-label=move || clock.day(date)>
                    <span class="line__text">{move || clock.day(date)}</span>
                </div>
            </li>
        }
        .into_any(),
        Item::Unread => view! {
            <li class="line" data-row="unread">
                <div role="separator" aria-label="New messages">
                    <span class="line__text">"New messages"</span>
                </div>
                <MarkRead desk />
            </li>
        }
        .into_any(),
        Item::Message(_, row) => view! { <MessageItem desk row /> }.into_any(),
    }
}

/// For those who say themselves what they have read.
#[component]
fn MarkRead(desk: Desk) -> impl IntoView {
    let is_by_hand = desk.store.settings.value(|it| it.chat.read_when == ReadWhen::Marked);
    let has_unread = Memo::new(move |_| desk.room.with(|it| it.unread_count() > 0));
    view! {
        <When is=move || is_by_hand.get() && has_unread.get()>
            <button r#type="button" class="button line__action" data-size="small" on:click=move |_| desk.mark_loaded_read()>
                "Mark as read"
            </button>
        </When>
    }
    .into_any()
}

/// The rows as items; each message keeps its signal, which is set only if something changed.
fn renew(signals: &mut HashMap<ClientId, ArcRwSignal<MessageRow>>, rows: Vec<Row>) -> Vec<Item> {
    let mut kept = HashMap::with_capacity(rows.len());
    let items = rows.into_iter().map(|row| match row {
        Row::Day(date) => Item::Day(date),
        Row::Unread => Item::Unread,
        Row::Message(row) => {
            let client_id = row.client_id;
            let signal = match signals.remove(&client_id) {
                Some(signal) => {
                    if *signal.read_untracked() != row {
                        signal.set(row);
                    }
                    signal
                }
                None => ArcRwSignal::new(row),
            };
            kept.insert(client_id, signal.clone());
            Item::Message(client_id, signal)
        }
    });
    let items = items.collect();
    *signals = kept;
    items
}
