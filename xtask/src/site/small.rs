//! A standard library for the browser that is compiled for size, as a part of the release.
//!
//! The one that rustup brings is compiled for speed, and carries what it takes to tell in words of a panic: 30 KB of what
//! a first visit loads. Rust can compile it anew, but says that this is not stable yet, so it has to be asked for by
//! `RUSTC_BOOTSTRAP`. Only a release's half for the browser is built so: a development build, the server and
//! `cargo leptos` do without.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::toolchain;

/// First what `.cargo/config.toml` says to rustc, which `RUSTFLAGS` replaces. A panic ends the program at once, and neither
/// its place nor what `{:?}` would print is carried along. Functions that are alike keep their own names until `bundle` has
/// dropped some by name; `wasm-opt` joins the rest.
const FLAGS: &str = "--cfg erase_components -Z unstable-options -C panic=immediate-abort -Z location-detail=none \
    -Z fmt-debug=none -Z merge-functions=disabled";

/// Has cargo compile the standard library too.
pub(super) fn standard_library(root: &Path, cargo: &mut Command) -> Result<()> {
    toolchain::rust_source(root)?;
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS);
    cargo.args(["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"]);
    Ok(())
}
