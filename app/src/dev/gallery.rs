//! The page itself: one section a component.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::accounts::UserSummary;
use crate::error::AppError;
use crate::ids::UserId;
use crate::ui::{
    AlertDialog, Avatar, AvatarStack, Badge, Choice, Combobox, ComboboxOption, Dialog, EmptyState, ErrorCard,
    ErrorSummary, FormErrors, GroupLook, Icon, IconView, Menu, MenuItem, OptionSign, Presence, RadioGroup,
    SkeletonList, SubmitButton, Switch, Tab, Tabs, TextField, ToastAction, ToastKind, ToastRegion, Tooltip,
    provide_toasts, tab_id, use_toasts,
};

/// All of them.
#[component]
pub(super) fn Gallery() -> impl IntoView {
    view! {
        <Title text="Components" />
        <ToastRegion toasts=provide_toasts() />
        <main class="gallery" id="content" tabindex="-1">
            <h1 tabindex="-1">"Components"</h1>
            <Section title="Buttons">
                <Buttons />
            </Section>
            <Section title="Fields">
                <Fields />
            </Section>
            <Section title="Notices">
                <Notices />
            </Section>
            <Section title="Avatars">
                <Avatars />
            </Section>
            <Section title="Pills">
                <Pills />
            </Section>
            <Section title="Choices">
                <Choices />
            </Section>
            <Section title="Tabs and badges">
                <TabsAndBadges />
            </Section>
            <Section title="Combobox">
                <Finder />
            </Section>
            <Section title="Dialogs, menus and toasts">
                <Windows />
            </Section>
            <Section title="States of a list">
                <ListStates />
            </Section>
            <Section title="Failure">
                <Failure />
            </Section>
        </main>
    }
    .into_any()
}

/// A component with its name.
#[component]
fn Section(title: &'static str, children: Children) -> impl IntoView {
    let id = format!("section-{}", title.to_lowercase().replace(' ', "-"));
    let labelled_by = id.clone();
    view! {
        <section class="gallery__section" aria-labelledby=labelled_by>
            <h2 id=id>{title}</h2>
            <div class="gallery__row">{children()}</div>
        </section>
    }
    .into_any()
}

#[component]
fn Buttons() -> impl IntoView {
    view! {
        <button class="button" data-kind="primary">
            "Primary"
        </button>
        <button class="button">"Default"</button>
        <button class="button" data-kind="ghost">
            "Ghost"
        </button>
        <button class="button" data-kind="danger">
            "Danger"
        </button>
        <button class="button" data-size="small">
            "Small"
        </button>
        <button class="button" disabled>
            "Disabled"
        </button>
        <SubmitButton label="Save" busy_label="Saving…" busy=true disabled=true />
        <a class="button" href="/dev/components">
            "Link"
        </a>
        <button class="icon-button" title="Close">
            <IconView icon=Icon::Close />
            <span class="vh">"Close"</span>
        </button>
    }
    .into_any()
}

#[component]
fn Fields() -> impl IntoView {
    let errors: FormErrors = vec![(Some("gallery-wrong"), "Enter an email like name@example.com.".to_owned())];
    let errors = RwSignal::new(errors);
    let fields = [("gallery-right", "Name", "Amina K"), ("gallery-wrong", "Email", "amina")];
    let fields = fields.map(|(id, label, value)| {
        view! {
            <TextField
                id
                label
                kind="text"
                autocomplete="off"
                value=value.to_owned()
                errors
                node_ref=NodeRef::new()
                on_change=|| ()
            />
        }
    });
    view! {
        <form class="form gallery__form" aria-label="Example">
            <ErrorSummary errors focused=RwSignal::new(0) />
            {fields}
        </form>
    }
    .into_any()
}

#[component]
fn Notices() -> impl IntoView {
    view! {
        <p class="notice" data-kind="info">
            "You were signed out. Sign in to continue."
        </p>
        <p class="notice" data-kind="error">
            "Something went wrong on our side. Try again."
        </p>
    }
    .into_any()
}

#[component]
fn Avatars() -> impl IntoView {
    let person = |id, name: &str| UserSummary { id: UserId(id), name: name.to_owned() };
    let presences = [Presence::Online, Presence::Away, Presence::DoNotDisturb, Presence::Offline, Presence::LastKnown]
        .map(|it| {
            view! {
                <Tooltip text=Signal::stored(it.label().to_owned())>
                    <Avatar user=person(2, "Jonas R") presence=it />
                </Tooltip>
            }
        });
    let colors = (1..=8).map(|id| view! { <Avatar user=person(id, "Amina K") /> }).collect_view();
    view! {
        {colors}
        {presences}
        <AvatarStack people=Signal::stored(vec![person(1, "Amina K"), person(2, "Jonas R"), person(3, "Mei D"), person(4, "Omar S")]) />
    }
    .into_any()
}

#[component]
fn Pills() -> impl IntoView {
    ["neutral", "good", "warning", "bad"]
        .map(|tone| {
            view! {
                <span class="pill" data-tone=tone>
                    <span class="pill__dot" aria-hidden="true"></span>
                    {tone}
                </span>
            }
        })
        .into_view()
        .into_any()
}

#[component]
fn Choices() -> impl IntoView {
    let theme = RwSignal::new("system".to_owned());
    let choices =
        || [("system", "System"), ("light", "Light"), ("dark", "Dark")].map(|(it, label)| Choice::new(it, label));
    let is_typing_shown = RwSignal::new(true);
    let choose = Callback::new(move |it| theme.set(it));
    view! {
        <form class="form gallery__form" aria-label="Choices">
            <RadioGroup id="gallery-list" label="Theme" choices=choices().into() chosen=theme on_choose=choose />
            <RadioGroup
                id="gallery-segments"
                label="Theme, as segments"
                choices=choices().into()
                chosen=theme
                on_choose=choose
                look=GroupLook::Segments
            />
            <Switch
                id="gallery-switch"
                label="Show when I'm typing"
                hint="Others see three dots while you write."
                on=is_typing_shown
                on_change=Callback::new(move |it| is_typing_shown.set(it))
            />
            <Switch id="gallery-disabled" label="Switched off" on=false on_change=Callback::new(|_| ()) disabled=true />
        </form>
    }
    .into_any()
}

#[component]
fn TabsAndBadges() -> impl IntoView {
    let chosen = RwSignal::new("all");
    let tabs = [("all", "All"), ("unread", "Unread 2"), ("money", "Money")];
    let tabs = tabs.map(|(key, label)| Tab { key, label: label.to_owned() }).to_vec();
    view! {
        <div>
            <Tabs id="gallery" label="Notification filters" tabs=Signal::stored(tabs) chosen />
            <div id="gallery-panel" role="tabpanel" aria-labelledby=move || tab_id("gallery", chosen.get()) tabindex="0">
                <p>{move || chosen.get()}</p>
            </div>
        </div>
        <Badge count=Signal::stored(2) what="unread" />
        <Badge count=Signal::stored(120) what="unread" />
    }
    .into_any()
}

#[component]
fn Finder() -> impl IntoView {
    let query = RwSignal::new(String::new());
    let chosen = RwSignal::new(String::new());
    let options = Signal::derive(move || {
        let query = query.get().to_lowercase();
        ["Amina K", "Jonas R", "Mei D"]
            .into_iter()
            .zip(1..)
            .filter(|(name, _)| name.to_lowercase().contains(&query))
            .map(|(name, id)| ComboboxOption {
                key: name.to_owned(),
                label: name.to_owned(),
                detail: "Marketing".to_owned(),
                sign: OptionSign::Person(UserSummary { id: UserId(id), name: name.to_owned() }, Some(Presence::Online)),
                group: "People",
            })
            .collect::<Vec<_>>()
    });
    view! {
        <div class="gallery__form">
            <Combobox
                id="gallery-combobox"
                label="Find somebody"
                placeholder="A name…"
                query
                options
                on_choose=Callback::new(move |it| chosen.set(it))
                nothing=Signal::derive(move || format!("Nobody is called “{}”.", query.get()))
            />
            <p>"Chosen: " <output>{move || chosen.get()}</output></p>
        </div>
    }
    .into_any()
}

#[component]
fn Windows() -> impl IntoView {
    let (dialog, question) = (RwSignal::new(false), RwSignal::new(false));
    let done = RwSignal::new("nothing");
    let toasts = use_toasts();
    let news = move |_| {
        let action = ToastAction { label: "Undo", run: Callback::new(move |()| done.set("undone")) };
        toasts.show(ToastKind::News, "Marked 3 as read.", Some(action));
    };
    let item = |label: &str, icon, is_danger| MenuItem {
        label: label.to_owned(),
        icon,
        is_danger,
        run: Callback::new(move |()| done.set("chosen")),
    };
    let items =
        vec![item("Copy link", Icon::Copy, false), item("Reply", Icon::Back, false), item("Delete", Icon::Close, true)];
    view! {
        <button r#type="button" class="button" on:click=move |_| dialog.set(true)>
            "Open a dialog"
        </button>
        <button r#type="button" class="button" on:click=move |_| question.set(true)>
            "Ask a question"
        </button>
        <button r#type="button" class="button" on:click=news>
            "Show news"
        </button>
        <button r#type="button" class="button" on:click=move |_| toasts.show(ToastKind::Error, "Not saved.", None)>
            "Show an error"
        </button>
        <Menu id="gallery-menu" label="More" items=Signal::stored(items) />
        <p>"Done: " <output>{move || done.get()}</output></p>
        <Dialog id="gallery-dialog" open=dialog title="Amina K">
            <p>"Marketing. Local time 12:04."</p>
            <div class="dialog__buttons">
                <button r#type="button" class="button" data-kind="primary" on:click=move |_| dialog.set(false)>
                    "Message"
                </button>
            </div>
        </Dialog>
        <AlertDialog
            id="gallery-question"
            open=question
            title=Signal::stored("Delete this message?".to_owned())
            text=Signal::stored("It goes for everyone.".to_owned())
            confirm=Signal::stored("Delete".to_owned())
            on_confirm=Callback::new(move |()| done.set("deleted"))
        />
    }
    .into_any()
}

#[component]
fn ListStates() -> impl IntoView {
    let tries = RwSignal::new(0);
    view! {
        <div class="gallery__form">
            <SkeletonList rows=3 label="Loading people" />
        </div>
        <EmptyState icon=Icon::People text="You're the first one here. Invite someone.">
            <a class="button" href="/dev/components">
                "Invite"
            </a>
        </EmptyState>
        <div class="gallery__form">
            <ErrorCard
                text="Couldn't load people."
                error=AppError::Internal
                on_retry=Callback::new(move |()| tries.update(|it| *it += 1))
            />
            <p>"Tries: " {tries}</p>
        </div>
    }
    .into_any()
}

/// Shows what people see when the program stops.
#[component]
fn Failure() -> impl IntoView {
    let stop = |_| panic!("stopped from the page of components");
    view! {
        <button class="button" data-kind="danger" on:click=stop>
            "Stop this page"
        </button>
    }
    .into_any()
}
