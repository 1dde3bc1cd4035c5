use super::*;
use crate::accounts::UserSummary;
use crate::chat::Conversation;
use crate::ids::UserId;
use crate::time::Timestamp;

fn ada() -> UserSummary {
    UserSummary { id: UserId(4), name: "Ada".to_owned() }
}

#[test]
fn a_message_on_the_wire_is_an_object_with_the_message_in_it() {
    let data = r#"{"message":{"id":31,"client_id":"018bcfe5-687b-7000-8000-000000000001","user":{"id":4,"name":"Ada"},"body":"hi *you*","body_html":"<p>hi <em>you</em></p>","created_at":"2026-11-22T09:04:31.204Z","revision":0,"edited_at":null,"deleted_at":null,"reply_to":null,"mentions":[],"reactions":[]}}"#;
    let event = AppEvent::from_parts("MessageSent", data).unwrap();
    assert_eq!(event.name(), "MessageSent");
    assert_eq!(event.to_data(), data);
    // As the log has it from before there were edits and reactions.
    let old = data.replace(
        r#","revision":0,"edited_at":null,"deleted_at":null,"reply_to":null,"mentions":[],"reactions":[]"#,
        "",
    );
    assert_eq!(AppEvent::from_parts("MessageSent", &old).unwrap(), event);
}

#[test]
fn typing_is_a_lease() {
    let until = Timestamp::from_unix_ms(1_700_000_000_123);
    let event = AppEvent::from(UserTyping { user: ada(), until, conversation: Conversation::General });
    assert_eq!(
        event.to_data(),
        r#"{"user":{"id":4,"name":"Ada"},"until":"2023-11-14T22:13:20.123Z","conversation":"chat"}"#
    );
    assert!(!event.is_durable());
}

#[test]
fn an_unknown_name_and_data_that_does_not_fit_are_told_apart() {
    assert!(matches!(AppEvent::from_parts("MessageWhispered", "{}"), Err(EventError::UnknownName(_))));
    for data in ["", "null", "[]", "{}", r#"{"user":{"id":"4","name":"Ada"},"until":"2023-11-14T22:13:20.123Z"}"#] {
        let error = AppEvent::from_parts("UserTyping", data).unwrap_err();
        assert!(error.to_string().contains("UserTyping"), "{data:?} gave {error}");
    }
}

#[test]
fn fields_of_a_newer_server_are_passed_over() {
    let data = r#"{"user":{"id":4,"name":"Ada","mood":"fine"},"until":"2023-11-14T22:13:20.123Z","device":"phone"}"#;
    assert!(AppEvent::from_parts("UserTyping", data).is_ok());
}

#[cfg(feature = "ssr")]
mod by_schema {
    use std::collections::HashMap;
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::ids::{CampaignId, TapId};
    use crate::realtime::schema_values::values_of;

    /// Every channel of the app, each once.
    fn channels() -> Vec<AppChannel> {
        vec![
            AppChannel::Chat,
            AppChannel::PresenceChat,
            AppChannel::PrivateUser(UserId(4)),
            AppChannel::private_chat(UserId(4), UserId(9)).unwrap(),
            AppChannel::PrivateCampaign(CampaignId(7)),
            AppChannel::PresenceCampaign(CampaignId(7)),
            AppChannel::PrivateFinancial(UserId(4)),
            AppChannel::PrivateAdmin,
            AppChannel::PrivateAdminTap(TapId(3)),
        ]
    }

    /// An event of each name, and which of `channels()` it may go to.
    #[test]
    fn every_event_goes_where_the_table_says() {
        let mut may_go: HashMap<&str, Vec<String>> = HashMap::new();
        for event in an_event_of_each_name() {
            let allowed = channels().into_iter().filter(|it| event.allowed_on(it)).map(|it| it.to_string()).collect();
            may_go.insert(event.name(), allowed);
        }
        let conversations = ["chat", "private-chat.4.9"].as_slice();
        for (names, channels) in [
            (["MessageSent"].as_slice(), ["chat"].as_slice()),
            (&["MessageEdited", "MessageDeleted", "ReactionChanged"], conversations),
            (&["UserTyping"], &["chat", "private-user.4", "private-chat.4.9"]),
            (
                &[
                    "MessageRead",
                    "MessageDelivered",
                    "ConversationUpdated",
                    "NotificationCreated",
                    "NotificationRead",
                    "SettingsChanged",
                ],
                &["private-user.4"],
            ),
            (&["UserJoined", "UserLeft", "PresenceChanged"], &["presence-chat"]),
            (&["PrivateMessageSent"], &["private-chat.4.9"]),
            (
                &["CampaignUpdated", "BudgetChanged", "CampaignActivated", "CampaignDeactivated"],
                &["private-campaign.7"],
            ),
            (&["DepositCompleted", "WithdrawalProcessed", "BalanceUpdated"], &["private-financial.4"]),
            (&["MetricsTick", "AuditRecorded", "HealthChanged"], &["private-admin"]),
        ] {
            for name in names {
                assert_eq!(may_go.remove(name).unwrap(), channels, "{name}");
            }
        }
        assert!(may_go.is_empty(), "not in the table: {may_go:?}");
    }

    #[test]
    fn a_durable_event_goes_only_where_there_is_a_log() {
        for event in an_event_of_each_name().iter().filter(|it| it.is_durable()) {
            for channel in channels().iter().filter(|it| event.allowed_on(it)) {
                assert!(channel.is_logged(), "{} on {channel}", event.name());
            }
        }
    }

    /// The committed file is what Echo users read. `UPDATE_SCHEMA=1 cargo test -p app --features ssr` writes it anew.
    #[test]
    fn the_committed_schema_is_that_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.schema.json");
        let schema = event_schema();
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, format!("{schema:#}\n")).unwrap();
        }
        let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(committed, schema, "write docs/events.schema.json anew: UPDATE_SCHEMA=1");
    }

    proptest! {
        /// Whatever the schema allows is understood, and goes out as it came in.
        #[test]
        fn every_payload_and_back_is_the_same((name, payload) in any_payload()) {
            let event = AppEvent::from_parts(name, &payload.to_string()).unwrap();
            prop_assert_eq!(event.name(), name);
            let data = event.to_data();
            prop_assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), payload);
            prop_assert_eq!(AppEvent::from_parts(name, &data).unwrap(), event);
        }

        #[test]
        fn no_data_makes_reading_panic(index in 0..AppEvent::NAMES.len(), data in "\\PC{0,60}") {
            let _either = AppEvent::from_parts(AppEvent::NAMES[index], &data);
        }
    }

    fn any_payload() -> impl Strategy<Value = (&'static str, Value)> {
        let schema = event_schema();
        (0..AppEvent::NAMES.len()).prop_flat_map(move |index| {
            let name = AppEvent::NAMES[index];
            values_of(&schema, &schema["$defs"][name]).prop_map(move |payload| (name, payload))
        })
    }

    fn an_event_of_each_name() -> Vec<AppEvent> {
        let schema = event_schema();
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        AppEvent::NAMES
            .iter()
            .map(|name| {
                let payload = values_of(&schema, &schema["$defs"][name]).new_tree(&mut runner).unwrap().current();
                AppEvent::from_parts(name, &payload.to_string()).unwrap()
            })
            .collect()
    }
}
