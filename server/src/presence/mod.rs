//! Who is on which presence channel (section 6): a member is a user, however many sockets it has.
//!
//! The hub asks under its lock of the channel, so what it learns and what it tells the channel have one order.

mod local;

use std::sync::Arc;

use app::realtime::ChannelName;

use crate::application::ApplicationId;

pub use local::LocalPresence;

/// A channel of an application. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChannelKey {
    /// Whose channel.
    pub application: ApplicationId,
    /// Its name.
    pub channel: ChannelName,
}

/// One member of a presence channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceMember {
    /// The id's text, which is the member's identity (rule PRE-1).
    pub user_id: Arc<str>,
    /// The id as JSON, in the type in which the member joined.
    pub user_id_json: Arc<str>,
    /// JSON, if the member has brought any.
    pub user_info: Option<Arc<str>>,
}

/// What became of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// The user's first socket: the others are to be told.
    First,
    /// One more socket, or back within the grace.
    Again,
    /// The channel has as many members as it may have.
    Full,
}

/// What became of a leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The user has other sockets, or was no member.
    Stays,
    /// The last socket is gone, and the others are to be told.
    Gone(PresenceMember),
    /// The last socket is gone; the member stays until [`Presence::expire`] is called with this number.
    Waits(u64),
}

/// Members of presence channels, of all nodes.
pub trait Presence: Send + Sync {
    /// Adds a socket of this member; a new member only if there are fewer than `max_members`.
    fn join(&self, key: &ChannelKey, member: &PresenceMember, max_members: Option<usize>) -> Joined;

    /// Takes one socket of this user away; with `waits` the member stays for its grace (rule PRE-8).
    fn leave(&self, key: &ChannelKey, user_id: &str, waits: bool) -> Left;

    /// Ends the grace of a member that has not come back since.
    fn expire(&self, key: &ChannelKey, user_id: &str, departure: u64) -> Option<PresenceMember>;

    /// Takes a member away, whatever sockets it has; their leaving changes nothing any more.
    fn remove(&self, key: &ChannelKey, user_id: &str) -> Option<PresenceMember>;

    /// The members, in the order of joining.
    fn members(&self, key: &ChannelKey) -> Vec<PresenceMember>;

    /// How many members there are.
    fn count(&self, key: &ChannelKey) -> usize;

    /// Adds the members as the client gets them, `{"count","ids","hash"}`, escaped for a JSON string (rule PRE-2).
    fn push_snapshot(&self, key: &ChannelKey, bytes: &mut Vec<u8>);
}
