//! What is spoken to screen readers, and whether single keys do something.

use leptos::prelude::*;

use super::one_of::{Choices, OneOf};
use super::saver::Saver;
use super::{Section, SectionForm, SettingSwitch};
use crate::settings::AnnounceWhat;

const SPOKEN: Choices<AnnounceWhat> = &[
    (AnnounceWhat::All, "all", "All messages"),
    (AnnounceWhat::Mentions, "mentions", "Those that name me"),
    (AnnounceWhat::None, "none", "None"),
];

#[component]
pub(super) fn SpeechSection(saver: Saver) -> impl IntoView {
    view! {
        <SectionForm label="Accessibility" section=Section::Speech>
            <OneOf
                saver
                path="chat.announce"
                label="New messages that screen readers speak"
                choices=SPOKEN
                read=|it| it.chat.announce
            />
            <SettingSwitch
                saver
                path="keyboard.single_keys"
                label="Shortcuts of single keys"
                hint="Such as g c to go to Chat. Switch them off if you dictate. The key ? lists them all."
            />
        </SectionForm>
    }
    .into_any()
}
