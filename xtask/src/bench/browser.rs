//! The page in a slowed browser: what people see of it, measured inside the page by `end2end/bench/`, each time beside a
//! page that does the same in the simplest way.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::report::Figure;
use crate::process::{self, program};
use crate::site::Site;
use crate::toolchain;
use crate::workspace::{Profile, Workspace};

/// What the names of these rows begin with.
pub(super) const PREFIX: &str = "browser-";

/// Goals, and after each the limit that is not to be passed.
pub(super) const ENTER: &[(&str, &str)] = &[("Enter to drawn, median", "30 ms; limit 100")];
pub(super) const RECEIVE: &[(&str, &str)] =
    &[("frame to drawn, median", "50 ms; limit 100"), ("with 300 rows, median", "50 ms; limit 100")];
pub(super) const SWITCH: &[(&str, &str)] = &[("click to drawn, median", "50 ms; limit 100")];
pub(super) const HEAP: &[(&str, &str)] = &[("growth", "below 15 MB")];
pub(super) const SCROLL: &[(&str, &str)] = &[("frames over 50 ms", "0; limit 3")];
pub(super) const LOADING: &[(&str, &str)] = &[
    ("first contentful paint", "700 ms; limit 1,200"),
    ("interactive", "1,500 ms; limit 2,200"),
    ("layout shift", "0.01; limit 0.05"),
];
pub(super) const SLOW_4G: &[(&str, &str)] =
    &[("interactive", "3,500 ms; limit 4,500"), ("layout shift", "0.01; limit 0.05")];
pub(super) const READING: &[(&str, &str)] = &[("text moves by, at most", "0 px")];

/// What every run needs.
struct Prepared {
    end2end: PathBuf,
    chromium: PathBuf,
    server: PathBuf,
    site: PathBuf,
}

/// Set once, before the first run: a row is a plain function and can't carry it.
static PREPARED: OnceLock<Prepared> = OnceLock::new();

/// Makes ready what these rows need besides the released server: its site, the browser, and what speaks to it.
pub(super) fn prepare(workspace: &Workspace) -> Result<()> {
    let end2end = workspace.root.join("end2end");
    let chromium = toolchain::postgresql_and_chromium(&workspace.root)?;
    toolchain::npm_packages(&end2end)?;
    let site = Site::apart(workspace, Profile::Release);
    site.build()?;
    let server = site.server_apart(&workspace.server_binary(Profile::Release))?;
    let site = site.folder().to_path_buf();
    PREPARED.get_or_init(|| Prepared { end2end, chromium, server, site });
    Ok(())
}

/// Runs `end2end/bench/rows/{row}.mjs` once.
pub(super) fn run(row: &str) -> Result<Vec<Figure>> {
    #[derive(Deserialize)]
    struct Measured {
        name: String,
        value: f64,
        unit: String,
    }

    let Prepared { end2end, chromium, server, site } = PREPARED.get().context("nothing was made ready")?;
    let mut node = program("node", end2end);
    node.args(["bench/run.mjs", row]).env("CHROMIUM", chromium);
    node.env("SMARTLINK_BIN", server).env("SMARTLINK_SITE", site);
    let figures: Vec<Measured> = serde_json::from_slice(&process::read(&mut node)?)?;
    // A few names, kept until the program ends.
    let figure = |it: Measured| Figure::new(it.name.leak(), it.value, it.unit.leak());
    Ok(figures.into_iter().map(figure).collect())
}
