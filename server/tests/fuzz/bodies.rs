//! Bodies of requests that are signed as they should be.

use serde_json::Value;

use crate::corpus::{Dice, lines, printed, rounds};
use crate::frame::{RawSocket, text};
use crate::http::{Answer, Http, parameters, signature};
use crate::support::TestServer;

async fn post(http: &mut Http<'_>, endpoint: &str, body: &[u8]) -> Answer {
    let path = format!("/apps/123456/{endpoint}");
    let all = parameters(body);
    let signature = signature("POST", &path, &all);
    let query: Vec<_> = all.iter().map(|(key, value)| format!("{key}={value}")).collect();
    http.send("POST", format!("{path}?{}&auth_signature={signature}", query.join("&")).as_bytes(), body).await
}

#[tokio::test]
async fn api_1_every_signed_body_is_taken_or_refused_with_the_status_that_says_why() {
    let server = TestServer::start().await;
    let mut bystander = RawSocket::open(&server).await;
    let mut http = Http::to(&server);
    let corpus = lines("bodies.txt");
    let mut dice = Dice::new();
    let broken: Vec<_> = (0..rounds(1_000)).map(|_| dice.broken(&corpus)).collect();
    for body in corpus.iter().chain(&broken) {
        for endpoint in ["events", "batch_events", "users/42/terminate_connections"] {
            let answer = post(&mut http, endpoint, body).await;
            let shown = || format!("{endpoint}: {} {} for {}", answer.status, answer.body, printed(body));
            let is_object = serde_json::from_slice::<Value>(body).is_ok_and(|it| it.is_object());
            match answer.status {
                200 => assert!(is_object || endpoint.starts_with("users"), "{}", shown()),
                400 if !answer.body.is_empty() => {}
                413 => assert!(body.len() > 10_240, "{}", shown()),
                422 => {
                    let errors: Value = serde_json::from_str(&answer.body).unwrap();
                    assert!(errors.as_object().is_some_and(|it| !it.is_empty()), "{}", shown());
                }
                _ => panic!("{}", shown()),
            }
        }
    }
    bystander.write(&text(r#"{"event":"pusher:ping"}"#).bytes()).await;
    while bystander.next_text().await != r#"{"event":"pusher:pong"}"# {}
}
