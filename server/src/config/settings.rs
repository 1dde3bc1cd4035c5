//! Every setting there is, a section each. Names that a Laravel deployment has are kept (rules CFG-1 and CFG-2).

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use super::choices::{Broadcaster, ClientEvents, DatabaseKind, LogFormat, LogLevel, ReverbServer, Scheme};
use super::network::Network;
use super::section::section;
use super::value::{DecimalSeconds, List, PositiveSeconds, Seconds, Secret};
use crate::store::SslMode;

section! {
    /// Where the server listens, and how it stops.
    ServerSettings in "server" {
        /// Address to listen on. `127.0.0.1` is reached from this machine alone, `0.0.0.0` (Reverb's default) from everywhere.
        host: IpAddr = "127.0.0.1", ["REVERB_SERVER_HOST"];
        /// Port to listen on; 0 takes any free one.
        port: u16 = "8080", ["REVERB_SERVER_PORT"];
        /// Prefix of the Pusher server's routes: with `/ws` they are `/ws/app/{key}`, `/ws/apps/…` and `/ws/up`. The app's own pages have none.
        path: Option<String> = "", ["REVERB_SERVER_PATH"];
        /// Proxies whose `X-Forwarded-For`, `-Proto` and `-Host` are believed. Everybody else's are ignored.
        trusted_proxies: List<Network> = "", ["SMARTLINK_TRUSTED_PROXIES"];
        /// Largest body of a request, in bytes, and largest `data` of an event that is published over HTTP. Without it 131072 and 10240.
        max_request_size: Option<NonZeroUsize> = "", ["REVERB_MAX_REQUEST_SIZE"];
        /// Largest `data` of an event that is published over HTTP, in bytes, where it is to be another than that.
        max_event_data_size: Option<NonZeroUsize> = "", ["SMARTLINK_MAX_EVENT_DATA_SIZE"];
        /// Seconds by which a signed request's timestamp may be wrong; 0 for any.
        max_clock_skew: Seconds = "600", ["SMARTLINK_MAX_CLOCK_SKEW"];
        /// Seconds over which open sockets are released when the server stops, so that clients come back spread out.
        drain_window: Seconds = "10", ["SMARTLINK_DRAIN_WINDOW"];
        /// Threads that serve sockets; one a core without it.
        shards: Option<NonZeroUsize> = "", ["SMARTLINK_SHARDS"];
        /// Whether writes to many sockets enter the kernel together, where the kernel has `io_uring` and allows it.
        io_uring: bool = "true", ["SMARTLINK_IO_URING"];
        /// Directory with the built pages' files; without it `target/site`, then `site` beside the program.
        site_root: Option<PathBuf> = "", ["LEPTOS_SITE_ROOT"];
        /// Port of the live reload; set by `cargo xtask dev`, and by nobody else.
        reload_port: Option<u16> = "", ["LEPTOS_RELOAD_PORT"];
        /// File with the secrets that a first start makes; without it `secrets.toml` beside the database. Several nodes must be given the same secrets by settings instead.
        secrets_file: Option<PathBuf> = "", ["SMARTLINK_SECRETS_FILE"];
    }
}

section! {
    /// What one process takes on, of all applications together.
    LimitSettings in "limits" {
        /// Most open sockets. Without it as many as the limit of open files allows, less a reserve. Beyond it 4100.
        max_connections: Option<NonZeroUsize> = "", ["SMARTLINK_MAX_CONNECTIONS"];
        /// Most refused sockets that are waited for to answer their close; beyond it a refused one is dropped at once, so that a flood of them leaves room for the others.
        max_refused_connections: NonZeroUsize = "256", ["SMARTLINK_MAX_REFUSED_CONNECTIONS"];
        /// Most connections that have not sent a request yet; beyond it the oldest of them is dropped.
        max_pending_handshakes: NonZeroUsize = "1024", ["SMARTLINK_MAX_PENDING_HANDSHAKES"];
        /// Seconds that a new connection may take for its first request's head.
        handshake_timeout: PositiveSeconds = "10", ["SMARTLINK_HANDSHAKE_TIMEOUT"];
        /// Seconds that a connection may stay idle between two requests, the next one's head included.
        keep_alive_timeout: PositiveSeconds = "60", ["SMARTLINK_KEEP_ALIVE_TIMEOUT"];
        /// Seconds that a request's body may take to arrive; beyond it 408.
        body_timeout: PositiveSeconds = "30", ["SMARTLINK_BODY_TIMEOUT"];
        /// Most bytes that may wait for one socket; a reader that is slower is closed with 4100.
        max_queue_bytes: NonZeroUsize = "1048576", ["SMARTLINK_MAX_QUEUE_BYTES"];
        /// Most bytes that may wait for one of the threads that own the sockets; beyond it publishers wait, and what sockets send is not read.
        max_inbox_bytes: NonZeroUsize = "16777216", ["SMARTLINK_MAX_INBOX_BYTES"];
        /// Most bytes of events that cache channels keep, of all applications together; beyond it the oldest go.
        max_cached_bytes: NonZeroUsize = "67108864", ["SMARTLINK_MAX_CACHED_BYTES"];
        /// Most events that one subscription may have missed and still recover.
        max_recovery_events: NonZeroUsize = "5000", ["SMARTLINK_MAX_RECOVERY_EVENTS"];
        /// Most bytes of missed events that may wait for one socket; a subscription beyond it does not recover.
        max_recovery_bytes: NonZeroUsize = "8388608", ["SMARTLINK_MAX_RECOVERY_BYTES"];
        /// Events that are kept of each channel that `recovered_channels` names.
        max_recent_events: NonZeroUsize = "1000", ["SMARTLINK_MAX_RECENT_EVENTS"];
        /// Most bytes of such events in memory; beyond it the channels are forgotten to which nothing was published for longest.
        max_recent_bytes: NonZeroUsize = "67108864", ["SMARTLINK_MAX_RECENT_BYTES"];
        /// Positions of users on channels that `catch_up` notes; beyond it those that were noted longest ago are forgotten.
        max_followed_positions: NonZeroUsize = "100000", ["SMARTLINK_MAX_FOLLOWED_POSITIONS"];
        /// Seconds that a closing socket may take to answer the close frame.
        close_timeout: PositiveSeconds = "5", ["SMARTLINK_CLOSE_TIMEOUT"];
        /// Seconds that a reader that was too slow may take to read its last frames.
        slow_close_timeout: DecimalSeconds = "0.9", ["SMARTLINK_SLOW_CLOSE_TIMEOUT"];
    }
}

section! {
    /// TLS spoken by the server itself, 1.2 and 1.3. Without it, leave TLS to a proxy in front.
    TlsSettings in "tls" {
        /// File with the certificate and those that vouch for it, in PEM. It is read again when it changes.
        certificate: Option<PathBuf> = "", ["SMARTLINK_TLS_CERTIFICATE"];
        /// File with its key, in PEM.
        key: Option<PathBuf> = "", ["SMARTLINK_TLS_KEY"];
        /// Port for TLS. Without it `server.port` speaks TLS and nothing else, as Reverb's does.
        port: Option<u16> = "", ["SMARTLINK_TLS_PORT"];
    }
}

section! {
    /// The app as the world sees it.
    AppSettings in "app" {
        /// Address of the app, e.g. `https://chat.example.com`. With `https` cookies are `Secure`. Without it everything follows from the request.
        url: Option<String> = "", ["APP_URL"];
        /// On: nobody hears the general room (the public channel `chat`) without having signed in. Off, strangers with the key hear what is said from now on, as on every public channel, and never what was said before.
        private_general_chat: bool = "false", ["SMARTLINK_PRIVATE_GENERAL_CHAT"];
        /// Name of the deployment; shown in logs.
        env: String = "production", ["APP_ENV"];
        /// Key that signs cookies, at least 32 characters (Laravel's `base64:…` fits). Without it a first start makes one.
        key: Option<Secret> = "", ["APP_KEY"];
    }
}

section! {
    /// The database. SQLite needs no set-up; PostgreSQL is for production and for several nodes.
    DatabaseSection in "database" {
        /// Which one. Without it the address decides, and without an address it is SQLite.
        connection: Option<DatabaseKind> = "", ["DB_CONNECTION"];
        /// Its address, e.g. `postgres://user:password@host:5432/name` or `sqlite:data/smartlink.sqlite3`; stands over the parts below.
        url: Option<Secret> = "", ["DB_URL", "DATABASE_URL"];
        /// PostgreSQL's host, or the directory of its Unix socket.
        host: String = "127.0.0.1", ["DB_HOST"];
        /// PostgreSQL's port.
        port: u16 = "5432", ["DB_PORT"];
        /// Name of PostgreSQL's database (`smartlink` without it), or path of SQLite's file (`data/smartlink.sqlite3` without it).
        database: Option<String> = "", ["DB_DATABASE"];
        /// PostgreSQL's user.
        username: String = "smartlink", ["DB_USERNAME"];
        /// PostgreSQL's password.
        password: Option<Secret> = "", ["DB_PASSWORD"];
        /// Whether PostgreSQL is spoken to by TLS: never, if it wants it, if it can, always, always with a certificate that is checked, and with its host name.
        ssl_mode: SslMode = "prefer", ["DB_SSLMODE"];
        /// File with the authorities that may have signed PostgreSQL's certificate (PEM); the system's without it.
        ssl_root_certificate: Option<PathBuf> = "", ["DB_SSLROOTCERT"];
        /// Seconds that a start waits for another server on the same database to end, as one does that is being replaced.
        takeover_patience: Seconds = "15", ["SMARTLINK_DB_TAKEOVER_PATIENCE"];
        /// Most connections to PostgreSQL at once.
        max_connections: NonZeroU32 = "10", ["SMARTLINK_DB_MAX_CONNECTIONS"];
        /// Seconds between two rounds of the self-check, which counts what some people have not read message by message and holds it against the counts that they are shown; 0 for none. A difference is logged and counted in `/metrics`.
        unread_check_interval: Seconds = "60", ["SMARTLINK_UNREAD_CHECK_INTERVAL"];
    }
}

section! {
    /// The application: the tenant of the Pusher server that the app itself is. `[[applications]]` in the file adds more, with the same keys.
    ApplicationSettings in "application" {
        /// Id, as in `/apps/{id}/events`. Id, key and secret are given together, or made by the first start.
        id: Option<String> = "", ["REVERB_APP_ID"];
        /// Public key, as in `/app/{key}`.
        key: Option<String> = "", ["REVERB_APP_KEY"];
        /// Secret that signs subscriptions and requests.
        secret: Option<Secret> = "", ["REVERB_APP_SECRET"];
        /// Off: connections are refused with 4003, requests with 403.
        enabled: bool = "true", ["SMARTLINK_APP_ENABLED"];
        /// On: connections without TLS are refused with 4000, and pusher-js tries again with it. Behind a proxy its word counts, if it is trusted.
        tls_only: bool = "false", ["SMARTLINK_APP_TLS_ONLY"];
        /// Hosts that pages may come from, without scheme and port; `*` stands for any run of characters, alone for everybody.
        allowed_origins: List<String> = "*", ["SMARTLINK_ALLOWED_ORIGINS"];
        /// Seconds of silence after which the server pings.
        ping_interval: PositiveSeconds = "60", ["REVERB_APP_PING_INTERVAL"];
        /// Seconds that a ping may stay without any sign of life.
        pong_timeout: PositiveSeconds = "30", ["SMARTLINK_APP_PONG_TIMEOUT"];
        /// Seconds of silence after which a client pings; told in the first frame.
        activity_timeout: PositiveSeconds = "30", ["REVERB_APP_ACTIVITY_TIMEOUT"];
        /// Most open connections; nothing for no limit. Beyond it 4004.
        max_connections: Option<NonZeroUsize> = "", ["REVERB_APP_MAX_CONNECTIONS"];
        /// Most open connections from one address (of IPv6, from one /64); nothing for no limit. Beyond it 4100. Behind a proxy set `server.trusted_proxies` first, or all share its address.
        max_connections_per_address: Option<NonZeroUsize> = "", ["SMARTLINK_APP_MAX_CONNECTIONS_PER_ADDRESS"];
        /// Most connections that are signed in as one user, or are a member of presence channels under one id; nothing for no limit. Beyond it the sign-in or the subscription fails with 4301.
        max_connections_per_user: Option<NonZeroUsize> = "", ["SMARTLINK_APP_MAX_CONNECTIONS_PER_USER"];
        /// Largest message of a client, in bytes.
        max_message_size: NonZeroUsize = "10000", ["REVERB_APP_MAX_MESSAGE_SIZE"];
        /// Most channels of one connection.
        max_channels_per_connection: NonZeroUsize = "1000", ["SMARTLINK_APP_MAX_CHANNELS_PER_CONNECTION"];
        /// Subscriptions that one connection may ask for in a second; nothing for no limit, or for a tenth of the next. Beyond it `LimitReached`, 4301.
        subscribes_per_second: Option<NonZeroU32> = "", ["SMARTLINK_APP_SUBSCRIBES_PER_SECOND"];
        /// Subscriptions that all connections together may ask for in a second; nothing for no limit. Leave room for everybody coming back at once.
        total_subscribes_per_second: Option<NonZeroU32> = "", ["SMARTLINK_APP_TOTAL_SUBSCRIBES_PER_SECOND"];
        /// Events that may be published over HTTP in a second, an event to several channels once for each; nothing for no limit. Beyond it 429.
        publishes_per_second: Option<NonZeroU32> = "", ["SMARTLINK_APP_PUBLISHES_PER_SECOND"];
        /// Most channels that one publish may name.
        max_channels_per_event: NonZeroUsize = "100", ["SMARTLINK_APP_MAX_CHANNELS_PER_EVENT"];
        /// Most events of one batch.
        max_events_per_batch: NonZeroUsize = "10", ["SMARTLINK_APP_MAX_EVENTS_PER_BATCH"];
        /// Longest name of an event, in characters.
        max_event_name_length: NonZeroUsize = "200", ["SMARTLINK_APP_MAX_EVENT_NAME_LENGTH"];
        /// Longest name of a channel, in characters; beyond 200 no name is taken in any case.
        max_channel_name_length: NonZeroUsize = "200", ["SMARTLINK_APP_MAX_CHANNEL_NAME_LENGTH"];
        /// Who may send client events: subscribers of the channel (`members`), everybody connected (`all`), nobody (`none`, and anything else, as in Reverb).
        accept_client_events_from: ClientEvents = "members", ["REVERB_APP_ACCEPT_CLIENT_EVENTS_FROM"];
        /// Client events of one connection in a second; nothing for no limit, or for a tenth of the next. Beyond it 4301. The hosted service has 10.
        client_events_per_second: Option<NonZeroU32> = "", ["SMARTLINK_APP_CLIENT_EVENTS_PER_SECOND"];
        /// Client events of all connections together in a second; nothing for no limit.
        total_client_events_per_second: Option<NonZeroU32> = "", ["SMARTLINK_APP_TOTAL_CLIENT_EVENTS_PER_SECOND"];
        /// Largest `data` of a client event, in bytes.
        max_client_event_data_size: NonZeroUsize = "10240", ["SMARTLINK_APP_MAX_CLIENT_EVENT_DATA_SIZE"];
        /// Whether a connection's messages are counted and limited. Every frame counts, also those that a page needs to subscribe.
        rate_limiting: bool = "false", ["REVERB_APP_RATE_LIMITING_ENABLED"];
        /// Messages that pass in one window.
        rate_limit_max_attempts: NonZeroU32 = "60", ["REVERB_APP_RATE_LIMIT_MAX_ATTEMPTS"];
        /// Seconds of the window, which begins with its first message.
        rate_limit_decay_seconds: PositiveSeconds = "60", ["REVERB_APP_RATE_LIMIT_DECAY_SECONDS"];
        /// Whether a connection beyond the limit is closed.
        rate_limit_terminate: bool = "false", ["REVERB_APP_RATE_LIMIT_TERMINATE"];
        /// Seconds that a lost member may stay away before it has left. Without it 10 for the app itself and 0 for others.
        presence_leave_grace: Option<Seconds> = "", ["SMARTLINK_APP_PRESENCE_LEAVE_GRACE"];
        /// Most members of one presence channel; nothing for no limit.
        max_presence_members: Option<NonZeroUsize> = "", ["SMARTLINK_APP_MAX_PRESENCE_MEMBERS"];
        /// Largest `channel_data` of a member, in bytes; nothing for no limit.
        max_presence_member_bytes: Option<NonZeroUsize> = "", ["SMARTLINK_APP_MAX_PRESENCE_MEMBER_BYTES"];
        /// Longest `user_id` of a presence channel's member, in characters; nothing for no limit.
        max_presence_user_id_length: Option<NonZeroUsize> = "", ["SMARTLINK_APP_MAX_PRESENCE_USER_ID_LENGTH"];
        /// Longest id of a user who signs in, in characters.
        max_user_id_length: NonZeroUsize = "128", ["SMARTLINK_APP_MAX_USER_ID_LENGTH"];
        /// Whether signed-in users are told who of their watchlist comes and goes.
        watchlist_events: bool = "false", ["SMARTLINK_APP_WATCHLIST_EVENTS"];
        /// Ids of a watchlist that count; the rest is answered with 4302.
        max_watchlist_length: NonZeroUsize = "100", ["SMARTLINK_APP_MAX_WATCHLIST_LENGTH"];
        /// Seconds that a cache channel keeps its last event.
        cache_ttl: PositiveSeconds = "1800", ["SMARTLINK_APP_CACHE_TTL"];
        /// Whether subscribers are told how many they are.
        subscription_count: bool = "false", ["SMARTLINK_APP_SUBSCRIPTION_COUNT"];
        /// Channels whose newest events are kept in memory, so that clients which know the extension recover them, e.g. `orders.*,private-*`; `*` stands for any run of characters. See RECOVERY.md.
        recovered_channels: List<String> = "", ["SMARTLINK_APP_RECOVERED_CHANNELS"];
        /// Whether clients that know nothing of the extension get what their user missed of such channels when they come back, at least once. They have to be signed in, or members of the presence channel.
        catch_up: bool = "false", ["SMARTLINK_APP_CATCH_UP"];
        /// Master key of encrypted channels: 32 bytes in base64. Without it nobody is let into one.
        encryption_master_key: Option<Secret> = "", ["SMARTLINK_ENCRYPTION_MASTER_KEY", "PUSHER_ENCRYPTION_MASTER_KEY_BASE64"];
    }
}

section! {
    /// How webhooks are delivered. Where they go, and what they tell, is said by tables headed `[[application.webhooks]]`.
    WebhookSection in "webhooks" {
        /// Milliseconds that an event waits for others to go with it in one request.
        batch_window_ms: NonZeroU32 = "50", ["SMARTLINK_WEBHOOKS_BATCH_WINDOW_MS"];
        /// Most events of one request.
        batch_events: NonZeroUsize = "50", ["SMARTLINK_WEBHOOKS_BATCH_EVENTS"];
        /// Seconds that a vacated channel or a lost member may come back before anybody is told.
        departure_delay: Seconds = "3", ["SMARTLINK_WEBHOOKS_DEPARTURE_DELAY"];
        /// Seconds that a receiver may take to answer.
        timeout: PositiveSeconds = "5", ["SMARTLINK_WEBHOOKS_TIMEOUT"];
        /// Seconds during which a request is tried again; then it is a dead letter (`smartlink webhooks list`).
        retry_for: Seconds = "300", ["SMARTLINK_WEBHOOKS_RETRY_FOR"];
        /// Events that may wait to be stored, and requests that may wait for one receiver; what comes beyond is dropped and counted.
        max_waiting: NonZeroUsize = "10000", ["SMARTLINK_WEBHOOKS_MAX_WAITING"];
    }
}

section! {
    /// Where clients and other servers reach this one, as the start prints it. Nothing is bound by these, and `app.url` stands over them.
    ReachSettings in "reach" {
        /// Public host name.
        host: Option<String> = "", ["REVERB_HOST"];
        /// Public port.
        port: Option<u16> = "", ["REVERB_PORT"];
        /// Public scheme.
        scheme: Option<Scheme> = "", ["REVERB_SCHEME"];
    }
}

section! {
    /// How events are broadcast.
    BroadcastSettings in "broadcast" {
        /// The connection of a Laravel deployment's environment; this server is `reverb`.
        connection: Broadcaster = "reverb", ["BROADCAST_CONNECTION", "BROADCAST_DRIVER"];
        /// Reverb's choice of a server, of which there is one. Taken for the sake of its name.
        server: ReverbServer = "reverb", ["REVERB_SERVER"];
        /// Whether nodes share events over Redis. This version runs as one node and refuses `true`.
        scaling: bool = "false", ["REVERB_SCALING_ENABLED"];
        /// Channel of Redis on which Reverb's nodes speak. Checked, and not used by this version.
        scaling_channel: String = "reverb", ["REVERB_SCALING_CHANNEL"];
        /// Seconds between two looks of Laravel Pulse. Pulse asks `/apps/{id}/connections` by itself; checked, and not used.
        pulse_ingest_interval: PositiveSeconds = "15", ["REVERB_PULSE_INGEST_INTERVAL"];
        /// The same for Laravel Telescope, which watches Reverb from within. Checked, and not used.
        telescope_ingest_interval: PositiveSeconds = "15", ["REVERB_TELESCOPE_INGEST_INTERVAL"];
    }
}

section! {
    /// Redis, as a Laravel deployment names it. Checked, and not used by this version.
    RedisSettings in "redis" {
        /// Address; stands over the parts below.
        url: Option<Secret> = "", ["REDIS_URL"];
        /// Host.
        host: String = "127.0.0.1", ["REDIS_HOST"];
        /// Port.
        port: u16 = "6379", ["REDIS_PORT"];
        /// User.
        username: Option<String> = "", ["REDIS_USERNAME"];
        /// Password.
        password: Option<Secret> = "", ["REDIS_PASSWORD"];
        /// Number of the database.
        database: u16 = "0", ["REDIS_DB"];
        /// Attempts to reconnect, one a second.
        timeout: Seconds = "60", ["REDIS_TIMEOUT"];
    }
}

section! {
    /// Logs, which go to standard error.
    LogSettings in "log" {
        /// How much is told.
        level: LogLevel = "info", ["LOG_LEVEL"];
        /// `text` for people, `json` for machines: one object a line.
        format: LogFormat = "text", ["LOG_FORMAT"];
        /// Whether every frame from and to clients is logged, cut at 200 characters (flag `--debug`). Frames hold what people write.
        frames: bool = "false", ["SMARTLINK_LOG_FRAMES"];
    }
}
