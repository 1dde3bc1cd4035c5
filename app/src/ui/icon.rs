//! The icons: one outline set of our own, drawn in a square of 20 with a stroke of 1.75.

use leptos::prelude::*;

/// A picture beside a word. Never read aloud: the word beside it, or the button's label, says what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A speech bubble.
    Chat,
    /// A hash: a channel.
    Channel,
    /// An eye: show.
    Eye,
    /// A crossed eye: hide.
    EyeOff,
    /// An arrow down: the newest.
    ArrowDown,
    /// An arrow to the left: back.
    Back,
    /// A tick: sent, chosen.
    Tick,
    /// A clock: waiting.
    Clock,
    /// A sign with an exclamation mark: failed.
    Warning,
    /// A paper plane: send.
    Send,
    /// A half disc: system colours.
    System,
    /// A sun: light colours.
    Light,
    /// A moon: dark colours.
    Dark,
    /// A door with an arrow: sign out.
    SignOut,
    /// Two people.
    People,
    /// A cross: close, take away.
    Close,
    /// Three dots: more that can be done.
    More,
    /// A magnifying glass: search.
    Search,
    /// Two sheets: copy.
    Copy,
    /// A keyboard.
    Keyboard,
    /// A bell: notifications.
    Bell,
    /// A cog wheel: settings.
    Settings,
    /// A purse: money.
    Wallet,
    /// A megaphone: campaigns.
    Campaign,
    /// A cross of two lines: something new.
    Plus,
    /// A crossed circle: not allowed.
    Block,
    /// Two ticks: delivered, read.
    Ticks,
    /// A bent arrow: answer.
    Reply,
    /// A pencil.
    Edit,
    /// Two links of a chain.
    Link,
    /// A bin.
    Delete,
    /// A face.
    Smile,
}

impl Icon {
    /// The outline as path data.
    const fn path(self) -> &'static str {
        match self {
            Self::Chat => "M3.5 5.5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9l-4 3.2v-3.3a2 2 0 0 1-1.5-1.9z",
            Self::Channel => "M8 3.5 6.5 16.5M13.5 3.5 12 16.5M4 7.5h12.5M3.5 12.5H16",
            Self::Eye => {
                "M1.8 10S4.8 4.5 10 4.5 18.2 10 18.2 10 15.2 15.5 10 15.5 1.8 10 1.8 10zM10 12.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z"
            }
            Self::EyeOff => {
                "M3 3l14 14M8.2 4.7A8 8 0 0 1 10 4.5c5.2 0 8.2 5.5 8.2 5.5a14 14 0 0 1-2.3 2.9M12 15.2a8 8 0 0 1-2 .3c-5.2 0-8.2-5.5-8.2-5.5a14 14 0 0 1 3.4-3.8M8.3 8.3a2.4 2.4 0 0 0 3.4 3.4"
            }
            Self::ArrowDown => "M10 4v12M5 11l5 5 5-5",
            Self::Back => "M12.5 4.5 7 10l5.5 5.5",
            Self::Tick => "M4.5 10.5 8.5 14.5 15.5 6",
            Self::Clock => "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4.2l2.6 1.8",
            Self::Warning => "M10 3.2 18 16.8H2zM10 8.5v3.6M10 14.4v.2",
            Self::Send => "M3 3.5 17.5 10 3 16.5l2-6.5zM5 10h6.5",
            Self::System => "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 3v14M10 6.5h4.8M10 10h7M10 13.5h4.8",
            Self::Light => {
                "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.4 4.4l1.1 1.1M14.5 14.5l1.1 1.1M4.4 15.6l1.1-1.1M14.5 5.5l1.1-1.1"
            }
            Self::Dark => "M16.5 12.2A7 7 0 1 1 7.8 3.5a5.6 5.6 0 0 0 8.7 8.7z",
            Self::SignOut => "M8 17H5a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 5 3h3M13 13.5l3.5-3.5L13 6.5M16.5 10H8",
            Self::More => "M4.5 10h.01M10 10h.01M15.5 10h.01",
            Self::Search => "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
            Self::Copy => {
                "M7 7V4.5A1.5 1.5 0 0 1 8.5 3H15.500A1.5 1.5 0 0 1 17 4.500V11.500A1.5 1.5 0 0 1 15.5 13H13M4.5 7H11.500A1.5 1.5 0 0 1 13 8.500V15.500A1.5 1.5 0 0 1 11.5 17H4.500A1.5 1.5 0 0 1 3 15.500V8.500A1.5 1.5 0 0 1 4.5 7z"
            }
            Self::Keyboard => {
                "M3.5 5H16.500A1.5 1.5 0 0 1 18 6.500V13.500A1.5 1.5 0 0 1 16.5 15H3.500A1.5 1.5 0 0 1 2 13.500V6.500A1.5 1.5 0 0 1 3.5 5zM5.5 8h.01M8.5 8h.01M11.5 8h.01M14.5 8h.01M7 12h6"
            }
            Self::Bell => "M5 13.500V9a5 5 0 0 1 10 0v4.500l1.5 1.500h-13zM8.2 17a2 2 0 0 0 3.6 0",
            Self::Settings => {
                "M10 12.800a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.600zM10 2v2.500M10 15.500V18M2 10h2.500M15.5 10H18M4.3 4.300l1.8 1.800M13.9 13.900l1.8 1.800M4.3 15.700l1.8-1.800M13.9 6.100l1.8-1.8"
            }
            Self::Wallet => {
                "M4.500 5.500H15.500A1.500 1.500 0 0 1 17 7V15A1.500 1.500 0 0 1 15.500 16.500H4.500A1.500 1.500 0 0 1 3 15V5A1.500 1.500 0 0 1 4.500 3.500H14M13.500 11h.01"
            }
            Self::Campaign => {
                "M3.500 8.500V11.500A1 1 0 0 0 4.500 12.500H7L14 16V4L7 7.500H4.500A1 1 0 0 0 3.500 8.500zM16.500 8.200a2.500 2.500 0 0 1 0 3.600M7 12.500v3a1 1 0 0 0 1 1h1"
            }
            Self::Ticks => "M2 10.5 5.500 14 12 6M9.5 13l1 1L17.500 6",
            Self::Reply => "M8 4.5 3.500 9 8 13.500M3.5 9H12a4.500 4.500 0 0 1 4.500 4.500V16",
            Self::Edit => {
                "M4 16l.8-3.600L13.300 3.900a1.600 1.600 0 0 1 2.300 0l.5.5a1.600 1.600 0 0 1 0 2.300L7.600 15.200zM12 5.200 14.800 8"
            }
            Self::Link => {
                "M8.800 11.200a3 3 0 0 0 4.200 0l2.600-2.600a3 3 0 0 0-4.200-4.200l-1 1M11.200 8.800a3 3 0 0 0-4.200 0L4.400 11.400a3 3 0 0 0 4.200 4.200l1-1"
            }
            Self::Delete => {
                "M4 5.500h12M8 5.500V4h4v1.500M5.500 5.500 6.300 16.500h7.400l.8-11M8.500 8.500v5M11.500 8.500v5"
            }
            Self::Smile => {
                "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7.200 11.800a3.500 3.500 0 0 0 5.600 0M7.700 8h.01M12.300 8h.01"
            }
            Self::Plus => "M10 4v12M4 10h12",
            Self::Block => "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5.1 5.1l9.8 9.8",
            Self::Close => "M5 5l10 10M15 5 5 15",
            Self::People => {
                "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-3 2.4-4.7 5.5-4.7s5.5 1.7 5.5 4.7M13.4 3.8a3 3 0 0 1 0 5.4M15.2 12.3c1.7.7 2.8 2.1 2.8 4.2"
            }
        }
    }
}

/// Draws an icon in the colour of the text around it.
#[component]
pub fn IconView(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=icon.path() />
        </svg>
    }
    .into_any()
}
