//! The pages as the server renders them, before any script has run.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![cfg(feature = "ssr")]

use std::sync::Arc;

use app::accounts::{CsrfToken, CurrentUser, FormFlash, FormKind, Role, User, UserSummary};
use app::chat::{
    AllRead, BlockState, ChannelPosition, ChatService, Conversation, ConversationList, ConversationSummary,
    EditMessage, FoundMessage, HistoryQuery, LastLine, ListQuery, Message, MessagePage, NewMessage, NewPrivateMessage,
    OldText, OnlineUser, OpenedConversation, React, ReadState, Readers, Sent, TypingNotice,
};
use app::error::AppError;
use app::ids::{ClientId, MessageId, UserId};
use app::people::{
    ChosenStatus, OpenedPeople, PeoplePage, PeopleQuery, PeopleService, Person, PersonProfile, PresenceStatus,
};
use app::realtime::SocketId;
use app::realtime::events::ReactionChanged;
use app::shell::Theme;
use app::time::Timestamp;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use leptos::prelude::*;
use tokio::sync::Mutex;

/// A room with a few messages, two of them unread.
struct Talk;

fn person(id: i64, name: &str) -> UserSummary {
    UserSummary { id: UserId(id), name: name.to_owned() }
}

fn message(id: i64, user: UserSummary, at: &str, body: &str) -> Message {
    let created_at: Timestamp = at.parse().unwrap();
    let body_html = format!("<p>{}</p>", body.replace('&', "&amp;").replace('<', "&lt;"));
    let client_id = ClientId::new(created_at.plus_ms(id));
    Message::new(MessageId(id), client_id, user, body.to_owned(), body_html, created_at)
}

/// A line of the list, with two unread messages.
fn summary(conversation: Conversation) -> ConversationSummary {
    let amina = person(2, "Amina K");
    ConversationSummary {
        conversation,
        peer: conversation.peer(UserId(1)).map(|_| amina.clone()),
        last_line: Some(LastLine {
            message_id: MessageId(9),
            user: amina,
            excerpt: "See you at nine".to_owned(),
            is_deleted: false,
            sent_at: "2026-11-22T09:04:00Z".parse().unwrap(),
        }),
        read_up_to: Some(MessageId(3)),
        read_revision: 1,
        unread_count: 2,
        peer_read_up_to: None,
        peer_delivered_up_to: None,
        block: BlockState::None,
    }
}

#[async_trait::async_trait]
impl ChatService for Talk {
    async fn send_message(&self, _: &User, _: NewMessage, _: Option<SocketId>) -> Result<Sent, AppError> {
        Err(AppError::Internal)
    }

    async fn send_private_message(
        &self,
        _: &User,
        _: NewPrivateMessage,
        _: Option<SocketId>,
    ) -> Result<Sent, AppError> {
        Err(AppError::Internal)
    }

    async fn conversations(&self, _: &User, _: ListQuery) -> Result<ConversationList, AppError> {
        let direct = vec![summary(Conversation::direct(UserId(1), UserId(2)).unwrap())];
        let position = ChannelPosition { epoch: "e".to_owned(), offset: 7 };
        Ok(ConversationList { general: Some(summary(Conversation::General)), direct, has_more: false, position })
    }

    async fn open(&self, user: &User, conversation: Conversation) -> Result<OpenedConversation, AppError> {
        if conversation.peer(user.id).is_some_and(|it| it != UserId(2)) {
            return Err(AppError::NotFound("person 9".to_owned()));
        }
        let online = vec![person(2, "Amina K"), person(1, "Mei D")];
        let page = self.messages(user, HistoryQuery { conversation, ..HistoryQuery::default() }).await?;
        Ok(OpenedConversation { summary: summary(conversation), page, receipts: Vec::new(), online })
    }

    async fn messages(&self, _: &User, _: HistoryQuery) -> Result<MessagePage, AppError> {
        let [amina, jonas, me] = [person(2, "Amina K"), person(3, "Jonas R"), person(1, "Mei D")];
        Ok(MessagePage {
            messages: vec![
                message(1, amina.clone(), "2026-11-21T16:42:00Z", "The autumn campaign is live."),
                message(2, amina, "2026-11-21T16:43:10Z", "Dashboard link is pinned."),
                message(3, me, "2026-11-22T09:01:00Z", "Thank you <both>"),
                message(4, jonas.clone(), "2026-11-22T09:03:00Z", "Budget for Q4 raised"),
                message(5, jonas, "2026-11-22T09:04:00Z", "Can someone check?"),
            ],
            has_older: false,
            has_newer: false,
            position: ChannelPosition { epoch: "e".to_owned(), offset: 5 },
            read_up_to: Some(MessageId(3)),
            read_revision: 1,
            unread_count: 2,
        })
    }

    async fn edit_message(&self, _: &User, _: MessageId, _: EditMessage) -> Result<Message, AppError> {
        Err(AppError::Internal)
    }

    async fn delete_message(&self, _: &User, _: MessageId) -> Result<(), AppError> {
        Err(AppError::Internal)
    }

    async fn react(&self, _: &User, _: MessageId, _: React) -> Result<ReactionChanged, AppError> {
        Err(AppError::Internal)
    }

    async fn find(&self, _: &User, _: MessageId) -> Result<FoundMessage, AppError> {
        Err(AppError::Internal)
    }

    async fn edits(&self, _: &User, _: MessageId) -> Result<Vec<OldText>, AppError> {
        Err(AppError::Internal)
    }

    async fn typing(&self, _: &User, _: TypingNotice, _: Option<SocketId>) -> Result<Timestamp, AppError> {
        Err(AppError::Internal)
    }

    async fn mark_read(&self, _: &User, _: MessageId) -> Result<ReadState, AppError> {
        Err(AppError::Internal)
    }

    async fn mark_unread(&self, _: &User, _: MessageId) -> Result<ReadState, AppError> {
        Err(AppError::Internal)
    }

    async fn mark_all_read(&self, _: &User) -> Result<AllRead, AppError> {
        Err(AppError::Internal)
    }

    async fn mark_delivered(&self, _: &User, _: MessageId) -> Result<(), AppError> {
        Err(AppError::Internal)
    }

    async fn readers(&self, _: &User, _: MessageId) -> Result<Readers, AppError> {
        Err(AppError::Internal)
    }

    async fn online_users(&self) -> Result<Vec<OnlineUser>, AppError> {
        let people = [person(2, "Amina K"), person(1, "Mei D")];
        Ok(people.into_iter().map(|user| OnlineUser { user, since: None }).collect())
    }
}

#[async_trait::async_trait]
impl PeopleService for Talk {
    async fn people(&self, _: &User, _: PeopleQuery) -> Result<PeoplePage, AppError> {
        let people = [person(2, "Amina K"), person(1, "Mei D")].map(|user| {
            let (status, headline) = (PresenceStatus::Online, String::new());
            Person { user, status, headline, last_seen: None }
        });
        Ok(PeoplePage { people: people.into(), has_more: false })
    }

    async fn open(&self, _: &User, _: String) -> Result<OpenedPeople, AppError> {
        Err(AppError::Internal)
    }

    async fn blocked(&self, _: &User) -> Result<Vec<UserSummary>, AppError> {
        Err(AppError::Internal)
    }

    async fn profile(&self, _: &User, _: UserId) -> Result<PersonProfile, AppError> {
        Err(AppError::Internal)
    }

    async fn chosen_status(&self, _: &User) -> Result<ChosenStatus, AppError> {
        Err(AppError::Internal)
    }

    async fn choose_status(&self, _: &User, _: ChosenStatus) -> Result<(), AppError> {
        Err(AppError::Internal)
    }

    async fn be_active(&self, _: &User) -> Result<(), AppError> {
        Err(AppError::Internal)
    }

    async fn is_invisible(&self, _: UserId) -> Result<bool, AppError> {
        Err(AppError::Internal)
    }

    async fn set_blocked(&self, _: &User, _: UserId, _: bool) -> Result<(), AppError> {
        Err(AppError::Internal)
    }
}

/// A page as somebody gets it, and the status and place it comes with.
struct Page {
    status: u16,
    location: Option<String>,
    html: String,
}

/// One page at a time: each test has a runtime of its own, and what one app spawns may not end up in another's.
static RENDERING: Mutex<()> = Mutex::const_new(());

async fn page(path: &str, is_signed_in: bool, flash: Option<FormFlash>, theme: Theme) -> Page {
    let _rendering = RENDERING.lock().await;
    let user = User { id: UserId(1), name: "Mei D".into(), email: "mei@example.com".into(), role: Role::Member };
    let contexts = move || {
        provide_context::<Arc<dyn ChatService>>(Arc::new(Talk));
        provide_context::<Arc<dyn PeopleService>>(Arc::new(Talk));
        provide_context(CurrentUser(is_signed_in.then(|| user.clone())));
        provide_context(CsrfToken("the-token".to_owned()));
        provide_context(theme);
        if let Some(flash) = flash.clone() {
            provide_context(flash);
        }
    };
    // As the server does at its start: without any context, and it is this that sets the executor.
    let routes = leptos_axum::generate_route_list(app::App);
    assert!(routes.iter().any(|it| it.path() == "/sign-in"));
    let options = LeptosOptions::builder().output_name("smartlink").build();
    let handler = leptos_axum::render_app_async_with_context(contexts, move || app::shell(options.clone()));
    let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
    let response = handler(request).await;
    let status = response.status().as_u16();
    let location = response.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
    let html = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    Page { status, location, html }
}

/// The page without Leptos' marks between texts, so that it can be compared with what is read.
fn read(html: &str) -> String {
    html.replace("<!>", "").replace("<!---->", "")
}

#[tokio::test]
async fn the_room_shows_its_messages_before_any_script() {
    let page = page("/", true, None, Theme::System).await;
    let html = read(&page.html);
    assert_eq!(page.status, 200, "{html}");
    for part in [
        "<title>General · SmartLink</title>",
        "The autumn campaign is live.",
        "Thank you &lt;both>",
        r#"aria-label="Amina K, 16:42""#,
        r#"aria-label="You, sent, 09:01""#,
        r#"role="log" aria-live="off" aria-label="Messages in General""#,
        r#"<div role="separator" aria-label="New messages">"#,
        r#"<div role="separator" aria-label="Saturday 21 November 2026">"#,
        r#"<time datetime="2026-11-21T16:42:00.000Z""#,
        r#"<nav aria-label="Main""#,
        r#"aria-label="Conversations""#,
        r#"aria-label="Send a message""#,
        "2 online",
        r#"<div role="status""#,
        r#"<div role="alert""#,
        r##"href="#content""##,
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
    assert_eq!(html.matches(" style=").count(), 0, "no style in attributes");
    assert_eq!(
        html.matches("Amina K</span>").count(),
        3,
        "as an author, as somebody to talk to, and as somebody there"
    );
}

#[tokio::test]
async fn a_conversation_of_two_shows_itself_before_any_script() {
    let page = page("/chat/2", true, None, Theme::System).await;
    let html = read(&page.html);
    assert_eq!(page.status, 200, "{html}");
    for part in [
        "<title>Amina K · SmartLink</title>",
        r#"aria-label="Messages in Amina K""#,
        "Message Amina K",
        "See you at nine",
        r#"href="/chat/2" data-kind="direct" aria-current="page""#,
        r#"<span class="badge">2<span class="vh"> unread</span></span>"#,
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
}

#[tokio::test]
async fn nobody_is_at_the_address_of_a_stranger_or_of_oneself() {
    for path in ["/chat/9", "/chat/1", "/chat/x"] {
        let page = page(path, true, None, Theme::System).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(read(&page.html).contains("There is nobody to talk to at this address."), "{path}");
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_the_form_and_back() {
    let page = page("/chat?at=7", false, None, Theme::System).await;
    assert_eq!((page.status, page.location.as_deref()), (302, Some("/sign-in?next=/chat%3Fat%3D7")));
}

#[tokio::test]
async fn whoever_is_signed_in_is_not_asked_again() {
    let page = page("/sign-in?next=/chat", true, None, Theme::System).await;
    assert_eq!((page.status, page.location.as_deref()), (302, Some("/chat")));
}

#[tokio::test]
async fn the_forms_work_without_script() {
    for (path, fields) in [("/sign-in?next=/chat", 3), ("/sign-up?next=/chat", 3)] {
        let html = page(path, false, None, Theme::Dark).await.html;
        let action = &path[..8];
        for part in [
            &format!(r#"<form method="post" action="{action}""#),
            r#"<input type="hidden" name="_token" value="the-token">"#,
            r#"<input type="hidden" name="next" value="/chat">"#,
            r#"<html lang="en" data-theme="dark">"#,
            r#"name="email" type="email" autocomplete="username""#,
            r#"<button type="submit" data-kind="primary" class="button">"#,
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(html.matches("<input").count() >= fields);
    }
}

#[tokio::test]
async fn a_refused_form_says_why_and_keeps_what_was_filled_in() {
    let flash = |form, error| FormFlash {
        form,
        error,
        name: "Mei D".to_owned(),
        email: "mei@example.com".to_owned(),
        remember: false,
    };
    let wrong = flash(FormKind::SignIn, AppError::invalid("email", "or password is wrong"));
    let html = read(&page("/sign-in", false, Some(wrong), Theme::System).await.html);
    assert!(html.contains("Email or password is wrong."), "{html}");
    assert!(html.contains(r#"value="mei@example.com""#));

    let limited = flash(FormKind::SignIn, AppError::TooManyRequests { retry_after_s: 42 });
    let html = read(&page("/sign-in", false, Some(limited), Theme::System).await.html);
    assert!(html.contains("Too many tries. Try again in 42 s."), "{html}");
    assert!(html.contains("disabled"));

    let taken = flash(FormKind::SignUp, AppError::Conflict("this email has an account".to_owned()));
    let html = read(&page("/sign-up", false, Some(taken.clone()), Theme::System).await.html);
    assert!(html.contains("This email has an account already."), "{html}");
    let html = read(&page("/sign-in", false, Some(taken), Theme::System).await.html);
    assert!(!html.contains("This email has an account already."), "another form's error");
}

#[tokio::test]
async fn an_unknown_address_says_so() {
    let page = page("/nowhere", true, None, Theme::System).await;
    assert!(
        page.html.contains("This page doesn't exist") || page.html.contains("This page doesn&#x27;t exist"),
        "{}",
        page.html
    );
    assert!(page.html.contains("Go to Chat"));
}
