//! Cutting the parts of the WebAssembly that are loaded when they are needed (`#[lazy]`, `#[lazy_route]`) out of it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use wasm_split_cli_support::{Options, transform};

use super::bundle::Bundle;
use super::hash::PLACEHOLDER;

/// What `#[lazy]` leaves in the names of a module's imports and exports.
const MARK: &[u8] = b"__wasm_split_00";

/// Whether the module has anything to cut out. It is asked first, since a module without must not be touched.
pub(super) fn has_split_points(module: &[u8]) -> bool {
    module.windows(MARK.len()).any(|window| window == MARK)
}

/// Cuts. The lazily loaded parts go to the bundle, with the script that loads them and the manifest that Leptos preloads by;
/// returned is the main part, for wasm-bindgen.
pub(super) fn split(module: &[u8], output_name: &str, bundle: &mut Bundle) -> Result<Vec<u8>> {
    let folder = std::env::temp_dir().join(format!("smartlink-split-{}", std::process::id()));
    let result = split_in(&folder, module, output_name, bundle);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    result
}

fn split_in(folder: &Path, module: &[u8], output_name: &str, bundle: &mut Bundle) -> Result<Vec<u8>> {
    let (main_part, main_script) = (folder.join("main.wasm"), format!("./{output_name}.{PLACEHOLDER}.js"));
    let loader = format!("__wasm_split.{PLACEHOLDER}.js");
    let link_name = format!("./{loader}");
    let mut options = Options::new(module);
    options.output_dir = folder;
    options.main_out_path = &main_part;
    options.main_module = &main_script;
    options.link_name = &link_name;
    let result = transform(options).map_err(|error| anyhow!("{error:#}")).context("splitting the WebAssembly")?;

    let mut script = std::fs::read_to_string(folder.join(&loader))?;
    for part in &result.split_modules {
        let stem = part.file_stem().context("a part without a name")?.to_string_lossy();
        let name = format!("{stem}.{PLACEHOLDER}.wasm");
        script = script.replace(&format!("\"./{stem}.wasm\""), &format!("\"./{name}\""));
        bundle.modules.insert(name, std::fs::read(part)?);
    }
    bundle.texts.insert(loader, script.into_bytes());
    let manifest: BTreeMap<_, Vec<_>> = result
        .prefetch_map
        .into_iter()
        .map(|(name, stems)| (name, stems.into_iter().map(|stem| format!("{stem}.{PLACEHOLDER}")).collect()))
        .collect();
    bundle.texts.insert(format!("__wasm_split_manifest.{PLACEHOLDER}.json"), serde_json::to_vec(&manifest)?);
    Ok(std::fs::read(&main_part)?)
}
