//! Dialogs: the browser's own `<dialog>`, which keeps the focus inside, closes with Escape, and gives the focus back.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::icon::{Icon, IconView};
use super::when::When;

/// A modal window over the page. What it holds is made when it opens, and the first field gets the focus.
#[component]
pub fn Dialog(
    /// Unique on the page.
    id: &'static str,
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    children: ChildrenFn,
) -> impl IntoView {
    let element = use_modal(open);
    let close = move |event: leptos::ev::MouseEvent| {
        // The window itself is behind its content: only a click beside that reaches it.
        if element.get_untracked().is_some_and(|it| event.target().as_ref() == Some(it.as_ref())) {
            open.set(false);
        }
    };
    view! {
        <dialog
            node_ref=element
            id=id
            class="dialog"
            aria-labelledby=format!("{id}-title")
            on:close=move |_| closed(open)
            on:click=close
        >
            <When is=move || open.get()>
                <div class="dialog__box">
                    <header class="dialog__head">
                        <h2 class="dialog__title" id=format!("{id}-title")>
                            {move || title.get()}
                        </h2>
                        <button r#type="button" class="icon-button" title="Close" on:click=move |_| open.set(false)>
                            <IconView icon=Icon::Close />
                            <span class="vh">"Close"</span>
                        </button>
                    </header>
                    {children()}
                </div>
            </When>
        </dialog>
    }
    .into_any()
}

/// What the button of an [`AlertDialog`] looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AlertLook {
    /// It destroys something.
    #[default]
    Danger,
    /// It does what was asked for.
    Plain,
}

/// A question before something that can't be taken back. The safe answer has the focus.
#[component]
pub fn AlertDialog(
    /// Unique on the page.
    id: &'static str,
    open: RwSignal<bool>,
    /// The question: `Delete this message?`.
    #[prop(into)]
    title: Signal<String>,
    /// What will happen.
    #[prop(into)]
    text: Signal<String>,
    /// The verb on the button that does it.
    #[prop(into)]
    confirm: Signal<String>,
    #[prop(optional)] look: AlertLook,
    on_confirm: Callback<()>,
) -> impl IntoView {
    let element = use_modal(open);
    let kind = match look {
        AlertLook::Danger => "danger",
        AlertLook::Plain => "primary",
    };
    let agree = move |_| {
        open.set(false);
        on_confirm.run(());
    };
    view! {
        <dialog
            node_ref=element
            id=id
            class="dialog"
            role="alertdialog"
            aria-labelledby=format!("{id}-title")
            aria-describedby=format!("{id}-text")
            on:close=move |_| closed(open)
        >
            <When is=move || open.get()>
                <div class="dialog__box">
                    <h2 class="dialog__title" id=format!("{id}-title")>
                        {move || title.get()}
                    </h2>
                    <p id=format!("{id}-text")>{move || text.get()}</p>
                    <div class="dialog__buttons">
                        <button r#type="button" class="button" on:click=move |_| open.set(false)>
                            "Cancel"
                        </button>
                        <button r#type="button" class="button" data-kind=kind on:click=agree>
                            {move || confirm.get()}
                        </button>
                    </div>
                </div>
            </When>
        </dialog>
    }
    .into_any()
}

/// The browser has closed the window. It has given the focus back to where it was, but not the place for writing: in
/// Chromium a text field would have the focus and take no letter.
fn closed(open: RwSignal<bool>) {
    open.set(false);
    let field = document().active_element().and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    if let Some(field) = field
        && let (Ok(Some(start)), Ok(Some(end))) = (field.selection_start(), field.selection_end())
    {
        // Only fields without text refuse it.
        field.set_selection_range(start, end).ok();
    }
}

/// Opens and closes the window as the signal says, a frame later, when its content is there to take the focus.
fn use_modal(open: RwSignal<bool>) -> NodeRef<html::Dialog> {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let is_open = open.get();
        let Some(dialog) = element.get() else { return };
        if !is_open {
            dialog.close();
            return;
        }
        request_animation_frame(move || {
            if !dialog.open() && open.try_get_untracked() == Some(true) {
                // Refused for one that has left the page meanwhile: nothing to show then.
                dialog.show_modal().ok();
                // The browser takes the first stop, which is the button that closes: writing is what people came for.
                let field = dialog.query_selector("input, select, textarea").ok().flatten();
                if let Some(field) = field.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
                    field.focus().ok();
                }
            }
        });
    });
    element
}
