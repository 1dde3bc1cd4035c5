//! One socket for all tabs of a browser.
//!
//! Each tab has a [`Connection`](super::connection::Connection) of its own, which neither knows nor cares whose socket
//! its frames go over. One of the tabs *leads*: it holds the browser's lock, has the socket, and exchanges frames
//! between the server and everybody's *ports*. The others *follow*: they tell the leader what they would send, and get
//! from it what they would have received. When the leader's tab goes, the browser gives the lock to another, whose
//! socket all ports move to; what each of them missed meanwhile, the server replays.
//!
//! A tab whose leader does not answer has a socket to itself, as every tab has where the browser has no locks. So has
//! the only tab of a browser ([`Alone`]): what more it takes to share is loaded when there is somebody to share with.

mod alone;
mod exchange;
mod note;
mod tab;
#[cfg(test)]
mod tests;

use super::close_code::CloseCode;
use super::connection::{AttemptId, Input};

pub use alone::Alone;
pub use note::{Note, Port};
pub use tab::Tab;

/// A tab's part in the line. Whoever drives it feeds it what happens and does what it says.
pub trait Line {
    /// The page's connection opens a socket.
    fn open(&mut self, attempt: AttemptId) -> Vec<Step>;
    /// The page's connection sends a frame.
    fn send(&mut self, text: String) -> Vec<Step>;
    /// The page's connection gives its socket up.
    fn close(&mut self) -> Vec<Step>;
    /// The page goes away.
    fn leave(&mut self) -> Vec<Step>;
    /// This tab leads from now on.
    fn elected(&mut self) -> Vec<Step>;
    /// Another tab has told something: a [`Note`] as text.
    fn hear(&mut self, note: &str) -> Vec<Step>;
    /// No leader has answered in time.
    fn unanswered(&mut self, asked: u32) -> Vec<Step>;
    /// A person asks to try at once.
    fn hurry(&mut self) -> Vec<Step>;
    /// A frame came over the real socket.
    fn receive(&mut self, text: String) -> Vec<Step>;
    /// The real socket is closed, or could not be opened.
    fn socket_closed(&mut self, code: CloseCode) -> Vec<Step>;
    /// From where a [`Tab`] goes on; `None` if this is one.
    fn start(&self) -> Option<Start>;
    /// All that it knows, for a test's words.
    #[cfg(test)]
    fn shown(&self) -> String;
}

/// What is to be done, in the order given.
#[derive(Debug)]
pub enum Step {
    /// Tell all other tabs this [`Note`].
    Post(String),
    /// Open the one socket.
    OpenSocket,
    /// Close it.
    CloseSocket,
    /// Send a frame over it.
    Send(String),
    /// Give this to the page's connection.
    Give(Input),
    /// Call [`Line::unanswered`] with this number, when a leader that is alive would have answered.
    AwaitAnswer(u32),
    /// Go on as a [`Tab`], and let that hear what was heard just now.
    Share,
}

/// How far a tab has come by itself.
#[derive(Debug, Default)]
pub struct Start {
    /// Whether it leads.
    pub is_leader: bool,
    /// The socket that its connection has open, or waits for.
    pub attempt: Option<AttemptId>,
    /// The server's first frame over it.
    pub first: Option<String>,
    /// Channels that the server has been asked for, and whether its last answer is still to come.
    pub channels: Vec<(String, bool)>,
}
