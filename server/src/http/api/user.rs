//! `GET /api/user`: who the session or the token belongs to.

use app::accounts::User;
use axum::Json;

use crate::http::identity::SignedIn;

/// Works with every token, whatever it allows: whose it is may be known to who has it.
pub(super) async fn who_am_i(signed_in: SignedIn) -> Json<User> {
    Json(signed_in.user)
}
