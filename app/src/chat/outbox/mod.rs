//! What has been written and not yet accepted by the server: kept in order, sent in order, one at a time.
//!
//! Pure: it is told what happened and says what to do next. `storage.rs` keeps it in the browser's IndexedDB, so that
//! it survives reloads and restarts. The server knows each message by its client id, so sending twice is sending once.

mod storage;

use serde::{Deserialize, Serialize};

use super::model::Quote;
use crate::error::AppError;
use crate::ids::ClientId;
use crate::time::Timestamp;

pub use storage::{OutboxStorage, TabMessage};

/// Waits between automatic tries, in milliseconds; the last one repeats.
const BACK_OFF_MS: [i64; 4] = [4_000, 8_000, 16_000, 30_000];

/// How long a tab lets another one send what that one has written, before it sends it itself. Twice is the same as once.
const OTHER_TABS_TURN_MS: i64 = 5_000;

/// A message as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMessage {
    /// The id under which the server knows it; later messages have higher ones.
    pub client_id: ClientId,
    /// Valid by [`super::validate_body`].
    pub body: String,
    /// When it was written, by the browser's clock.
    pub created_at: Timestamp,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Quote>,
}

/// How the way to the server looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Line {
    /// The browser says that there is no network: nothing is tried.
    Offline,
    /// The socket is not connected, for whatever reason: worth a try now and then.
    #[default]
    Unsure,
    /// The socket is connected.
    Connected,
}

/// What an unsent message looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Waits for the connection.
    WaitingForConnection,
    /// Waits for one before it.
    WaitingForTurn,
    /// On its way.
    Sending,
    /// Could not be sent; tried again by itself and on demand.
    Failed,
    /// Too many in a short time; sent by itself after `until`.
    Limited {
        /// When the server will take it.
        until: Timestamp,
    },
    /// The server will never take it as it is.
    Refused {
        /// Why, as a sentence.
        reason: String,
    },
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Post this one, and report with [`Outbox::answered`].
    Send(OutboxMessage),
    /// Ask again then.
    WaitUntil(Timestamp),
    /// Nothing, until something else happens.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Waiting,
    Sending,
    Failed,
    Limited { until: Timestamp },
    Refused { reason: String },
}

impl State {
    /// What an author who does not look must hear of it.
    fn news(&self) -> Option<String> {
        match self {
            Self::Waiting | Self::Sending => None,
            Self::Failed => Some("Your message was not sent.".to_owned()),
            Self::Limited { .. } => Some("Too many messages. Yours is sent in a moment.".to_owned()),
            Self::Refused { reason } => Some(format!("Your message was not sent. {reason}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    message: OutboxMessage,
    state: State,
    failures: usize,
    retry_at: Option<Timestamp>,
}

/// The queue. See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    entries: Vec<Entry>,
    in_flight: Option<ClientId>,
    line: Line,
}

impl Outbox {
    /// Adds a message at its place: written now, or read from storage. One that is in the queue already is not added.
    pub fn add(&mut self, message: OutboxMessage) {
        self.insert(message, None);
    }

    /// Adds a message that another tab has written and is about to send. If that tab is closed before, it is sent here.
    pub fn add_of_other_tab(&mut self, message: OutboxMessage, now: Timestamp) {
        self.insert(message, Some(now.plus_ms(OTHER_TABS_TURN_MS)));
    }

    fn insert(&mut self, message: OutboxMessage, retry_at: Option<Timestamp>) {
        if self.entries.iter().any(|it| it.message.client_id == message.client_id) {
            return;
        }
        let place = self.entries.partition_point(|it| it.message.client_id < message.client_id);
        self.entries.insert(place, Entry { message, state: State::Waiting, failures: 0, retry_at });
    }

    /// Whether everything has been accepted.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The messages and what they look like, oldest first.
    pub fn shown(&self) -> impl Iterator<Item = (&OutboxMessage, Shown)> {
        let (mut is_stuck, mut is_cut) = (false, self.line == Line::Offline);
        self.entries.iter().map(move |entry| {
            let shown = match &entry.state {
                State::Refused { reason } => Shown::Refused { reason: reason.clone() },
                State::Limited { until } => Shown::Limited { until: *until },
                State::Failed => Shown::Failed,
                State::Waiting if is_cut || entry.failures > 0 => Shown::WaitingForConnection,
                State::Waiting if is_stuck => Shown::WaitingForTurn,
                State::Waiting | State::Sending => Shown::Sending,
            };
            is_stuck |= matches!(entry.state, State::Failed | State::Limited { .. });
            is_cut |= shown == Shown::WaitingForConnection;
            (&entry.message, shown)
        })
    }

    /// What to do now. Whoever is told to send must report the answer.
    pub fn next(&mut self, now: Timestamp) -> Next {
        if self.line == Line::Offline || self.in_flight.is_some() {
            return Next::Nothing;
        }
        let Some(entry) = self.entries.iter_mut().find(|it| !matches!(it.state, State::Refused { .. })) else {
            return Next::Nothing;
        };
        if let Some(retry_at) = entry.retry_at.filter(|it| *it > now) {
            return Next::WaitUntil(retry_at);
        }
        // A try that nobody asked for goes on quietly: "Not sent" stays until it is.
        if entry.state != State::Failed {
            entry.state = State::Sending;
        }
        self.in_flight = Some(entry.message.client_id);
        Next::Send(entry.message.clone())
    }

    /// Reports what became of a message that was to be sent. If its author has to be told, what to say.
    pub fn answered(&mut self, client_id: ClientId, answer: Result<(), AppError>, now: Timestamp) -> Option<String> {
        if self.in_flight == Some(client_id) {
            self.in_flight = None;
        }
        let Err(error) = answer else {
            self.accepted(client_id);
            return None;
        };
        let line = self.line;
        let entry = self.entries.iter_mut().find(|it| it.message.client_id == client_id)?;
        let before = entry.state.clone();
        match error {
            AppError::TooManyRequests { retry_after_s } => {
                let wait_ms = i64::try_from(retry_after_s.max(1)).unwrap_or(i64::MAX).saturating_mul(1_000);
                let until = now.plus_ms(wait_ms);
                entry.state = State::Limited { until };
                entry.retry_at = Some(until);
            }
            AppError::Invalid(_)
            | AppError::Conflict(_)
            | AppError::Forbidden(_)
            | AppError::NotFound(_)
            | AppError::TooLarge { .. } => entry.state = State::Refused { reason: reason(&error) },
            AppError::Unreachable(_)
            | AppError::Unavailable(_)
            | AppError::Internal
            | AppError::Unauthenticated
            | AppError::CsrfMismatch => {
                let is_cut = matches!(error, AppError::Unreachable(_)) && line != Line::Connected;
                entry.state = if is_cut { State::Waiting } else { State::Failed };
                let wait_ms = BACK_OFF_MS[entry.failures.min(BACK_OFF_MS.len() - 1)];
                entry.failures += 1;
                entry.retry_at = Some(now.plus_ms(wait_ms));
            }
        }
        if entry.state == before { None } else { entry.state.news() }
    }

    /// The server has it: told by an answer, an echo, a page, or another tab.
    pub fn accepted(&mut self, client_id: ClientId) {
        self.entries.retain(|it| it.message.client_id != client_id);
        if self.in_flight == Some(client_id) {
            self.in_flight = None;
        }
    }

    /// The way to the server changed. A way that opens is tried at once, whatever the back-off said.
    pub fn set_line(&mut self, line: Line) {
        if self.line == line {
            return;
        }
        self.line = line;
        for entry in &mut self.entries {
            let is_failed = entry.state == State::Failed;
            if is_failed && line != Line::Unsure {
                entry.state = State::Waiting;
            }
            if line == Line::Connected && (is_failed || entry.state == State::Waiting) {
                entry.failures = 0;
                entry.retry_at = None;
            }
        }
    }

    /// Tries a failed message now, and with it those before it, since the order is kept.
    pub fn retry(&mut self, client_id: ClientId) {
        for entry in self.entries.iter_mut().filter(|it| it.message.client_id <= client_id) {
            if entry.state == State::Failed {
                entry.state = State::Waiting;
                entry.failures = 0;
                entry.retry_at = None;
            }
        }
    }

    /// Takes a message out for good, and gives back what it said. One that is on its way may arrive all the same.
    pub fn remove(&mut self, client_id: ClientId) -> Option<String> {
        let place = self.entries.iter().position(|it| it.message.client_id == client_id)?;
        Some(self.entries.remove(place).message.body)
    }
}

/// Why a message is refused, as a sentence for its author.
fn reason(error: &AppError) -> String {
    match error {
        AppError::Invalid(fields) => match fields.first() {
            Some(it) if it.field == "body" => format!("The message {}.", it.detail),
            _ => format!("{error}."),
        },
        AppError::TooLarge { .. } => "The message is too long.".to_owned(),
        _ => {
            let text = error.to_string();
            let mut chars = text.chars();
            chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_ascii_uppercase(), chars.as_str()))
        }
    }
}

#[cfg(test)]
mod tests;
