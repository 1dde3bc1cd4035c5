//! Signing up, in and out, and what proves that a command came from our own pages.

use crate::support::{PASSWORD, TestServer, cookie_line, cookie_of, field, problem, sign_up_form};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_person_signs_up_out_and_in_again_by_plain_forms() {
    let server = TestServer::start().await;
    let mut ada = server.visitor();
    ada.load("/sign-up").await;
    let response = ada.submit("/sign-up", &sign_up_form("Ada")).await;
    assert_eq!((response.status(), response.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/"));
    let line = cookie_line(response.headers(), "smartlink_session").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert!(!line.contains("Secure") && !line.contains("Max-Age"), "{line}");
    let user: serde_json::Value = ada.get("/api/user").await.json().await.unwrap();
    assert_eq!((user["name"].as_str(), user["email"].as_str()), (Some("Ada"), Some("ada@example.com")));

    assert_eq!(ada.submit("/sign-out", &[]).await.status(), StatusCode::SEE_OTHER);
    problem(ada.get("/api/user").await, 401).await;

    let fields = [
        ("email", "ADA@example.com".into()),
        ("password", PASSWORD.into()),
        ("remember", "on".into()),
        ("next", "/chat?at=7".into()),
    ];
    let response = ada.submit("/sign-in", &fields).await;
    assert_eq!(response.headers()["location"], "/chat?at=7");
    assert!(cookie_line(response.headers(), "smartlink_session").unwrap().contains("Max-Age=2592000"));
    assert_eq!(ada.get("/api/user").await.status(), StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let fields = [("email", "ada@example.com".into()), ("password", PASSWORD.into()), ("next", next.into())];
        let response = ada.submit("/sign-in", &fields).await;
        assert_eq!(response.headers()["location"], "/", "{next}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_refused_form_comes_back_with_what_was_typed_and_not_in_the_address() {
    let server = TestServer::start().await;
    let mut ada = server.visitor();
    ada.load("/sign-in").await;
    let fields = [("email", "ada@example.com".into()), ("password", "wrong".into()), ("next", "/chat".into())];
    let response = ada.submit("/sign-in", &fields).await;
    assert_eq!(response.headers()["location"], "/sign-in?next=%2Fchat");
    let page = ada.load("/sign-in?next=%2Fchat").await.text().await.unwrap();
    assert!(page.contains("ada@example.com") && page.contains("Email or password is wrong"), "{page}");
    let page = ada.load("/sign-in").await.text().await.unwrap();
    assert!(!page.contains("ada@example.com"), "it is shown once");
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same_and_are_limited() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    ada.load("/sign-in").await;
    let sign_in = |email: &str| json!({ "email": email, "password": "wrong" });
    let wrong = problem(ada.post("/sign-in", sign_in("ada@example.com")).await, 422).await;
    let unknown = problem(ada.post("/sign-in", sign_in("bob@example.com")).await, 422).await;
    assert_eq!(wrong, unknown);
    let mut last = ada.post("/sign-in", sign_in("ada@example.com")).await;
    for _ in 0..10 {
        if last.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        last = ada.post("/sign-in", sign_in("ada@example.com")).await;
    }
    let wait: u64 = last.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let limited = problem(last, 429).await;
    assert!(wait >= 1 && limited["retry_after_s"] == wait);
    server.stop().await;
}

#[tokio::test]
async fn a_form_s_fields_at_fault_are_all_told_at_once() {
    let server = TestServer::start().await;
    let mut ada = server.visitor();
    ada.load("/sign-up").await;
    let answer =
        problem(ada.post("/sign-up", json!({ "name": "", "email": "x", "password": "short" })).await, 422).await;
    let fields: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "email", "password"]);
    let answer = problem(ada.post("/sign-up", json!({ "name": 5 })).await, 422).await;
    assert_eq!(field(&answer), "name");
    server.stop().await;
}

#[tokio::test]
async fn a_command_with_a_session_needs_the_session_s_own_token() {
    let server = TestServer::start().await;
    let (ada, ben) = (server.sign_up("Ada").await, server.sign_up("Ben").await);
    let say = |token: Option<&str>| {
        let request = ada.client.post(format!("{}/api/chat/messages", ada.url)).json(&json!({ "body": "hi" }));
        token.map_or_else(|| request.try_clone().unwrap(), |it| request.try_clone().unwrap().header("X-XSRF-TOKEN", it))
    };
    for token in [None, Some(""), Some("nonsense"), Some(ben.csrf_token.as_str())] {
        problem(say(token).send().await.unwrap(), 419).await;
    }
    assert_eq!(say(Some(&ada.csrf_token)).send().await.unwrap().status(), StatusCode::CREATED);
    let other_header = say(None).header("X-CSRF-TOKEN", &ada.csrf_token).send().await.unwrap();
    assert_eq!(other_header.status(), StatusCode::CREATED);
    server.stop().await;
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_foreign_page() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    ada.submit("/sign-out", &[]).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    problem(ada.form("/sign-in", &fields).await, 419).await;
    problem(server.visitor().form("/sign-in", &fields).await, 419).await;
    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Origin", "null")] {
        let request = ada.request(Method::POST, "/sign-in").header(name, value);
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        problem(request.json(&body).send().await.unwrap(), 403).await;
    }
    let page = ada.client.post(format!("{}/sign-in", ada.url)).header("Accept", "text/html").form_body("email=x");
    let response = page.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 419);
    assert!(response.text().await.unwrap().contains("This page has expired"));
    server.stop().await;
}

trait FormBody {
    fn form_body(self, body: &'static str) -> Self;
}

impl FormBody for reqwest::RequestBuilder {
    fn form_body(self, body: &'static str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }
}

#[tokio::test]
async fn scripts_fetch_the_token_and_sign_in_with_json() {
    let server = TestServer::start().await;
    let mut ada = server.visitor();
    let response = ada.load("/sanctum/csrf-cookie").await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(!cookie_line(response.headers(), "XSRF-TOKEN").unwrap().contains("HttpOnly"));
    let fields = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
    let response = ada.post("/sign-up", fields.clone()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    ada.csrf_token = cookie_of(response.headers(), "XSRF-TOKEN").unwrap();
    let response = ada.post("/sign-in", fields.clone()).await;
    assert_eq!(response.status(), StatusCode::OK);
    ada.csrf_token = cookie_of(response.headers(), "XSRF-TOKEN").unwrap();
    let answer: serde_json::Value = response.json().await.unwrap();
    assert_eq!(answer["user"]["email"], "ada@example.com");
    problem(ada.post("/sign-up", fields).await, 409).await;
    assert_eq!(ada.post("/sign-out", json!({})).await.status(), StatusCode::NO_CONTENT);
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_was_left_is_worth_nothing() {
    let server = TestServer::start().await;
    let mut ada = server.visitor();
    ada.load("/sign-up").await;
    let response = ada.submit("/sign-up", &sign_up_form("Ada")).await;
    let session = cookie_of(response.headers(), "smartlink_session").unwrap();
    let stolen = || {
        server
            .visitor()
            .client
            .get(format!("{}/api/user", server.url))
            .header("cookie", format!("smartlink_session={session}"))
    };
    assert_eq!(stolen().send().await.unwrap().status(), StatusCode::OK);
    ada.submit("/sign-out", &[]).await;
    problem(stolen().send().await.unwrap(), 401).await;
    server.stop().await;
}

#[tokio::test]
async fn behind_tls_cookies_are_secure_if_the_proxy_is_trusted() {
    let server = TestServer::start_with(&[("SMARTLINK_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let load = || server.visitor().client.get(format!("{}/sign-in", server.url)).header("X-Forwarded-Proto", "https");
    let secure =
        |response: &reqwest::Response| cookie_line(response.headers(), "XSRF-TOKEN").unwrap().contains("Secure");
    assert!(secure(&load().send().await.unwrap()));
    server.stop().await;
    let server = TestServer::start().await;
    let request = server.visitor().client.get(format!("{}/sign-in", server.url)).header("X-Forwarded-Proto", "https");
    assert!(!secure(&request.send().await.unwrap()), "a stranger's word");
    server.stop().await;
    let server = TestServer::start_with(&[("APP_URL", "https://chat.example")]).await;
    assert!(secure(&server.visitor().get("/sign-in").await));
    server.stop().await;
}

#[tokio::test]
async fn the_theme_is_kept_by_a_plain_form() {
    let server = TestServer::start().await;
    let mut ada = server.visitor();
    ada.load("/sign-in").await;
    let response = ada.submit("/theme", &[("theme", "dark".into()), ("next", "/sign-in".into())]).await;
    assert_eq!(response.headers()["location"], "/sign-in");
    let page = ada.load("/sign-in").await.text().await.unwrap();
    assert!(page.contains("data-theme=\"dark\""));
    let wrong = ada.submit("/theme", &[("theme", "pink".into())]).await;
    assert_eq!(field(&problem(wrong, 422).await), "theme");
    server.stop().await;
}

#[tokio::test]
async fn a_new_password_needs_the_present_one_and_ends_all_other_sessions() {
    const NEW: &str = "a horse of another colour";
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let mut elsewhere = server.visitor();
    elsewhere.load("/sign-in").await;
    elsewhere.submit("/sign-in", &[("email", "ada@example.com".into()), ("password", PASSWORD.into())]).await;
    assert_eq!(elsewhere.get("/api/user").await.status(), StatusCode::OK);
    let change = |body: serde_json::Value| ada.request(Method::PUT, "/api/user/password").json(&body).send();

    let wrong = change(json!({ "current_password": "not the right one", "password": NEW })).await.unwrap();
    assert_eq!(field(&problem(wrong, 422).await), "current_password");
    let short = change(json!({ "current_password": PASSWORD, "password": "short" })).await.unwrap();
    assert_eq!(field(&problem(short, 422).await), "password");
    let same = change(json!({ "current_password": PASSWORD, "password": PASSWORD })).await.unwrap();
    assert_eq!(field(&problem(same, 422).await), "password");
    assert_eq!(elsewhere.get("/api/user").await.status(), StatusCode::OK);

    let changed = change(json!({ "current_password": PASSWORD, "password": NEW })).await.unwrap();
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    assert_eq!(ada.get("/api/user").await.status(), StatusCode::OK);
    problem(elsewhere.get("/api/user").await, 401).await;
    let mut again = server.visitor();
    again.load("/sign-in").await;
    for (password, place) in [(PASSWORD, "/sign-in"), (NEW, "/")] {
        let fields = [("email", "ada@example.com".into()), ("password", password.into())];
        assert_eq!(again.submit("/sign-in", &fields).await.headers()["location"], place);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_name_is_changed_by_its_owner_over_the_api_and_by_a_plain_form() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    let rename = |name: &str| ada.request(Method::PATCH, "/api/user").json(&json!({ "name": name })).send();
    for wrong in ["", " ", "Ada\u{202e}", &"x".repeat(81)] {
        assert_eq!(field(&problem(rename(wrong).await.unwrap(), 422).await), "name", "{wrong:?}");
    }
    let renamed = rename("  Ada Lovelace ").await.unwrap();
    assert_eq!(renamed.status(), StatusCode::OK);
    let user: serde_json::Value = renamed.json().await.unwrap();
    assert_eq!((&user["name"], &user["email"]), (&json!("Ada Lovelace"), &json!("ada@example.com")));
    assert_eq!(ada.get("/api/user").await.json::<serde_json::Value>().await.unwrap(), user);
    let ben = server.sign_up("Ben").await;
    let found: serde_json::Value = ben.get("/api/people?search=ada%20l").await.json().await.unwrap();
    assert_eq!(found["people"][0]["name"], "Ada Lovelace", "{found}");

    let form =
        |name: &str| vec![("section", String::new()), ("name", name.to_owned()), ("profile.headline", "x".into())];
    assert_eq!(ada.submit("/settings", &form("Ada K")).await.headers()["location"], "/settings");
    assert!(ada.load("/settings").await.text().await.unwrap().contains("Ada K"));
    assert_eq!(ada.submit("/settings", &form("")).await.headers()["location"], "/settings");
    let page = ada.load("/settings").await.text().await.unwrap();
    assert!(page.contains("Name has 0 characters: expected 1 to 80."), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn a_new_password_can_be_set_by_a_plain_form() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    let fields =
        |current: &str| [("current_password", current.to_owned()), ("password", "a horse of another colour".into())];
    let refused = ada.submit("/settings/password", &fields("not the right one")).await;
    assert_eq!(refused.headers()["location"], "/settings/security");
    let page = ada.load("/settings/security").await.text().await.unwrap();
    assert!(page.contains("Your current password is another one."), "{page}");
    let changed = ada.submit("/settings/password", &fields(PASSWORD)).await;
    assert_eq!(changed.headers()["location"], "/settings/security?changed=password");
    let page = ada.load("/settings/security?changed=password").await.text().await.unwrap();
    assert!(page.contains("Password changed."), "{page}");
    server.stop().await;
}
