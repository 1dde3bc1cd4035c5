//! What is spoken to screen readers, and whether single keys do something.

use leptos::prelude::*;

use super::saver::Saver;
use super::{Section, SectionForm, SettingSwitch};
use crate::settings::AnnounceWhat;
use crate::ui::{Choice, RadioGroup};

const SPOKEN: [(AnnounceWhat, &str, &str); 3] = [
    (AnnounceWhat::All, "all", "All messages"),
    (AnnounceWhat::Mentions, "mentions", "Those that name me"),
    (AnnounceWhat::None, "none", "None"),
];

#[component]
pub(super) fn SpeechSection(saver: Saver) -> impl IntoView {
    let spoken = saver.value(|it| it.chat.announce);
    let chosen =
        Signal::derive(move || SPOKEN.into_iter().find(|it| it.0 == spoken.get()).map_or("", |it| it.1).to_owned());
    let choices = SPOKEN.map(|(_, name, label)| Choice::new(name, label)).to_vec();
    let choose = Callback::new(move |name: String| saver.save("chat.announce", name.into()));
    view! {
        <SectionForm label="Accessibility" section=Section::Speech>
            <RadioGroup
                id="chat.announce"
                label="New messages that screen readers speak"
                choices
                chosen
                on_choose=choose
                disabled=saver.is_stale()
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
