//! Who is typing: leases that end by themselves, and at once when somebody sends, stops, or leaves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::accounts::UserSummary;
use app::chat::Conversation;
use app::error::AppError;
use app::ids::UserId;
use app::realtime::events::UserTyping;
use app::realtime::{AppChannel, AppEvent, SocketId};
use app::time::Timestamp;

use crate::application::ApplicationId;
use crate::broker::{Broker, Publication};
use crate::clock::Clock;

/// How long somebody counts as typing after they said so.
const LEASE_MS: i64 = 6_000;

/// Typists that are remembered before those whose leases are over are forgotten.
const SWEEP_AT: usize = 1_024;

/// Tells who is typing. Cheap to clone; copies share their leases.
#[derive(Clone)]
pub struct Typing {
    broker: Arc<dyn Broker>,
    application_id: ApplicationId,
    clock: Clock,
    leases: Arc<Mutex<Leases>>,
}

/// Who is typing where, and until when.
type Leases = HashMap<UserId, Vec<(Conversation, Timestamp)>>;

impl Typing {
    /// Nobody types yet.
    pub fn new(broker: Arc<dyn Broker>, application_id: ApplicationId, clock: Clock) -> Self {
        Self { broker, application_id, clock, leases: Arc::default() }
    }

    /// Begins a lease, or prolongs it; returns its end. Told only if `is_shown`.
    ///
    /// # Errors
    /// `Unavailable` if nobody can be told.
    pub(super) async fn begin(
        &self,
        user: &UserSummary,
        conversation: Conversation,
        is_shown: bool,
        except: Option<SocketId>,
    ) -> Result<Timestamp, AppError> {
        let now = self.clock.now();
        let until = now.plus_ms(LEASE_MS);
        if !is_shown {
            return Ok(until);
        }
        {
            let mut leases = self.lock();
            if leases.len() >= SWEEP_AT {
                leases.retain(|_, of_user| of_user.iter().any(|(_, until)| *until > now));
            }
            let of_user = leases.entry(user.id).or_default();
            of_user.retain(|(place, until)| *place != conversation && *until > now);
            of_user.push((conversation, until));
        }
        self.tell(user, conversation, until, except).await.map(|()| until)
    }

    /// Ends a lease before its time; nothing is told if there is none.
    pub(super) async fn end(&self, user: &UserSummary, conversation: Conversation) {
        if self.take(user.id, |it| it == conversation).is_empty() {
            return;
        }
        self.tell_end(user, conversation).await;
    }

    /// Ends all that somebody was typing: they have left.
    pub async fn end_all(&self, user: &UserSummary) {
        for conversation in self.take(user.id, |_| true) {
            self.tell_end(user, conversation).await;
        }
    }

    async fn tell_end(&self, user: &UserSummary, conversation: Conversation) {
        // What can't be told ends by itself within seconds.
        if let Err(error) = self.tell(user, conversation, self.clock.now(), None).await {
            tracing::warn!(%error, "the end of typing is not told");
        }
    }

    /// Takes running leases away; returns where they were.
    fn take(&self, user_id: UserId, is_meant: impl Fn(Conversation) -> bool) -> Vec<Conversation> {
        let now = self.clock.now();
        let mut leases = self.lock();
        let Some(of_user) = leases.get_mut(&user_id) else { return Vec::new() };
        let (ended, running): (Vec<_>, Vec<_>) = of_user.drain(..).partition(|(place, _)| is_meant(*place));
        *of_user = running;
        if of_user.is_empty() {
            leases.remove(&user_id);
        }
        ended.into_iter().filter(|(_, until)| *until > now).map(|(conversation, _)| conversation).collect()
    }

    /// Tells the conversation's channel; of two people also the other one's own, since a list listens there.
    async fn tell(
        &self,
        user: &UserSummary,
        conversation: Conversation,
        until: Timestamp,
        except: Option<SocketId>,
    ) -> Result<(), AppError> {
        let event = AppEvent::from(UserTyping { user: user.clone(), until, conversation });
        let peer = conversation.peer(user.id).map(AppChannel::PrivateUser);
        let data: Arc<str> = event.to_data().into();
        let publication = |channel: AppChannel| Publication {
            application_id: self.application_id.clone(),
            channel: channel.channel_name(),
            event: event.name().into(),
            data: Arc::clone(&data),
            except,
            logged: None,
        };
        let publications = [Some(AppChannel::from(conversation)), peer].into_iter().flatten().map(publication);
        self.broker.publish(publications.collect()).await.map_err(|error| {
            tracing::warn!(%error, "a typing notice is not published");
            AppError::Unavailable("nobody can be told at the moment: try again soon".to_owned())
        })
    }

    fn lock(&self) -> MutexGuard<'_, Leases> {
        // Each change leaves the table whole, so a panic elsewhere does no harm.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
