//! `POST /settings/password`: the form of a new password, for browsers without script.

use app::accounts::{ChangePassword, FormFlash, FormKind};
use app::error::AppError;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::http::api::set_password;
use crate::http::extract::FormBody;
use crate::http::identity::Identity;
use crate::http::origin::RequestOrigin;
use crate::http::{cookies, flash};
use crate::state::AppState;

/// The section that the form stands in.
const SECTION: &str = "security";

pub(super) async fn change(
    State(state): State<AppState>,
    identity: Identity,
    origin: RequestOrigin,
    form: FormBody<ChangePassword>,
) -> Result<Response, AppError> {
    let Identity::Session(session) = identity else { return Err(AppError::Unauthenticated) };
    match set_password(&state, &session, form.fields, &origin).await {
        Ok(()) => Ok(Redirect::to("/settings/security?changed=password").into_response()),
        Err(error @ (AppError::Invalid(_) | AppError::TooManyRequests { .. })) => {
            let mut response = Redirect::to("/settings/security").into_response();
            let (name, email) = (SECTION.to_owned(), String::new());
            let sealed =
                flash::seal(&state.signer, FormFlash { form: FormKind::Settings, error, name, email, remember: false });
            cookies::set(response.headers_mut(), cookies::flash(&sealed, origin.is_https));
            Ok(response)
        }
        Err(error) => Err(error),
    }
}
