//! What holds of several nodes, seen from outside (section 18.2 of the protocol): everything that crosses the seams.

use serde_json::json;

use crate::joined::two_nodes;
use crate::support::application;

#[tokio::test]
async fn nod_1_an_event_reaches_everybody_once_and_the_excluded_socket_not() {
    let ([here, there], _joints) = two_nodes(application()).await;
    let (mut ada, mut ben) = (here.subscribed(&["orders"]).await, there.subscribed(&["orders"]).await);
    here.publish("orders", "shipped", "1").await;
    for client in [&mut ada, &mut ben] {
        client.expect(r#"{"event":"shipped","data":"1","channel":"orders"}"#).await;
        client.assert_silent().await;
    }
    here.publish_except("orders", "shipped", "2", Some(&ben.socket_id)).await;
    assert_eq!(ada.next().await["data"], "2");
    ben.assert_silent().await;
}

#[tokio::test]
async fn nod_1_and_cle_1_a_client_event_reaches_the_others_on_every_node() {
    let ([here, there], joints) = two_nodes(application()).await;
    let (mut ada, mut near, mut far) = (here.connect().await, here.connect().await, there.connect().await);
    ada.join("presence-a", r#"{"user_id":1}"#).await;
    joints.settle().await;
    for (client, id) in [(&mut near, 2), (&mut far, 3)] {
        client.join("presence-a", &json!({"user_id": id}).to_string()).await;
        joints.settle().await;
    }
    for _ in [2, 3] {
        assert_eq!(ada.next().await["event"], "pusher_internal:member_added");
    }
    assert_eq!(near.next().await["event"], "pusher_internal:member_added");
    ada.send(json!({"event": "client-typing", "channel": "presence-a", "data": {"n": 1}})).await;
    for client in [&mut near, &mut far] {
        client.expect(r#"{"event":"client-typing","channel":"presence-a","data":{"n":1},"user_id":1}"#).await;
    }
    ada.assert_silent().await;
}

#[tokio::test]
async fn nod_2_and_pre_6_members_are_the_same_on_every_node() {
    let ([here, there], joints) = two_nodes(application()).await;
    let (mut watcher, mut near, mut far) = (here.connect().await, here.connect().await, there.connect().await);
    watcher.join("presence-a", r#"{"user_id":"w"}"#).await;
    joints.settle().await;
    far.join("presence-a", r#"{"user_id":7}"#).await;
    watcher.expect(r#"{"event":"pusher_internal:member_added","data":"{\"user_id\":7}","channel":"presence-a"}"#).await;
    joints.settle().await;
    // The same user on another node: one member, who joins once and leaves once.
    let seen = near.join("presence-a", r#"{"user_id":7}"#).await;
    assert_eq!(seen["presence"]["ids"], json!(["w", 7]));
    for server in [&here, &there] {
        let users = server.api("GET", "/channels/presence-a/users", &[], "").await;
        assert_eq!(users, (200, json!({"users": [{"id": "w"}, {"id": 7}]})));
    }
    far.unsubscribe("presence-a").await;
    far.assert_silent().await;
    joints.settle().await;
    watcher.assert_silent().await;
    near.unsubscribe("presence-a").await;
    watcher
        .expect(r#"{"event":"pusher_internal:member_removed","data":"{\"user_id\":7}","channel":"presence-a"}"#)
        .await;
}

#[tokio::test]
async fn nod_3_counts_are_sums_of_sockets_and_unions_of_users() {
    let ([here, there], _joints) = two_nodes(application()).await;
    let _clients = [here.subscribed(&["orders", "a"]).await, there.subscribed(&["orders"]).await];
    let (mut ada, mut again) = (here.connect().await, there.connect().await);
    ada.join("presence-a", r#"{"user_id":1}"#).await;
    again.join("presence-a", r#"{"user_id":1}"#).await;
    for server in [&here, &there] {
        let info = [("info", "subscription_count,user_count")];
        let channels = server.api("GET", "/channels", &info, "").await;
        let expected = json!({
            "a": {"subscription_count": 1}, "orders": {"subscription_count": 2}, "presence-a": {"user_count": 1},
        });
        assert_eq!(channels, (200, json!({"channels": expected})));
        let one = server.api("GET", "/channels/orders", &info, "").await;
        assert_eq!(one, (200, json!({"occupied": true, "subscription_count": 2})));
        assert_eq!(server.api("GET", "/connections", &[], "").await, (200, json!({"connections": 4})));
    }
}

#[tokio::test]
async fn nod_4_cached_events_and_terminating_are_everybody_s() {
    let ([here, there], _joints) = two_nodes(application()).await;
    here.publish("cache-prices", "Price", "12").await;
    let mut ada = there.connect().await;
    ada.subscribe("cache-prices").await;
    ada.expect(r#"{"event":"Price","data":"12","channel":"cache-prices"}"#).await;
    ada.join("presence-a", r#"{"user_id":42}"#).await;
    assert_eq!(here.api("POST", "/users/42/terminate_connections", &[], "{}").await, (200, json!({})));
    assert_eq!(ada.next().await["event"], "pusher:error");
    ada.expect_close(4100).await;
}
