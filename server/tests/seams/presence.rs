//! [`Presence`]: who is on a channel.

use std::sync::Arc;

use server::presence::{Joined, Left, LocalPresence, Presence, PresenceMember};

use crate::key;

fn implementations() -> Vec<Arc<dyn Presence>> {
    vec![Arc::new(LocalPresence::default())]
}

/// A member whose id is a number, with information.
fn member(id: &str) -> PresenceMember {
    let user_info = format!(r#"{{"name":"{id}"}}"#);
    PresenceMember { user_id: id.into(), user_id_json: id.into(), user_info: Some(user_info.into()) }
}

fn snapshot(presence: &dyn Presence, channel: &str) -> String {
    let mut bytes = Vec::new();
    presence.push_snapshot(&key("1", channel), &mut bytes);
    String::from_utf8(bytes).unwrap().replace('\\', "")
}

#[test]
fn pre_1_to_pre_4_a_member_is_a_user_however_many_sockets_it_has() {
    for presence in implementations() {
        let room = key("1", "presence-a");
        assert_eq!(presence.join(&room, &member("1"), None), Joined::First);
        assert_eq!(presence.join(&room, &member("1"), None), Joined::Again);
        assert_eq!(presence.join(&room, &member("2"), None), Joined::First);
        assert_eq!(presence.count(&room), 2);
        assert_eq!(
            snapshot(&*presence, "presence-a"),
            r#"{"count":2,"ids":[1,2],"hash":{"1":{"name":"1"},"2":{"name":"2"}}}"#
        );
        assert_eq!(presence.leave(&room, "1", false), Left::Stays);
        assert_eq!(presence.leave(&room, "1", false), Left::Gone(member("1")));
        assert_eq!(presence.leave(&room, "1", false), Left::Stays);
        assert_eq!(presence.members(&room), [member("2")]);
        presence.leave(&room, "2", false);
        assert_eq!(snapshot(&*presence, "presence-a"), r#"{"count":0,"ids":[],"hash":{}}"#);
    }
}

#[test]
fn pre_8_whoever_is_back_within_the_grace_has_never_left() {
    for presence in implementations() {
        let room = key("1", "presence-a");
        presence.join(&room, &member("1"), None);
        let Left::Waits(first) = presence.leave(&room, "1", true) else { panic!("it does not wait") };
        assert_eq!(presence.join(&room, &member("1"), None), Joined::Again);
        assert_eq!(presence.expire(&room, "1", first), None);
        let Left::Waits(second) = presence.leave(&room, "1", true) else { panic!("it does not wait") };
        assert_eq!(presence.expire(&room, "1", first), None, "that departure is over");
        assert_eq!(presence.expire(&room, "1", second), Some(member("1")));
        assert_eq!(presence.count(&room), 0);
    }
}

#[test]
fn pre_9_a_full_channel_takes_more_sockets_of_its_members_and_no_others() {
    for presence in implementations() {
        let room = key("1", "presence-a");
        assert_eq!(presence.join(&room, &member("1"), Some(1)), Joined::First);
        assert_eq!(presence.join(&room, &member("2"), Some(1)), Joined::Full);
        assert_eq!(presence.join(&room, &member("1"), Some(1)), Joined::Again);
    }
}

#[test]
fn applications_and_channels_know_nothing_of_each_other() {
    for presence in implementations() {
        presence.join(&key("1", "presence-a"), &member("1"), None);
        for other in [key("2", "presence-a"), key("1", "presence-b")] {
            assert_eq!((presence.count(&other), presence.remove(&other, "1")), (0, None));
        }
        assert_eq!(presence.remove(&key("1", "presence-a"), "1"), Some(member("1")));
        assert_eq!(presence.leave(&key("1", "presence-a"), "1", false), Left::Stays, "it was taken away");
    }
}
