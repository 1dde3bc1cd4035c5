//! The steps, in the order in which a client takes them.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use rustls::pki_types::ServerName;
use serde_json::Value;

use super::socket::{self, Greeting};
use super::{Finding, PATIENCE, Patient};
use crate::clock::Clock;
use crate::http_client::{self, Answer, HttpError};
use crate::signature::sign;

/// By how much clocks may differ before signatures are refused.
const MAX_SKEW_S: i64 = 600;

impl Patient {
    /// Every step until one after which nothing can follow.
    pub(super) async fn examine(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for step in [self.resolve().await, self.reach().await] {
            let is_end = step.outcome == super::Outcome::Bad;
            findings.push(step);
            if is_end {
                return findings;
            }
        }
        if self.url.scheme() == "https" {
            let tls = self.agree().await;
            let is_end = tls.outcome == super::Outcome::Bad;
            findings.push(tls);
            if is_end {
                return findings;
            }
        }
        findings.extend(self.ask_whether_up().await);
        findings.push(self.connect().await);
        findings.extend(self.publish().await);
        findings.extend(self.look_at_cookies().await);
        findings.extend(self.look_at_figures().await);
        findings
    }

    async fn resolve(&self) -> Finding {
        const NAME: &str = "name";
        let host = http_client::host_of(&self.url).unwrap_or_default();
        if host.parse::<IpAddr>().is_ok() {
            return Finding::good(NAME, format!("{host} is an address"));
        }
        let port = self.url.port_or_known_default().unwrap_or_default();
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await;
        match found {
            Ok(Ok(addresses)) => {
                let addresses: Vec<_> = addresses.map(|it| it.ip().to_string()).collect();
                Finding::good(NAME, format!("{host} is {}", addresses.join(", ")))
            }
            Ok(Err(error)) => Finding::bad(
                NAME,
                format!("{host} is not found: {error}"),
                "Give the name an A or AAAA record, or correct its spelling.",
            ),
            Err(_) => {
                Finding::bad(NAME, "the name server does not answer", "Look at this machine's own network first.")
            }
        }
    }

    async fn reach(&self) -> Finding {
        const NAME: &str = "port";
        let port = self.url.port_or_known_default().unwrap_or_default();
        match tokio::time::timeout(PATIENCE, http_client::open(&self.url)).await {
            Ok(Ok(_)) => Finding::good(NAME, format!("{port} answers")),
            Ok(Err(HttpError::Connect(error))) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Finding::bad(
                    NAME,
                    format!("nobody listens on {port}"),
                    "Start the server or the proxy. A server that listens on 127.0.0.1 (the default) is reached from its own machine alone: set REVERB_SERVER_HOST=0.0.0.0.",
                )
            }
            Ok(Err(error)) => {
                Finding::bad(NAME, format!("{port}: {error}"), "Look at the network between here and there.")
            }
            Err(_) => Finding::bad(
                NAME,
                format!("{port} swallows what is sent to it"),
                "A firewall drops it: open the port, also in the settings of the hosting provider.",
            ),
        }
    }

    async fn agree(&self) -> Finding {
        const NAME: &str = "TLS";
        let host = http_client::host_of(&self.url).unwrap_or_default();
        let Ok(name) = ServerName::try_from(host.clone()) else {
            return Finding::bad(NAME, format!("{host} can't stand in a certificate"), "Use a name.");
        };
        let agreed = async {
            let stream = http_client::open(&self.url).await?;
            self.tls.connect(name, stream).await.map_err(|error| HttpError::Tls(error.to_string()))
        };
        match tokio::time::timeout(PATIENCE, agreed).await {
            Ok(Ok(stream)) => {
                let version = stream.get_ref().1.protocol_version().and_then(|it| it.as_str()).unwrap_or("TLS");
                Finding::good(NAME, format!("{version}, with a certificate that is good for {host}"))
            }
            Ok(Err(error)) => {
                let text = error.to_string();
                let cure = if text.contains("Expired") {
                    "Renew the certificate. The server takes up a new file by itself; a proxy must be reloaded."
                } else if text.contains("UnknownIssuer") {
                    "Let the file hold the whole chain (`fullchain.pem`, not `cert.pem`), or use a certificate that browsers trust."
                } else if text.contains("NotValidForName") {
                    "Get a certificate for this very name."
                } else if text.contains("InvalidContentType") || text.contains("corrupt") {
                    "No TLS is spoken here: use http://, or set tls.certificate and tls.key, or let the proxy listen with `ssl`."
                } else {
                    "Compare the certificate with the name, its time and its chain."
                };
                Finding::bad(NAME, text, cure)
            }
            Err(_) => Finding::bad(NAME, "the handshake does not end", "Is it TLS that is spoken on this port?"),
        }
    }

    async fn ask_whether_up(&self) -> Vec<Finding> {
        const NAME: &str = "server";
        let answer = match self.get("/up", HeaderMap::new()).await {
            Ok(answer) => answer,
            Err(error) => return vec![Finding::bad(NAME, error.to_string(), "What listens there speaks no HTTP.")],
        };
        let mut findings = vec![match (answer.status.as_u16(), &*answer.body) {
            (200, br#"{"health":"OK"}"#) => Finding::good(NAME, "it is SmartLink, or Reverb, and serves"),
            (502..=504, _) => Finding::bad(
                NAME,
                format!("the proxy answers {}, since it does not reach the server", answer.status.as_u16()),
                "Compare the address in the proxy's settings with `smartlink status` on the server.",
            ),
            (404, _) => Finding::doubtful(
                NAME,
                "there is no /up here",
                "With a prefix (REVERB_SERVER_PATH) give it in the URL. Let the proxy pass it on unchanged: nginx's `proxy_pass` without a path.",
            ),
            (status, _) => {
                Finding::doubtful(NAME, format!("/up answers {status}"), "Another program may stand in between.")
            }
        }];
        findings.extend(skew(&answer.headers));
        findings
    }

    async fn connect(&self) -> Finding {
        const NAME: &str = "WebSocket";
        let Some(key) = &self.key else {
            return Finding::doubtful(
                NAME,
                "not tried, for want of a key",
                "Give --key, or run this with the server's settings.",
            );
        };
        let greeted = tokio::time::timeout(PATIENCE, socket::greet(&self.url, key, &self.origin, &self.tls)).await;
        match greeted {
            Ok(Ok(Greeting::Frame(frame))) => judge(&frame, &self.origin),
            Ok(Ok(Greeting::Refused(status))) => refused(status),
            Ok(Err(error)) => Finding::bad(
                NAME,
                error.to_string(),
                "The upgrade is cut off on its way: let the proxy speak HTTP/1.1 to the server and pass on `Upgrade` and `Connection`.",
            ),
            Err(_) => Finding::bad(
                NAME,
                "the upgrade, or the first frame, does not come",
                "The proxy holds it back: switch its buffering off (nginx: `proxy_buffering off`).",
            ),
        }
    }

    /// The signed API, as far as the secret is known here.
    async fn publish(&self) -> Option<Finding> {
        const NAME: &str = "API";
        let secrets = self.secrets.as_ref().filter(|it| Some(&it.application_key) == self.key.as_ref())?;
        let path = format!("/apps/{}/channels", secrets.application_id);
        let timestamp = Clock::system().now().unix_ms() / 1_000;
        let query = format!("auth_key={}&auth_timestamp={timestamp}&auth_version=1.0", secrets.application_key);
        let signature = sign(&secrets.application_secret, format!("GET\n{path}\n{query}").as_bytes());
        let answer = self.get(&format!("{path}?{query}&auth_signature={signature}"), HeaderMap::new()).await;
        Some(match answer.map(|it| (it.status.as_u16(), String::from_utf8_lossy(&it.body).into_owned())) {
            Ok((200, _)) => Finding::good(NAME, "a signed request is taken"),
            Ok((401, text)) if text.starts_with("Timestamp") => {
                Finding::bad(NAME, text, "Set the clocks, by NTP, or raise server.max_clock_skew.")
            }
            Ok((401, _)) => Finding::bad(
                NAME,
                "the signature is refused",
                "The server has another secret, or the proxy rewrites the path or the query.",
            ),
            Ok((status, _)) => Finding::bad(
                NAME,
                format!("{path} answers {status}"),
                "Let the proxy pass /apps/ on to the server, with the prefix if there is one.",
            ),
            Err(error) => Finding::bad(NAME, error.to_string(), "Let the proxy pass /apps/ on to the server."),
        })
    }

    /// Whether the server knows that it is reached by TLS.
    async fn look_at_cookies(&self) -> Option<Finding> {
        const NAME: &str = "proxy";
        if self.url.scheme() != "https" {
            return Some(Finding::doubtful(
                NAME,
                "no TLS: passwords and messages can be read on their way",
                "For anything but this machine or a test, put TLS in front, or set tls.certificate and tls.key.",
            ));
        }
        let answer = self.get("/sign-in", HeaderMap::new()).await.ok()?;
        let cookies: Vec<_> =
            answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|it| it.to_str().ok()).collect();
        if cookies.is_empty() {
            return None; // below a prefix, or another site's page
        }
        Some(if cookies.iter().all(|it| it.to_ascii_lowercase().contains("; secure")) {
            Finding::good(NAME, "the server knows that it is reached by TLS")
        } else {
            Finding::bad(
                NAME,
                "the server does not know that it is reached by TLS",
                "Set SMARTLINK_TRUSTED_PROXIES to the proxy's address, and let it send X-Forwarded-Proto and X-Forwarded-For; or set APP_URL.",
            )
        })
    }

    async fn look_at_figures(&self) -> Option<Finding> {
        let answer = self.get("/metrics", HeaderMap::new()).await.ok()?;
        let is_open = answer.status == 200 && answer.body.starts_with(b"# HELP smartlink");
        is_open.then(|| {
            Finding::doubtful(
                "figures",
                "/metrics can be read from here",
                "If strangers can reach this address, keep it from them at the proxy, as the examples in deploy/ do.",
            )
        })
    }

    async fn get(&self, path: &str, headers: HeaderMap) -> Result<Answer, HttpError> {
        let mut url = self.url.clone();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url.set_query((!query.is_empty()).then_some(query));
        let asked = http_client::send(&url, Method::GET, headers, String::new(), Some(&self.tls));
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpError::Connect(std::io::ErrorKind::TimedOut.into())),
        }
    }
}

/// What the first frame says.
fn judge(frame: &Value, origin: &str) -> Finding {
    const NAME: &str = "WebSocket";
    if frame["event"] == "pusher:connection_established" {
        return Finding::good(NAME, "upgraded, and greeted");
    }
    let data = match &frame["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    };
    let text = format!("{} ({})", data["message"].as_str().unwrap_or("an error without words"), data["code"]);
    let cure = match data["code"].as_u64() {
        Some(4000) => "The application speaks TLS only, and the server does not see any: connect by https://, and set SMARTLINK_TRUSTED_PROXIES.".to_owned(),
        Some(4001) => "No application has this key: compare it with REVERB_APP_KEY, and with what the browser was built with (VITE_REVERB_APP_KEY).".to_owned(),
        Some(4003) => "The application is switched off: `enabled = true`, then SIGHUP.".to_owned(),
        Some(4004) => "The application has as many connections as it may have: application.max_connections.".to_owned(),
        Some(4009) => format!("Pages of {origin} may not connect: add its host, without scheme and port, to application.allowed_origins."),
        Some(4100) => "The server is full, or stops: `smartlink status` there.".to_owned(),
        _ => "The server's log says more.".to_owned(),
    };
    Finding::bad(NAME, text, cure)
}

/// What a status other than 101 says.
fn refused(status: u16) -> Finding {
    let cure = match status {
        400 | 426 => {
            "The upgrade's headers were lost on their way: `proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"Upgrade\"; proxy_http_version 1.1;`."
        }
        401 | 403 => "Something in between asks for a sign-in, or keeps strangers out: except /app/ from it.",
        404 => {
            "The path does not reach the server: with a prefix (REVERB_SERVER_PATH) give it in the URL, and let the proxy pass it on unchanged."
        }
        502..=504 => "The proxy does not reach the server: compare the address in its settings.",
        200..=399 => "Another site answers here: let the proxy pass /app/ on to the server.",
        _ => "The server's log and the proxy's say more.",
    };
    Finding::bad("WebSocket", format!("the upgrade was answered with status {status} instead of 101"), cure)
}

/// By how much the other clock differs, if that matters.
fn skew(headers: &HeaderMap) -> Option<Finding> {
    let there = headers.get(header::DATE).map(HeaderValue::to_str)?.ok()?;
    let there = chrono::DateTime::parse_from_rfc2822(there).ok()?.timestamp();
    let here = Clock::system().now().unix_ms() / 1_000;
    let skew = here.abs_diff(there);
    (skew > MAX_SKEW_S.unsigned_abs() / 10).then(|| {
        let text = format!("the clock there differs by {skew} s from the one here");
        Finding::doubtful("clock", text, "Set both by NTP: beyond 600 s signed requests are refused.")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Outcome;
    use super::*;

    #[test]
    fn the_first_frame_is_judged() {
        let hello = json!({"event": "pusher:connection_established", "data": "{}"});
        assert_eq!(judge(&hello, "").outcome, Outcome::Good);
        let error = |code| json!({"event": "pusher:error", "data": format!("{{\"code\":{code},\"message\":\"No\"}}")});
        let origin = judge(&error(4009), "https://shop.example");
        assert_eq!(origin.outcome, Outcome::Bad);
        assert!(origin.cure.contains("https://shop.example") && origin.cure.contains("allowed_origins"), "{origin:?}");
        assert!(judge(&error(4001), "").cure.contains("REVERB_APP_KEY"));
    }

    #[test]
    fn a_lost_upgrade_is_told_from_a_wrong_path() {
        assert!(refused(426).cure.contains("proxy_set_header Upgrade"));
        assert!(refused(404).cure.contains("REVERB_SERVER_PATH"));
        assert!(refused(502).cure.contains("does not reach"));
    }

    #[test]
    fn a_clock_far_away_is_told() {
        let headers = [(header::DATE, HeaderValue::from_static("Tue, 14 Nov 2023 22:13:20 GMT"))].into_iter().collect();
        assert!(skew(&headers).unwrap().text.contains("differs by"));
        assert!(skew(&HeaderMap::new()).is_none());
    }
}
