//! Who has come and gone, written down: a row for each person, and an event for the others, in one transaction.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use app::ids::UserId;
use app::people::{JoinReason, LeaveReason};
use app::realtime::AppChannel;
use app::realtime::events::{PresenceChanged, UserJoined, UserLeft};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::chat::{PresentUsers, Typing};
use crate::clock::Clock;
use crate::event_log::EventLog;
use crate::hub::{self, PresenceChange, PresenceChanges};
use crate::store::{Store, StoreError};

/// How long after a start people who were there before may take to come back, until they count as having left.
const RETURN_GRACE: Duration = Duration::from_secs(30);

/// How often the rows are held against the live table, should a change have been lost.
const RECONCILE_INTERVAL: Duration = Duration::from_mins(1);

/// How long a change that could not be written waits for the next try.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Who has done nothing for so long counts as away.
const IDLE_MS: i64 = 10 * 60_000;

/// People that are read from the database at once.
const BATCH: i64 = 1_000;

/// Where changes come from: the hub, or a test.
#[async_trait::async_trait]
pub trait PresenceSource: Send {
    /// The next change; `None` when there will be no more. Cancel-safe.
    async fn next(&mut self) -> Option<PresenceChange>;
}

#[async_trait::async_trait]
impl PresenceSource for PresenceChanges {
    async fn next(&mut self) -> Option<PresenceChange> {
        Self::next(self).await
    }
}

/// Writes down who comes to the general room and who leaves it.
#[derive(Clone)]
pub struct PresenceRecorder {
    store: Store,
    log: EventLog,
    clock: Clock,
    present_users: PresentUsers,
    typing: Option<Typing>,
}

impl PresenceRecorder {
    /// A recorder of the log's application.
    pub fn new(store: Store, log: EventLog, clock: Clock, present_users: PresentUsers) -> Self {
        Self { store, log, clock, present_users, typing: None }
    }

    /// The same, and whoever leaves has stopped typing.
    #[must_use]
    pub fn ending(self, typing: Typing) -> Self {
        Self { typing: Some(typing), ..self }
    }

    /// Records the changes of `presence-chat` as they come, until the token is cancelled or there are no more.
    ///
    /// A server that was restarted does not tell that everybody left and came back: who is back within the grace has
    /// never been gone.
    pub async fn run(self, mut changes: impl PresenceSource, shutdown: CancellationToken) {
        let mut next_look = Instant::now() + RETURN_GRACE;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                change = changes.next() => {
                    let Some(change) = change else { return };
                    if !self.record_until_done(&change, &shutdown).await {
                        return;
                    }
                }
                () = tokio::time::sleep_until(next_look) => {
                    if let Err(error) = self.reconcile().await {
                        tracing::error!(error = &error as &dyn Error, "presence cannot be reconciled");
                    }
                    if let Err(error) = self.note_idle().await {
                        tracing::error!(error = &error as &dyn Error, "who is away cannot be noted");
                    }
                    next_look = Instant::now() + RECONCILE_INTERVAL;
                }
            }
        }
    }

    /// Writes one change down and tells of it. A change to what is so already is none, nor is one of somebody who has
    /// no account.
    ///
    /// # Errors
    /// If the database does not answer; then nothing is written, and the change can be recorded again.
    pub async fn record(&self, change: &PresenceChange) -> Result<(), StoreError> {
        match change {
            PresenceChange::Joined { user_id, .. } => match user_id.parse() {
                Ok(user_id) => self.come(user_id, JoinReason::Connected).await,
                Err(_) => Ok(()),
            },
            PresenceChange::Left { user_id, reason } => match user_id.parse() {
                Ok(user_id) => self.leave(user_id, told(*reason)).await,
                Err(_) => Ok(()),
            },
            PresenceChange::Resync => self.reconcile().await,
        }
    }

    /// Makes the rows say who is there now, and tells of whomever they had wrong.
    ///
    /// # Errors
    /// If the database does not answer; what was written before stays.
    pub async fn reconcile(&self) -> Result<(), StoreError> {
        let present: HashSet<UserId> = (self.present_users)().into_iter().collect();
        let mut noted = HashSet::new();
        let mut last = UserId(0);
        loop {
            let batch = self.store.online_after(last, BATCH).await?;
            let Some(end) = batch.last() else { break };
            last = *end;
            noted.extend(batch);
        }
        for user_id in noted.difference(&present) {
            self.leave(*user_id, LeaveReason::Disconnected).await?;
        }
        for user_id in present.difference(&noted) {
            self.come(*user_id, JoinReason::Connected).await?;
        }
        Ok(())
    }

    /// Notes who has done nothing for a while, and tells the others that they are away.
    ///
    /// # Errors
    /// If the database does not answer; what was written before stays.
    pub async fn note_idle(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for user_id in self.store.idle_since(now.plus_ms(-IDLE_MS), BATCH).await? {
            let Some(user) = self.store.user_summary(user_id).await? else { continue };
            let mut tx = self.store.begin().await?;
            let reservation = self.log.reserve(&mut tx, AppChannel::PresenceChat).await?;
            let before = tx.presence_state(user_id).await?;
            tx.set_away(user_id, true, now).await?;
            let after = tx.presence_state(user_id).await?;
            if before.status() == after.status() {
                tx.rollback().await?;
                let mut tx = self.store.begin().await?;
                tx.set_away(user_id, true, now).await?;
                tx.commit().await?;
                continue;
            }
            let event = PresenceChanged { user, status: after.status(), at: now };
            self.log.append_reserved(&mut tx, reservation, &event.into(), None).await?;
            self.log.commit(tx).await?;
        }
        Ok(())
    }

    /// Writes a change down, again and again until it works; false if the server stops before.
    async fn record_until_done(&self, change: &PresenceChange, shutdown: &CancellationToken) -> bool {
        let mut is_failing = false;
        while let Err(error) = self.record(change).await {
            if !is_failing {
                tracing::error!(error = &error as &dyn Error, "presence cannot be written");
            }
            is_failing = true;
            tokio::select! {
                () = shutdown.cancelled() => return false,
                () = tokio::time::sleep(RETRY_PAUSE) => {}
            }
        }
        true
    }

    async fn come(&self, user_id: UserId, reason: JoinReason) -> Result<(), StoreError> {
        let Some(user) = self.store.user_summary(user_id).await? else { return Ok(()) };
        let at = self.clock.now();
        let mut tx = self.store.begin().await?;
        let reservation = self.log.reserve(&mut tx, AppChannel::PresenceChat).await?;
        if !tx.set_online(user_id, at).await? {
            return tx.rollback().await;
        }
        self.log.append_reserved(&mut tx, reservation, &UserJoined { user, at, reason }.into(), None).await?;
        self.log.commit(tx).await
    }

    async fn leave(&self, user_id: UserId, reason: LeaveReason) -> Result<(), StoreError> {
        let Some(user) = self.store.user_summary(user_id).await? else { return Ok(()) };
        if let Some(typing) = &self.typing {
            typing.end_all(&user).await;
        }
        let at = self.clock.now();
        let mut tx = self.store.begin().await?;
        let reservation = self.log.reserve(&mut tx, AppChannel::PresenceChat).await?;
        if !tx.set_offline(user_id, at).await? {
            return tx.rollback().await;
        }
        self.log.append_reserved(&mut tx, reservation, &UserLeft { user, at, reason }.into(), None).await?;
        self.log.commit(tx).await
    }
}

/// Why somebody left, as the others are told: how their line ended is nobody's business.
const fn told(reason: hub::LeaveReason) -> LeaveReason {
    match reason {
        hub::LeaveReason::Unsubscribed | hub::LeaveReason::Closed | hub::LeaveReason::TimedOut => {
            LeaveReason::Disconnected
        }
        hub::LeaveReason::Revoked => LeaveReason::SignedOut,
        hub::LeaveReason::Hidden => LeaveReason::BecameInvisible,
    }
}
