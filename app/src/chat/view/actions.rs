//! What can be done with a message: by the buttons beside it, by its menu, and by keys.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::composer;
use super::reactions::{REACTIONS, ReactionPicker};
use crate::accounts::Role;
use crate::chat::model::Message;
use crate::chat::state::MessageRow;
use crate::chat::store::{Desk, Purpose};
use crate::shell::{TOOLBAR, use_page};
use crate::ui::browser::focus;
use crate::ui::{Icon, IconView, Menu, MenuItem};

const MENU: &str = "message-menu";

/// Something that can be done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Reply,
    Edit,
    CopyLink,
    MarkUnread,
    Delete,
}

impl Action {
    const ALL: [Self; 5] = [Self::Reply, Self::Edit, Self::CopyLink, Self::MarkUnread, Self::Delete];

    const fn label(self) -> &'static str {
        match self {
            Self::Reply => "Reply",
            Self::Edit => "Edit",
            Self::CopyLink => "Copy link",
            Self::MarkUnread => "Mark unread from here",
            Self::Delete => "Delete",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Reply => Icon::Reply,
            Self::Edit => Icon::Edit,
            Self::CopyLink => Icon::Link,
            Self::MarkUnread => Icon::Bell,
            Self::Delete => Icon::Delete,
        }
    }

    /// The one that a key means.
    fn by_key(key: &str) -> Option<Self> {
        Some(match key {
            "r" => Self::Reply,
            "e" => Self::Edit,
            "c" => Self::CopyLink,
            "u" => Self::MarkUnread,
            "Delete" => Self::Delete,
            _ => return None,
        })
    }

    fn is_for(self, is_mine: bool, may_delete: bool) -> bool {
        match self {
            Self::Reply | Self::CopyLink => true,
            Self::Edit => is_mine,
            Self::MarkUnread => !is_mine,
            Self::Delete => is_mine || may_delete,
        }
    }

    fn run(self, desk: Desk, message: &Message) {
        match self {
            Self::Reply => {
                desk.reply_to(message);
                focus(composer::ID);
            }
            Self::Edit => {
                desk.purpose.set(Purpose::Edit(message.id, message.body.clone()));
                focus(composer::ID);
            }
            Self::CopyLink => desk.copy_link(message.id),
            Self::MarkUnread => desk.mark_unread(message.id),
            Self::Delete => desk.dialogs.ask_to_delete(message.id, message.client_id),
        }
    }
}

/// Whether the viewer may delete messages of others here.
fn may_delete_others(desk: Desk) -> bool {
    !desk.is_direct() && use_page().user.is_some_and(|it| it.role == Role::Admin)
}

/// The message whose buttons [`Toolbar`] shows, given to it as context.
#[derive(Clone, Copy)]
pub(super) struct ToolbarOf(pub(super) Desk, pub(super) RwSignal<MessageRow>);

/// The buttons beside the message that is pointed at or has the focus.
#[component]
pub fn Toolbar() -> impl IntoView {
    let ToolbarOf(desk, row) = expect_context();
    let is_mine = row.with_untracked(|it| it.is_mine);
    let may_delete = may_delete_others(desk);
    let run = move |action: Action| {
        let message = desk.message(row.with_untracked(|it| it.client_id));
        if let Some(message) = message {
            action.run(desk, &message);
        }
    };
    let items = Action::ALL.into_iter().filter(|it| it.is_for(is_mine, may_delete)).map(|action| MenuItem {
        label: action.label().to_owned(),
        icon: action.icon(),
        is_danger: action == Action::Delete,
        run: Callback::new(move |()| run(action)),
    });
    let button = move |action: Action| {
        view! {
            <button r#type="button" class="icon-button" title=action.label() on:click=move |_| run(action)>
                <IconView icon=action.icon() />
                <span class="vh">{action.label()}</span>
            </button>
        }
        .into_any()
    };
    view! {
        <div class="message__tools" role="group" aria-label="Message">
            <button
                r#type="button"
                class="icon-button"
                title="React"
                popovertarget=REACTIONS
                aria-haspopup="dialog"
            >
                <IconView icon=Icon::Smile />
                <span class="vh">"React"</span>
            </button>
            <ReactionPicker desk row />
            {button(Action::Reply)}
            {is_mine.then(|| button(Action::Edit))}
            <Menu id=MENU label="More" items=Signal::stored(items.collect::<Vec<_>>()) />
        </div>
    }
    .into_any()
}

/// What a key does on the focused message. False if it means nothing there.
pub(super) fn by_key(desk: Desk, key: &str, has_single_keys: bool) -> bool {
    let Some(message) = desk.active.get_untracked().and_then(|it| desk.message(it)) else { return false };
    if message.deleted_at.is_some() {
        return false;
    }
    match key {
        "Enter" => open_once_here(MENU),
        "+" if has_single_keys => open_once_here(REACTIONS),
        _ if !has_single_keys && key.chars().count() == 1 => false,
        _ => {
            let is_mine = message.user.id == desk.store.user_id();
            let action = Action::by_key(key).filter(|it| it.is_for(is_mine, may_delete_others(desk)));
            action.inspect(|it| it.run(desk, &message)).is_some()
        }
    }
}

/// Opens what belongs to the buttons; these may still be on their way when the first key is pressed. True, since the key
/// means something in any case.
fn open_once_here(id: &'static str) -> bool {
    let open = move || {
        let popover = document().get_element_by_id(id).and_then(|it| it.dyn_into::<HtmlElement>().ok());
        popover.is_some_and(|it| it.show_popover().is_ok())
    };
    if !open() {
        spawn_local(async move {
            // Without the file there are no buttons either, which says enough.
            if TOOLBAR.load().await.is_ok() {
                request_animation_frame(move || {
                    open();
                });
            }
        });
    }
    true
}
