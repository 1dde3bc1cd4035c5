//! The REST API, over real HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::clock::Clock;
use server::domain::{Ability, Tokens};
use server::store::{DatabaseSettings, Store};

use crate::support::{TestServer, field, problem};

#[tokio::test]
async fn a_message_is_stored_once_however_often_it_is_sent() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let client_id = "01930a5c-0000-7000-8000-000000000001";
    let command = json!({ "client_id": client_id, "body": "hi **you**" });
    let first = ada.post("/api/chat/messages", command.clone()).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    let first: Value = first.json().await.unwrap();
    let again = ada.post("/api/chat/messages", command).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let by_header = ada.request(Method::POST, "/api/chat/messages").header("Idempotency-Key", client_id);
    let by_header = by_header.json(&json!({ "body": "hi" })).send().await.unwrap();
    assert_eq!(by_header.json::<Value>().await.unwrap()["id"], first["id"]);
    let wrong = ada.request(Method::POST, "/api/chat/messages").header("Idempotency-Key", "7");
    let wrong = problem(wrong.json(&json!({ "body": "hi" })).send().await.unwrap(), 422).await;
    assert_eq!(field(&wrong), "Idempotency-Key");
    let page: Value = ada.get("/api/chat/messages").await.json().await.unwrap();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn the_history_is_read_by_cursor() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(ada.say(&format!("message {number}")).await["id"].as_i64().unwrap());
    }
    let of = |page: &Value| -> Vec<i64> {
        page["messages"].as_array().unwrap().iter().map(|it| it["id"].as_i64().unwrap()).collect()
    };
    let newest: Value = ada.get("/api/chat/messages?limit=2").await.json().await.unwrap();
    assert_eq!(of(&newest), ids[3..]);
    let older: Value = ada.get(&format!("/api/chat/messages?limit=2&before={}", ids[3])).await.json().await.unwrap();
    assert_eq!((of(&older), older["has_older"].as_bool()), (ids[1..3].to_vec(), Some(true)));
    let newer: Value = ada.get(&format!("/api/chat/messages?after={}", ids[3])).await.json().await.unwrap();
    assert_eq!(of(&newer), ids[4..]);
    for (query, at_fault) in [("limit=0", "limit"), ("limit=many", "limit"), ("before=x", "before")] {
        let answer = problem(ada.get(&format!("/api/chat/messages?{query}")).await, 422).await;
        assert_eq!(field(&answer), at_fault, "{query}");
    }
    assert_eq!(ada.post(&format!("/api/chat/messages/{}/read", ids[4]), json!({})).await.status(), StatusCode::OK);
    let read: Value = ada.get("/api/chat/messages").await.json().await.unwrap();
    assert_eq!(read["read_up_to"], ids[4]);
    problem(ada.post("/api/chat/messages/999999/read", json!({})).await, 404).await;
    assert_eq!(field(&problem(ada.post("/api/chat/messages/x/read", json!({})).await, 422).await), "id");
    server.stop().await;
}

#[tokio::test]
async fn typing_and_presence_are_told() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let typing = ada.request(Method::POST, "/api/chat/typing").header("X-Socket-Id", "1.2").send().await.unwrap();
    assert!(typing.json::<Value>().await.unwrap()["until"].is_string());
    let odd = ada.request(Method::POST, "/api/chat/typing").header("X-Socket-Id", "x").send().await.unwrap();
    assert_eq!(field(&problem(odd, 422).await), "X-Socket-Id");
    assert_eq!(ada.get("/api/chat/users/online").await.json::<Value>().await.unwrap(), json!([]));
    server.stop().await;
}

#[tokio::test]
async fn a_token_does_what_it_allows_and_no_cookie_helps_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let user: Value = ada.get("/api/user").await.json().await.unwrap();
    let path = server.directory.path().join("smartlink.sqlite3");
    let store = Store::connect(&DatabaseSettings::Sqlite { path }).await.unwrap();
    let tokens = Tokens::new(store.clone(), Clock::system());
    let owner = app::ids::UserId(user["id"].as_i64().unwrap());
    let token = tokens.create(owner, "test", &[Ability::ChatRead], None).await.unwrap();
    // No cookie, no CSRF token: a program.
    let ask = |method: Method, path: &str, token: &str| {
        reqwest::Client::new().request(method, format!("{}{path}", server.url)).bearer_auth(token)
    };
    let read = ask(Method::GET, "/api/chat/messages", &token.plain_text).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);
    let write = ask(Method::POST, "/api/chat/messages", &token.plain_text).json(&json!({ "body": "hi" }));
    let refused = problem(write.send().await.unwrap(), 403).await;
    assert!(refused["detail"].as_str().unwrap().contains("chat:write"));
    let with_cookie = ada.request(Method::GET, "/api/user").bearer_auth("nonsense").send().await.unwrap();
    problem(with_cookie, 401).await;
    assert!(tokens.revoke(owner, token.id).await.unwrap());
    problem(ask(Method::GET, "/api/user", &token.plain_text).send().await.unwrap(), 401).await;
    store.close().await;
    server.stop().await;
}

#[tokio::test]
async fn what_does_not_exist_or_fit_is_told_as_a_problem() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    assert!(problem(ada.get("/api/nothing").await, 404).await["detail"].as_str().unwrap().contains("/api/nothing"));
    let wrong = ada.request(Method::DELETE, "/api/user").send().await.unwrap();
    assert!(wrong.headers()["allow"].to_str().unwrap().contains("GET"));
    assert!(problem(wrong, 405).await["detail"].as_str().unwrap().contains("expected GET"));
    for (body, at_fault) in
        [("", "body"), ("{", "body"), ("[]", "body"), ("{}", "body"), (r#"{"body":"a","client_id":5}"#, "client_id")]
    {
        let request = ada.request(Method::POST, "/api/chat/messages").header("content-type", "application/json");
        assert_eq!(field(&problem(request.body(body).send().await.unwrap(), 422).await), at_fault, "{body}");
    }
    let form = ada.request(Method::POST, "/api/chat/messages").header("content-type", "text/plain").body("x");
    assert_eq!(field(&problem(form.send().await.unwrap(), 422).await), "body");
    let large = ada.post("/api/chat/messages", json!({ "body": "x".repeat(200_000) })).await;
    problem(large, 413).await;
    let page = ada.request(Method::GET, "/nothing").header("Accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.text().await.unwrap().contains("</html>"));
    server.stop().await;
}

#[tokio::test]
async fn two_people_talk_over_the_api() {
    let server = TestServer::start().await;
    let (ada, ben, mei) = (server.sign_up("Ada").await, server.sign_up("Ben").await, server.sign_up("Mei").await);
    let id_of = async |person: &crate::support::Person| -> i64 {
        person.get("/api/user").await.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
    };
    let (ada_id, ben_id) = (id_of(&ada).await, id_of(&ben).await);
    let command = json!({ "client_id": "01930a5c-0000-7000-8000-000000000002", "recipient_id": ben_id, "body": "hi" });
    let sent = ada.post("/api/chat/messages/private", command.clone()).await;
    assert_eq!(sent.status(), StatusCode::CREATED);
    let message: Value = sent.json().await.unwrap();
    assert_eq!(ada.post("/api/chat/messages/private", command).await.status(), StatusCode::OK);
    let conversation = format!("private-chat.{ada_id}.{ben_id}");
    let history = format!("/api/chat/messages?conversation={conversation}");
    let page: Value = ben.get(&history).await.json().await.unwrap();
    assert_eq!((&page["messages"][0], page["unread_count"].as_i64()), (&message, Some(1)));
    problem(mei.get(&history).await, 403).await;
    let list: Value = ben.get("/api/chat/conversations").await.json().await.unwrap();
    assert_eq!(list["direct"][0]["conversation"], conversation.as_str());
    let opened: Value = ben.get(&format!("/api/chat/conversations/{conversation}")).await.json().await.unwrap();
    assert_eq!(opened["summary"]["peer"]["name"], "Ada");
    let id = &message["id"];
    let read: Value = ben.post(&format!("/api/chat/messages/{id}/read"), json!({})).await.json().await.unwrap();
    assert_eq!((&read["read_up_to"], &read["unread_count"]), (id, &json!(0)));
    let reaction = ben.post(&format!("/api/chat/messages/{id}/reactions"), json!({ "emoji": "👍" })).await;
    assert_eq!(reaction.json::<Value>().await.unwrap()["count"], 1);
    let edit = ada.request(Method::PATCH, &format!("/api/chat/messages/{id}")).json(&json!({ "body": "hello" }));
    assert_eq!(edit.send().await.unwrap().json::<Value>().await.unwrap()["body"], "hello");
    let found: Value = ben.get(&format!("/api/chat/messages/{id}")).await.json().await.unwrap();
    assert_eq!(found["conversation"], conversation.as_str());
    problem(mei.get(&format!("/api/chat/messages/{id}")).await, 404).await;
    let typing = json!({ "conversation": conversation });
    assert_eq!(ben.post("/api/chat/typing", typing.clone()).await.status(), StatusCode::OK);
    problem(mei.post("/api/chat/typing", typing).await, 403).await;
    let blocked = ben.request(Method::POST, &format!("/api/people/{ada_id}/block")).send().await.unwrap();
    assert_eq!(blocked.status(), StatusCode::NO_CONTENT);
    let refused = ada.post("/api/chat/messages/private", json!({ "recipient_id": ben_id, "body": "?" })).await;
    assert_eq!(problem(refused, 403).await["detail"], "Ben does not take messages from you");
    let deleted = ada.request(Method::DELETE, &format!("/api/chat/messages/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let wrong = ada.post("/api/chat/messages/private", json!({ "recipient_id": "x", "body": "?" })).await;
    assert_eq!(field(&problem(wrong, 422).await), "recipient_id");
    server.stop().await;
}

#[tokio::test]
async fn people_settings_notifications_and_sessions_are_served() {
    let server = TestServer::start().await;
    let (ada, ben) = (server.sign_up("Ada").await, server.sign_up("Ben").await);
    ada.say("hi @Ben").await;
    let page: Value = ben.get("/api/notifications?filter=unread").await.json().await.unwrap();
    assert_eq!((&page["notifications"][0]["kind"], &page["unread_count"]), (&json!("mention"), &json!(1)));
    let id = &page["notifications"][0]["id"];
    let marked: Value = ben.post(&format!("/api/notifications/{id}/read"), json!({})).await.json().await.unwrap();
    assert_eq!(marked["notification_ids"], json!([id]));
    let undone: Value =
        ben.post("/api/notifications/unread", json!({ "notification_ids": [id] })).await.json().await.unwrap();
    assert_eq!(undone["unread_count"], 1);
    let people: Value = ada.get("/api/people?search=be").await.json().await.unwrap();
    assert_eq!((&people["people"][0]["name"], &people["people"][0]["status"]), (&json!("Ben"), &json!("offline")));
    assert_eq!(field(&problem(ada.get("/api/people?whereabouts=there").await, 422).await), "whereabouts");
    let change = |body: Value| ada.request(Method::PATCH, "/api/settings").json(&body).send();
    let settings: Value = change(json!({ "privacy": { "last_seen": false } })).await.unwrap().json().await.unwrap();
    assert_eq!(settings, ada.get("/api/settings").await.json::<Value>().await.unwrap());
    let wrong = change(json!({ "privacy": { "lastSeen": false } })).await.unwrap();
    assert_eq!(field(&problem(wrong, 422).await), "privacy.lastSeen");
    let chosen =
        ada.request(Method::PUT, "/api/presence").json(&json!({ "status": "invisible" })).send().await.unwrap();
    assert_eq!(chosen.status(), StatusCode::NO_CONTENT);
    let fields = [("socket_id", "1.2"), ("channel_name", "presence-chat")];
    let grant: Value = ada.form("/broadcasting/auth", &fields).await.json().await.unwrap();
    assert!(grant["channel_data"].as_str().unwrap().contains("\"is_hidden\":true"));
    let sessions: Value = ada.get("/api/sessions").await.json().await.unwrap();
    assert_eq!((sessions.as_array().unwrap().len(), &sessions[0]["is_current"]), (1, &json!(true)));
    problem(ben.request(Method::DELETE, &format!("/api/sessions/{}", sessions[0]["id"])).send().await.unwrap(), 404)
        .await;
    let own = ada.request(Method::DELETE, &format!("/api/sessions/{}", sessions[0]["id"])).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::NO_CONTENT);
    problem(ada.get("/api/user").await, 401).await;
    server.stop().await;
}
