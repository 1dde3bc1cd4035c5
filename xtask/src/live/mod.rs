//! What `cargo xtask dev` is made of: seeing changes, and telling the open pages.

mod reload;
mod watch;

pub(crate) use reload::Pages;
pub(crate) use watch::{Concern, Watch};
