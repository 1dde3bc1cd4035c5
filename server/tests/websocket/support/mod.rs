//! A server with the realtime parts alone, and clients that talk to it over real sockets.

mod client;
mod history;
mod server;

use std::time::Duration;

use ::server::application::{Application, ApplicationId};
use ::server::broker::Publication;

pub(crate) use client::TestClient;
pub(crate) use history::MemoryHistory;
pub(crate) use server::TestServer;

pub(crate) const KEY: &str = "reverb-key";
pub(crate) const SECRET: &str = "reverb-secret";

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn application() -> Application {
    Application::new("123456", KEY, SECRET)
}

/// A publication as the relay would hand it over.
pub(crate) fn publication(channel: &str, data: &str) -> Publication {
    Publication {
        application_id: ApplicationId("123456".into()),
        channel: channel.parse().unwrap(),
        event: "event".into(),
        data: data.into(),
        except: None,
        logged: None,
    }
}
