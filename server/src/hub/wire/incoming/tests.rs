use proptest::prelude::*;

use super::*;

fn kind(text: &str) -> String {
    match parse(text) {
        Err(InvalidFormat) => "invalid".to_owned(),
        Ok(message) => format!("{message:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn frm_5_what_cannot_be_understood_is_invalid() {
    for text in [
        "Hi",
        "",
        "[]",
        "null",
        "5",
        "{}",
        "{\"event\":5}",
        "{\"event\":null}",
        "{\"event\":\"pusher:ping\"} x",
        "{\"event\":\"pusher:nothing\"}",
        "{\"event\":\"pusher:subscribe\"}",
        "{\"event\":\"pusher:subscribe\",\"data\":null}",
        "{\"event\":\"pusher:subscribe\",\"data\":\"\"}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":[\"a\"]}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":null}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\",\"auth\":5}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\",\"channel_data\":{}}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\",\"channel_data\":\"{\"}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\",\"recover\":5}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\",\"recover\":{\"epoch\":\"e\",\"offset\":-1}}}",
        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\",\"recover\":{\"epoch\":5,\"offset\":1}}}",
        "{\"event\":\"pusher:unsubscribe\",\"data\":{}}",
        "{\"event\":\"client-a\"}",
        "{\"event\":\"client-a\",\"channel\":{}}",
        "{\"event\":\"other\"}",
        "{\"event\":\"\\ud800\",\"channel\":\"a\"}",
    ] {
        assert_eq!(kind(text), "invalid", "{text}");
    }
    assert_eq!(kind("{\"event\":\"pusher_internal:x\",\"channel\":\"a\"}"), "Ignored");
}

#[test]
fn frm_4_data_may_be_an_object_or_a_string_that_holds_it() {
    for text in [
        r#"{"event":"pusher:subscribe","data":{"channel":"a","auth":null,"channel_data":"[]","recover":true}}"#,
        r#"{"event":"pusher:subscribe","data":"{\"channel\":\"a\",\"channel_data\":\"[]\",\"recover\":true}"}"#,
        r#"{"data":{"channel":"b"},"event":"pusher:subscribe","data":{"channel":"a","channel_data":"[]","recover":true}}"#,
    ] {
        let Ok(ClientMessage::Subscribe(subscribe)) = parse(text) else { panic!("{text}") };
        assert_eq!((&*subscribe.channel, subscribe.auth.as_deref()), ("a", None));
        assert_eq!(subscribe.channel_data.as_deref(), Some("[]"));
        assert_eq!(subscribe.recover, Some(RecoverFrom::Latest));
    }
    for data in ["", ",\"data\":null", ",\"data\":{}", ",\"data\":\"\"", ",\"data\":\"{}\""] {
        assert_eq!(kind(&format!("{{\"event\":\"pusher:ping\"{data}}}")), "Ping");
    }
}

#[test]
fn cle_3_structures_in_a_string_are_decoded_and_other_data_passes() {
    for (data, expected) in [
        ("", "null"),
        (",\"data\":null", "null"),
        (",\"data\":\"{\\\"n\\\":1}\"", "{\"n\":1}"),
        (",\"data\":\"[1]\"", "[1]"),
        (",\"data\":\"abc\"", "\"abc\""),
        (",\"data\":\"{broken\"", "\"{broken\""),
        (",\"data\":\"5\"", "\"5\""),
        (",\"data\":{ \"a\": 1.0 }", "{ \"a\": 1.0 }"),
    ] {
        let text = format!("{{\"event\":\"client-x\",\"channel\":\"a\"{data}}}");
        let Ok(ClientMessage::ClientEvent { data, .. }) = parse(&text) else { panic!("{text}") };
        assert_eq!(data, expected, "{text}");
    }
}

#[test]
fn frm_8_nesting_beyond_the_limit_is_invalid() {
    let nested = |depth: usize| {
        format!("{{\"event\":\"client-x\",\"channel\":\"a\",\"data\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
    };
    assert_eq!(kind(&nested(63)), "ClientEvent");
    assert_eq!(kind(&nested(64)), "invalid");
    assert_eq!(kind("{\"event\":\"client-[[{{\\\"[\",\"channel\":\"a\"}"), "ClientEvent");
}

#[test]
fn pre_1_a_member_is_named_by_a_string_or_a_number() {
    for (data, user_id, json) in [
        (r#"{"user_id":1}"#, "1", "1"),
        (r#"{"user_id":"1"}"#, "1", "\"1\""),
        (r#"{"user_id":0,"user_info":{}}"#, "0", "0"),
        (r#"{"user_id":"\u00e9"}"#, "é", "\"\\u00e9\""),
    ] {
        let member = parse_member(data).unwrap();
        assert_eq!((&*member.id, member.id_json), (user_id, json));
    }
    for data in [
        "{}",
        "[]",
        r#"{"user_id":""}"#,
        r#"{"user_id":null}"#,
        r#"{"user_id":{}}"#,
        r#"{"user_id":true}"#,
        r#"{"user_id":1e400}"#,
        r#"{"user_id":-1e999}"#,
    ] {
        assert_eq!(parse_member(data), None, "{data}");
    }
}

#[test]
fn usr_1_a_user_has_an_id_and_perhaps_a_watchlist() {
    let user = parse_user(r#"{"id":42,"user_info":{"name":"Ada"},"watchlist":["7",8]}"#).unwrap();
    assert_eq!((&*user.id, user.user_info), ("42", Some(r#"{"name":"Ada"}"#)));
    assert_eq!(user.watchlist, ["7", "8"]);
    for data in [
        "{}",
        r#"{"id":""}"#,
        r#"{"id":1e400}"#,
        r#"{"id":"1","user_info":5}"#,
        r#"{"id":"1","watchlist":"7"}"#,
        r#"{"id":"1","watchlist":[1e400]}"#,
        "x",
    ] {
        assert_eq!(parse_user(data), None, "{data}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text: String) {
        let _ = parse(&text);
        let _ = parse_user(&text);
        let _ = parse_member(&text);
    }

    #[test]
    fn arbitrary_json_in_every_place_never_panics(
        event in "(pusher:(ping|subscribe|unsubscribe|signin)|client-a|x)",
        data in "[\\[\\]{}\",:\\\\a0-9u]{0,40}",
        channel in "[\\[\\]{}\",:\\\\a0-9u]{0,20}",
    ) {
        let _ = parse(&format!("{{\"event\":\"{event}\",\"data\":{data},\"channel\":{channel}}}"));
        let _ = parse(&format!("{{\"event\":\"{event}\",\"data\":{{\"channel\":{channel},\"auth\":{data},\"recover\":{data}}}}}"));
    }
}
