//! From what happens to stored requests: who wants it, whether it was taken back, and what goes together.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use app::realtime::ChannelName;
use indexmap::IndexMap;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Context, EndpointKey, WebhookKind, WebhookSettings};
use crate::application::{ApplicationId, Applications};
use crate::hub::{Hub, Occurred, Occurrence};
use crate::presence::ChannelKey;
use crate::store::{DepartureRow, NewDeliveryRow, StoreError};

/// Occurrences that are taken before their requests are looked at.
const TAKEN_AT_ONCE: usize = 1_000;

/// How often departures are looked for that a stopped server has left.
const ADOPTION_INTERVAL: Duration = Duration::from_secs(1);

/// Departures that are adopted at once.
const ADOPTED_AT_ONCE: i64 = 10_000;

/// The pause after the database could not be written to.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Collects until the token is cancelled, then stores what there is.
pub(super) async fn run(context: Context, mut occurrences: mpsc::Receiver<Occurrence>, shutdown: CancellationToken) {
    let mut collector = Collector::new(context.settings);
    let mut adoption = tokio::time::interval(ADOPTION_INTERVAL);
    adoption.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_over = false;
    while !is_over {
        let due = collector.next_due();
        tokio::select! {
            () = shutdown.cancelled() => is_over = true,
            occurrence = occurrences.recv() => match occurrence {
                Some(occurrence) => {
                    let applications = context.hub.applications();
                    collector.take(occurrence, &applications, Instant::now());
                    take_waiting(&mut collector, &mut occurrences, &applications, TAKEN_AT_ONCE);
                }
                None => is_over = true,
            },
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            _ = adoption.tick() => adopt(&context, &mut collector).await,
        }
        let applications = context.hub.applications();
        collector.settle(&applications, Instant::now());
        collector.close_old(Instant::now());
        store(&context, &mut collector).await;
    }
    let applications = context.hub.applications();
    take_waiting(&mut collector, &mut occurrences, &applications, usize::MAX);
    collector.close_all();
    store(&context, &mut collector).await;
    leave_departures(&context, collector.absences.into_keys()).await;
}

fn take_waiting(
    collector: &mut Collector,
    occurrences: &mut mpsc::Receiver<Occurrence>,
    applications: &Applications,
    limit: usize,
) {
    for _ in 0..limit {
        let Ok(occurrence) = occurrences.try_recv() else { return };
        collector.take(occurrence, applications, Instant::now());
    }
}

/// Stores the requests that are complete. What can't be stored waits, as long as there is room.
async fn store(context: &Context, collector: &mut Collector) {
    if collector.closed.is_empty() || collector.store_again_at.is_some_and(|it| it > Instant::now()) {
        return;
    }
    match try_store(context, &collector.closed).await {
        Ok(()) => {
            collector.closed.clear();
            collector.store_again_at = None;
            context.stored.notify_one();
        }
        Err(error) => {
            if collector.store_again_at.is_none() {
                tracing::error!(error = &error as &dyn std::error::Error, "webhooks can't be stored, and wait");
            }
            collector.store_again_at = Some(Instant::now() + STORE_PAUSE);
            context.status.were_dropped(collector.drop_surplus());
        }
    }
}

async fn try_store(context: &Context, requests: &[Request]) -> Result<(), StoreError> {
    let now = context.clock.now();
    let retry_ms = i64::try_from(context.settings.retry_for.as_millis()).unwrap_or(i64::MAX);
    let mut tx = context.store.begin().await?;
    let mut stored = Vec::with_capacity(requests.len());
    for Request { endpoint, events } in requests {
        if context.status.waiting_for(endpoint) >= context.settings.max_waiting as u64 {
            context.status.were_dropped(events.len());
            continue;
        }
        let body = format!(r#"{{"time_ms":{},"events":[{}]}}"#, now.unix_ms(), events.join(","));
        let row = NewDeliveryRow {
            application_id: &endpoint.application.0,
            url: &endpoint.url,
            body: &body,
            events: i64::try_from(events.len()).unwrap_or(i64::MAX),
            at: now,
            give_up_at: now.plus_ms(retry_ms),
        };
        tx.insert_delivery(row).await?;
        stored.push(endpoint);
    }
    tx.commit().await?;
    for endpoint in stored {
        context.status.was_stored(endpoint);
    }
    Ok(())
}

/// Takes over the departures that a stopped server has left, but for whoever is back.
async fn adopt(context: &Context, collector: &mut Collector) {
    match context.store.take_departures(ADOPTED_AT_ONCE).await {
        Ok(departures) => {
            for departure in departures {
                let Some(absence) = Absence::of(&departure) else { continue };
                if !absence.is_over(&context.hub) {
                    collector.absent(absence, Instant::now());
                }
            }
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "departures can't be taken over");
        }
    }
}

/// Leaves the departures that nobody was told of to the next server: its clients may be there already.
async fn leave_departures(context: &Context, absences: impl Iterator<Item = Absence>) {
    let rows: Vec<_> = absences.map(|it| it.row()).collect();
    let left = async {
        let mut tx = context.store.begin().await?;
        for row in &rows {
            tx.insert_departure(row).await?;
        }
        tx.commit().await
    };
    if !rows.is_empty()
        && let Err(error) = left.await
    {
        tracing::error!(error = &error as &dyn std::error::Error, "departures were lost, and nobody will tell them");
    }
}

/// A channel without sockets, or a member without.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Absence {
    key: ChannelKey,
    user_id: Option<Arc<str>>,
}

impl Absence {
    fn of(row: &DepartureRow) -> Option<Self> {
        let channel = row.channel.parse::<ChannelName>().ok()?;
        let user_id = match &row.user_id {
            Some(json) => Some(serde_json::from_str::<String>(json).ok()?.into()),
            None => None,
        };
        let application = ApplicationId(row.application_id.as_str().into());
        Some(Self { key: ChannelKey { application, channel }, user_id })
    }

    fn row(&self) -> DepartureRow {
        DepartureRow {
            application_id: self.key.application.0.to_string(),
            channel: self.key.channel.to_string(),
            user_id: self.user_id.as_deref().map(|it| serde_json::Value::from(it).to_string()),
        }
    }

    fn is_over(&self, hub: &Hub) -> bool {
        let ChannelKey { application, channel } = &self.key;
        match &self.user_id {
            Some(user_id) => hub.members(application, channel).iter().any(|it| it.user_id == *user_id),
            None => hub.counts(application, channel).subscriptions > 0,
        }
    }
}

/// Events for one receiver that go together.
struct Request {
    endpoint: EndpointKey,
    events: Vec<String>,
}

/// A request that is still open.
struct OpenRequest {
    since: Instant,
    events: Vec<String>,
}

/// What was told and is not stored yet.
struct Collector {
    settings: WebhookSettings,
    /// Departures that may still be taken back, each with a number (rule WHK-6).
    absences: HashMap<Absence, u64>,
    /// The same with the time at which each is told, in that order; some were taken back meanwhile.
    order: VecDeque<(Instant, Absence, u64)>,
    last_number: u64,
    open: IndexMap<EndpointKey, OpenRequest>,
    closed: Vec<Request>,
    /// When storing is tried again.
    store_again_at: Option<Instant>,
}

impl Collector {
    fn new(settings: WebhookSettings) -> Self {
        Self {
            settings,
            absences: HashMap::new(),
            order: VecDeque::new(),
            last_number: 0,
            open: IndexMap::new(),
            closed: Vec::new(),
            store_again_at: None,
        }
    }

    fn take(&mut self, occurrence: Occurrence, applications: &Applications, now: Instant) {
        let Occurrence { application, channel, what } = occurrence;
        let key = ChannelKey { application, channel };
        let is_back = match &what {
            Occurred::Occupied => self.absences.remove(&Absence { key: key.clone(), user_id: None }).is_some(),
            Occurred::MemberAdded(user_id) => {
                self.absences.remove(&Absence { key: key.clone(), user_id: Some(Arc::clone(user_id)) }).is_some()
            }
            Occurred::Vacated => return self.absent(Absence { key, user_id: None }, now),
            Occurred::MemberRemoved(user_id) => {
                return self.absent(Absence { user_id: Some(Arc::clone(user_id)), key }, now);
            }
            _ => false,
        };
        if !is_back {
            self.tell(&key, &what, applications, now);
        }
    }

    /// Lets a departure wait, in case it is taken back.
    fn absent(&mut self, absence: Absence, now: Instant) {
        self.last_number += 1;
        self.absences.insert(absence.clone(), self.last_number);
        self.order.push_back((now + self.settings.departure_delay, absence, self.last_number));
    }

    /// Tells the departures whose time has come.
    fn settle(&mut self, applications: &Applications, now: Instant) {
        while self.order.front().is_some_and(|(due, ..)| *due <= now) {
            let Some((_, absence, number)) = self.order.pop_front() else { return };
            if self.absences.get(&absence) != Some(&number) {
                continue; // taken back, perhaps to go once more
            }
            self.absences.remove(&absence);
            let what = absence.user_id.map_or(Occurred::Vacated, Occurred::MemberRemoved);
            self.tell(&absence.key, &what, applications, now);
        }
    }

    /// Adds an event to the request of each receiver that wants it.
    fn tell(&mut self, key: &ChannelKey, what: &Occurred, applications: &Applications, now: Instant) {
        let Some(application) = applications.by_id(&key.application) else { return };
        let (kind, channel) = (what.kind(), key.channel.as_str());
        let mut event = None;
        for webhook in application.webhooks.iter().filter(|it| it.wants(kind, channel)) {
            let event = event.get_or_insert_with(|| event_json(kind, channel, what)).clone();
            let endpoint = EndpointKey { application: key.application.clone(), url: webhook.url.as_str().into() };
            let request =
                self.open.entry(endpoint.clone()).or_insert_with(|| OpenRequest { since: now, events: Vec::new() });
            request.events.push(event);
            if request.events.len() >= self.settings.batch_events {
                self.close(&endpoint);
            }
        }
    }

    fn close(&mut self, endpoint: &EndpointKey) {
        if let Some(request) = self.open.shift_remove(endpoint) {
            self.closed.push(Request { endpoint: endpoint.clone(), events: request.events });
        }
    }

    /// Closes the requests that have waited long enough for more events.
    fn close_old(&mut self, now: Instant) {
        while let Some((endpoint, _)) =
            self.open.first().filter(|(_, request)| request.since + self.settings.batch_window <= now)
        {
            let endpoint = endpoint.clone();
            self.close(&endpoint);
        }
    }

    fn close_all(&mut self) {
        while let Some((endpoint, _)) = self.open.first() {
            let endpoint = endpoint.clone();
            self.close(&endpoint);
        }
    }

    /// When there is something to do without any further word.
    fn next_due(&self) -> Option<Instant> {
        let departure = self.order.front().map(|(due, ..)| *due);
        let request = self.open.first().map(|(_, it)| it.since + self.settings.batch_window);
        [departure, request, self.store_again_at].into_iter().flatten().min()
    }

    /// Drops what is beyond the bound, the newest first; how many events.
    fn drop_surplus(&mut self) -> usize {
        let mut waiting: usize = self.closed.iter().map(|it| it.events.len()).sum();
        let mut dropped = 0;
        while waiting > self.settings.max_waiting {
            let Some(request) = self.closed.pop() else { break };
            waiting -= request.events.len();
            dropped += request.events.len();
        }
        dropped
    }
}

/// One event of a request (section 16.2). The order of the keys is the specification's.
#[derive(Serialize)]
struct EventBody<'a> {
    name: &'static str,
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    socket_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_count: Option<usize>,
}

fn event_json(kind: WebhookKind, channel: &str, what: &Occurred) -> String {
    let mut body = EventBody {
        name: kind.name(),
        channel,
        event: None,
        data: None,
        socket_id: None,
        user_id: None,
        subscription_count: None,
    };
    match what {
        Occurred::Occupied | Occurred::Vacated | Occurred::CacheMiss => {}
        Occurred::MemberAdded(user_id) | Occurred::MemberRemoved(user_id) => body.user_id = Some(user_id),
        Occurred::ClientEvent { event, data, socket_id, user_id } => {
            body.event = Some(event);
            // A text goes as it is, everything else as its JSON (rule WHK-4).
            body.data = Some(serde_json::from_str::<String>(data).unwrap_or_else(|_| data.to_string()));
            body.socket_id = Some(socket_id.to_string());
            body.user_id = user_id.as_deref();
        }
        Occurred::SubscriptionCount(count) => body.subscription_count = Some(*count),
    }
    serde_json::to_string(&body).unwrap_or_else(|never| unreachable!("texts and numbers are JSON: {never}"))
}

#[cfg(test)]
mod tests;
