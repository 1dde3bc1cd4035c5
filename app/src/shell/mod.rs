//! What stands around every page: the document, the bar, the rail, the connection's state, the announcers.

mod announcer;
mod attention;
mod connection;
mod document;
mod failure;
mod frame;
mod keyboard;
mod not_found;
mod page;
pub(crate) mod parts;
mod rail;
mod route_focus;
mod sidebar;
mod switcher;
mod theme;
mod user_menu;
mod version;

pub use announcer::{Announcer, LiveRegions, provide_announcer, use_announcer};
pub use attention::{Attention, AttentionSource, provide_attention, use_attention};
pub use connection::{AsOf, use_is_live};
pub use document::shell;
pub use failure::{FailureBar, show_failure, watch_for_failure};
pub(crate) use frame::Tool;
pub use frame::{BrandMark, Frame};
pub use keyboard::{FILTER, Keyboard, Shortcut, use_keyboard};
pub use not_found::{NotFoundPage, answer_not_found};
pub use page::{PageContext, Standing, provide_page, use_page};
pub use parts::load_parts_of;
pub(crate) use parts::{MESSAGE_DIALOGS, PEER_MENU, PEOPLE_PICKER, READ_ALL, TOOLBAR};
pub use route_focus::RouteFocus;
pub use sidebar::{SectionSidebar, SidebarState, SidebarToggle, use_sidebar};
pub use switcher::{Switcher, use_switcher};
pub use theme::{Theme, ThemeChoice, ThemeError, use_theme};
