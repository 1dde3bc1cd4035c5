use proptest::prelude::*;

use super::*;

fn name(text: &str) -> ChannelName {
    text.parse().unwrap()
}

#[test]
fn data_may_be_an_object_or_a_string_that_holds_one() {
    let expected =
        ServerFrame::ConnectionEstablished { socket_id: SocketId { high: 1234, low: 5678 }, activity_timeout_s: 30 };
    for text in [
        r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"1234.5678\",\"activity_timeout\":30}"}"#,
        r#"{"event":"pusher:connection_established","data":{"socket_id":"1234.5678","activity_timeout":30}}"#,
    ] {
        assert_eq!(ServerFrame::parse(text).unwrap(), expected);
    }
    for (text, code) in [
        (r#"{"event":"pusher:error","data":"{\"code\":4009,\"message\":\"no\"}"}"#, Some(4009)),
        (r#"{"event":"pusher:error","data":{"code":null,"message":"no"}}"#, None),
    ] {
        assert_eq!(ServerFrame::parse(text).unwrap(), ServerFrame::Error { code, message: "no".into() });
    }
}

#[test]
fn a_subscription_tells_members_and_position_if_it_has_them() {
    let text = r#"{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"orders"}"#;
    let plain =
        ServerFrame::SubscriptionSucceeded { channel: name("orders"), members: None, position: None, recovered: false };
    assert_eq!(ServerFrame::parse(text).unwrap(), plain);
    let text = r#"{"event":"pusher_internal:subscription_succeeded","data":"{\"presence\":{\"count\":1,\"ids\":[\"42\"],\"hash\":{\"42\":{\"name\":\"Ada\"}}},\"epoch\":\"e\",\"offset\":7,\"recovered\":true}","channel":"presence-chat"}"#;
    let ServerFrame::SubscriptionSucceeded { members: Some(members), position, recovered: true, .. } =
        ServerFrame::parse(text).unwrap()
    else {
        panic!("not read as a recovered presence subscription");
    };
    assert_eq!(members.iter().count(), 1);
    assert_eq!(position, Some(ChannelPosition { epoch: "e".into(), offset: 7 }));
}

#[test]
fn an_event_keeps_its_data_as_it_was_published() {
    let text = r#"{"event":"MessageSent","data":"{ \"a\": 1 }","channel":"chat","offset":5,"event_id":"018bcfe5-687b-7000-8000-000000000001"}"#;
    let ServerFrame::Event { channel, event } = ServerFrame::parse(text).unwrap() else { panic!("no event") };
    assert_eq!((channel.as_str(), event.data.as_str(), event.offset), ("chat", r#"{ "a": 1 }"#, Some(5)));
    assert!(event.event_id.is_some());
    let text = r#"{"event":"client-typing","channel":"presence-room.1","data":{"n":1},"user_id":42}"#;
    let ServerFrame::Event { event, .. } = ServerFrame::parse(text).unwrap() else { panic!("no event") };
    assert_eq!((event.data.as_str(), event.user_id.unwrap().as_str()), (r#"{"n":1}"#, "42"));
}

#[test]
fn what_a_later_protocol_may_bring_is_no_error() {
    for text in [
        r#"{"event":"pusher:cache_miss","channel":"cache-prices"}"#,
        r#"{"event":"pusher_internal:subscription_count","data":"{\"subscription_count\":3}","channel":"orders"}"#,
        r#"{"event":"pusher:hello","data":[1,2],"new":true}"#,
    ] {
        assert!(matches!(ServerFrame::parse(text).unwrap(), ServerFrame::Other { .. }), "{text}");
    }
}

#[test]
fn a_subscription_bears_what_was_signed_and_where_to_go_on() {
    let channel = name("presence-chat");
    let authorization =
        ChannelAuthorization { auth: "key:00ff".into(), channel_data: Some(r#"{"user_id":"4"}"#.into()) };
    let position = ChannelPosition { epoch: "e".into(), offset: 7 };
    let frame = |authorization, from| {
        let text = ClientFrame::Subscribe { channel: &channel, authorization, from }.to_text();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(
        frame(Some(&authorization), Some(&position)),
        json!({ "event": "pusher:subscribe", "data": {
            "channel": "presence-chat", "auth": "key:00ff", "channel_data": "{\"user_id\":\"4\"}",
            "recover": { "epoch": "e", "offset": 7 },
        } })
    );
    assert_eq!(
        frame(None, None),
        json!({ "event": "pusher:subscribe", "data": { "channel": "presence-chat", "recover": true } })
    );
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,200}") {
        let _either = ServerFrame::parse(&text);
    }

    #[test]
    fn no_data_makes_reading_panic(
        event in "pusher(_internal)?:(error|connection_established|subscription_succeeded|subscription_error|member_added|member_removed)",
        data in "(\\{|\\[|\"|null|1)?(\"(presence|code|user_id|ids|hash|socket_id|offset)\":)?(\\{\\}|\\[\\]|-1|null|\"\")?(\\}|\\]|\")?",
    ) {
        let _either = ServerFrame::parse(&format!(r#"{{"event":"{event}","channel":"a","data":{data}}}"#));
        let _either = ServerFrame::parse(&json!({ "event": event, "channel": "a", "data": data }).to_string());
    }
}
