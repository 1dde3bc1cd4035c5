//! How the chat behaves: the key that sends, what counts as read, the clock.

use leptos::prelude::*;

use super::one_of::{Choices, OneOf};
use super::saver::Saver;
use super::{Section, SectionForm};
use crate::settings::ReadWhen;

const ENTER: Choices<bool> = &[
    (true, "true", "Sends the message; Shift+Enter starts a new line"),
    (false, "false", "Starts a new line; Shift+Enter sends the message"),
];

const READ: Choices<ReadWhen> = &[
    (ReadWhen::Seen, "seen", "When I have had it on screen"),
    (ReadWhen::Opened, "opened", "When I open its conversation"),
    (ReadWhen::Marked, "marked", "When I say so: with Escape, or with the button at the line of new messages"),
];

const TONES: Choices<u32> = &[
    (0, "0", "👋 As they are"),
    (1, "1", "👋🏻 Light"),
    (2, "2", "👋🏼 Medium light"),
    (3, "3", "👋🏽 Medium"),
    (4, "4", "👋🏾 Medium dark"),
    (5, "5", "👋🏿 Dark"),
];

const CLOCK: Choices<Option<bool>> = &[
    (None, "", "As my browser's language has it"),
    (Some(true), "true", "24 hours"),
    (Some(false), "false", "12 hours"),
];

#[component]
pub(super) fn ChatSection(saver: Saver) -> impl IntoView {
    view! {
        <SectionForm label="Chat" section=Section::Chat>
            <OneOf saver path="chat.enter_sends" label="The key Enter" choices=ENTER read=|it| it.chat.enter_sends />
            <OneOf saver path="chat.read_when" label="A message counts as read" choices=READ read=|it| it.chat.read_when />
            <OneOf saver path="chat.clock_24h" label="Times of day" choices=CLOCK read=|it| it.chat.clock_24h />
            <OneOf saver path="chat.skin_tone" label="Skin tone of emoji" choices=TONES read=|it| it.chat.skin_tone />
        </SectionForm>
    }
    .into_any()
}
