//! Health and figures, pages and built files, and who may read answers.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::TestServer;

#[tokio::test]
async fn health_and_figures_come_from_the_parts_themselves() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    assert_eq!(ada.get("/up").await.text().await.unwrap(), r#"{"health":"OK"}"#);
    let ready: Value = ada.get("/ready").await.json().await.unwrap();
    assert_eq!((ready["database"].as_str(), ready["relay"].as_str()), (Some("OK"), Some("OK")));
    let figures = ada.get("/metrics").await.text().await.unwrap();
    for line in [
        "smartlink_connections{application=\"1\"} 0",
        "smartlink_database_up 1",
        "smartlink_http_request_duration_seconds_count{method=\"POST\",route=\"/sign-up\",status=\"303\"} 1",
        "process_resident_memory_bytes ",
    ] {
        assert!(figures.contains(line), "{line} is missing in {figures}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_say_what_a_browser_may_do_with_them() {
    let server = TestServer::start().await;
    let response = server.visitor().get("/sign-in").await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script-src 'unsafe-inline'"), "{policy}");
    for (name, value) in [("x-content-type-options", "nosniff"), ("cache-control", "no-store")] {
        assert_eq!(response.headers()[name], value);
    }
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let page = response.text().await.unwrap();
    let scripts = page.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), scripts, "every script has the nonce");
    server.stop().await;
}

#[tokio::test]
async fn a_page_about_nothing_is_not_found() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    for path in ["/nowhere", "/settings/nothing", "/chat/999", "/chat/nobody"] {
        assert_eq!(ada.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/", "/settings", "/settings/privacy"] {
        assert_eq!(ada.get(path).await.status(), StatusCode::OK, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn built_files_are_served_compressed_and_kept() {
    let server = TestServer::start().await;
    let package = server.directory.path().join("site/pkg");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(package.join("smartlink.4KRwPeU2tDJkKmXOBrg57A.js"), "plain").unwrap();
    std::fs::write(package.join("smartlink.4KRwPeU2tDJkKmXOBrg57A.js.br"), "brotli").unwrap();
    std::fs::write(server.directory.path().join("site/favicon.svg"), "<svg/>").unwrap();
    let visitor = server.visitor();
    let path = "/pkg/smartlink.4KRwPeU2tDJkKmXOBrg57A.js";
    let response = visitor.request(Method::GET, path).header("Accept-Encoding", "br").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "br");
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert!(response.headers().get("set-cookie").is_none());
    let favicon = visitor.get("/favicon.svg").await;
    assert_eq!((favicon.status(), favicon.headers()["cache-control"].to_str().unwrap()), (StatusCode::OK, "no-cache"));
    assert_eq!(visitor.get("/pkg/nothing.js").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(visitor.get("/pkg/../../smartlink.sqlite3").await.status(), StatusCode::NOT_FOUND);
    server.stop().await;
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_answers_and_never_with_cookies() {
    let server = TestServer::start_with(&[("SMARTLINK_ALLOWED_ORIGINS", "*.example.com")]).await;
    let ask = |origin: &'static str| {
        let request = server.visitor().client.request(Method::OPTIONS, format!("{}/broadcasting/auth", server.url));
        request.header("Origin", origin).header("Access-Control-Request-Method", "POST").send()
    };
    let allowed = ask("https://app.example.com").await.unwrap();
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example.com");
    assert!(allowed.headers()["access-control-allow-headers"].to_str().unwrap().contains("X-Socket-ID"));
    assert!(allowed.headers().get("access-control-allow-credentials").is_none());
    let refused = ask("https://evil.example").await.unwrap();
    assert!(refused.headers().get("access-control-allow-origin").is_none());
    server.stop().await;
}
