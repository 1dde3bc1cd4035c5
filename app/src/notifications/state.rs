//! The list on the page: what was loaded, and how each event changes it.

use super::api::{NotificationFilter, NotificationPage};
use super::model::Notification;
use crate::ids::NotificationId;
use crate::realtime::events::{NotificationCreated, NotificationRead};
use crate::time::Timestamp;

/// Notifications of one filter, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    filter: NotificationFilter,
    shown: Vec<Notification>,
    /// What came while the reader was further down; not on the page yet.
    waiting: Vec<Notification>,
    has_more: bool,
    /// Whether the page begins with the newest, and so grows by what comes.
    is_newest: bool,
}

impl Default for Inbox {
    /// An empty list, before anything was loaded.
    fn default() -> Self {
        Self {
            filter: NotificationFilter::All,
            shown: Vec::new(),
            waiting: Vec::new(),
            has_more: false,
            is_newest: true,
        }
    }
}

impl Inbox {
    /// What was loaded. `is_newest` is false for a page of older ones.
    pub fn new(filter: NotificationFilter, page: NotificationPage, is_newest: bool) -> Self {
        Self { filter, shown: page.notifications, waiting: Vec::new(), has_more: page.has_more, is_newest }
    }

    /// Which ones the list shows.
    pub const fn filter(&self) -> NotificationFilter {
        self.filter
    }

    /// Whether the list begins with the newest.
    pub const fn is_newest(&self) -> bool {
        self.is_newest
    }

    /// Those on the page.
    pub fn shown(&self) -> &[Notification] {
        &self.shown
    }

    /// How many have come while the reader was further down.
    pub fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there are older ones than those on the page.
    pub const fn has_more(&self) -> bool {
        self.has_more
    }

    /// The newest one that the reader can see.
    pub fn newest_id(&self) -> Option<NotificationId> {
        self.shown.first().map(|it| it.id)
    }

    /// One of those on the page.
    pub fn find(&self, id: NotificationId) -> Option<&Notification> {
        self.shown.iter().find(|it| it.id == id)
    }

    /// Takes one that has just come: to the top if the reader is there, else it waits, so that nothing moves under them.
    pub fn created(&mut self, event: NotificationCreated, is_at_top: bool) {
        let NotificationCreated { notification, replaces, .. } = event;
        let is_known = self.all().any(|it| it.id == notification.id);
        if !self.is_newest || is_known || !fits(self.filter, &notification) {
            return;
        }
        self.waiting.retain(|it| Some(it.id) != replaces);
        if is_at_top && self.waiting.is_empty() {
            self.shown.retain(|it| Some(it.id) != replaces);
            self.shown.insert(0, notification);
        } else {
            self.waiting.insert(0, notification);
        }
    }

    /// Some were read, or are unread again, wherever that was done. Those on the page stay where they are.
    pub fn read(&mut self, event: &NotificationRead) {
        self.mark(&event.notification_ids, event.read_at);
    }

    /// The same, done here.
    pub fn mark(&mut self, ids: &[NotificationId], read_at: Option<Timestamp>) {
        for notification in self.shown.iter_mut().chain(&mut self.waiting).filter(|it| ids.contains(&it.id)) {
            notification.read_at = read_at;
        }
    }

    /// Shows what waits.
    pub fn show_waiting(&mut self) {
        let mut shown = std::mem::take(&mut self.waiting);
        shown.append(&mut self.shown);
        self.shown = shown;
    }

    /// Adds a page of older ones.
    pub fn add_older(&mut self, page: NotificationPage) {
        self.has_more = page.has_more;
        let last = self.shown.last().map(|it| it.id);
        self.shown.extend(page.notifications.into_iter().filter(|it| last.is_none_or(|last| it.id < last)));
    }

    fn all(&self) -> impl Iterator<Item = &Notification> {
        self.shown.iter().chain(&self.waiting)
    }
}

fn fits(filter: NotificationFilter, notification: &Notification) -> bool {
    let kinds = filter.kinds();
    kinds.is_empty() || kinds.contains(&notification.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ChannelPosition;
    use crate::notifications::NotificationKind;

    const NOON: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

    fn notification(id: i64, kind: NotificationKind) -> Notification {
        Notification {
            id: NotificationId(id),
            kind,
            title: format!("number {id}"),
            body: String::new(),
            actor: None,
            path: None,
            conversation: None,
            message_id: None,
            count: 1,
            created_at: NOON.plus_ms(id),
            read_at: None,
        }
    }

    fn inbox(filter: NotificationFilter, ids: &[i64]) -> Inbox {
        let page = NotificationPage {
            notifications: ids.iter().map(|it| notification(*it, NotificationKind::Mention)).collect(),
            has_more: true,
            unread_count: 0,
            position: ChannelPosition { epoch: "e".to_owned(), offset: 1 },
        };
        Inbox::new(filter, page, true)
    }

    fn created(id: i64, kind: NotificationKind, replaces: Option<i64>) -> NotificationCreated {
        let replaces = replaces.map(NotificationId);
        NotificationCreated { notification: notification(id, kind), unread_count: 1, replaces }
    }

    fn ids(inbox: &Inbox) -> Vec<i64> {
        inbox.shown().iter().map(|it| it.id.0).collect()
    }

    fn unread(inbox: &Inbox) -> Vec<i64> {
        inbox.shown().iter().filter(|it| it.read_at.is_none()).map(|it| it.id.0).collect()
    }

    #[test]
    fn one_that_comes_goes_to_the_top_only_where_the_reader_is_there() {
        let mut inbox = inbox(NotificationFilter::All, &[2, 1]);
        inbox.created(created(3, NotificationKind::Reply, None), true);
        assert_eq!((ids(&inbox), inbox.waiting_count()), (vec![3, 2, 1], 0));
        inbox.created(created(4, NotificationKind::Reply, None), false);
        inbox.created(created(5, NotificationKind::Reply, None), true);
        inbox.created(created(5, NotificationKind::Reply, None), true);
        assert_eq!((ids(&inbox), inbox.waiting_count()), (vec![3, 2, 1], 2), "behind the one that waits, and once");
        inbox.show_waiting();
        assert_eq!((ids(&inbox), inbox.waiting_count()), (vec![5, 4, 3, 2, 1], 0));
    }

    #[test]
    fn a_repeated_one_takes_the_place_of_the_one_before() {
        let mut inbox = inbox(NotificationFilter::All, &[2, 1]);
        inbox.created(created(3, NotificationKind::Reaction, Some(1)), true);
        assert_eq!(ids(&inbox), [3, 2]);
        inbox.created(created(4, NotificationKind::Reaction, None), false);
        inbox.created(created(5, NotificationKind::Reaction, Some(4)), false);
        inbox.show_waiting();
        assert_eq!(ids(&inbox), [5, 3, 2]);
    }

    #[test]
    fn a_filter_lets_in_what_it_names() {
        let mut mentions = inbox(NotificationFilter::Mentions, &[1]);
        mentions.created(created(2, NotificationKind::Money, None), true);
        mentions.created(created(3, NotificationKind::Reply, None), true);
        assert_eq!(ids(&mentions), [3, 1]);
        let mut unread = inbox(NotificationFilter::Unread, &[1]);
        unread.created(created(2, NotificationKind::Money, None), true);
        assert_eq!(ids(&unread), [2, 1]);
    }

    #[test]
    fn what_was_read_elsewhere_is_read_here_and_stays_in_its_place() {
        let mut inbox = inbox(NotificationFilter::Unread, &[2, 1]);
        inbox.created(created(3, NotificationKind::Reply, None), false);
        let notification_ids = vec![NotificationId(3), NotificationId(1)];
        inbox.read(&NotificationRead { notification_ids, unread_count: 1, read_at: Some(NOON) });
        assert_eq!((ids(&inbox), unread(&inbox)), (vec![2, 1], vec![2]));
        inbox.show_waiting();
        assert_eq!(inbox.find(NotificationId(3)).and_then(|it| it.read_at), Some(NOON));
        inbox.mark(&[NotificationId(3)], None);
        assert_eq!(unread(&inbox), [3, 2]);
    }

    #[test]
    fn older_ones_come_below_and_none_twice() {
        let mut list = inbox(NotificationFilter::All, &[9, 8]);
        let mut older = inbox(NotificationFilter::All, &[8, 7]);
        older.has_more = false;
        let page = NotificationPage {
            notifications: older.shown,
            has_more: false,
            unread_count: 0,
            position: ChannelPosition { epoch: "e".to_owned(), offset: 1 },
        };
        list.add_older(page);
        assert_eq!((ids(&list), list.has_more()), (vec![9, 8, 7], false));
    }

    #[test]
    fn a_page_of_older_ones_does_not_grow() {
        let page = NotificationPage {
            notifications: vec![notification(1, NotificationKind::Money)],
            has_more: false,
            unread_count: 0,
            position: ChannelPosition { epoch: "e".to_owned(), offset: 1 },
        };
        let mut older = Inbox::new(NotificationFilter::All, page, false);
        older.created(created(2, NotificationKind::Money, None), true);
        assert_eq!((ids(&older), older.waiting_count()), (vec![1], 0));
    }
}
