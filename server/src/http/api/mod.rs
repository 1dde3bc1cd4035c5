//! The REST API: one file an area, each a thin face of the area's service.

mod chat;
mod notifications;
mod people;
mod sessions;
mod settings;
mod user;

pub(crate) use people::set_status;
pub(crate) use user::set_password;

use axum::Router;
use axum::routing::{any, delete, get, post, put};

use super::problem::no_such_path;
use crate::state::AppState;

/// Everything below `/api`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", any(no_such_path))
        .route("/user", get(user::who_am_i).patch(user::change_name))
        .route("/user/password", put(user::change_password))
        .route("/chat/messages", get(chat::messages).post(chat::send_message))
        .route("/chat/messages/private", post(chat::send_private_message))
        .route("/chat/conversations", get(chat::conversations))
        .route("/chat/conversations/{conversation}", get(chat::open))
        .route("/chat/messages/{id}", get(chat::find).patch(chat::edit_message).delete(chat::delete_message))
        .route("/chat/messages/{id}/edits", get(chat::edits))
        .route("/chat/messages/{id}/reactions", post(chat::react))
        .route("/chat/read", post(chat::mark_all_read))
        .route("/chat/messages/{id}/read", post(chat::mark_read))
        .route("/chat/messages/{id}/unread", post(chat::mark_unread))
        .route("/chat/messages/{id}/delivered", post(chat::mark_delivered))
        .route("/chat/messages/{id}/readers", get(chat::readers))
        .route("/notifications", get(notifications::list))
        .route("/notifications/read", post(notifications::mark_read))
        .route("/notifications/unread", post(notifications::mark_unread))
        .route("/notifications/{id}/read", post(notifications::mark_one_read))
        .route("/people", get(people::list))
        .route("/people/blocked", get(people::blocked))
        .route("/people/{id}", get(people::profile))
        .route("/people/{id}/block", post(people::block).delete(people::unblock))
        .route("/presence", get(people::chosen_status).put(people::choose_status))
        .route("/presence/active", post(people::be_active))
        .route("/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/sessions/{id}", delete(sessions::end))
        .route("/settings", get(settings::settings).patch(settings::change_settings))
        .route("/chat/typing", post(chat::typing))
        .route("/chat/users/online", get(chat::online_users))
        .fallback(no_such_path)
}
