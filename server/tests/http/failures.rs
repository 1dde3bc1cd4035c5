//! What people and programs see when something in the server does not work.

use crate::support::{TestServer, cookie_line, problem};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, Executor as _};

/// The server's database, as another process opens it.
pub(crate) async fn database(server: &TestServer) -> sqlx::SqliteConnection {
    let path = server.directory.path().join("smartlink.sqlite3");
    sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap()
}

#[tokio::test]
async fn people_see_a_page_and_programs_a_problem_when_the_database_does_not_work() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    database(&server).await.execute("alter table sessions rename to gone").await.unwrap();
    for (method, path) in [(Method::GET, "/"), (Method::GET, "/no-such-page"), (Method::POST, "/sign-out")] {
        let request = ada.request(method.clone(), path).header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 500, "{method} {path}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{method} {path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<h1>Something went wrong</h1>") && page.contains("It is our fault"), "{page}");
        assert_eq!(page.contains("Try again</a>"), method == Method::GET, "a form is not sent again by a link");
    }
    let navigated = ada.request(Method::GET, "/api/user").header("Accept", "text/html").send().await.unwrap();
    problem(navigated, 500).await;
    problem(ada.get("/").await, 500).await;
    server.stop().await;
}

#[tokio::test]
async fn a_remembered_session_s_cookie_is_set_again_as_it_is_used() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    let fields = [("email", "ada@example.com".into()), ("password", crate::support::PASSWORD.into())];
    ada.submit("/sign-in", &[fields.as_slice(), &[("remember", "on".into())]].concat()).await;
    let long_ago = "update sessions set last_seen_at = '2020-01-01 00:00:00+00:00'";
    for path in ["/", "/api/user"] {
        assert_eq!(cookie_line(ada.get(path).await.headers(), "smartlink_session"), None, "it was used just now");
        database(&server).await.execute(long_ago).await.unwrap();
        let answer = ada.get(path).await;
        let line = cookie_line(answer.headers(), "smartlink_session").expect("the cookie ends before the session");
        assert!(line.contains("Max-Age=2592000") && line.contains("HttpOnly"), "{line}");
    }
    database(&server).await.execute(long_ago).await.unwrap();
    let left = ada.submit("/sign-out", &[]).await;
    let lines =
        left.headers().get_all("set-cookie").iter().filter(|it| it.as_bytes().starts_with(b"smartlink_session"));
    assert!(lines.eq(["smartlink_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"]), "{:?}", left.headers());
    server.stop().await;
}

#[tokio::test]
async fn a_message_that_is_marked_against_the_read_position_is_told_in_the_metrics() {
    let server = TestServer::start_with(&[("SMARTLINK_UNREAD_CHECK_INTERVAL", "1")]).await;
    let (ada, ben) = (server.sign_up("Ada").await, server.sign_up("Ben").await);
    let ada_id = ada.get("/api/user").await.json::<serde_json::Value>().await.unwrap()["id"].clone();
    let sent = ben.post("/api/chat/messages/private", json!({ "recipient_id": ada_id, "body": "hello" })).await;
    assert_eq!(sent.status().as_u16(), 201);
    let figure = async |name: &str| -> u64 {
        let text = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|it| it.strip_prefix(name)).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{name} is missing in {text}")).trim().parse().unwrap()
    };
    let wrong = r#"smartlink_unread_differences_total{kind="is_read"} "#;
    while figure("smartlink_unread_checks_total ").await < 4 {}
    assert_eq!(figure(wrong).await, 0);
    database(&server).await.execute("update chat_messages set is_read = true").await.unwrap();
    while figure(wrong).await == 0 {}
    assert_eq!(figure(r#"smartlink_unread_differences_total{kind="count"} "#).await, 0);
    server.stop().await;
}
