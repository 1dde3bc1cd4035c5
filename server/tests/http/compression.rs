//! Answers are compressed for those who take it: a page of fifty messages has to fit into what a slow line carries.

use reqwest::{Method, Response};

use crate::support::{Person, TestServer};

/// What the page of fifty messages may weigh on the line, in bytes.
const PAGE_LIMIT: usize = 15 * 1_024;

async fn get(person: &Person, path: &str, accept_encoding: &str) -> Response {
    person.request(Method::GET, path).header("accept-encoding", accept_encoding).send().await.unwrap()
}

#[tokio::test]
async fn a_page_of_fifty_messages_is_light_and_whoever_takes_no_compression_gets_it_plain() {
    let server = TestServer::start_with(&[("SMARTLINK_APP_CHAT_RATE_LIMIT", "1000")]).await;
    let ada = server.sign_up("Ada").await;
    for number in 1..=50 {
        ada.say(&format!("Message {number}: what did the campaign in Lisbon bring yesterday, and what did it cost?"))
            .await;
    }
    let plain = get(&ada, "/", "identity").await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.text().await.unwrap();
    assert!(plain.contains("Message 1:") && plain.contains("Message 50:"));
    for encoding in ["br", "gzip"] {
        let page = get(&ada, "/", encoding).await;
        assert_eq!(page.headers()["content-encoding"], encoding);
        assert!(page.headers().get_all("vary").iter().any(|it| it.to_str().unwrap().contains("accept-encoding")));
        let length = page.bytes().await.unwrap().len();
        assert!(length < PAGE_LIMIT && length * 3 < plain.len(), "{encoding}: {length} of {} bytes", plain.len());
    }
    let history = get(&ada, "/api/chat/messages", "br").await;
    assert_eq!(history.headers()["content-encoding"], "br");
    server.stop().await;
}
