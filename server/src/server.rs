//! The whole server: its parts made and joined, served, and stopped in order.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use app::ids::UserId;
use app::realtime::AppChannel;
use tokio_util::sync::CancellationToken;

use crate::application::ApplicationId;
use crate::broker::{Broker, LocalBroker};
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::domain::{
    AccountLimits, Accounts, Chat, ChatLimits, HideMember, Notifications, Passwords, People, PresenceRecorder,
    PresentUsers, SessionSweep, Sessions, SettingsDesk, Tokens, Typing, UnreadCheck,
};
use crate::encryption::EncryptingBroker;
use crate::event_log::{Bell, EventLog, LogHistory, Relay, Retention, RetentionSweep};
use crate::handshakes::Handshakes;
use crate::http::broadcasting::{AuthorizationSweep, AuthorizedSockets};
use crate::http::pages::leptos_options;
use crate::http::pusher::{PusherApi, PusherApiLimits};
use crate::http::signer::Signer;
use crate::hub::{Hub, HubSettings};
use crate::listen::Listeners;
use crate::reload::Reloader;
use crate::state::{AppState, OwnApplication, Start};
use crate::store::{Lease, Store};
use crate::supervisor::Supervisor;
use crate::tls::Certificate;
use crate::webhooks::Webhooks;
use crate::{listen, router};

/// How long requests that have begun may take after a stop was asked for.
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);

/// How long background tasks may take to finish what they are at.
const TASK_PATIENCE: Duration = Duration::from_secs(5);

/// A server that is ready to accept connections.
pub struct Server {
    state: AppState,
    log: EventLog,
    present_users: PresentUsers,
    typing: Typing,
    relay: Relay,
    lease: Lease,
    webhooks: Webhooks,
    certificate: Option<Certificate>,
    /// The file of secrets, if this start has made it.
    pub new_secrets_file: Option<PathBuf>,
}

impl Server {
    /// Opens the database, brings its schema up to date, and starts the hub. Nothing is accepted yet.
    ///
    /// # Errors
    /// If the database or the secrets can't be used; the text says what to do.
    pub async fn prepare(config: Config, clock: Clock, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let certificate = match (&config.tls.certificate, &config.tls.key) {
            (Some(certificate), Some(key)) => Some(Certificate::read(certificate, key)?),
            _ => None,
        };
        let store = Store::connect(&config.database_target).await?;
        // Before the schema is touched, which another server may be using.
        let lease = store.lease(config.database.takeover_patience.0).await?;
        store.migrate().await?;
        let (secrets, new_secrets_file) = config.secrets()?;
        let applications = config.applications(&secrets);
        let id = Config::own_application_id(&secrets);
        let own_application =
            applications.by_id(&id).map(Arc::clone).context("the app's own application is missing")?;
        let bell = Bell::new();
        let log = EventLog::new(store.clone(), id.clone(), clock.clone(), bell.clone());
        let history = Arc::new(LogHistory::new(log.clone()));
        let settings = HubSettings {
            shards: config.server.shards.map_or(HubSettings::default().shards, Into::into),
            io_uring: config.server.io_uring,
            max_queue_bytes: config.limits.max_queue_bytes.into(),
            max_inbox_bytes: config.limits.max_inbox_bytes.into(),
            max_cached_bytes: config.limits.max_cached_bytes.into(),
            max_connections: config.limits.max_connections.map(Into::into),
            max_refused_connections: config.limits.max_refused_connections.into(),
            max_recovery_events: config.limits.max_recovery_events.into(),
            max_recovery_bytes: config.limits.max_recovery_bytes.into(),
            count_pause: HubSettings::default().count_pause,
            logs_frames: config.log.frames,
            max_recent_events: config.limits.max_recent_events.into(),
            max_recent_bytes: config.limits.max_recent_bytes.into(),
            max_followers: config.limits.max_followed_positions.into(),
            confirm_pause: HubSettings::default().confirm_pause,
            close_timeout: config.limits.close_timeout.0,
            slow_close_timeout: config.limits.slow_close_timeout.0,
        };
        let runtime = tokio::runtime::Handle::current();
        let hub =
            Hub::start(settings, applications, history, clock.clone(), runtime).context("the hub can't be started")?;
        let broker: Arc<dyn Broker> = Arc::new(LocalBroker::new(Arc::clone(&hub)));
        // What SDKs publish to encrypted channels is encrypted already; what we publish is not.
        let own_broker: Arc<dyn Broker> =
            Arc::new(EncryptingBroker::new(Arc::clone(&broker), config.encryption_master_key()));
        let relay = Relay::new(store.clone(), Arc::clone(&own_broker), bell);
        let webhooks = Webhooks::new(Arc::clone(&hub), store.clone(), clock.clone(), config.webhook_settings());
        let max_clock_skew_s = config.server.max_clock_skew.0.as_secs();
        let pusher_api = PusherApi {
            hub: Arc::clone(&hub),
            broker,
            clock: clock.clone(),
            limits: PusherApiLimits {
                max_body_bytes: config.max_body_bytes(),
                max_event_data_bytes: config.max_event_data_bytes(),
                body_timeout: config.limits.body_timeout.0,
                max_clock_skew_s,
            },
            path_prefix: config.server.path.clone().unwrap_or_default().into(),
        };
        let present_users = present_users(Arc::clone(&hub), id);
        let limits = ChatLimits::default();
        let chat = Chat::new(store.clone(), log.clone(), own_broker, clock.clone(), Arc::clone(&present_users), limits);
        let typing = chat.typists();
        let hide_member = hide_member(Arc::clone(&hub), log.application_id().clone());
        let accounts = Accounts::new(store.clone(), clock.clone(), Passwords::default(), AccountLimits::default());
        if !config.site_root().join("pkg").is_dir() {
            tracing::warn!(
                site_root = %config.site_root().display(),
                "the pages' files are not there, so pages come without style and script: build them with `cargo xtask \
                 build`, start in the directory that holds them, or set server.site_root (LEPTOS_SITE_ROOT)"
            );
        }
        let address = (config.server.host, config.server.port).into();
        let handshakes =
            Handshakes::new(config.limits.max_pending_handshakes.into(), config.limits.handshake_timeout.0);
        let state = AppState {
            leptos_options: leptos_options(&config, address),
            sessions: Sessions::new(store.clone(), clock.clone()),
            tokens: Tokens::new(store.clone(), clock.clone()),
            people: Arc::new(People::new(store.clone(), log.clone(), clock.clone(), hide_member)),
            notifications: Arc::new(Notifications::new(store.clone(), log.clone(), clock.clone())),
            settings: Arc::new(SettingsDesk::new(store.clone(), log.clone(), clock.clone())),
            signer: Signer::new(&secrets.cookie_secret),
            config: Arc::new(config),
            clock: clock.clone(),
            store,
            own: OwnApplication::new(Arc::clone(&hub), own_application),
            hub,
            pusher_api,
            accounts: Arc::new(accounts),
            authorized: AuthorizedSockets::default(),
            relay_status: relay.status(),
            chat: Arc::new(chat),
            handshakes,
            start: Start::new(clock.now()),
            webhooks: webhooks.status(),
            unread_check: Arc::default(),
            requests: Arc::default(),
            shutdown,
        };
        Ok(Self { state, log, present_users, typing, relay, lease, webhooks, certificate, new_secrets_file })
    }

    /// This start, from which the next one may be asked for.
    pub fn start(&self) -> Start {
        self.state.start.clone()
    }

    /// What reads these settings again while the server runs.
    pub fn reloader(&self, sources: Sources) -> Reloader {
        let state = &self.state;
        Reloader::new(sources, Arc::clone(&state.config), Arc::clone(&state.hub), &state.own.id().0)
    }

    /// Serves until the token given to [`Server::prepare`] is cancelled, then stops in order: nobody new is accepted,
    /// sockets are released, requests finish, what they stored is published, and the database is closed.
    ///
    /// # Errors
    /// If background work failed, which stops the server too, or does not come to its end in time.
    pub async fn serve(self, listeners: &Listeners) -> anyhow::Result<()> {
        let Self { state, log, present_users, typing, relay, lease, webhooks, certificate, .. } = self;
        let (shutdown, background) = (state.shutdown.clone(), CancellationToken::new());
        let (store, clock) = (state.store.clone(), state.clock.clone());
        // Without one of these the server would go on and be wrong: the death of one stops it.
        let supervisor = Supervisor::new(shutdown.clone());
        supervisor.spawn("relay", &background, |token| async move {
            relay.run(token).await;
            Ok(())
        });
        supervisor.spawn("lease of the database", &background, |token| async move { Ok(lease.keep(token).await?) });
        // With a shard a part of the sockets is lost: another process, started anew, serves them better than half of one.
        let failure = state.hub.failure();
        supervisor.spawn("hub", &background, |token| async move {
            match token.run_until_cancelled_owned(failure.cancelled_owned()).await {
                Some(()) => Err(anyhow!("one of its threads has panicked")),
                None => Ok(()),
            }
        });
        let retention = RetentionSweep::new(store.clone(), clock.clone(), Retention::default());
        supervisor.spawn("sweep of old events", &background, |token| async move {
            retention.run(token).await;
            Ok(())
        });
        let sessions = SessionSweep(state.sessions.clone());
        supervisor.spawn("sweep of ended sessions", &background, |token| async move {
            sessions.run(token).await;
            Ok(())
        });
        let pause = state.config.database.unread_check_interval.0;
        if !pause.is_zero() {
            let check = UnreadCheck::new(store.clone(), Arc::clone(&state.unread_check));
            supervisor.spawn("check of unread counts", &background, |token| async move {
                check.run(pause, token).await;
                Ok(())
            });
        }
        let authorizations = AuthorizationSweep {
            authorized: state.authorized.clone(),
            store: store.clone(),
            clock: clock.clone(),
            hub: Arc::clone(&state.hub),
        };
        supervisor.spawn("sweep of authorized sockets", &background, |token| async move {
            authorizations.run(token).await;
            Ok(())
        });
        supervisor.spawn("delivery of webhooks", &background, |token| async move {
            webhooks.run(token).await;
            Ok(())
        });
        let acceptor = certificate.as_ref().map(Certificate::acceptor).transpose()?;
        if let Some(certificate) = certificate {
            supervisor.spawn("watch over the certificate", &background, |token| async move {
                certificate.watch(token).await;
                Ok(())
            });
        }
        let recorder = PresenceRecorder::new(store.clone(), log, clock, present_users).ending(typing);
        let changes = state.hub.presence_changes(state.own.id(), &AppChannel::PresenceChat.channel_name());
        // Stops with the first word of the stop, so that a restart does not tell that everybody left.
        supervisor.spawn("recorder of presence", &shutdown, |token| async move {
            recorder.run(changes, token).await;
            Ok(())
        });

        let (hub, window) = (Arc::clone(&state.hub), state.config.server.drain_window.0);
        // The port stays open while sockets are released: whoever comes meanwhile is told to come back, where a closed
        // port would keep it away for 15 s (rules ERR-6 and ERR-7).
        let released = CancellationToken::new();
        let patience = listen::Patience {
            handshakes: Arc::clone(&state.handshakes),
            keep_alive: state.config.limits.keep_alive_timeout.0,
            stop: REQUEST_PATIENCE,
        };
        let release = async {
            shutdown.cancelled().await;
            hub.drain(window).await;
            released.cancel();
        };
        let router = router::router(state);
        // With a port of its own for TLS, the main one is plain.
        let main_tls = acceptor.as_ref().filter(|_| listeners.tls.is_none());
        let main = listen::serve(&listeners.main, main_tls, router.clone(), &released, patience.clone());
        let tls = async {
            if let Some(listener) = &listeners.tls {
                listen::serve(listener, acceptor.as_ref(), router, &released, patience).await;
            }
        };
        tokio::join!(main, tls, release);
        background.cancel();
        let finished = supervisor.finish(TASK_PATIENCE).await;
        store.close().await;
        finished
    }
}

/// Takes somebody out of the general room's members, in the hub's live table.
fn hide_member(hub: Arc<Hub>, application_id: ApplicationId) -> HideMember {
    let channel = AppChannel::PresenceChat.channel_name();
    Arc::new(move |user_id| hub.hide_member(&application_id, &channel, &user_id.to_string()))
}

/// Who is in the general room, from the hub's live table.
fn present_users(hub: Arc<Hub>, application_id: ApplicationId) -> PresentUsers {
    let channel = AppChannel::PresenceChat.channel_name();
    Arc::new(move || {
        let members = hub.members(&application_id, &channel);
        members.iter().filter_map(|it| it.user_id.parse::<UserId>().ok()).collect()
    })
}
