//! People: who is there, who came and went, and how each wants to be seen.

mod activity;
mod api;
mod model;
mod state;
mod view;

pub use activity::watch_activity;
#[cfg(feature = "ssr")]
pub use api::PeopleService;
pub use api::{
    ChooseStatus, OpenedPeople, PeoplePage, PeopleQuery, Whereabouts, list_blocked, list_people, open_people,
};
pub use model::{ChosenStatus, JoinReason, LeaveReason, Person, PersonProfile, PresenceStatus};
pub use view::PeopleView;
