//! `Ctrl/Cmd+K`: to a person, a conversation, a page or a command, by a few letters of its name.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::keyboard::{Shortcut, use_keyboard};
use crate::letters::lower;
use crate::ui::{Combobox, ComboboxOption, Dialog, Icon, OptionSign};

/// How many rows of a group are shown.
const ROWS: usize = 5;

/// What an area offers: its rows, and what happens when one is chosen.
#[derive(Clone, Copy)]
struct Source {
    id: u64,
    options: Signal<Vec<ComboboxOption>>,
    choose: Callback<String>,
}

/// Where areas say what can be switched to. Handles are copies of each other.
#[derive(Clone, Copy)]
pub struct Switcher {
    /// Whether it is open; sources that have to ask the server first do it then.
    pub is_open: RwSignal<bool>,
    query: RwSignal<String>,
    sources: RwSignal<Vec<Source>>,
    last_id: StoredValue<u64>,
}

/// Gives the switcher to everything below; the pages and commands of the shell are in it.
pub(super) fn provide_switcher() -> Switcher {
    let switcher = Switcher {
        is_open: RwSignal::new(false),
        query: RwSignal::new(String::new()),
        sources: RwSignal::new(Vec::new()),
        last_id: StoredValue::new(0),
    };
    provide_context(switcher);
    let keyboard = use_keyboard();
    keyboard.on(Shortcut::Switcher, move || switcher.open());
    let navigate = use_navigate();
    let choose = move |key: String| match key.as_str() {
        "keys" => keyboard.is_help_open.set(true),
        path => navigate(path, NavigateOptions::default()),
    };
    let pages = vec![
        page("/", "Chat", Icon::Chat),
        page("/people", "People", Icon::People),
        page("/notifications", "Notifications", Icon::Bell),
        page("/settings", "Settings", Icon::Settings),
        command("keys", "Keyboard shortcuts", Icon::Keyboard),
    ];
    switcher.add(Signal::stored(pages), choose);
    switcher
}

/// See [`Switcher`].
///
/// # Panics
/// Outside of the frame.
pub fn use_switcher() -> Switcher {
    expect_context()
}

fn page(path: &str, label: &str, icon: Icon) -> ComboboxOption {
    option(path, label, icon, "Pages")
}

fn command(key: &str, label: &str, icon: Icon) -> ComboboxOption {
    option(key, label, icon, "Commands")
}

fn option(key: &str, label: &str, icon: Icon, group: &'static str) -> ComboboxOption {
    let (key, label) = (key.to_owned(), label.to_owned());
    ComboboxOption { key, label, detail: String::new(), sign: OptionSign::Icon(icon), group }
}

impl Switcher {
    /// Opens it with nothing typed.
    pub fn open(self) {
        self.query.set(String::new());
        self.is_open.set(true);
    }

    /// What is typed.
    pub fn query(self) -> Signal<String> {
        self.query.into()
    }

    /// Offers rows, as long as the owner lives. `choose` gets the key of what was chosen.
    pub fn add(self, options: Signal<Vec<ComboboxOption>>, choose: impl Fn(String) + Send + Sync + 'static) {
        let Some(id) = self.last_id.try_update_value(|it| {
            *it += 1;
            *it
        }) else {
            return;
        };
        self.sources.update(|it| it.push(Source { id, options, choose: Callback::new(choose) }));
        on_cleanup(move || {
            self.sources.try_update(|it| it.retain(|it| it.id != id));
        });
    }

    /// What is found, each row with the number of its source before its key.
    fn found(self) -> Vec<ComboboxOption> {
        let query = self.query.get();
        self.sources.with(|sources| {
            let rows = sources.iter().flat_map(|source| {
                let id = source.id;
                let named = move |it: ComboboxOption| ComboboxOption { key: format!("{id}:{}", it.key), ..it };
                source.options.with(|it| matching(it, &query)).into_iter().map(named)
            });
            rows.collect()
        })
    }

    fn choose(self, key: &str) {
        self.is_open.set(false);
        let Some((id, key)) = key.split_once(':') else { return };
        let source = self.sources.with_untracked(|it| it.iter().find(|it| it.id.to_string() == id).copied());
        if let Some(source) = source {
            source.choose.run(key.to_owned());
        }
    }
}

/// The dialog.
#[component]
pub fn SwitcherDialog() -> impl IntoView {
    let switcher = use_switcher();
    let options = Signal::derive(move || switcher.found());
    let nothing = Signal::derive(move || format!("Nothing is called “{}”.", switcher.query.get()));
    view! {
        <Dialog id="switcher" open=switcher.is_open title="Search">
            <Combobox
                id="switcher-query"
                label="Search"
                placeholder="A person, a conversation, a page…"
                query=switcher.query
                options
                on_choose=Callback::new(move |key: String| switcher.choose(&key))
                nothing
            />
        </Dialog>
    }
    .into_any()
}

/// The rows whose name fits, best first, a few of each group.
fn matching(options: &[ComboboxOption], query: &str) -> Vec<ComboboxOption> {
    let query = lower(query.trim());
    let mut found: Vec<(usize, &ComboboxOption)> =
        options.iter().filter_map(|it| Some((rank(&lower(&it.label), &query)?, it))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let mut groups: Vec<(&str, Vec<ComboboxOption>)> = Vec::new();
    for (_, option) in found {
        let at = groups.iter().position(|(group, _)| *group == option.group).unwrap_or_else(|| {
            groups.push((option.group, Vec::new()));
            groups.len() - 1
        });
        if groups[at].1.len() < ROWS {
            groups[at].1.push(option.clone());
        }
    }
    groups.into_iter().flat_map(|(_, rows)| rows).collect()
}

/// 0 for a name that begins so, 1 for a word of it, 2 for a part of it; none for another name.
fn rank(name: &str, query: &str) -> Option<usize> {
    if name.starts_with(query) {
        Some(0)
    } else if name.split_whitespace().any(|it| it.starts_with(query)) {
        Some(1)
    } else {
        name.contains(query).then_some(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_so_comes_first_and_groups_stay_together() {
        let options = [
            option("1", "Diana M", Icon::People, "People"),
            option("2", "Amina K", Icon::People, "People"),
            option("3", "Keyboard", Icon::Chat, "Commands"),
            option("4", "Mina", Icon::People, "People"),
        ];
        let found = |query| matching(&options, query).into_iter().map(|it| it.label).collect::<Vec<_>>();
        assert_eq!(found("mi"), ["Mina", "Amina K"]);
        assert_eq!(found("k"), ["Keyboard", "Amina K"]);
        assert_eq!(found(" M "), ["Mina", "Diana M", "Amina K"]);
        assert_eq!(found("").len(), 4);
        assert!(found("zoë").is_empty());
    }

    #[test]
    fn of_a_group_the_best_five_are_shown() {
        let many: Vec<_> = (0..9).map(|it| option(&it.to_string(), "Jonas", Icon::People, "People")).collect();
        assert_eq!(matching(&many, "jo").len(), 5);
    }
}
