//! What it takes to share the line with other tabs: a part of its own, loaded when there is another tab.
#![expect(clippy::unnecessary_wraps, reason = "it is the macro's function that fails, where its file can't be had")]

use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::driver::Driver;
use super::page;
use crate::realtime::sharing::{Line, Port, Start, Tab};

/// Has a driver share its line from now on, if it does not yet.
pub(super) type Begin = fn(&Driver);

/// Loads the part.
///
/// # Errors
/// The file can't be had: the server is gone, or has files of another version.
#[wasm_split(sharing, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn load() -> Result<Begin, SplitLoaderError> {
    Ok(begin)
}

fn begin(driver: &Driver) {
    let Some(start) = driver.line.borrow().start() else { return };
    let is_leader = start.is_leader;
    let channels = driver.connection.borrow().asked_channels();
    let (tab, steps) = Tab::begin(Port(page::seed()), Start { channels, ..start });
    driver.line.replace(Box::new(tab));
    driver.take(steps);
    for note in driver.unheard.take() {
        driver.heard(note);
    }
    if let Some(tabs) = driver.tabs.borrow().as_ref().filter(|_| !is_leader) {
        let elected = driver.then(|driver, ()| driver.take_steps(Line::elected));
        tabs.follow(move || elected(()));
    }
}
