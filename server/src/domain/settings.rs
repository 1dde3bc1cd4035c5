//! Settings: read whole, changed in part.

use app::error::AppError;
use app::ids::UserId;
use app::realtime::events::SettingsChanged;
use app::realtime::{AppChannel, SocketId};
use app::settings::{SessionInfo, Settings, SettingsService};
use serde_json::Value;

use crate::clock::Clock;
use crate::event_log::EventLog;
use crate::store::Store;

/// People's settings. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SettingsDesk {
    store: Store,
    log: EventLog,
    clock: Clock,
}

impl SettingsDesk {
    /// The settings in this store, which tells the log's channels of changes.
    pub const fn new(store: Store, log: EventLog, clock: Clock) -> Self {
        Self { store, log, clock }
    }
}

#[async_trait::async_trait]
impl SettingsService for SettingsDesk {
    async fn settings(&self, user_id: UserId) -> Result<Settings, AppError> {
        Ok(self.store.settings(user_id).await?)
    }

    async fn sessions(&self, user_id: UserId, current: i64) -> Result<Vec<SessionInfo>, AppError> {
        Ok(self.store.sessions_of(user_id, current, self.clock.now()).await?)
    }

    async fn change_settings(
        &self,
        user_id: UserId,
        changes: Value,
        except: Option<SocketId>,
    ) -> Result<Settings, AppError> {
        let mut tx = self.store.begin().await?;
        // Whoever holds the person's channel is the only one who changes their settings.
        let reservation = self.log.reserve(&mut tx, AppChannel::PrivateUser(user_id)).await?;
        let before = tx.stored_settings(user_id).await?;
        let settings = changed(before.as_deref().unwrap_or("{}"), &changes)?;
        let after = serde_json::to_string(&settings).map_err(|error| {
            tracing::error!(%error, "settings make no JSON");
            AppError::Internal
        })?;
        if before.as_ref() == Some(&after) {
            tx.rollback().await?;
            return Ok(settings);
        }
        let changed_at = self.clock.now();
        tx.store_settings(user_id, &after, changed_at).await?;
        self.log.append_reserved(&mut tx, reservation, &SettingsChanged { changed_at }.into(), except).await?;
        self.log.commit(tx).await?;
        Ok(settings)
    }
}

/// What is stored, with the changes.
fn changed(stored: &str, changes: &Value) -> Result<Settings, AppError> {
    let current: Settings = serde_json::from_str(stored).map_err(|error| {
        tracing::error!(%error, "stored settings cannot be read");
        AppError::Internal
    })?;
    let mut document = serde_json::to_value(&current).unwrap_or_default();
    merge(&mut document, changes, "")?;
    let settings: Settings = serde_path_to_error::deserialize(&document)
        .map_err(|error| AppError::invalid(error.path().to_string(), error.inner().to_string()))?;
    let faults = settings.faults();
    if faults.is_empty() { Ok(settings) } else { Err(AppError::Invalid(faults)) }
}

/// Puts changes into a document, object by object. What the document has as `null` is taken whole.
fn merge(document: &mut Value, changes: &Value, path: &str) -> Result<(), AppError> {
    let Value::Object(fields) = document else {
        *document = changes.clone();
        return Ok(());
    };
    // Nothing in an optional part: it is switched off.
    if changes.is_null() && path == "notifications.quiet_hours" {
        *document = Value::Null;
        return Ok(());
    }
    let Value::Object(changes) = changes else {
        let field = if path.is_empty() { "body" } else { path };
        return Err(AppError::invalid(field, format!("is {changes}: expected an object")));
    };
    for (name, change) in changes {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match fields.get_mut(name) {
            Some(field) => merge(field, change, &path)?,
            None => return Err(AppError::invalid(path, "is no setting: expected one of those that GET tells")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field_at_fault(changes: &Value) -> String {
        match changed("{}", changes) {
            Err(AppError::Invalid(errors)) => errors[0].field.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_change_touches_what_it_names_alone() {
        let stored = r#"{"privacy":{"last_seen":false},"chat":{"skin_tone":3}}"#;
        let settings = changed(stored, &json!({ "chat": { "enter_sends": false } })).unwrap();
        assert_eq!((settings.privacy.last_seen, settings.chat.skin_tone, settings.chat.enter_sends), (false, 3, false));
    }

    #[test]
    fn quiet_hours_are_set_changed_and_taken_back() {
        let hours = json!({ "notifications": { "quiet_hours": { "from_minute": 1320, "to_minute": 420 } } });
        let settings = changed("{}", &hours).unwrap();
        assert!(settings.notifications.quiet_hours.unwrap().lets_money_through);
        let stored = serde_json::to_string(&settings).unwrap();
        let later = changed(&stored, &json!({ "notifications": { "quiet_hours": { "to_minute": 480 } } })).unwrap();
        assert_eq!(later.notifications.quiet_hours.unwrap().to_minute, 480);
        let off = changed(&stored, &json!({ "notifications": { "quiet_hours": null } })).unwrap();
        assert_eq!(off.notifications.quiet_hours, None);
    }

    #[test]
    fn whatever_is_no_setting_is_named_with_its_path() {
        for (changes, field) in [
            (json!([]), "body"),
            (json!({ "privacy": 1 }), "privacy"),
            (json!({ "privacy": { "typing": true } }), "privacy.typing"),
            (json!({ "privacy": { "last_seen": "no" } }), "privacy.last_seen"),
            (json!({ "appearance": { "density": "tight" } }), "appearance.density"),
            (json!({ "appearance": { "text_size_percent": 20 } }), "appearance.text_size_percent"),
        ] {
            assert_eq!(field_at_fault(&changes), field, "{changes}");
        }
    }
}
