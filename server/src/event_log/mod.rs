//! The event log: every event that must not be lost, written in the same transaction as what it tells of.
//!
//! Numbers are without gaps per channel and follow the order of commit, since a transaction holds the channel's
//! position from the moment it takes a number until it ends. The [`Relay`] publishes what has been committed, and
//! [`LogHistory`] tells it again to whoever was away.

mod bell;
mod history;
mod relay;
mod retention;

use std::collections::HashMap;

use app::chat::ChannelPosition;
use app::realtime::{AppChannel, AppEvent, SocketId};
use uuid::Uuid;

pub use bell::Bell;
pub use history::LogHistory;
pub use relay::{Relay, RelayError, RelayStatus};
pub use retention::{Retention, RetentionSweep};

use crate::application::ApplicationId;
use crate::broker::LoggedEvent;
use crate::clock::Clock;
use crate::store::{NewLogRow, Position, Store, StoreError, Tx};

/// The event log of one application. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventLog {
    store: Store,
    application_id: ApplicationId,
    clock: Clock,
    bell: Bell,
}

/// A channel's next number, held by a transaction until it ends.
#[derive(Debug)]
pub struct Reservation {
    channel: AppChannel,
    offset: i64,
}

/// The next numbers of several channels. Each must be used before the transaction ends, or there is a hole.
#[derive(Debug)]
pub struct Reservations(HashMap<AppChannel, Reservation>);

impl EventLog {
    /// The log of the application's own channels; `bell` is the one that its [`Relay`] listens to.
    pub const fn new(store: Store, application_id: ApplicationId, clock: Clock, bell: Bell) -> Self {
        Self { store, application_id, clock, bell }
    }

    /// Whose channels these are.
    pub const fn application_id(&self) -> &ApplicationId {
        &self.application_id
    }

    /// Takes the next number of a channel, first of all in a transaction: whatever the transaction then writes stands
    /// in the order of the numbers. Nobody else gets a number of this channel until it ends.
    ///
    /// A transaction that tells several channels takes their numbers in the order of their names, so that two can't
    /// wait for each other.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn reserve(&self, tx: &mut Tx, channel: AppChannel) -> Result<Reservation, StoreError> {
        let position = tx.advance_position(&self.application_id.0, &channel.to_string(), &fresh_epoch()).await?;
        Ok(Reservation { channel, offset: position.last_offset })
    }

    /// Takes the next numbers of several channels, in the order in which every transaction takes them.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn reserve_all(
        &self,
        tx: &mut Tx,
        channels: impl IntoIterator<Item = AppChannel>,
    ) -> Result<Reservations, StoreError> {
        let mut channels: Vec<(String, AppChannel)> = channels.into_iter().map(|it| (it.to_string(), it)).collect();
        channels.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        channels.dedup_by(|(one, _), (other, _)| one == other);
        let mut reservations = HashMap::with_capacity(channels.len());
        for (_, channel) in channels {
            reservations.insert(channel, self.reserve(tx, channel).await?);
        }
        Ok(Reservations(reservations))
    }

    /// Writes an event under the number that is reserved for its channel, or under the next one if that is used.
    ///
    /// # Errors
    /// As [`Self::append_reserved`].
    pub async fn append_one_of(
        &self,
        tx: &mut Tx,
        reservations: &mut Reservations,
        channel: AppChannel,
        event: &AppEvent,
        except: Option<SocketId>,
    ) -> Result<LoggedEvent, StoreError> {
        match reservations.0.remove(&channel) {
            Some(reservation) => self.append_reserved(tx, reservation, event, except).await,
            None => self.append(tx, channel, event, except).await,
        }
    }

    /// Writes an event under a number taken before.
    ///
    /// # Errors
    /// If the database does not answer, or the event is not one that is kept on this channel.
    pub async fn append_reserved(
        &self,
        tx: &mut Tx,
        reservation: Reservation,
        event: &AppEvent,
        except: Option<SocketId>,
    ) -> Result<LoggedEvent, StoreError> {
        let Reservation { channel, offset } = reservation;
        check(event, channel)?;
        let at = self.clock.now();
        let event_id = event_id(at);
        tx.insert_event(NewLogRow {
            application_id: &self.application_id.0,
            channel: &channel.to_string(),
            channel_offset: offset,
            event_id,
            event: event.name(),
            data: &event.to_data(),
            except_socket: except.map(|it| it.to_string()),
            at,
        })
        .await?;
        Ok(LoggedEvent { offset: unsigned(offset), event_id })
    }

    /// Writes events one after the other, the first under a number taken before and the others under those that follow it,
    /// which nobody else can have taken.
    ///
    /// # Errors
    /// As [`Self::append_reserved`]; then none is written.
    pub async fn append_all(
        &self,
        tx: &mut Tx,
        reservation: Reservation,
        events: &[(AppEvent, Option<SocketId>)],
    ) -> Result<(), StoreError> {
        let Reservation { channel, offset } = reservation;
        let (at, name) = (self.clock.now(), channel.to_string());
        let datas: Vec<String> = events.iter().map(|(event, _)| event.to_data()).collect();
        let mut rows = Vec::with_capacity(events.len());
        for (((event, except), data), channel_offset) in events.iter().zip(&datas).zip(offset..) {
            check(event, channel)?;
            rows.push(NewLogRow {
                application_id: &self.application_id.0,
                channel: &name,
                channel_offset,
                event_id: event_id(at),
                event: event.name(),
                data,
                except_socket: except.map(|it| it.to_string()),
                at,
            });
        }
        if let Some(more) = rows.last().map(|it| it.channel_offset - offset).filter(|it| *it > 0) {
            tx.advance_position_by(&self.application_id.0, &name, more).await?;
        }
        tx.insert_events(&rows).await
    }

    /// Takes the channel's next number and writes an event under it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn append(
        &self,
        tx: &mut Tx,
        channel: AppChannel,
        event: &AppEvent,
        except: Option<SocketId>,
    ) -> Result<LoggedEvent, StoreError> {
        let reservation = self.reserve(tx, channel).await?;
        self.append_reserved(tx, reservation, event, except).await
    }

    /// Commits, and wakes the relay.
    ///
    /// # Errors
    /// If the database did not confirm.
    pub async fn commit(&self, tx: Tx) -> Result<(), StoreError> {
        let committed = tx.commit().await;
        // Also after an error: the commit may have been heard although its answer was not.
        self.bell.ring();
        committed
    }

    /// Where a channel stands now: every event up to there is committed.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn position(&self, channel: AppChannel) -> Result<ChannelPosition, StoreError> {
        let Position { epoch, last_offset } =
            self.store.position(&self.application_id.0, &channel.to_string(), &fresh_epoch()).await?;
        Ok(ChannelPosition { epoch, offset: unsigned(last_offset) })
    }
}

/// # Errors
/// If an event is not one that is kept on this channel.
fn check(event: &AppEvent, channel: AppChannel) -> Result<(), StoreError> {
    if !event.is_durable() || !event.allowed_on(&channel) || !channel.is_logged() {
        return Err(StoreError::Malformed(format!("{} is not kept on {channel}", event.name())));
    }
    Ok(())
}

/// A text for the beginning of a channel's numbering: 64 random bits in hexadecimal.
fn fresh_epoch() -> String {
    hex::encode(rand::random::<[u8; 8]>())
}

/// A UUID version 7 of the instant given.
fn event_id(at: app::time::Timestamp) -> Uuid {
    app::ids::ClientId::new(at).0
}

/// Offsets are stored as signed numbers, since the databases know no others; none is negative.
fn unsigned(offset: i64) -> u64 {
    u64::try_from(offset).unwrap_or_default()
}
