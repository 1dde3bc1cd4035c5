//! Members of a presence channel (section 6 of the protocol).

use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::accounts::UserSummary;
use crate::ids::UserId;

/// A member's user id. Identity is its text: the number `1` and the string `"1"` are the same member (rule PRE-1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MemberId(String);

/// A user on a presence channel, once however many connections they have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Who, as the application numbers its users.
    #[serde(rename = "user_id")]
    pub id: MemberId,
    /// What the application tells of them: any JSON, `null` if nothing.
    #[serde(rename = "user_info", default)]
    pub info: Value,
}

/// Everybody on a presence channel, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members(Vec<Member>);

/// What `subscription_succeeded` tells of a presence channel (rule PRE-2).
#[derive(Debug, Deserialize)]
struct Snapshot {
    #[serde(default)]
    ids: Vec<MemberId>,
    /// By the id's text. Other servers send `[]` for an empty one.
    #[serde(default)]
    hash: Value,
}

impl MemberId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<UserId> for MemberId {
    fn from(user: UserId) -> Self {
        Self(user.to_string())
    }
}

impl<'de> Deserialize<'de> for MemberId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if !text.is_empty() => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            other => Err(de::Error::custom(format!("`{other}` is no user id: expected a number or a text"))),
        }
    }
}

impl Member {
    /// A person of our own application, as [`channel_data`] tells of them.
    pub fn user(&self) -> Option<UserSummary> {
        let name = self.info.get("name")?.as_str()?.to_owned();
        Some(UserSummary { id: self.id.as_str().parse().ok()?, name })
    }
}

impl Members {
    /// From the `presence` of a `subscription_succeeded`. `ids` gives the order; who is only in `hash` comes last.
    ///
    /// # Errors
    /// If it is no such object.
    pub fn from_snapshot(presence: Value) -> Result<Self, serde_json::Error> {
        let Snapshot { ids, hash } = crate::json::from_value(presence)?;
        let mut infos = if let Value::Object(infos) = hash { infos } else { Map::new() };
        let mut members = Self::default();
        for id in ids {
            let info = infos.remove(id.as_str()).unwrap_or_default();
            members.add(Member { id, info });
        }
        for (id, info) in infos {
            members.add(Member { id: MemberId(id), info });
        }
        Ok(members)
    }

    /// Adds somebody; false if they are there already, whose information then stays as it was (rule PRE-5).
    pub fn add(&mut self, member: Member) -> bool {
        let is_new = self.0.iter().all(|it| it.id != member.id);
        if is_new {
            self.0.push(member);
        }
        is_new
    }

    /// Takes somebody away; false if they were not there.
    pub fn remove(&mut self, id: &MemberId) -> bool {
        let count_before = self.0.len();
        self.0.retain(|it| it.id != *id);
        self.0.len() < count_before
    }

    /// In the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.iter()
    }
}

/// The `channel_data` of a person of our own application, which the server signs: the id as text, as Laravel has it, and
/// their name.
pub fn channel_data(user: &UserSummary) -> String {
    json!({ "user_id": user.id.to_string(), "user_info": { "name": user.name } }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(json: Value) -> Member {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn pre_1_a_number_and_its_text_are_one_member() {
        let mut members = Members::default();
        assert!(members.add(member(json!({ "user_id": 1, "user_info": { "name": "Ada" } }))));
        assert!(!members.add(member(json!({ "user_id": "1" }))));
        assert!(members.remove(&MemberId("1".into())));
        assert!(!members.remove(&MemberId("1".into())));
        assert!(serde_json::from_value::<Member>(json!({ "user_id": "" })).is_err());
        assert!(serde_json::from_value::<Member>(json!({ "user_id": null })).is_err());
    }

    #[test]
    fn pre_2_a_snapshot_keeps_the_order_of_joining() {
        let presence =
            json!({ "count": 2, "ids": ["10", 9], "hash": { "9": { "name": "Ben" }, "10": { "name": "Ada" } } });
        let users: Vec<_> = Members::from_snapshot(presence).unwrap().iter().filter_map(Member::user).collect();
        assert_eq!(users.iter().map(|it| (it.id.0, it.name.as_str())).collect::<Vec<_>>(), [(10, "Ada"), (9, "Ben")]);
    }

    #[test]
    fn other_servers_snapshots_are_understood() {
        assert_eq!(Members::from_snapshot(json!({ "count": 0, "ids": [], "hash": [] })).unwrap(), Members::default());
        let without_info = Members::from_snapshot(json!({ "count": 1, "ids": [7], "hash": { "7": null } })).unwrap();
        assert_eq!(without_info.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["7"]);
        assert!(Members::from_snapshot(json!([])).is_err() || Members::from_snapshot(json!("x")).is_err());
    }

    #[test]
    fn what_the_server_signs_is_what_the_page_shows() {
        let ada = UserSummary { id: UserId(4), name: "Ada \"the\" Zoë".into() };
        assert_eq!(member(serde_json::from_str(&channel_data(&ada)).unwrap()).user(), Some(ada));
    }
}
