//! The list as the page holds it: loaded by filter, added to below, and changed by what comes.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::chat::ChannelPosition;
use crate::error::AppError;
use crate::ids::NotificationId;
use crate::notifications::api::{NotificationFilter, NotificationPage};
use crate::notifications::center::{NotificationCenter, use_notifications};
use crate::notifications::state::Inbox;
use crate::realtime::{AppChannel, AppEvent, use_realtime};
use crate::rest;
use crate::shell::use_page;
use crate::ui::browser::now;

/// How far down the reader may be for new ones still to slide in above, in pixels.
const TOP_PX: i32 = 80;

/// The list of the page. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    center: NotificationCenter,
    pub(super) inbox: RwSignal<Inbox>,
    /// Whether another filter, or more of this one, is on its way.
    pub(super) is_busy: RwSignal<bool>,
    /// What could not be loaded, and why.
    pub(super) failed: RwSignal<Option<(Load, AppError)>>,
    /// What came while another filter was on its way.
    missed: StoredValue<Vec<AppEvent>>,
    /// The load that counts: an older one comes too late.
    load_number: StoredValue<u32>,
}

/// What can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// A filter's list, from the newest or from before one of them.
    Filter(NotificationFilter, Option<NotificationId>),
    /// Older ones of the same list.
    Older,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            center: use_notifications(),
            inbox: RwSignal::new(Inbox::default()),
            is_busy: RwSignal::new(false),
            failed: RwSignal::new(None),
            missed: StoredValue::new(Vec::new()),
            load_number: StoredValue::new(0),
        }
    }

    /// Listens from where the page was read, until the owner goes.
    pub(super) fn follow(self, position: ChannelPosition) {
        let Some(user) = use_page().user else { return };
        let (realtime, channel) = (use_realtime(), AppChannel::PrivateUser(user.id));
        Effect::new(move |_| {
            realtime.listen(channel, AppEvent::notifications, Some(position.clone()), move |event| self.receive(event));
            realtime.on_gap(channel, move || async move {
                let filter = self.inbox.with_untracked(Inbox::filter);
                let page = fetch(filter, None).await;
                let is_loaded = page.is_ok();
                if let Ok(page) = page {
                    self.inbox.try_set(Inbox::new(filter, page, true));
                }
                is_loaded
            });
        });
    }

    fn receive(self, event: AppEvent) {
        if self.is_busy.get_untracked() {
            self.missed.update_value(|it| it.push(event));
        } else {
            self.inbox.try_update(|it| apply(it, event));
        }
    }

    /// Loads something; the page stays as it is until that is there.
    pub(super) fn load(self, load: Load) {
        let Some(number) = self.load_number.try_update_value(|it| {
            *it += 1;
            *it
        }) else {
            return;
        };
        let before = match load {
            Load::Filter(_, before) => before,
            Load::Older => self.inbox.with_untracked(|it| it.shown().last().map(|it| it.id)),
        };
        let filter = match load {
            Load::Filter(filter, _) => filter,
            Load::Older => self.inbox.with_untracked(Inbox::filter),
        };
        self.is_busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let page = fetch(filter, before).await;
            if self.load_number.try_get_value() != Some(number) {
                return;
            }
            match (load, page) {
                (Load::Older, Ok(page)) => self.inbox.update(|it| it.add_older(page)),
                (Load::Filter(..), Ok(page)) => self.inbox.set(Inbox::new(filter, page, before.is_none())),
                (_, Err(error)) => self.failed.set(Some((load, error))),
            }
            self.is_busy.set(false);
            let missed = self.missed.try_update_value(std::mem::take).unwrap_or_default();
            if !missed.is_empty() {
                self.inbox.update(|it| missed.into_iter().for_each(|event| apply(it, event)));
            }
        });
    }

    /// Marks one as read at once; takes that back if the server refuses.
    pub(super) fn mark_one(self, id: NotificationId) {
        let is_unread = self.inbox.with_untracked(|it| it.find(id).is_some_and(|it| it.read_at.is_none()));
        if is_unread {
            self.inbox.update(|it| it.mark(&[id], Some(now())));
            self.center.mark_read(vec![id], move || {
                self.inbox.try_update(|it| it.mark(&[id], None));
            });
        }
    }

    /// Marks everything up to the newest one on the page as read.
    pub(super) fn mark_all(self) {
        let Some(newest) = self.inbox.with_untracked(Inbox::newest_id) else { return };
        let marked = Callback::new(move |(ids, is_read): (Vec<NotificationId>, bool)| {
            self.inbox.try_update(|it| it.mark(&ids, is_read.then(now)));
        });
        self.center.mark_all_read(newest, marked);
    }

    /// Reads one and opens what it is about.
    pub(super) fn open(self, id: NotificationId) {
        self.mark_one(id);
        if let Some(notification) = self.inbox.with_untracked(|it| it.find(id).cloned()) {
            self.center.go_to(&notification);
        }
    }
}

fn apply(inbox: &mut Inbox, event: AppEvent) {
    match event {
        AppEvent::NotificationCreated(event) => inbox.created(event, is_at_top()),
        AppEvent::NotificationRead(event) => inbox.read(&event),
        _ => {}
    }
}

async fn fetch(filter: NotificationFilter, before: Option<NotificationId>) -> Result<NotificationPage, AppError> {
    let before = before.map(|it| "&before=".to_owned() + &it.to_string()).unwrap_or_default();
    rest::get(&("/api/notifications?filter=".to_owned() + filter.name() + &before)).await
}

fn is_at_top() -> bool {
    document().get_element_by_id("content").is_none_or(|it| it.scroll_top() < TOP_PX)
}
