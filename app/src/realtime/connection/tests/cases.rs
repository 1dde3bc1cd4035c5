//! Single cases, each as a person or a server would tell it.

use serde_json::json;

use super::world::World;
use crate::chat::ChannelPosition;
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::{AttemptId, AuthFailure, Connection, Effect, Input, Interest, ListenerId};
use crate::realtime::frames::ChannelAuthorization;
use crate::realtime::status::{Refusal, Status};

/// A client that is driven by hand, and whose effects are looked at one by one.
struct Client {
    connection: Connection,
    now_ms: u64,
}

impl Client {
    fn started() -> Self {
        let mut client = Self { connection: Connection::new(1), now_ms: 1_000 };
        assert_eq!(client.give(Input::Start)[0], Effect::OpenSocket(AttemptId(1)));
        client
    }

    fn connected() -> Self {
        let mut client = Self::started();
        client.frame(1, &established());
        assert_eq!(*client.connection.status(), Status::Connected);
        client
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        self.connection.handle(self.now_ms, input)
    }

    fn frame(&mut self, attempt: u64, text: &str) -> Vec<Effect> {
        self.give(Input::Frame { attempt: AttemptId(attempt), text: text.to_owned() })
    }

    fn close(&mut self, attempt: u64, code: u16) -> Vec<Effect> {
        self.give(Input::SocketClosed { attempt: AttemptId(attempt), code: CloseCode(code) })
    }

    fn listen(&mut self, listener: u64, channel: &str) -> Vec<Effect> {
        let channel = channel.parse().unwrap();
        self.give(Input::Listen { listener: ListenerId(listener), channel, interest: Interest::Everything(None) })
    }

    fn wait(&mut self, ms: u64) -> Vec<Effect> {
        self.now_ms += ms;
        self.give(Input::Tick)
    }
}

fn established() -> String {
    let data = json!({ "socket_id": "12.34", "activity_timeout": 30 }).to_string();
    json!({ "event": "pusher:connection_established", "data": data }).to_string()
}

fn succeeded(channel: &str, data: &serde_json::Value) -> String {
    let event = "pusher_internal:subscription_succeeded";
    json!({ "event": event, "data": data.to_string(), "channel": channel }).to_string()
}

/// The frames that are sent, as JSON, pings left out.
fn sent(effects: &[Effect]) -> Vec<serde_json::Value> {
    effects
        .iter()
        .filter_map(|it| if let Effect::Send(text) = it { serde_json::from_str(text).ok() } else { None })
        .filter(|it: &serde_json::Value| it["event"] != "pusher:ping")
        .collect()
}

#[test]
fn a_code_of_4000_to_4099_ends_it_and_says_why() {
    for (code, refusal) in [
        (4001, Refusal::Blocked),
        (4003, Refusal::Blocked),
        (4009, Refusal::Blocked),
        (4004, Refusal::OverQuota),
        (4000, Refusal::Other { code: 4000, message: "use wss://".into() }),
    ] {
        let mut client = Client::started();
        let error = json!({ "code": code, "message": "use wss://" }).to_string();
        client.frame(1, &json!({ "event": "pusher:error", "data": error }).to_string());
        assert_eq!(*client.connection.status(), Status::Refused(refusal));
        client.close(1, code);
        assert_eq!(client.wait(3_600_000), [], "no automatic retry");
        assert_eq!(client.give(Input::Online), []);
        // A person may ask all the same.
        assert!(client.give(Input::RetryNow).contains(&Effect::OpenSocket(AttemptId(2))));
    }
}

#[test]
fn a_server_that_closes_everything_at_once_is_not_flooded() {
    for (code, first_frame) in [(4200, false), (4200, true), (4100, true), (1006, false)] {
        let mut client = Client::started();
        let mut attempts = 1;
        let end_ms = client.now_ms + 600_000;
        while client.now_ms < end_ms {
            if first_frame {
                client.frame(attempts, &established());
            }
            client.close(attempts, code);
            while !client.wait(10).contains(&Effect::OpenSocket(AttemptId(attempts + 1))) {}
            attempts += 1;
        }
        assert!((18..=35).contains(&attempts), "{attempts} attempts in 10 minutes of {code}");
    }
}

#[test]
fn after_a_minute_of_health_the_delays_begin_anew() {
    let mut client = Client::connected();
    for (health_ms, expected_ms) in [(1_000, 700..=1_300), (1_000, 1_400..=2_600), (61_000, 700..=1_300)] {
        let attempt = AttemptId(client.connection.attempts());
        client.now_ms += health_ms;
        client.give(Input::Frame { attempt, text: json!({ "event": "pusher:pong" }).to_string() });
        client.close(attempt.0, 1006);
        let Status::Reconnecting { next_try_at_ms: Some(at_ms), .. } = *client.connection.status() else {
            panic!("{:?}", client.connection.status());
        };
        assert!(expected_ms.contains(&(at_ms - client.now_ms)), "{} ms", at_ms - client.now_ms);
        client.wait(at_ms - client.now_ms);
        client.frame(attempt.0 + 1, &established());
    }
}

#[test]
fn a_planned_restart_says_updating() {
    for code in [4200, 4100, 1001, 1012] {
        let mut client = Client::connected();
        client.close(1, code);
        assert!(matches!(client.connection.status(), Status::ServerGoingAway { .. }), "{code}");
    }
}

#[test]
fn what_comes_late_from_an_old_socket_is_passed_over() {
    let mut client = Client::connected();
    client.listen(1, "lobby");
    client.close(1, 1006);
    client.wait(2_000);
    let event = json!({ "event": "Happened", "data": "{}", "channel": "lobby" }).to_string();
    assert_eq!(client.frame(1, &event), []);
    assert_eq!(client.close(1, 4001), []);
    client.frame(2, &established());
    assert_ne!(*client.connection.status(), Status::Refused(Refusal::Blocked));
}

#[test]
fn each_socket_is_asked_to_go_on_where_the_last_one_stopped() {
    let mut client = Client::connected();
    let effects = client.listen(1, "lobby");
    assert_eq!(
        sent(&effects),
        [json!({ "event": "pusher:subscribe", "data": { "channel": "lobby", "recover": true } })]
    );
    client.frame(1, &succeeded("lobby", &json!({ "epoch": "e", "offset": 7, "recovered": false })));
    let event =
        |offset: u64| json!({ "event": "Happened", "data": "{}", "channel": "lobby", "offset": offset }).to_string();
    let effects = client.frame(1, &event(8));
    assert!(matches!(&effects[..], [Effect::Deliver { listeners, .. }, ..] if *listeners == [ListenerId(1)]));
    assert!(client.frame(1, &event(8)).iter().all(|it| !matches!(it, Effect::Deliver { .. })), "delivered twice");
    client.close(1, 1006);
    client.wait(2_000);
    let effects = client.frame(2, &established());
    assert_eq!(sent(&effects)[0]["data"]["recover"], json!({ "epoch": "e", "offset": 8 }));
    assert_eq!(*client.connection.status(), Status::CatchingUp);
    client.frame(2, &succeeded("lobby", &json!({ "epoch": "e", "offset": 9, "recovered": true })));
    assert_eq!(*client.connection.status(), Status::CatchingUp, "the missed event has not come yet");
    client.frame(2, &event(9));
    assert_eq!(*client.connection.status(), Status::Connected);
}

#[test]
fn a_hole_in_the_numbers_is_mended_by_asking_again() {
    let mut client = Client::connected();
    client.listen(1, "lobby");
    client.frame(1, &succeeded("lobby", &json!({ "epoch": "e", "offset": 7, "recovered": false })));
    let effects =
        client.frame(1, &json!({ "event": "Happened", "data": "{}", "channel": "lobby", "offset": 9 }).to_string());
    assert_eq!(sent(&effects)[1]["data"], json!({ "channel": "lobby", "recover": { "epoch": "e", "offset": 7 } }));
    assert!(effects.iter().all(|it| !matches!(it, Effect::Deliver { .. } | Effect::Gap(_))));
}

#[test]
fn two_who_listen_to_one_channel_each_get_what_they_have_not_seen() {
    let mut world = World::new(5);
    world.input(Input::Start);
    world.run(2_000);
    let (epoch, _) = world.server.position("lobby");
    for number in 1..=5 {
        world.publish("lobby", &number.to_string());
    }
    world.listen(1, "lobby", Some(ChannelPosition { epoch: epoch.clone(), offset: 4 }));
    world.run(5_000);
    world.listen(2, "lobby", Some(ChannelPosition { epoch, offset: 1 }));
    world.run(5_000);
    world.publish("lobby", "6");
    world.run(5_000);
    assert_eq!(world.delivered[&ListenerId(1)], ["5", "6"]);
    assert_eq!(world.delivered[&ListenerId(2)], ["2", "3", "4", "5", "6"]);
}

#[test]
fn from_one_page_to_the_next_a_subscription_lives_on() {
    let mut client = Client::connected();
    client.listen(1, "lobby");
    client.frame(1, &succeeded("lobby", &json!({ "epoch": "e", "offset": 7, "recovered": false })));
    assert_eq!(sent(&client.give(Input::Unlisten { listener: ListenerId(1) })), [] as [serde_json::Value; 0]);
    assert_eq!(sent(&client.listen(2, "lobby")), [] as [serde_json::Value; 0], "subscribed once more");
    client.give(Input::Unlisten { listener: ListenerId(2) });
    let effects = client.wait(1_000);
    assert_eq!(sent(&effects), [json!({ "event": "pusher:unsubscribe", "data": { "channel": "lobby" } })]);
}

#[test]
fn whoever_is_signed_out_is_told_so() {
    let mut client = Client::connected();
    let request = client
        .listen(1, "private-user.4")
        .iter()
        .find_map(|it| if let Effect::Authorize { request, .. } = it { Some(*request) } else { None })
        .unwrap();
    let effects = client.give(Input::NotAuthorized { request, reason: AuthFailure::SignedOut });
    assert!(effects.contains(&Effect::CloseSocket(AttemptId(1))));
    assert_eq!(*client.connection.status(), Status::Refused(Refusal::SignedOut));
}

#[test]
fn a_channel_that_is_denied_keeps_nothing_else_from_being_live() {
    let mut client = Client::connected();
    let ask = |effects: &[Effect]| {
        effects.iter().find_map(|it| if let Effect::Authorize { request, .. } = it { Some(*request) } else { None })
    };
    let request = ask(&client.listen(1, "private-admin")).unwrap();
    let effects = client.give(Input::NotAuthorized { request, reason: AuthFailure::Denied });
    assert!(effects.iter().any(|it| matches!(it, Effect::Warn(text) if text.contains("private-admin"))));
    assert_eq!(*client.connection.status(), Status::Connected);
    assert_eq!(ask(&client.wait(25_000)), None, "asked again over the same socket");
    let late = ChannelAuthorization { auth: "late".into(), channel_data: None };
    assert_eq!(client.give(Input::Authorized { request, authorization: late }), []);
}

#[test]
fn the_browsers_word_that_there_is_no_network_counts_until_a_connection_proves_it_wrong() {
    let mut client = Client::connected();
    client.give(Input::Offline);
    assert_eq!(*client.connection.status(), Status::Offline);
    client.give(Input::Online);
    assert_eq!(*client.connection.status(), Status::Connected);
    client.give(Input::Offline);
    let effects = client.wait(5_000);
    assert!(effects.contains(&Effect::CloseSocket(AttemptId(1))), "nothing answered");
    assert_eq!(*client.connection.status(), Status::Offline);
    client.wait(2_000);
    client.frame(2, &established());
    assert_eq!(*client.connection.status(), Status::Connected);
}

#[test]
fn members_are_kept_while_the_line_is_lost() {
    let mut client = Client::connected();
    let channel = "presence-chat".parse().unwrap();
    let request = client
        .listen(1, "presence-chat")
        .iter()
        .find_map(|it| if let Effect::Authorize { request, .. } = it { Some(*request) } else { None })
        .unwrap();
    let authorization = ChannelAuthorization { auth: "a:b".into(), channel_data: Some("{}".into()) };
    client.give(Input::Authorized { request, authorization });
    let presence = json!({ "presence": { "count": 1, "ids": ["4"], "hash": { "4": { "name": "Ada" } } } });
    assert!(
        client
            .frame(1, &succeeded("presence-chat", &presence))
            .contains(&Effect::MembersChanged("presence-chat".parse().unwrap()))
    );
    let added = json!({ "event": "pusher_internal:member_added", "channel": "presence-chat", "data": { "user_id": 9, "user_info": { "name": "Ben" } } });
    client.frame(1, &added.to_string());
    client.close(1, 1006);
    let names = |client: &Client| {
        client
            .connection
            .members(&channel)
            .unwrap()
            .iter()
            .filter_map(crate::realtime::presence::Member::user)
            .map(|it| it.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&client), ["Ada", "Ben"]);
}

#[test]
fn a_whisper_goes_out_only_where_we_are_subscribed() {
    let mut client = Client::connected();
    let whisper =
        || Input::Whisper { channel: "lobby".parse().unwrap(), event: "client-wave".into(), data: json!({ "n": 1 }) };
    assert_eq!(sent(&client.give(whisper())), [] as [serde_json::Value; 0]);
    client.listen(1, "lobby");
    client.frame(1, &succeeded("lobby", &json!({})));
    let expected = json!({ "event": "client-wave", "channel": "lobby", "data": { "n": 1 } });
    assert_eq!(sent(&client.give(whisper())), [expected]);
}

#[test]
fn a_page_that_is_not_live_for_longer_than_a_moment_says_so() {
    let mut client = Client::connected();
    client.listen(1, "lobby");
    assert_eq!(*client.connection.status(), Status::Connected, "a new page's subscription is no news");
    client.wait(1_000);
    assert_eq!(*client.connection.status(), Status::CatchingUp);
    client.frame(1, &succeeded("lobby", &json!({ "epoch": "e", "offset": 0, "recovered": false })));
    assert_eq!(*client.connection.status(), Status::Connected);
}

#[test]
fn nonsense_from_the_server_is_told_to_the_console_and_changes_nothing() {
    let mut client = Client::connected();
    for text in ["", "{", "[]", "{}", r#"{"event":7}"#, r#"{"event":"Happened"}"#] {
        assert!(matches!(client.frame(1, text)[..], [Effect::Warn(_), ..]), "{text:?}");
        assert_eq!(*client.connection.status(), Status::Connected);
    }
}

#[test]
fn whoever_wants_whispers_alone_misses_nothing_by_being_away() {
    let mut client = Client::connected();
    let channel = "lobby".parse().unwrap();
    client.give(Input::Listen { listener: ListenerId(1), channel, interest: Interest::Passing });
    client.frame(1, &succeeded("lobby", &json!({ "epoch": "e", "offset": 7, "recovered": false })));
    client.close(1, 1006);
    client.wait(2_000);
    client.frame(2, &established());
    client.frame(2, &succeeded("lobby", &json!({ "epoch": "e", "offset": 900, "recovered": false })));
    assert_eq!(*client.connection.status(), Status::Connected);
    let whisper = json!({ "event": "client-wave", "channel": "lobby", "data": {} }).to_string();
    assert!(matches!(client.frame(2, &whisper)[0], Effect::Deliver { .. }));
}

#[test]
fn the_general_room_is_signed_although_its_name_is_public() {
    let mut client = Client::connected();
    let effects = client.listen(1, "chat");
    assert_eq!(sent(&effects), [] as [serde_json::Value; 0]);
    assert!(effects.iter().any(|it| matches!(it, Effect::Authorize { channel, .. } if channel.as_str() == "chat")));
}
