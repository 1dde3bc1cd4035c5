//! Where a request really comes from: proxies' words count only if the proxy is trusted (rule CFG-5).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use app::error::AppError;
use app::realtime::SocketId;
use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::config::Config;
use crate::listen::OverTls;

/// How the client reached us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The client's address.
    pub client_address: IpAddr,
    /// Whether the client speaks TLS, with us or with a trusted proxy.
    pub is_https: bool,
    /// The host that the client asked for, with port, in lower case.
    pub host: String,
}

/// The client's address, for limits and lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The header `X-Socket-Id`: the socket that is not to hear of what its own page does (Laravel's `toOthers`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketIdHeader(pub Option<SocketId>);

/// Finds out the request's origin once, for every extractor.
pub fn resolve(config: &Config, request: &mut Request) {
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |it| it.0.ip());
    let authority = request.uri().authority().map(ToString::to_string);
    let is_tls = request.extensions().get::<OverTls>().is_some();
    let origin = origin_of(config, peer, is_tls, request.headers(), authority);
    request.extensions_mut().insert(origin);
}

fn origin_of(
    config: &Config,
    peer: IpAddr,
    is_tls: bool,
    headers: &HeaderMap,
    authority: Option<String>,
) -> RequestOrigin {
    let is_trusted = |address: IpAddr| config.server.trusted_proxies.0.iter().any(|it| it.contains(address));
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).map(str::trim);
    let host = authority.or_else(|| text(header::HOST.as_str()).map(str::to_owned)).unwrap_or_default().to_lowercase();
    let own = RequestOrigin { client_address: peer.to_canonical(), is_https: is_tls || config.is_https(), host };
    if !is_trusted(peer) {
        return own;
    }
    // Each proxy adds the address it was reached from at the end, so the client's is the last one that is no proxy's.
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
    let mut hops: Vec<_> = hops.map(|it| parse_hop(it.trim())).collect();
    hops.reverse();
    let mut client_address = own.client_address;
    for hop in hops {
        let Some(address) = hop else { break };
        client_address = address;
        if !is_trusted(address) {
            break;
        }
    }
    let last = |name: &str| text(name).and_then(|it| it.rsplit(',').next()).map(str::trim).filter(|it| !it.is_empty());
    RequestOrigin {
        client_address,
        is_https: last("x-forwarded-proto").map_or(own.is_https, |it| it.eq_ignore_ascii_case("https")),
        host: last("x-forwarded-host").map_or(own.host, str::to_lowercase),
    }
}

/// An address, perhaps with a port, an IPv6 one perhaps in brackets.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address: Option<IpAddr> = text.trim_matches(['[', ']']).parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip())).map(|it| it.to_canonical())
}

impl<S: Sync> FromRequestParts<S> for RequestOrigin {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a route stands outside of the layer that finds out the request's origin");
            AppError::Internal
        })
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        RequestOrigin::from_request_parts(parts, state).await.map(|it| Self(it.client_address))
    }
}

impl<S: Sync> FromRequestParts<S> for SocketIdHeader {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let Some(header) = parts.headers.get("x-socket-id") else { return Ok(Self(None)) };
        let text = header.to_str().unwrap_or_default();
        // Echo's interceptors send `undefined` while there is no connection.
        if text.is_empty() || text == "undefined" || text == "null" {
            return Ok(Self(None));
        }
        let socket_id =
            text.parse::<SocketId>().map_err(|error| AppError::invalid("X-Socket-Id", error.to_string()))?;
        Ok(Self(Some(socket_id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn origin(trusted: &str, peer: &str, headers: &[(&'static str, &'static str)]) -> RequestOrigin {
        let environment = [("SMARTLINK_TRUSTED_PROXIES".to_owned(), trusted.to_owned())].into();
        let config = Config::load(&Sources { environment, ..Sources::default() }).expect("settings");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, axum::http::HeaderValue::from_static(value));
        }
        origin_of(&config, peer.parse().expect("an address"), false, &map, None)
    }

    #[test]
    fn a_stranger_s_forwarded_headers_are_not_believed() {
        let headers = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https"), ("host", "Us.example:8080")];
        let it = origin("", "9.9.9.9", &headers);
        assert_eq!(it.client_address.to_string(), "9.9.9.9");
        assert!(!it.is_https);
        assert_eq!(it.host, "us.example:8080");
    }

    #[test]
    fn behind_trusted_proxies_the_last_stranger_is_the_client() {
        let headers = [
            ("x-forwarded-for", "6.6.6.6, 1.1.1.1, 10.0.0.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "chat.example"),
        ];
        let it = origin("10.0.0.0/8", "10.0.0.1", &headers);
        assert_eq!(it.client_address.to_string(), "1.1.1.1", "6.6.6.6 may be a lie of the client's");
        assert!(it.is_https);
        assert_eq!(it.host, "chat.example");
        let it = origin("10.0.0.1", "10.0.0.1", &[("x-forwarded-for", "nonsense")]);
        assert_eq!(it.client_address.to_string(), "10.0.0.1");
        let it = origin("::1", "::1", &[("x-forwarded-for", "[2001:db8::7]:443")]);
        assert_eq!(it.client_address.to_string(), "2001:db8::7");
    }
}
