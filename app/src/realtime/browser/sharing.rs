//! What it takes to share the line with other tabs: a part of its own, loaded when there is another tab.
#![expect(clippy::unnecessary_wraps, reason = "it is the macro's function that fails, where its file can't be had")]

use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::realtime::sharing::{Line, Port, Start, Step, Tab};

/// Makes a tab that shares of one that did not, and tells what is to be done first.
pub(super) type Begin = fn(Port, Start) -> (Box<dyn Line>, Vec<Step>);

/// Loads the part.
///
/// # Errors
/// The file can't be had: the server is gone, or has files of another version.
#[wasm_split(sharing, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn load() -> Result<Begin, SplitLoaderError> {
    Ok(|port, start| {
        let (tab, steps) = Tab::begin(port, start);
        (Box::new(tab), steps)
    })
}
