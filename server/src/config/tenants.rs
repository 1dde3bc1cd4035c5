//! Applications, made of their settings.

use std::collections::HashSet;
use std::time::Duration;

use app::realtime::{AppChannel, ChannelName};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::choices::ClientEvents;
use super::error::SettingProblem;
use super::secrets::Secrets;
use super::settings::ApplicationSettings;
use super::{Config, Seconds};
use crate::application::{
    Application, ApplicationId, Applications, ClientEventPolicy, Guard, KeptChannels, Limits, RateLimit,
};
use crate::webhooks::{Webhook, WebhookSettings};

/// How long a person of our own app may be away before the others are told: a reload, or a restart of the server.
const OWN_LEAVE_GRACE: Duration = Duration::from_secs(10);

/// Bytes of the master key of encrypted channels.
const MASTER_KEY_BYTES: usize = 32;

/// Notes what no single value shows: parts of an identity missing, two applications with the same one.
pub(super) fn check(own: &ApplicationSettings, more: &[ApplicationSettings], problems: &mut Vec<SettingProblem>) {
    let mut note = |text: String| problems.push(SettingProblem::Combination(text));
    let given = [own.id.is_some(), own.key.is_some(), own.secret.is_some()];
    if given.contains(&true) && given.contains(&false) {
        let missing = ["application.id", "application.key", "application.secret"]
            .into_iter()
            .zip(given)
            .filter_map(|(name, is_given)| (!is_given).then_some(name));
        let missing: Vec<_> = missing.collect();
        note(format!(
            "{} missing: give id, key and secret together, or none of them to have them made",
            missing.join(", ")
        ));
    }
    let mut ids: HashSet<&str> = own.id.as_deref().into_iter().collect();
    let mut keys: HashSet<&str> = own.key.as_deref().into_iter().collect();
    for (index, application) in more.iter().enumerate() {
        let (Some(id), Some(key), Some(_)) = (&application.id, &application.key, &application.secret) else {
            note(format!("applications[{index}] needs id, key and secret"));
            continue;
        };
        if !ids.insert(id) {
            note(format!("applications[{index}].id is {id:?}, as another application's: expected an id of its own"));
        }
        if !keys.insert(key) {
            note(format!("applications[{index}].key is {key:?}, as another application's: expected a key of its own"));
        }
    }
    for application in std::iter::once(own).chain(more) {
        let names = [("id", &application.id), ("key", &application.key)];
        for (name, value) in names {
            if let Some(value) = value
                && !value.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.'))
            {
                note(format!(
                    "application.{name} is {value:?}: expected letters, digits, dots, dashes and underscores, since it stands in addresses"
                ));
            }
        }
        if application.encryption_master_key.is_some() && master_key(application).is_none() {
            note("application.encryption_master_key (not shown) is wrong: expected 32 bytes in base64, e.g. from `openssl rand -base64 32`".to_owned());
        }
    }
}

/// The master key of encrypted channels, decoded.
fn master_key(settings: &ApplicationSettings) -> Option<[u8; MASTER_KEY_BYTES]> {
    let text = &settings.encryption_master_key.as_ref()?.0;
    BASE64_STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

impl Config {
    /// What an operator should know of settings that are valid and hardly meant so, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let misspelt = self.misspelt.iter();
        let mut warnings: Vec<_> = misspelt
            .map(|(name, meant)| {
                format!("the environment holds {name}, which is no setting and changes nothing: was {meant} meant?")
            })
            .collect();
        let more = self.more_applications.iter().enumerate().map(|(index, it)| (format!("applications[{index}]"), it));
        for (section, settings) in std::iter::once(("application".to_owned(), &self.application)).chain(more) {
            for pattern in settings.allowed_origins.0.iter().filter(|it| is_odd_origin(it)) {
                warnings.push(format!(
                    "{section}.allowed_origins holds {pattern:?}, which lets nobody in: expected a host without scheme and port, such as app.example.com or *.example.com"
                ));
            }
            if let ClientEvents::Unknown(word) = &settings.accept_client_events_from {
                warnings.push(format!(
                    "{section}.accept_client_events_from is {word:?}, so nobody may send client events: expected members, all or none"
                ));
            }
        }
        warnings
    }

    /// All applications; the app's own has the identity of `secrets`.
    pub fn applications(&self, secrets: &Secrets) -> Applications {
        let receivers = |index: usize| self.webhook_receivers.get(index).cloned().unwrap_or_default();
        let own = application(
            &self.application,
            (&secrets.application_id, &secrets.application_key, &secrets.application_secret),
            OWN_LEAVE_GRACE,
            receivers(0),
        );
        let guard = if self.app.private_general_chat { Guard::Subscription } else { Guard::History };
        let has_log: fn(&ChannelName) -> bool = |it| AppChannel::try_from(it).is_ok_and(AppChannel::is_logged);
        let own = Application {
            guarded_channels: vec![(AppChannel::Chat.channel_name(), guard)],
            kept_channels: KeptChannels { has_log: Some(has_log), ..own.kept_channels },
            ..own
        };
        let more = self.more_applications.iter().enumerate().filter_map(|(index, settings)| {
            let identity = (settings.id.as_deref()?, settings.key.as_deref()?, settings.secret.as_ref()?.0.as_str());
            Some(application(settings, identity, Duration::ZERO, receivers(index + 1)))
        });
        Applications::new(std::iter::once(own).chain(more))
    }

    /// How webhooks are delivered.
    pub fn webhook_settings(&self) -> WebhookSettings {
        WebhookSettings {
            batch_window: Duration::from_millis(self.webhooks.batch_window_ms.get().into()),
            batch_events: self.webhooks.batch_events.into(),
            departure_delay: self.webhooks.departure_delay.0,
            timeout: self.webhooks.timeout.0,
            retry_for: self.webhooks.retry_for.0,
            max_waiting: self.webhooks.max_waiting.into(),
            ..WebhookSettings::default()
        }
    }

    /// The master key of the app's own encrypted channels, if it has one.
    pub fn encryption_master_key(&self) -> Option<[u8; MASTER_KEY_BYTES]> {
        master_key(&self.application)
    }

    /// The id of the app's own application.
    pub fn own_application_id(secrets: &Secrets) -> ApplicationId {
        ApplicationId(secrets.application_id.as_str().into())
    }
}

/// Whether no host can fit: a scheme, or a port. An IPv6 address stands in brackets, as in an origin.
fn is_odd_origin(pattern: &str) -> bool {
    let behind_address = pattern.strip_prefix('[').and_then(|it| it.split_once(']')).map_or(pattern, |(_, rest)| rest);
    behind_address.contains(':')
}

fn application(
    settings: &ApplicationSettings,
    (id, key, secret): (&str, &str, &str),
    default_grace: Duration,
    webhooks: Vec<Webhook>,
) -> Application {
    Application {
        is_enabled: settings.enabled,
        tls_only: settings.tls_only,
        allowed_origins: settings.allowed_origins.0.clone(),
        ping_interval: settings.ping_interval.0,
        pong_timeout: settings.pong_timeout.0,
        activity_timeout: settings.activity_timeout.0,
        max_connections: settings.max_connections.map(Into::into),
        max_message_size_bytes: settings.max_message_size.into(),
        max_channels_per_connection: settings.max_channels_per_connection.into(),
        accept_client_events_from: match settings.accept_client_events_from {
            ClientEvents::Members => ClientEventPolicy::Members,
            ClientEvents::All => ClientEventPolicy::All,
            ClientEvents::None | ClientEvents::Unknown(_) => ClientEventPolicy::None,
        },
        rate_limit: settings.rate_limiting.then(|| RateLimit {
            max_attempts: settings.rate_limit_max_attempts.get(),
            decay: settings.rate_limit_decay_seconds.0,
            terminate: settings.rate_limit_terminate,
        }),
        presence_leave_grace: settings.presence_leave_grace.map_or(default_grace, |Seconds(it)| it),
        max_presence_members: settings.max_presence_members.map(Into::into),
        max_presence_member_bytes: settings.max_presence_member_bytes.map(Into::into),
        cache_ttl: settings.cache_ttl.0,
        subscription_count: settings.subscription_count,
        watchlist_events: settings.watchlist_events,
        kept_channels: KeptChannels { patterns: settings.recovered_channels.0.clone(), has_log: None },
        catch_up: settings.catch_up,
        limits: limits(settings),
        webhooks,
        ..Application::new(id, key, secret)
    }
}

fn limits(settings: &ApplicationSettings) -> Limits {
    Limits {
        max_connections_per_address: settings.max_connections_per_address.map(Into::into),
        max_connections_per_user: settings.max_connections_per_user.map(Into::into),
        client_events_per_second: settings.client_events_per_second,
        total_client_events_per_second: settings.total_client_events_per_second,
        subscribes_per_second: settings.subscribes_per_second,
        total_subscribes_per_second: settings.total_subscribes_per_second,
        publishes_per_second: settings.publishes_per_second,
        max_event_name_chars: settings.max_event_name_length.into(),
        max_channel_name_chars: settings.max_channel_name_length.into(),
        max_client_event_data_bytes: settings.max_client_event_data_size.into(),
        max_channels_per_event: settings.max_channels_per_event.into(),
        max_events_per_batch: settings.max_events_per_batch.into(),
        max_user_id_chars: settings.max_user_id_length.into(),
        max_member_id_chars: settings.max_presence_user_id_length.map(Into::into),
        max_watchlist_ids: settings.max_watchlist_length.into(),
    }
}
