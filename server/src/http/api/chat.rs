//! `/api/chat`: messages, conversations, typing, and who is there.

use std::sync::Arc;

use app::chat::{
    AllRead, ChatService, Conversation, ConversationList, EditMessage, FoundMessage, HistoryQuery, ListQuery, Message,
    MessagePage, NewMessage, NewPrivateMessage, OldText, OnlineUser, OpenedConversation, React, ReadState, Readers,
    TypingNotice,
};
use app::error::AppError;
use app::ids::{ClientId, MessageId};
use app::realtime::events::ReactionChanged;
use app::time::Timestamp;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::Ability;
use crate::http::extract::{JsonBody, OptionalJsonBody, PathParam, QueryParams};
use crate::http::identity::SignedIn;
use crate::http::origin::SocketIdHeader;

/// Until when the others are told that somebody types.
#[derive(Debug, Serialize)]
pub(super) struct Typing {
    until: Timestamp,
}

/// 201 with the message, or 200 if the same command had been heard before.
pub(super) async fn send_message(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    SocketIdHeader(except): SocketIdHeader,
    headers: HeaderMap,
    JsonBody(mut message): JsonBody<NewMessage>,
) -> Result<Response, AppError> {
    let author = signed_in.with(Ability::ChatWrite)?;
    message.client_id = client_id(&headers, message.client_id)?;
    let sent = chat.send_message(&author, message, except).await?;
    let status = if sent.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(sent.message)).into_response())
}

/// As [`send_message`], for one other person.
pub(super) async fn send_private_message(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    SocketIdHeader(except): SocketIdHeader,
    headers: HeaderMap,
    JsonBody(mut command): JsonBody<NewPrivateMessage>,
) -> Result<Response, AppError> {
    let author = signed_in.with(Ability::ChatWrite)?;
    command.message.client_id = client_id(&headers, command.message.client_id)?;
    let sent = chat.send_private_message(&author, command, except).await?;
    let status = if sent.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(sent.message)).into_response())
}

pub(super) async fn conversations(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Json<ConversationList>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    chat.conversations(&reader, query).await.map(Json)
}

pub(super) async fn open(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(conversation): PathParam<Conversation>,
) -> Result<Json<OpenedConversation>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    chat.open(&reader, conversation).await.map(Json)
}

/// The command's id: the body's, else the header `Idempotency-Key`, which must be a UUID.
fn client_id(headers: &HeaderMap, given: Option<ClientId>) -> Result<Option<ClientId>, AppError> {
    const HEADER: &str = "Idempotency-Key";
    let Some(key) = headers.get(HEADER) else { return Ok(given) };
    let text = key.to_str().unwrap_or_default().trim().trim_matches('"');
    let key: ClientId = text
        .parse()
        .map_err(|_| AppError::invalid(HEADER, format!("`{text}` is no UUID: expected one made by the client")))?;
    match given {
        Some(given) if given != key => Err(AppError::invalid(
            HEADER,
            format!("`{key}` is not the body's client_id `{given}`: expected the same, or one of both"),
        )),
        _ => Ok(Some(key)),
    }
}

pub(super) async fn messages(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    QueryParams(query): QueryParams<HistoryQuery>,
) -> Result<Json<MessagePage>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    chat.messages(&reader, query).await.map(Json)
}

pub(super) async fn mark_read(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<Json<ReadState>, AppError> {
    let reader = signed_in.with(Ability::ChatWrite)?;
    chat.mark_read(&reader, message).await.map(Json)
}

pub(super) async fn mark_all_read(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
) -> Result<Json<AllRead>, AppError> {
    let reader = signed_in.with(Ability::ChatWrite)?;
    chat.mark_all_read(&reader).await.map(Json)
}

pub(super) async fn mark_unread(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<Json<ReadState>, AppError> {
    let reader = signed_in.with(Ability::ChatWrite)?;
    chat.mark_unread(&reader, message).await.map(Json)
}

pub(super) async fn mark_delivered(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<StatusCode, AppError> {
    let recipient = signed_in.with(Ability::ChatWrite)?;
    chat.mark_delivered(&recipient, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn readers(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<Json<Readers>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    chat.readers(&reader, message).await.map(Json)
}

pub(super) async fn find(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<Json<FoundMessage>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    chat.find(&reader, message).await.map(Json)
}

pub(super) async fn edits(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<Json<Vec<OldText>>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    chat.edits(&reader, message).await.map(Json)
}

pub(super) async fn edit_message(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
    JsonBody(edit): JsonBody<EditMessage>,
) -> Result<Json<Message>, AppError> {
    let editor = signed_in.with(Ability::ChatWrite)?;
    chat.edit_message(&editor, message, edit).await.map(Json)
}

pub(super) async fn delete_message(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
) -> Result<StatusCode, AppError> {
    let who = signed_in.with(Ability::ChatWrite)?;
    chat.delete_message(&who, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn react(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    PathParam(message): PathParam<MessageId>,
    JsonBody(reaction): JsonBody<React>,
) -> Result<Json<ReactionChanged>, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    chat.react(&user, message, reaction).await.map(Json)
}

pub(super) async fn typing(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
    SocketIdHeader(except): SocketIdHeader,
    OptionalJsonBody(notice): OptionalJsonBody<TypingNotice>,
) -> Result<Json<Typing>, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    Ok(Json(Typing { until: chat.typing(&user, notice, except).await? }))
}

pub(super) async fn online_users(
    State(chat): State<Arc<dyn ChatService>>,
    signed_in: SignedIn,
) -> Result<Json<Vec<OnlineUser>>, AppError> {
    signed_in.with(Ability::ChatRead)?;
    chat.online_users().await.map(Json)
}
