//! What becomes a request, and when.

use super::*;
use crate::application::Application;
use crate::webhooks::Webhook;

fn applications(webhooks: Vec<Webhook>) -> Applications {
    Applications::new([Application { webhooks, ..Application::new("1", "key", "secret") }])
}

fn happened(channel: &str, what: Occurred) -> Occurrence {
    Occurrence { application: ApplicationId("1".into()), channel: channel.parse().unwrap(), what }
}

/// Names and channels of the events of all requests, request by request.
fn told(collector: &mut Collector) -> Vec<Vec<String>> {
    let name = |event: &String| {
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        format!("{} {}", event["name"].as_str().unwrap(), event["channel"].as_str().unwrap())
    };
    collector.closed.drain(..).map(|it| it.events.iter().map(name).collect()).collect()
}

#[test]
fn whk_3_events_of_one_window_go_together_up_to_the_bound() {
    let applications = applications(vec![Webhook::new("http://a")]);
    let settings = WebhookSettings { batch_events: 2, ..WebhookSettings::default() };
    let (mut collector, now) = (Collector::new(settings), Instant::now());
    for channel in ["a", "b", "c"] {
        collector.take(happened(channel, Occurred::Occupied), &applications, now);
    }
    assert_eq!(told(&mut collector), [["channel_occupied a", "channel_occupied b"]]);
    collector.close_old(now + settings.batch_window - Duration::from_millis(1));
    assert!(told(&mut collector).is_empty());
    assert_eq!(collector.next_due(), Some(now + settings.batch_window));
    collector.close_old(now + settings.batch_window);
    assert_eq!(told(&mut collector), [["channel_occupied c"]]);
}

#[test]
fn whk_6_who_is_back_in_time_never_went() {
    let applications = applications(vec![Webhook::new("http://a")]);
    let settings = WebhookSettings::default();
    let (mut collector, now) = (Collector::new(settings), Instant::now());
    let user: Arc<str> = "7".into();
    collector.take(happened("presence-a", Occurred::MemberRemoved(Arc::clone(&user))), &applications, now);
    collector.take(happened("presence-a", Occurred::Vacated), &applications, now);
    collector.take(happened("presence-a", Occurred::Occupied), &applications, now);
    collector.take(happened("presence-a", Occurred::MemberAdded(user)), &applications, now);
    collector.settle(&applications, now + settings.departure_delay);
    collector.close_all();
    assert!(told(&mut collector).is_empty());
}

#[test]
fn whk_6_who_stays_away_is_told_and_a_second_absence_counts_from_its_own_begin() {
    let applications = applications(vec![Webhook::new("http://a")]);
    let settings = WebhookSettings::default();
    let (mut collector, now) = (Collector::new(settings), Instant::now());
    let later = now + Duration::from_secs(2);
    collector.take(happened("a", Occurred::Vacated), &applications, now);
    collector.take(happened("a", Occurred::Occupied), &applications, now);
    collector.take(happened("a", Occurred::Vacated), &applications, later);
    collector.settle(&applications, now + settings.departure_delay);
    collector.close_all();
    assert!(told(&mut collector).is_empty());
    collector.settle(&applications, later + settings.departure_delay);
    collector.close_all();
    assert_eq!(told(&mut collector), [["channel_vacated a"]]);
}

#[test]
fn each_receiver_gets_what_it_wants() {
    let members =
        Webhook { kinds: vec![WebhookKind::MemberAdded, WebhookKind::MemberRemoved], ..Webhook::new("http://members") };
    let orders = Webhook { channel_prefixes: vec!["orders".to_owned()], ..Webhook::new("http://orders") };
    let applications = applications(vec![members, orders]);
    let (mut collector, now) = (Collector::new(WebhookSettings::default()), Instant::now());
    collector.take(happened("orders.1", Occurred::Occupied), &applications, now);
    collector.take(happened("presence-a", Occurred::Occupied), &applications, now);
    collector.take(happened("presence-a", Occurred::MemberAdded("1".into())), &applications, now);
    collector.close_all();
    assert_eq!(told(&mut collector), [["channel_occupied orders.1"], ["member_added presence-a"]]);
}

#[test]
fn whk_4_a_client_event_s_data_is_a_text() {
    let event = |data: &str| {
        let what = Occurred::ClientEvent {
            event: "client-typing".into(),
            data: data.into(),
            socket_id: "1234.5678".parse().unwrap(),
            user_id: Some("42".into()),
        };
        event_json(WebhookKind::ClientEvent, "presence-room.1", &what)
    };
    let expected = concat!(
        r#"{"name":"client_event","channel":"presence-room.1","event":"client-typing","data":"{\"n\":1}","#,
        r#""socket_id":"1234.5678","user_id":"42"}"#
    );
    assert_eq!(event(r#"{"n":1}"#), expected);
    for (data, text) in [(r#""abc""#, "abc"), ("5", "5"), ("null", "null"), (r#"["a"]"#, r#"["a"]"#)] {
        let event: serde_json::Value = serde_json::from_str(&event(data)).unwrap();
        assert_eq!(event["data"], text);
    }
}

#[test]
fn whk_8_while_nothing_can_be_stored_only_so_much_waits() {
    let applications = applications(vec![Webhook::new("http://a")]);
    let settings = WebhookSettings { max_waiting: 3, batch_events: 1, ..WebhookSettings::default() };
    let (mut collector, now) = (Collector::new(settings), Instant::now());
    for channel in ["a", "b", "c", "d", "e"] {
        collector.take(happened(channel, Occurred::Occupied), &applications, now);
    }
    assert_eq!(collector.drop_surplus(), 2);
    assert_eq!(told(&mut collector).concat(), ["channel_occupied a", "channel_occupied b", "channel_occupied c"]);
}

#[test]
fn a_departure_is_kept_as_it_was() {
    for user_id in [None, Some(Arc::from("a\0\"b"))] {
        let key = ChannelKey { application: ApplicationId("1".into()), channel: "presence-a".parse().unwrap() };
        let absence = Absence { key, user_id };
        assert_eq!(Absence::of(&absence.row()), Some(absence));
    }
}
