//! Frames from the server, each encoded once (sections 2.3, 5.4 to 7, 9, 12 and 13).

use std::fmt::Write as _;

use app::realtime::{ChannelName, SocketId};
use bytes::Bytes;

use crate::broker::{Publication, Recovered};
use crate::hub::framing::{FrameBuilder, payload};
use crate::hub::wire::escape::{push_escaped, push_string};

/// How a client wants to be told of an error (rules ERR-1 and ERR-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// `data` is a string, `code` a number: pusher-js, and whoever does not say what it is.
    Text,
    /// `data` is an object, as the hosted service sends it.
    Object,
}

/// `pusher:connection_established` (rule CON-9).
pub(crate) fn connection_established(socket_id: SocketId, activity_timeout_s: u64) -> Bytes {
    FrameBuilder::new(128)
        .raw(r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\""#)
        .raw(&socket_id.to_string())
        .raw(r#"\",\"activity_timeout\":"#)
        .raw(&activity_timeout_s.to_string())
        .raw(r#"}"}"#)
        .finish()
}

/// `pusher:pong`, without data (rule LIV-1).
pub(crate) fn pong() -> Bytes {
    FrameBuilder::new(24).raw(r#"{"event":"pusher:pong"}"#).finish()
}

/// `pusher:ping` (rule LIV-4).
pub(crate) fn ping() -> Bytes {
    FrameBuilder::new(24).raw(r#"{"event":"pusher:ping"}"#).finish()
}

/// `pusher:error`. In object form the code stands only where the client may obey it (rule ERR-2).
pub(crate) fn error(code: u16, message: &str, form: ErrorForm, closes: bool) -> Bytes {
    let builder = FrameBuilder::new(96 + message.len());
    match form {
        ErrorForm::Text => builder
            .raw(r#"{"event":"pusher:error","data":"{\"code\":"#)
            .raw(&code.to_string())
            .raw(r#",\"message\":\""#)
            .with(|bytes| push_twice_escaped(bytes, message))
            .raw(r#"\"}"}"#)
            .finish(),
        ErrorForm::Object => builder
            .raw(r#"{"event":"pusher:error","data":{"code":"#)
            .raw(&if closes || code >= 4300 { code.to_string() } else { "null".to_owned() })
            .raw(r#","message":"#)
            .with(|bytes| push_string(bytes, message))
            .raw("}}")
            .finish(),
    }
}

/// `pusher_internal:subscription_succeeded`. `presence` is the members' JSON, escaped for a string already.
pub(crate) fn subscription_succeeded(
    channel: &ChannelName,
    presence: Option<&[u8]>,
    position: Option<&Recovered>,
) -> Bytes {
    FrameBuilder::new(192 + presence.map_or(0, <[u8]>::len))
        .raw(r#"{"event":"pusher_internal:subscription_succeeded","data":"{"#)
        .with(|bytes| {
            if let Some(presence) = presence {
                bytes.extend_from_slice(br#"\"presence\":"#);
                bytes.extend_from_slice(presence);
            }
            if let Some(position) = position {
                if presence.is_some() {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(br#"\"epoch\":\""#);
                push_twice_escaped(bytes, &position.epoch);
                let tail = format!(r#"\",\"offset\":{},\"recovered\":{}"#, position.offset, position.recovered);
                bytes.extend_from_slice(tail.as_bytes());
            }
        })
        .raw(r#"}","channel":"#)
        .with(|bytes| push_string(bytes, channel.as_str()))
        .raw("}")
        .finish()
}

/// `pusher:subscription_error` (rules SUB-8 and SUB-9), for a channel name as it was sent.
pub(crate) fn subscription_error(channel: &str, kind: &str, message: &str, status: u16) -> Bytes {
    FrameBuilder::new(160 + channel.len())
        .raw(r#"{"event":"pusher:subscription_error","data":"{\"type\":\""#)
        .raw(kind)
        .raw(r#"\",\"error\":\""#)
        .with(|bytes| push_twice_escaped(bytes, message))
        .raw(r#"\",\"status\":"#)
        .raw(&status.to_string())
        .raw(r#"}","channel":"#)
        .with(|bytes| push_string(bytes, channel))
        .raw("}")
        .finish()
}

/// An event as it was published (rule EVT-1); a logged one bears its place.
pub(crate) fn event(publication: &Publication) -> Bytes {
    let (event, data, channel) = (&publication.event, &publication.data, &publication.channel);
    FrameBuilder::new(128 + event.len() + data.len() + data.len() / 4 + channel.as_str().len())
        .raw(r#"{"event":"#)
        .with(|bytes| push_string(bytes, event))
        .raw(r#","data":"#)
        .with(|bytes| push_string(bytes, data))
        .raw(r#","channel":"#)
        .with(|bytes| push_string(bytes, channel.as_str()))
        .with(|bytes| {
            if let Some(logged) = publication.logged {
                let place = format!(r#","offset":{},"event_id":"{}""#, logged.offset, logged.event_id);
                bytes.extend_from_slice(place.as_bytes());
            }
        })
        .raw("}")
        .finish()
}

/// Name and data of an encoded event.
pub(crate) fn read_event(frame: &[u8]) -> Option<(String, String)> {
    #[derive(serde::Deserialize)]
    struct Event {
        event: String,
        data: String,
    }
    let Event { event, data } = serde_json::from_slice(payload(frame)?).ok()?;
    Some((event, data))
}

/// `pusher:cache_miss`, without data (rule CAC-3).
pub(crate) fn cache_miss(channel: &ChannelName) -> Bytes {
    FrameBuilder::new(64 + channel.as_str().len())
        .raw(r#"{"event":"pusher:cache_miss","channel":"#)
        .with(|bytes| push_string(bytes, channel.as_str()))
        .raw("}")
        .finish()
}

/// A client event for the others (rules CLE-2 to CLE-4). `data` is JSON, `user_id_json` the sender's id as JSON.
pub(crate) fn client_event(event: &str, channel: &ChannelName, data: &str, user_id_json: Option<&str>) -> Bytes {
    FrameBuilder::new(64 + event.len() + channel.as_str().len() + data.len() + user_id_json.map_or(0, str::len))
        .raw(r#"{"event":"#)
        .with(|bytes| push_string(bytes, event))
        .raw(r#","channel":"#)
        .with(|bytes| push_string(bytes, channel.as_str()))
        .raw(r#","data":"#)
        .raw(data)
        .raw(if user_id_json.is_some() { r#","user_id":"# } else { "" })
        .raw(user_id_json.unwrap_or_default())
        .raw("}")
        .finish()
}

/// A frame as it came.
pub(crate) fn verbatim(text: &str) -> Bytes {
    FrameBuilder::new(text.len()).raw(text).finish()
}

/// `pusher_internal:member_added`; `channel_data` is the member's JSON object (rule PRE-3).
pub(crate) fn member_added(channel: &ChannelName, channel_data: &str) -> Bytes {
    member_event("pusher_internal:member_added", channel, |bytes| push_escaped(bytes, channel_data), channel_data.len())
}

/// `pusher_internal:member_removed`; the id keeps its JSON type (rule PRE-4).
pub(crate) fn member_removed(channel: &ChannelName, user_id_json: &str) -> Bytes {
    let data = |bytes: &mut Vec<u8>| {
        bytes.extend_from_slice(br#"{\"user_id\":"#);
        push_escaped(bytes, user_id_json);
        bytes.push(b'}');
    };
    member_event("pusher_internal:member_removed", channel, data, user_id_json.len())
}

/// `pusher_internal:subscription_count` (rule CNT-1).
pub(crate) fn subscription_count(channel: &ChannelName, count: usize) -> Bytes {
    let data =
        |bytes: &mut Vec<u8>| bytes.extend_from_slice(format!(r#"{{\"subscription_count\":{count}}}"#).as_bytes());
    member_event("pusher_internal:subscription_count", channel, data, 32)
}

/// `pusher:signin_success`; `user_data` is the string that was received (rule USR-2).
pub(crate) fn signin_success(user_data: &str) -> Bytes {
    FrameBuilder::new(96 + user_data.len() * 2)
        .raw(r#"{"event":"pusher:signin_success","data":"{\"user_data\":\""#)
        .with(|bytes| push_twice_escaped(bytes, user_data))
        .raw(r#"\"}"}"#)
        .finish()
}

/// `pusher_internal:watchlist_events`; an empty group is left out (rules USR-7 and USR-8).
pub(crate) fn watchlist_events(online: &[&str], offline: &[&str]) -> Bytes {
    let mut data = String::from("{\"events\":[");
    for (name, user_ids) in [("online", online), ("offline", offline)] {
        if user_ids.is_empty() {
            continue;
        }
        let separator = if data.ends_with('[') { "" } else { "," };
        let _infallible = write!(data, "{separator}{{\"name\":\"{name}\",\"user_ids\":[");
        for (index, user_id) in user_ids.iter().enumerate() {
            let mut quoted = Vec::new();
            push_string(&mut quoted, user_id);
            data.push_str(if index == 0 { "" } else { "," });
            data.push_str(&String::from_utf8_lossy(&quoted));
        }
        data.push_str("]}");
    }
    data.push_str("]}");
    FrameBuilder::new(64 + data.len() * 2)
        .raw(r#"{"event":"pusher_internal:watchlist_events","data":"#)
        .with(|bytes| push_string(bytes, &data))
        .raw("}")
        .finish()
}

fn member_event(event: &str, channel: &ChannelName, data: impl FnOnce(&mut Vec<u8>), data_bytes: usize) -> Bytes {
    FrameBuilder::new(96 + channel.as_str().len() + data_bytes * 2)
        .raw(r#"{"event":""#)
        .raw(event)
        .raw(r#"","data":""#)
        .with(data)
        .raw(r#"","channel":"#)
        .with(|bytes| push_string(bytes, channel.as_str()))
        .raw("}")
        .finish()
}

/// Adds text that stands in a JSON string inside of a JSON string.
fn push_twice_escaped(bytes: &mut Vec<u8>, text: &str) {
    let mut once = Vec::with_capacity(text.len() + 16);
    push_escaped(&mut once, text);
    push_escaped(bytes, &String::from_utf8_lossy(&once));
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::application::ApplicationId;
    use crate::broker::LoggedEvent;

    fn text(frame: &Bytes) -> &str {
        let header = if frame[1] == 126 { 4 } else { 2 };
        std::str::from_utf8(&frame[header..]).unwrap()
    }

    fn channel(name: &str) -> ChannelName {
        name.parse().unwrap()
    }

    #[test]
    fn con_9_the_first_frame_bears_the_socket_id() {
        assert_eq!(
            text(&connection_established(SocketId { high: 1234, low: 5678 }, 30)),
            r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"1234.5678\",\"activity_timeout\":30}"}"#
        );
    }

    #[test]
    fn err_1_and_err_2_an_error_has_two_forms() {
        for (form, closes, expected) in [
            (ErrorForm::Text, false, r#"{"event":"pusher:error","data":"{\"code\":4009,\"message\":\"No \\\"\"}"}"#),
            (ErrorForm::Object, true, r#"{"event":"pusher:error","data":{"code":4009,"message":"No \""}}"#),
            (ErrorForm::Object, false, r#"{"event":"pusher:error","data":{"code":null,"message":"No \""}}"#),
        ] {
            assert_eq!(text(&error(4009, "No \"", form, closes)), expected);
        }
    }

    #[test]
    fn evt_1_data_is_the_very_string_that_was_published() {
        let mut publication = Publication {
            application_id: ApplicationId("1".into()),
            channel: channel("orders"),
            event: "App\\Events\\OrderShipped".into(),
            data: "{\"id\":1}".into(),
            except: None,
            logged: None,
        };
        assert_eq!(
            text(&event(&publication)),
            r#"{"event":"App\\Events\\OrderShipped","data":"{\"id\":1}","channel":"orders"}"#
        );
        let read = read_event(&event(&publication)).unwrap();
        assert_eq!(read, ("App\\Events\\OrderShipped".to_owned(), "{\"id\":1}".to_owned()));
        publication.logged = Some(LoggedEvent { offset: 7, event_id: Uuid::nil() });
        assert_eq!(
            text(&event(&publication)),
            r#"{"event":"App\\Events\\OrderShipped","data":"{\"id\":1}","channel":"orders","offset":7,"event_id":"00000000-0000-0000-0000-000000000000"}"#
        );
    }

    #[test]
    fn frm_2_every_frame_has_a_name() {
        let (room, orders) = (channel("presence-room"), channel("orders"));
        let publication = Publication {
            application_id: ApplicationId("1".into()),
            channel: orders.clone(),
            event: "a".into(),
            data: "".into(),
            except: None,
            logged: None,
        };
        for frame in [
            connection_established(SocketId { high: 1, low: 2 }, 30),
            pong(),
            ping(),
            error(4200, "No", ErrorForm::Text, false),
            error(4200, "No", ErrorForm::Object, false),
            subscription_succeeded(&orders, None, None),
            subscription_error("#", "AuthError", "No", 401),
            event(&publication),
            cache_miss(&orders),
            client_event("client-a", &orders, "null", None),
            member_added(&room, r#"{"user_id":1}"#),
            member_removed(&room, "1"),
            subscription_count(&orders, 1),
            signin_success(r#"{"id":"1"}"#),
            watchlist_events(&["1"], &[]),
        ] {
            let message: serde_json::Value = serde_json::from_str(text(&frame)).unwrap();
            assert!(message["event"].as_str().is_some_and(|it| !it.is_empty()), "{message}");
        }
    }

    #[test]
    fn usr_2_user_data_comes_back_as_it_was() {
        assert_eq!(
            text(&signin_success(r#"{"id":"42"}"#)),
            r#"{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"42\\\"}\"}"}"#
        );
    }

    #[test]
    fn usr_8_a_watchlist_entry_has_name_and_user_ids() {
        assert_eq!(
            text(&watchlist_events(&["7"], &["8", "9"])),
            r#"{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"7\"]},{\"name\":\"offline\",\"user_ids\":[\"8\",\"9\"]}]}"}"#
        );
    }

    #[test]
    fn a_logged_presence_channel_tells_members_and_position() {
        let position = Recovered { epoch: "e".to_owned(), offset: 3, recovered: true, events: Vec::new() };
        assert_eq!(
            text(&subscription_succeeded(&channel("presence-a"), Some(br#"{\"count\":0}"#), Some(&position))),
            r#"{"event":"pusher_internal:subscription_succeeded","data":"{\"presence\":{\"count\":0},\"epoch\":\"e\",\"offset\":3,\"recovered\":true}","channel":"presence-a"}"#
        );
        assert_eq!(
            text(&subscription_succeeded(&channel("a"), None, None)),
            r#"{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"a"}"#
        );
    }
}
