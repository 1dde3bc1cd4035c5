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
    let modal = use_modal(open);
    let element = modal.element;
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
            on:cancel=move |_: leptos::ev::Event| open.set(false)
            on:close=move |_| modal.closed()
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
    let modal = use_modal(open);
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
            node_ref=modal.element
            id=id
            class="dialog"
            role="alertdialog"
            aria-labelledby=format!("{id}-title")
            aria-describedby=format!("{id}-text")
            on:cancel=move |_: leptos::ev::Event| open.set(false)
            on:close=move |_| modal.closed()
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

/// The browser's window of a dialog.
#[derive(Clone, Copy)]
struct Modal {
    open: RwSignal<bool>,
    element: NodeRef<html::Dialog>,
    /// Whether the window is shown in the next frame.
    is_opening: StoredValue<bool>,
}

/// Opens and closes the window as the signal says, a frame later, when its content is there to take the focus.
fn use_modal(open: RwSignal<bool>) -> Modal {
    let modal = Modal { open, element: NodeRef::new(), is_opening: StoredValue::new(false) };
    Effect::new(move |_| {
        let is_open = open.get();
        let Some(dialog) = modal.element.get() else { return };
        modal.is_opening.set_value(is_open);
        if is_open {
            request_animation_frame(move || modal.show(&dialog));
        } else {
            dialog.close();
        }
    });
    modal
}

impl Modal {
    fn show(self, dialog: &web_sys::HtmlDialogElement) {
        if self.is_opening.try_update_value(std::mem::take) != Some(true) || dialog.open() {
            return;
        }
        // Refused for one that has left the page meanwhile: nothing to show then.
        dialog.show_modal().ok();
        // The browser takes the first stop, which is the button that closes: writing is what people came for.
        let field = dialog.query_selector("input, select, textarea").ok().flatten();
        if let Some(field) = field.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            field.focus().ok();
        }
    }

    /// The browser has closed the window. It has given the focus back to where it was, but not the place for writing: in
    /// Chromium a text field would have the focus and take no letter.
    ///
    /// The browser may tell so late that the window is open once more.
    fn closed(self) {
        let is_shown = self.element.get_untracked().is_some_and(|it| it.open());
        if is_shown || self.is_opening.get_value() {
            return;
        }
        self.open.set(false);
        let field = document().active_element().and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
        if let Some(field) = field
            && let (Ok(Some(start)), Ok(Some(end))) = (field.selection_start(), field.selection_end())
        {
            // Only fields without text refuse it.
            field.set_selection_range(start, end).ok();
        }
    }
}
