//! A setting that is one of several, saved as it is chosen.

use leptos::prelude::*;
use serde::Serialize;

use super::saver::Saver;
use crate::settings::model::Settings;
use crate::ui::{Choice, GroupLook, RadioGroup};

/// What can be chosen: how it is kept, how a form without script sends it, and how it is called.
pub(super) type Choices<T> = &'static [(T, &'static str, &'static str)];

#[component]
pub(super) fn OneOf<T>(
    saver: Saver,
    /// The setting's path; also its id, and the name under which a form without script sends it.
    path: &'static str,
    label: &'static str,
    choices: Choices<T>,
    read: fn(&Settings) -> T,
    #[prop(optional)] look: GroupLook,
) -> impl IntoView
where
    T: Copy + PartialEq + Serialize + Send + Sync + 'static,
{
    let kept = saver.value(read);
    let chosen = Signal::derive(move || {
        let kept = kept.get();
        choices.iter().find(|it| it.0 == kept).map_or("", |it| it.1).to_owned()
    });
    let choose = Callback::new(move |name: String| {
        let value = choices.iter().find(|it| it.1 == name).and_then(|it| serde_json::to_value(it.0).ok());
        if let Some(value) = value {
            saver.save(path, value);
        }
    });
    let choices = choices.iter().map(|(_, name, label)| Choice::new(*name, *label)).collect();
    view! { <RadioGroup id=path label choices chosen on_choose=choose look disabled=saver.is_stale() /> }.into_any()
}
