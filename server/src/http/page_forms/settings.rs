//! `POST /settings`: a section of the settings as a plain form sends it, each field under its setting's path.

use app::accounts::{ChangeName, FormFlash, FormKind, User};
use app::error::AppError;
use app::people::ChosenStatus;
use app::settings::{change_of, minute_from};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::domain::Ability;
use crate::http::api::set_status;
use crate::http::extract::FormBody;
use crate::http::identity::SignedIn;
use crate::http::origin::RequestOrigin;
use crate::http::{cookies, flash};
use crate::state::AppState;

/// The switch of all quiet hours; their times stand below it.
const QUIET_HOURS: &str = "notifications.quiet_hours";

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/settings", post(change))
}

/// The fields of a form in their order, a name perhaps more than once.
type Fields = Vec<(String, String)>;

async fn change(
    State(state): State<AppState>,
    signed_in: SignedIn,
    origin: RequestOrigin,
    form: FormBody<Fields>,
) -> Result<Response, AppError> {
    let user = signed_in.with(Ability::Everything)?;
    let section = value_of(&form.fields, "section").filter(|it| it.bytes().all(|it| it.is_ascii_lowercase()));
    let section = section.unwrap_or_default().to_owned();
    let mut response = Redirect::to(format!("/settings/{section}").trim_end_matches('/')).into_response();
    match apply(&state, &user, &form.fields).await {
        Ok(()) => {}
        Err(error @ (AppError::Invalid(_) | AppError::Conflict(_))) => {
            let flash =
                FormFlash { form: FormKind::Settings, error, name: section, email: String::new(), remember: false };
            let sealed = flash::seal(&state.signer, flash);
            cookies::set(response.headers_mut(), cookies::flash(&sealed, origin.is_https));
        }
        Err(error) => return Err(error),
    }
    Ok(response)
}

async fn apply(state: &AppState, user: &User, fields: &Fields) -> Result<(), AppError> {
    if let Some(name) = value_of(fields, "status") {
        let status: ChosenStatus = serde_json::from_value(name.into())
            .map_err(|_| AppError::invalid("status", format!("`{name}` is no status: expected automatic")))?;
        set_status(state, user, status).await?;
    }
    if let Some(name) = value_of(fields, "name").filter(|it| *it != user.name) {
        state.accounts.change_name(user, ChangeName { name: name.to_owned() }).await?;
    }
    let changes = changes_of(fields, &state.clock)?;
    if changes.as_object().is_some_and(|it| !it.is_empty()) {
        state.settings.change_settings(user.id, changes, None).await?;
    }
    Ok(())
}

/// A name's last value: a box that is ticked comes after the hidden field that says it is not.
fn value_of<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().rev().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

/// The document of changes that the REST API takes as well.
fn changes_of(fields: &Fields, clock: &Clock) -> Result<Value, AppError> {
    let is_quiet = value_of(fields, QUIET_HOURS);
    let mut changes = Value::Object(Map::new());
    for (path, _) in fields.iter().filter(|(path, _)| path.contains('.') && path != QUIET_HOURS) {
        if path.starts_with(QUIET_HOURS) && is_quiet == Some("false") {
            continue;
        }
        let text = value_of(fields, path).unwrap_or_default().trim();
        merge(&mut changes, change_of(path, typed(path, text)?));
    }
    if is_quiet == Some("false") {
        merge(&mut changes, change_of(QUIET_HOURS, Value::Null));
    }
    if let Some(minutes) = value_of(fields, "mute_minutes") {
        let minutes: i64 = minutes
            .parse()
            .ok()
            .filter(|it| (0..=60 * 24 * 366).contains(it))
            .ok_or_else(|| AppError::invalid("mute_minutes", "is no number of minutes: expected 0 to a year"))?;
        let until = (minutes > 0).then(|| clock.now().plus_ms(minutes * 60_000));
        merge(&mut changes, change_of("notifications.muted_until", serde_json::json!(until)));
    }
    Ok(changes)
}

/// A field's text as its setting has it.
fn typed(path: &str, text: &str) -> Result<Value, AppError> {
    Ok(match (path, text) {
        ("profile.time_zone" | "chat.clock_24h", "") => Value::Null,
        _ if path.starts_with("profile.") => text.into(),
        _ if path.ends_with("_minute") => minute_from(text)
            .ok_or_else(|| AppError::invalid(path, format!("is `{text}`: expected a time such as 22:00")))?
            .into(),
        _ if path.ends_with("_percent") || path.ends_with("_tone") => text
            .parse::<u32>()
            .map_err(|_| AppError::invalid(path, format!("is `{text}`: expected a number such as 100")))?
            .into(),
        (_, "true") => true.into(),
        (_, "false") => false.into(),
        _ => text.into(),
    })
}

/// Puts a document into another, object by object.
fn merge(document: &mut Value, other: Value) {
    match (document, other) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in others {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
        }
        (place, value) => *place = value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes(fields: &[(&str, &str)]) -> Result<Value, AppError> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        changes_of(&fields, &Clock::system())
    }

    #[test]
    fn a_box_is_ticked_or_not_and_a_text_stays_a_text() {
        let fields = [
            ("_token", "t"),
            ("section", ""),
            ("privacy.last_seen", "false"),
            ("privacy.sends_typing", "false"),
            ("privacy.sends_typing", "true"),
            ("profile.headline", "true"),
            ("profile.time_zone", " "),
        ];
        let expected = json!({
            "privacy": { "last_seen": false, "sends_typing": true },
            "profile": { "headline": "true", "time_zone": null },
        });
        assert_eq!(changes(&fields).unwrap(), expected);
    }

    #[test]
    fn sizes_are_numbers_and_a_choice_may_be_none() {
        let fields = [
            ("appearance.text_size_percent", "120"),
            ("chat.clock_24h", ""),
            ("chat.enter_sends", "false"),
            ("chat.skin_tone", "3"),
        ];
        let expected = json!({ "appearance": { "text_size_percent": 120 }, "chat": { "clock_24h": null, "enter_sends": false, "skin_tone": 3 } });
        assert_eq!(changes(&fields).unwrap(), expected);
        let Err(AppError::Invalid(errors)) = changes(&[("appearance.text_size_percent", "big")]) else {
            panic!("`big` was taken for a size");
        };
        assert_eq!(errors[0].field, "appearance.text_size_percent");
    }

    #[test]
    fn quiet_hours_are_times_and_can_be_switched_off() {
        let on = [(QUIET_HOURS, "false"), (QUIET_HOURS, "true"), ("notifications.quiet_hours.from_minute", "22:00")];
        assert_eq!(changes(&on).unwrap(), json!({ "notifications": { "quiet_hours": { "from_minute": 1320 } } }));
        let off = [(QUIET_HOURS, "false"), ("notifications.quiet_hours.from_minute", "22:00")];
        assert_eq!(changes(&off).unwrap(), json!({ "notifications": { "quiet_hours": null } }));
        let Err(AppError::Invalid(errors)) = changes(&[("notifications.quiet_hours.to_minute", "soon")]) else {
            panic!("`soon` was taken for a time");
        };
        assert_eq!(errors[0].field, "notifications.quiet_hours.to_minute");
    }

    #[test]
    fn one_mutes_for_a_while_and_not_for_ever() {
        assert!(changes(&[("mute_minutes", "60")]).unwrap()["notifications"]["muted_until"].is_string());
        assert!(changes(&[("mute_minutes", "0")]).unwrap()["notifications"]["muted_until"].is_null());
        assert!(changes(&[("mute_minutes", "99999999")]).is_err());
    }
}
