//! `/broadcasting/auth`: what is signed for whom.

use base64::Engine as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{KEY, SECRET, TestServer};

#[tokio::test]
async fn a_channel_of_one_s_own_is_signed_and_another_s_refused() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let id = ada.get("/api/user").await.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
    let ask = |channel: String| {
        let ada = &ada;
        async move { ada.form("/broadcasting/auth", &[("socket_id", "1234.5678"), ("channel_name", &channel)]).await }
    };
    let signed = |text: String| format!("{KEY}:{}", server::signature::sign(SECRET, text.as_bytes()));
    let channel = format!("private-user.{id}");
    let answer = ask(channel.clone()).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "auth": signed(format!("1234.5678:{channel}")) }));
    let answer: Value = ask("presence-chat".into()).await.json().await.unwrap();
    let data = answer["channel_data"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(data).unwrap(),
        json!({ "user_id": id.to_string(), "user_info": { "name": "Ada" } })
    );
    assert_eq!(answer["auth"], signed(format!("1234.5678:presence-chat:{data}")));
    for channel in ["private-user.999", "private-admin", "private-x", "presence-x", "lobby"] {
        let answer = ask(channel.into()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{channel}");
        assert!(answer.json::<Value>().await.unwrap()["message"].is_string());
    }
    let answer: Value = ask("chat".into()).await.json().await.unwrap();
    assert_eq!(answer, json!({ "auth": signed("1234.5678:chat".into()) }));
    let answer: Value = ada.form("/broadcasting/user-auth", &[("socket_id", "1.2")]).await.json().await.unwrap();
    let user_data = answer["user_data"].as_str().unwrap();
    assert_eq!(answer["auth"], signed(format!("1.2::user::{user_data}")));
    assert_eq!(ask("private-encrypted-user.999".into()).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ask(format!("private-encrypted-user.{id}")).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    server.stop().await;
}

#[tokio::test]
async fn an_encrypted_channel_gets_its_key_if_there_is_a_master_key() {
    let master_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let server = TestServer::start_with(&[("SMARTLINK_ENCRYPTION_MASTER_KEY", master_key)]).await;
    let ada = server.sign_up("Ada").await;
    let id = ada.get("/api/user").await.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
    let channel = format!("private-encrypted-user.{id}");
    let fields = [("socket_id", "1.2"), ("channel_name", channel.as_str())];
    let answer: Value = ada.form("/broadcasting/auth", &fields).await.json().await.unwrap();
    let secret = base64::prelude::BASE64_STANDARD.decode(answer["shared_secret"].as_str().unwrap()).unwrap();
    assert_eq!(secret.len(), 32);
    server.stop().await;
}

#[tokio::test]
async fn what_is_asked_to_be_signed_is_checked() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    for (socket_id, channel, at_fault) in [
        ("", "presence-chat", "socket_id"),
        ("1234.5678:presence-chat", "presence-chat", "socket_id"),
        ("1.2", "private-ä", "channel_name"),
        ("1.2", "", "channel_name"),
    ] {
        let answer = ada.form("/broadcasting/auth", &[("socket_id", socket_id), ("channel_name", channel)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.json::<Value>().await.unwrap()["errors"][at_fault][0].is_string(), "{socket_id} {channel}");
    }
    let nobody = server.visitor();
    let fields = [("socket_id", "1.2"), ("channel_name", "presence-chat")];
    assert_eq!(nobody.form("/broadcasting/auth", &fields).await.status(), StatusCode::FORBIDDEN);
    let foreign = ada.request(Method::POST, "/broadcasting/auth?socket_id=1.2&channel_name=presence-chat");
    let foreign = foreign.header("Origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let by_query = ada.get("/broadcasting/auth?socket_id=1.2&channel_name=presence-chat").await;
    assert_eq!(by_query.status(), StatusCode::OK);
    server.stop().await;
}
