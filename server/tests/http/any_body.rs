//! Whatever a body holds, it is answered.

use proptest::prelude::*;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::TestServer;

/// Every address that takes a body.
const COMMANDS: [&str; 8] = [
    "/api/chat/messages",
    "/api/chat/messages/1/read",
    "/api/chat/typing",
    "/broadcasting/auth",
    "/broadcasting/user-auth",
    "/sign-in",
    "/sign-up",
    "/theme",
];

const MEDIA_TYPES: [&str; 4] =
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let names = prop_oneof![
        Just("body".to_owned()),
        Just("client_id".to_owned()),
        Just("email".to_owned()),
        Just("password".to_owned()),
        Just("name".to_owned()),
        Just("socket_id".to_owned()),
        Just("channel_name".to_owned()),
        any::<String>(),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

#[test]
fn no_body_whatever_makes_the_server_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, ada) = runtime.block_on(async {
        let server = TestServer::start().await;
        let ada = server.sign_up("Ada").await;
        (server, ada)
    });
    let bodies = prop_oneof![
        any_json().prop_map(|it| it.to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..300),
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(150));
    let cases = (0..COMMANDS.len(), 0..MEDIA_TYPES.len(), bodies);
    let outcome = runner.run(&cases, |(command, media_type, body)| {
        let request = ada.request(Method::POST, COMMANDS[command]).header("content-type", MEDIA_TYPES[media_type]);
        let status = runtime.block_on(async { request.body(body).send().await.unwrap().status() });
        // 503 is the polite refusal of a password when too many are being hashed.
        prop_assert!(!status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(server.stop());
}
