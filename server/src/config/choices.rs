//! Settings with a handful of values.

use super::value::{SettingValue, choice};

choice! {
    /// Which database.
    DatabaseKind, "sqlite or pgsql" {
        /// A file.
        Sqlite = "sqlite",
        /// A server.
        Postgres = "pgsql" | "postgres" | "postgresql",
    }
}

/// Who may send client events (rule CLE-2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEvents {
    /// Subscribers of the channel.
    Members,
    /// Everybody connected to the application.
    All,
    /// Nobody.
    None,
    /// Nobody either: a word that means nothing, which Reverb takes as a no.
    Unknown(String),
}

impl SettingValue for ClientEvents {
    const EXPECTED: &'static str = "members, all or none";

    fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "members" => Self::Members,
            "all" => Self::All,
            "none" => Self::None,
            _ => Self::Unknown(text.trim().to_owned()),
        })
    }

    fn show(&self) -> String {
        match self {
            Self::Members => "members".to_owned(),
            Self::All => "all".to_owned(),
            Self::None => "none".to_owned(),
            Self::Unknown(text) => format!("{text:?}, which means none"),
        }
    }
}

choice! {
    /// A Laravel deployment's broadcaster.
    Broadcaster, "reverb or pusher, the protocol that this server speaks" {
        /// This server.
        Reverb = "reverb",
        /// The same, under its older name.
        Pusher = "pusher",
    }
}

choice! {
    /// Reverb's server, of which there is one.
    ReverbServer, "reverb, the only server there is" {
        /// This one.
        Reverb = "reverb",
    }
}

choice! {
    /// With or without TLS.
    Scheme, "http or https" {
        /// Without.
        Http = "http",
        /// With.
        Https = "https",
    }
}

choice! {
    /// How much is logged; Laravel's levels fit.
    LogLevel, "error, warning, info, debug or trace" {
        /// What needs somebody.
        Error = "error" | "critical" | "alert" | "emergency",
        /// What may need somebody soon.
        Warning = "warning" | "warn",
        /// What happens.
        Info = "info" | "notice",
        /// How it happens.
        Debug = "debug",
        /// Every frame.
        Trace = "trace",
    }
}

choice! {
    /// Looks of the log.
    LogFormat, "text or json" {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}
