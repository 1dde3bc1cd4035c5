//! Who may subscribe to what.

use app::accounts::User;
use app::realtime::{AppChannel, ChannelName};
use serde_json::{Value, json};

use super::Denial;

const ENCRYPTED: &str = "private-encrypted-";

/// Whether the person may subscribe; on a presence channel, as which member.
///
/// An encrypted channel is decided as the private one that it would be without its prefix, as Laravel does it. Names of
/// no channel of the app are refused, and so is what only the database could allow, since nothing there does yet.
pub(super) fn decide(channel: &ChannelName, user: &User) -> Result<Option<Value>, Denial> {
    const REFUSED: Denial = Denial::Forbidden("You may not subscribe to this channel.");
    let plain = channel.as_str().strip_prefix(ENCRYPTED).map(|rest| format!("private-{rest}"));
    let name = plain.as_deref().unwrap_or(channel.as_str());
    let app_channel: AppChannel = name.parse().map_err(|_| REFUSED)?;
    if app_channel.subscription_rule().permits(Some(user)) != Some(true) {
        return Err(REFUSED);
    }
    Ok(app_channel.is_presence().then(|| json!({ "user_id": user.id.to_string(), "user_info": { "name": user.name } })))
}

/// What is told of a person who signs in on the socket. The id is a text: pusher-js takes no other (rule USR-1).
pub(super) fn user_data(user: &User) -> Value {
    json!({ "id": user.id.to_string(), "user_info": { "name": user.name } })
}

#[cfg(test)]
mod tests {
    use app::accounts::Role;
    use app::ids::UserId;

    use super::*;

    fn person(id: i64, role: Role) -> User {
        User { id: UserId(id), name: "Ada".into(), email: "ada@example.com".into(), role }
    }

    fn is_let_in(channel: &str, user: &User) -> bool {
        decide(&channel.parse().expect("a name"), user).is_ok()
    }

    #[test]
    fn everybody_gets_into_their_own_channels_alone() {
        let ada = person(7, Role::Member);
        for channel in
            ["private-user.7", "private-chat.7.9", "private-financial.7", "presence-chat", "private-encrypted-user.7"]
        {
            assert!(is_let_in(channel, &ada), "{channel}");
        }
        for channel in [
            "private-user.8",
            "private-chat.8.9",
            "private-admin",
            "private-campaign.1",
            "private-admin-tap.1",
            "private-x",
            "presence-x",
            "private-encrypted-user.8",
            "private-encrypted-x",
            "private-chat.9.7",
        ] {
            assert!(!is_let_in(channel, &ada), "{channel}");
        }
        let admin = person(1, Role::Admin);
        for channel in ["private-admin", "private-financial.7", "private-campaign.1"] {
            assert!(is_let_in(channel, &admin), "{channel}");
        }
        assert!(!is_let_in("private-user.7", &admin));
    }

    #[test]
    fn a_member_is_told_by_name_with_its_id_as_text() {
        let member = decide(&"presence-chat".parse().expect("a name"), &person(7, Role::Member)).expect("let in");
        assert_eq!(member.map(|it| it.to_string()).as_deref(), Some(r#"{"user_id":"7","user_info":{"name":"Ada"}}"#));
    }
}
