//! The tap: frames as they pass, for whoever looks for a fault in what clients and server say to each other.
//!
//! Nothing is paid while nobody listens but the look at one flag for each frame.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use app::realtime::SocketId;
use app::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::application::ApplicationId;
use crate::clock::Clock;
use crate::wildcard::fits;

/// Frames that wait for one listener; one that falls behind misses what comes beyond.
const WAITING_FRAMES: usize = 1_024;

/// As much of a frame as is told.
const TOLD_BYTES: usize = 4_096;

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a client.
    In,
    /// To a client.
    Out,
}

/// Which frames somebody wants to see: those that fit everything that is named here.
#[derive(Debug, Clone, Default)]
pub struct TapFilter {
    /// Of this application.
    pub application: Option<ApplicationId>,
    /// Of this connection.
    pub socket_id: Option<SocketId>,
    /// Going this way.
    pub direction: Option<Direction>,
    /// About a channel that fits this pattern, in which `*` stands for anything.
    pub channel: Option<String>,
    /// With a name that fits this pattern.
    pub event: Option<String>,
    /// Of those that fit, one in so many.
    pub one_in: Option<NonZeroU32>,
}

/// A frame that has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TappedFrame {
    /// When.
    pub at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// Whose.
    pub application: String,
    /// Of which connection.
    pub socket_id: SocketId,
    /// Its name, if it has one.
    pub event: Option<String>,
    /// Its channel, if it is about one.
    pub channel: Option<String>,
    /// Its length.
    pub bytes: usize,
    /// The frame; of a long one the beginning.
    pub text: String,
}

/// A listener's end. Dropped, it listens no more.
pub struct Tap {
    frames: mpsc::Receiver<TappedFrame>,
    listener: Arc<Listener>,
    taps: Arc<Taps>,
}

struct Listener {
    filter: TapFilter,
    frames: mpsc::Sender<TappedFrame>,
    fitting: AtomicU64,
    missed: AtomicU64,
}

/// All listeners.
#[derive(Default)]
pub(crate) struct Taps {
    is_open: AtomicBool,
    listeners: RwLock<Vec<Arc<Listener>>>,
}

/// What a filter looks at inside of a frame.
#[derive(Default, Deserialize)]
struct Names<'a> {
    event: Option<String>,
    channel: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Subject {
    channel: String,
}

impl Tap {
    /// The next frame. `None` never comes while the hub lives.
    pub async fn next(&mut self) -> Option<TappedFrame> {
        self.frames.recv().await
    }

    /// Frames that fitted and could not be told, since this was asked last.
    pub fn missed(&self) -> u64 {
        self.listener.missed.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let mut listeners = self.taps.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|it| !Arc::ptr_eq(it, &self.listener));
        self.taps.is_open.store(!listeners.is_empty(), Ordering::Relaxed);
    }
}

impl Taps {
    pub(crate) fn open(self: &Arc<Self>, filter: TapFilter) -> Tap {
        let (sender, frames) = mpsc::channel(WAITING_FRAMES);
        let listener =
            Arc::new(Listener { filter, frames: sender, fitting: AtomicU64::new(0), missed: AtomicU64::new(0) });
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::clone(&listener));
        self.is_open.store(true, Ordering::Relaxed);
        Tap { frames, listener, taps: Arc::clone(self) }
    }

    /// Whether anybody listens.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Tells whoever wants to see this frame. Never waits.
    pub(crate) fn pass(
        &self,
        clock: &Clock,
        direction: Direction,
        application: Option<&ApplicationId>,
        socket_id: SocketId,
        text: &str,
    ) {
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        let concerned = listeners.iter().filter(|it| it.filter.wants(direction, application, socket_id));
        let mut names = None;
        for listener in concerned {
            let (event, channel) = names.get_or_insert_with(|| names_of(text));
            if !listener.filter.wants_names(event.as_deref(), channel.as_deref()) || !listener.is_turn() {
                continue;
            }
            let frame = TappedFrame {
                at: clock.now(),
                direction,
                application: application.map_or_else(String::new, |it| it.0.to_string()),
                socket_id,
                event: event.clone(),
                channel: channel.clone(),
                bytes: text.len(),
                text: text[..text.floor_char_boundary(TOLD_BYTES)].to_owned(),
            };
            if listener.frames.try_send(frame).is_err() {
                listener.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Listener {
    /// Whether this one of the frames that fit is to be told.
    fn is_turn(&self) -> bool {
        let one_in = self.filter.one_in.map_or(1, |it| u64::from(it.get()));
        self.fitting.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in)
    }
}

impl TapFilter {
    fn wants(&self, direction: Direction, application: Option<&ApplicationId>, socket_id: SocketId) -> bool {
        self.direction.is_none_or(|it| it == direction)
            && self.socket_id.is_none_or(|it| it == socket_id)
            && self.application.as_ref().is_none_or(|it| Some(it) == application)
    }

    fn wants_names(&self, event: Option<&str>, channel: Option<&str>) -> bool {
        let is_wanted = |pattern: &Option<String>, name: Option<&str>| {
            pattern.as_deref().is_none_or(|pattern| name.is_some_and(|it| fits(pattern, it)))
        };
        is_wanted(&self.event, event) && is_wanted(&self.channel, channel)
    }
}

/// The event's name, and the channel that it is about: its own, or the one in the data of a subscription.
fn names_of(text: &str) -> (Option<String>, Option<String>) {
    // What is no frame of the protocol has no names.
    let Names { event, channel, data } = serde_json::from_str(text).unwrap_or_default();
    let subject = || Some(serde_json::from_str::<Subject>(data?.get()).ok()?.channel);
    (event, channel.or_else(subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOCKET: SocketId = SocketId { high: 1, low: 2 };

    fn pass(taps: &Taps, direction: Direction, text: &str) {
        taps.pass(&Clock::system(), direction, Some(&ApplicationId("1".into())), SOCKET, text);
    }

    async fn texts(tap: &mut Tap, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            texts.push(tap.next().await.unwrap().text);
        }
        texts
    }

    #[tokio::test]
    async fn a_tap_tells_what_fits_everything_that_it_names() {
        let taps = Arc::new(Taps::default());
        let of_orders = TapFilter { channel: Some("orders*".to_owned()), ..TapFilter::default() };
        let mut of_orders = taps.open(of_orders);
        let events =
            TapFilter { event: Some("client-*".to_owned()), direction: Some(Direction::In), ..Default::default() };
        let mut events = taps.open(events);
        let mut of_others =
            taps.open(TapFilter { application: Some(ApplicationId("2".into())), ..TapFilter::default() });
        let subscribe = r#"{"event":"pusher:subscribe","data":{"channel":"orders"}}"#;
        let typing = r#"{"event":"client-typing","channel":"orders.7","data":{}}"#;
        pass(&taps, Direction::In, subscribe);
        pass(&taps, Direction::In, "no frame at all");
        pass(&taps, Direction::In, typing);
        pass(&taps, Direction::Out, typing);
        assert_eq!(texts(&mut of_orders, 3).await, [subscribe, typing, typing]);
        assert_eq!(texts(&mut events, 1).await, [typing]);
        assert!(events.frames.try_recv().is_err() && of_others.frames.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_sample_is_one_in_so_many_of_those_that_fit() {
        let taps = Arc::new(Taps::default());
        let mut tap = taps.open(TapFilter { one_in: NonZeroU32::new(3), ..TapFilter::default() });
        (0..7).for_each(|number| pass(&taps, Direction::Out, &number.to_string()));
        assert_eq!(texts(&mut tap, 3).await, ["0", "3", "6"]);
    }

    #[test]
    fn whoever_falls_behind_misses_frames_and_learns_how_many() {
        let taps = Arc::new(Taps::default());
        let tap = taps.open(TapFilter::default());
        let long = "é".repeat(TOLD_BYTES);
        (0..WAITING_FRAMES + 5).for_each(|_| pass(&taps, Direction::Out, &long));
        assert_eq!((tap.missed(), tap.missed()), (5, 0));
        assert!(taps.is_open());
        drop(tap);
        assert!(!taps.is_open());
    }
}
