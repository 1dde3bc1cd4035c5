//! What is known of a connection when the hub takes it over.

use crate::hub::tenants::Admission;

/// What was found out about a connection before it was upgraded.
pub struct Handshake {
    /// The outcome of the checks of section 2.2; a refusal is told after the upgrade (rule CON-6).
    pub outcome: Result<Admission, Refusal>,
    /// The `client` parameter of the address.
    pub client: Option<String>,
    /// The `protocol` parameter; 7 if there is none (rule CON-1).
    pub protocol: u32,
}

/// Why a connection is refused (section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No application has this key.
    UnknownApplication,
    /// The operator has switched the application off.
    ApplicationDisabled,
    /// The application has as many connections as it may have.
    OverConnectionQuota,
    /// The application speaks TLS only, and the client does not.
    TlsRequired,
    /// The client's address has as many connections as it may have.
    AddressOverQuota,
    /// The page may not use this application.
    OriginNotAllowed,
    /// The node is shutting down, or has no room left.
    OverCapacity,
}

impl Refusal {
    /// The code and message that the client gets.
    pub const fn error(self) -> (u16, &'static str) {
        match self {
            Self::TlsRequired => (4000, "Application only accepts SSL connections, reconnect using wss://"),
            Self::UnknownApplication => (4001, "Application does not exist"),
            Self::ApplicationDisabled => (4003, "Application disabled"),
            Self::OverConnectionQuota => (4004, "Application is over connection quota"),
            Self::OriginNotAllowed => (4009, "Origin not allowed"),
            // Trying again later may succeed, so it is none of the codes that end a client for good (rule ERR-3).
            Self::AddressOverQuota => (4100, "Too many connections from this address"),
            Self::OverCapacity => (4100, "Over capacity"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_3_a_refusal_that_may_pass_never_ends_a_client_for_good_nor_makes_it_hammer() {
        for (refusal, may_pass) in [
            (Refusal::UnknownApplication, false),
            (Refusal::ApplicationDisabled, false),
            (Refusal::TlsRequired, false),
            (Refusal::OverConnectionQuota, false),
            (Refusal::OriginNotAllowed, false),
            (Refusal::AddressOverQuota, true),
            (Refusal::OverCapacity, true),
        ] {
            let (code, message) = refusal.error();
            let expected = if may_pass { 4100..4200 } else { 4000..4100 };
            assert!(expected.contains(&code), "{refusal:?} closes with {code}");
            assert!(message.len() <= 123, "the close frame has no room for {message:?}");
        }
    }
}
