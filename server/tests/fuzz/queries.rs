//! Queries of signed requests: what is signed as an SDK signs is taken, whatever its parameters; nothing else is.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::corpus::{Dice, lines, printed, rounds};
use crate::http::{Http, parameters, signature};
use crate::support::{KEY, TestServer};

const PATH: &str = "/apps/123456/channels";

/// Names that no rule means anything by, in every script.
fn any_parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let key = "x[a-z0-9_]{0,8}|X[A-Za-z]{0,4}|x\\[\\]";
    let parameters = proptest::collection::vec((key, ".{0,12}"), 0..5);
    // Twice the same name has no order in the text that all SDKs agree on.
    parameters.prop_map(|mut it| {
        it.sort_by_key(|(key, _)| key.to_lowercase());
        it.dedup_by_key(|(key, _)| key.to_lowercase());
        it
    })
}

fn escaped(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

/// Runs the property with a runtime of its own for each case, and keeps failures in a file beside this one.
fn check<S: Strategy>(strategy: S, test: impl Fn(&tokio::runtime::Runtime, &TestServer, S::Value)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start());
    let cases = u32::try_from(rounds(200)).unwrap();
    let config = ProptestConfig { cases, source_file: Some(file!()), ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&strategy, |input| {
        test(&runtime, &server, input);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn api_6_any_parameters_are_taken_when_they_were_signed_decoded() {
    check(any_parameters(), |runtime, server, extra| {
        let mut all = parameters(b"");
        all.extend(extra);
        let signature = signature("GET", PATH, &all);
        let query: Vec<_> = all.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
        let target = format!("{PATH}?{}&auth_signature={signature}", query.join("&"));
        let answer = runtime.block_on(Http::to(server).send("GET", target.as_bytes(), b""));
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"channels":{}}"#), "{target}");
    });
}

#[test]
fn api_6_any_parameters_are_taken_when_they_were_signed_as_they_stand() {
    check(any_parameters(), |runtime, server, extra| {
        let mut all = parameters(b"");
        all.extend(extra.iter().map(|(key, value)| (key.clone(), escaped(value))));
        let signature = signature("GET", PATH, &all);
        let query: Vec<_> = all.iter().map(|(key, value)| format!("{}={value}", escaped(key))).collect();
        // The .NET SDK puts the signature first.
        let target = format!("{PATH}?auth_signature={signature}&{}", query.join("&"));
        let answer = runtime.block_on(Http::to(server).send("GET", target.as_bytes(), b""));
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"channels":{}}"#), "{target}");
    });
}

#[test]
fn api_8_one_changed_character_of_a_signed_request_is_a_401_without_the_right_signature() {
    let position = (any_parameters(), any::<proptest::sample::Index>(), "[a-zA-Z0-9]");
    check(position, |runtime, server, (extra, index, replacement)| {
        let mut all = parameters(b"");
        all.extend(extra);
        let signature = signature("GET", PATH, &all);
        let query: Vec<_> = all.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
        let mut query = query.join("&");
        let at = index.index(query.len());
        // An escape means the same in both cases, so it is left alone; keys are signed in lower case.
        let before = query.clone();
        query.replace_range(at..=at, &replacement);
        let is_the_same =
            before.eq_ignore_ascii_case(&query) || before[..at].ends_with('%') || before[at..].starts_with('%');
        if is_the_same || (at > 0 && before[..at - 1].ends_with('%')) {
            return;
        }
        let target = format!("{PATH}?{query}&auth_signature={signature}");
        let answer = runtime.block_on(Http::to(server).send("GET", target.as_bytes(), b""));
        assert_eq!(answer.status, 401, "{target}");
        assert!(!answer.body.contains(&signature), "{}", answer.body);
    });
}

#[tokio::test]
async fn api_1_no_query_is_more_than_a_refused_request() {
    let server = TestServer::start().await;
    let mut http = Http::to(&server);
    let corpus = lines("queries.txt");
    let mut dice = Dice::new();
    let broken: Vec<_> = (0..rounds(1_000)).map(|_| dice.broken(&corpus)).collect();
    for query in corpus.iter().chain(&broken) {
        for path in ["/apps/123456/channels", "/apps/123456/channels/presence-a/users", "/apps/123456/connections"] {
            let target = [path.as_bytes(), b"?", query, b"&auth_key=", KEY.as_bytes()].concat();
            let answer = http.send("GET", &target, b"").await;
            let is_refused = matches!(answer.status, 400 | 401 | 414 | 431);
            assert!(is_refused, "{} {} for {}", answer.status, answer.body, printed(query));
        }
    }
}
