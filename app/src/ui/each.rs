//! Lists: Leptos' own `<For>`, made once for all types instead of once for each, which is most of what a list weighs.

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::prelude::*;

/// An item that has not become a row yet, under the hash of its key.
struct Pending {
    key: u64,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Rows for items: `<Each each=… key=|it| it.id let:item>`. A row stays, and keeps what is in it, as long as there is an
/// item with its key.
#[component]
pub fn Each<T, Items, Key, Row, Made>(
    /// The items now, in order.
    each: Items,
    /// What tells one item from the others.
    key: fn(&T) -> Key,
    /// Makes an item's row.
    children: Row,
) -> impl IntoView
where
    T: Send + 'static,
    Items: Fn() -> Vec<T> + Send + Sync + 'static,
    Key: Hash + 'static,
    Row: Fn(T) -> Made + Clone + Send + Sync + 'static,
    Made: IntoView + 'static,
{
    rows(Box::new(move || {
        let pending = each().into_iter().map(|item| {
            let mut hasher = DefaultHasher::new();
            key(&item).hash(&mut hasher);
            let children = children.clone();
            Pending { key: hasher.finish(), view: Box::new(move || children(item).into_any()) }
        });
        pending.collect()
    }))
}

fn rows(each: Box<dyn Fn() -> Vec<Pending> + Send + Sync>) -> AnyView {
    view! { <For each key=|it: &Pending| it.key children=|it: Pending| (it.view)() /> }.into_any()
}
