//! What tabs do together, in a simulated browser.

mod browser;

use super::{Line, Note, Port, Start, Step, Tab};
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::{AttemptId, Input, ListenerId};

use browser::{Browser, CHANNELS};

#[test]
fn twelve_tabs_are_one_socket_and_one_subscription_for_each_channel() {
    let mut browser = Browser::new(1);
    let tabs: Vec<u64> = (0..12).map(|_| browser.open_tab()).collect();
    for id in tabs {
        (0..CHANNELS.len()).for_each(|channel| browser.listen(id, channel));
    }
    browser.run(2_000);
    (0..CHANNELS.len()).for_each(|channel| browser.publish(channel));
    browser.run(1_000);
    browser.expect_complete(1);
    assert_eq!((browser.server.connected().len(), browser.sockets), (1, 1));
    assert!(browser.tabs.values().all(|it| it.delivered.values().all(|(_, got)| got.len() == 1)));
}

#[test]
fn the_leader_may_go_at_any_moment_and_nobody_sees_it() {
    for seed in 0..300 {
        let mut browser = Browser::new(seed);
        let tabs: Vec<u64> = (0..4).map(|_| browser.open_tab()).collect();
        for id in &tabs {
            (0..CHANNELS.len()).for_each(|channel| browser.listen(*id, channel));
        }
        browser.run(3_000);
        for page in browser.tabs.values_mut() {
            page.statuses.clear();
        }
        for (gone, id) in tabs.iter().take(3).enumerate() {
            let ms = browser.below(50);
            browser.run(ms);
            browser.publish(0);
            browser.close_tab(*id, gone == 1);
            browser.publish(1);
            browser.run(3_000);
        }
        browser.expect_complete(seed);
        assert_eq!(browser.sockets, 4, "seed {seed}: each leader had one");
        let seen: Vec<_> = browser.tabs.values().flat_map(|it| &it.statuses).collect();
        assert!(seen.is_empty(), "seed {seed}: {seen:?}");
    }
}

#[test]
fn many_tabs_try_no_more_often_than_one_and_all_are_back_at_once() {
    for seed in 0..100 {
        let attempts = |count: usize| {
            let mut browser = Browser::new(seed);
            let tabs: Vec<u64> = (0..count).map(|_| browser.open_tab()).collect();
            for id in tabs {
                browser.listen(id, 0);
            }
            browser.run(2_000);
            let before = browser.sockets;
            browser.is_server_up = false;
            browser.cut(CloseCode::ABNORMAL);
            browser.run(60_000);
            let attempts = browser.sockets - before;
            browser.is_server_up = true;
            while browser.server.connected().is_empty() {
                browser.run(100);
            }
            browser.publish(0);
            browser.run(2_000);
            browser.expect_complete(seed);
            attempts
        };
        // The pauses are random; one at the end may fall to this side or to the other.
        let (one, five) = (attempts(1), attempts(5));
        assert!(five <= one + 3, "seed {seed}: {five} attempts of five tabs, {one} of one");
    }
}

#[test]
fn whoever_presses_for_it_has_the_leader_try_at_once() {
    let (mut leader, mut other) = (leader(), Tab::begin(Port(2), Start::default()).0);
    let steps = other.hurry();
    let [Step::Post(note)] = &steps[..] else { panic!("{steps:?}") };
    assert!(matches!(leader.hear(note)[..], [Step::Give(Input::RetryNow)]));
    assert!(leader.hurry().is_empty(), "it hears of it itself");
}

#[test]
fn whatever_tabs_and_lines_do_each_tab_gets_everything_once_and_in_order() {
    for seed in 0..std::env::var("SIMULATIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(500) {
        let mut browser = Browser::new(seed);
        browser.open_tab();
        for _ in 0..60 {
            let ms = browser.below(1_500);
            browser.run(ms);
            let tabs: Vec<u64> = browser.tabs.keys().copied().collect();
            let id = tabs[usize::try_from(browser.below(tabs.len() as u64)).unwrap()];
            let channel = usize::try_from(browser.below(3)).unwrap();
            match browser.below(12) {
                0 | 1 if tabs.len() < 6 => drop(browser.open_tab()),
                2 if tabs.len() > 1 => browser.close_tab(id, false),
                3 if tabs.len() > 1 => browser.close_tab(id, true),
                4 if browser.below(2) == 0 => browser.is_server_up = !browser.is_server_up,
                4 => browser.cut(CloseCode::ABNORMAL),
                5 => browser.cut(CloseCode::RECONNECT),
                6 => browser.input(id, Input::Woke),
                7 => {
                    let listener = ListenerId(channel as u64);
                    if browser.tabs.get_mut(&id).unwrap().delivered.remove(&channel).is_some() {
                        browser.input(id, Input::Unlisten { listener });
                    }
                }
                _ => {
                    if !browser.tabs[&id].delivered.contains_key(&channel) {
                        browser.listen(id, channel);
                    }
                }
            }
            (0..browser.below(4)).for_each(|_| browser.publish(channel));
        }
        browser.is_server_up = true;
        browser.run(60_000);
        browser.expect_complete(seed);
        assert_eq!(browser.server.connected().len(), 1, "seed {seed}");
        let exchange_chars = browser.tabs.values().map(|it| it.tab.shown().len()).max();
        assert!(exchange_chars < Some(4_000), "seed {seed}: the exchange has grown");
    }
}

#[test]
fn whoever_gets_no_answer_has_a_socket_of_their_own_until_it_closes() {
    let mut browser = Browser::new(1);
    let leader = browser.open_tab();
    browser.run(1_000);
    browser.frozen.insert(leader);
    let other = browser.open_tab();
    browser.listen(other, 0);
    browser.run(5_000);
    browser.publish(0);
    browser.run(500);
    browser.expect_complete(1);
    assert_eq!(browser.server.connected().len(), 2);
    browser.frozen.clear();
    browser.cut(CloseCode::RECONNECT);
    browser.run(20_000);
    browser.publish(0);
    browser.run(500);
    browser.expect_complete(1);
    assert_eq!(browser.server.connected().len(), 1, "the leader is there again");
}

/// The tab of port 1, which leads and whose connection has a socket.
fn leader() -> Tab {
    Tab::begin(Port(1), Start { is_leader: true, attempt: Some(AttemptId(1)), ..Start::default() }).0
}

#[test]
fn a_page_that_was_put_away_is_told_that_its_port_is_closed() {
    let mut leader = leader();
    let (mut other, _) = Tab::begin(Port(2), Start { attempt: Some(AttemptId(1)), ..Start::default() });
    let answered = leader.hear(&Note::Open(Port(2)).to_text());
    assert!(matches!(&answered[..], [Step::Post(note)] if *note == Note::Here(Port(2)).to_text()), "{answered:?}");
    other.hear(&Note::Here(Port(2)).to_text());
    leader.hear(&Note::Leave(Port(2)).to_text());
    let told = leader.hear(&Note::Send(Port(2), r#"{"event":"pusher:ping","data":{}}"#.to_owned()).to_text());
    let [Step::Post(note)] = &told[..] else { panic!("{told:?}") };
    let steps = other.hear(note);
    assert!(matches!(steps[..], [Step::Give(Input::SocketClosed { attempt: AttemptId(1), .. })]), "{steps:?}");
}

#[test]
fn a_client_event_reaches_the_other_tabs_as_the_server_would_tell_it() {
    let mut leader = leader();
    leader.receive(r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.1\"}"}"#.to_owned());
    leader.hear(&Note::Open(Port(2)).to_text());
    let subscribe = r#"{"event":"pusher:subscribe","data":{"channel":"presence-x","auth":"a","channel_data":"{\"user_id\":\"7\"}"}}"#;
    let succeeded = r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-x","data":"{}"}"#;
    for port in [1, 2] {
        let steps = match port {
            1 => leader.send(subscribe.to_owned()),
            _ => leader.hear(&Note::Send(Port(2), subscribe.to_owned()).to_text()),
        };
        assert!(matches!(&steps[..], [Step::Send(text)] if text == subscribe), "{steps:?}");
        leader.receive(succeeded.to_owned());
    }
    let whisper = r#"{"event":"client-hey","channel":"presence-x","data":{"a":1}}"#;
    let steps = leader.send(whisper.to_owned());
    let [Step::Post(note), Step::Send(sent)] = &steps[..] else { panic!("{steps:?}") };
    let Some(Note::Frame(Some(Port(2)), told)) = Note::parse(note) else { panic!("{note}") };
    assert_eq!(sent, whisper);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told,
        serde_json::json!({ "event": "client-hey", "channel": "presence-x", "data": { "a": 1 }, "user_id": "7" })
    );
}

#[test]
fn notes_are_read_as_they_were_written_and_others_are_passed_over() {
    let text = r#"{"event":"a:b","data":"x:y"}"#.to_owned();
    for note in [
        Note::Open(Port(0)),
        Note::Send(Port(9_007_199_254_740_991), text.clone()),
        Note::Close(Port(1)),
        Note::Leave(Port(2)),
        Note::Lead,
        Note::Up,
        Note::Hurry,
        Note::Here(Port(3)),
        Note::Frame(None, text.clone()),
        Note::Frame(Some(Port(4)), text),
        Note::Closed(Port(5), CloseCode(4_200)),
    ] {
        assert_eq!(Note::parse(&note.to_text()), Some(note));
    }
    for other in ["", "O", "O:", "Ox:", "Z1:", "L1:", "K1:", "K1:x", "é1:", "{}"] {
        assert_eq!(Note::parse(other), None, "{other}");
    }
}
