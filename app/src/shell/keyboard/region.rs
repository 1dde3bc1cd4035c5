//! F6: from one part of the page to the next.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

const REGIONS: &str = ".shell > :is(header, nav, aside, main)";
const STOPS: &str = r#"a[href], button, input, select, textarea, [tabindex="0"]"#;

/// Puts the focus on the first stop of the next part that is shown, or of the one before for a negative step.
pub(super) fn walk(step: i32) {
    let Ok(found) = document().query_selector_all(REGIONS) else { return };
    let regions: Vec<HtmlElement> = elements(&found).filter(is_shown).collect();
    if regions.is_empty() {
        return;
    }
    let focused = document().active_element();
    let here = regions.iter().position(|it| it.contains(focused.as_ref().map(AsRef::as_ref)));
    let count = regions.len();
    let at = match here {
        Some(at) if step < 0 => (at + count - 1) % count,
        Some(at) => (at + 1) % count,
        None => 0,
    };
    let region = &regions[at];
    let first = region.query_selector_all(STOPS).ok().and_then(|it| elements(&it).find(is_shown));
    // A part that holds nothing to stop at takes the focus itself, where it can.
    first.as_ref().unwrap_or(region).focus().ok();
}

fn elements(found: &web_sys::NodeList) -> impl Iterator<Item = HtmlElement> {
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok())
}

fn is_shown(element: &HtmlElement) -> bool {
    element.get_client_rects().length() > 0 && element.closest("[inert]").is_ok_and(|it| it.is_none())
}
