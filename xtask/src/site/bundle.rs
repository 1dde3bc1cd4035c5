//! WebAssembly and JavaScript, joined by wasm-bindgen, and the names they get.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::{Bindgen, Output};

use super::glue;
use super::hash::{self, PLACEHOLDER};
use super::ledger::Product;
use super::split;
use crate::workspace::Profile;

/// The files that the browser loads to run the app, under names that bear a placeholder where their hash will stand.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    /// WebAssembly: name in the package folder, and content.
    pub(super) modules: BTreeMap<String, Vec<u8>>,
    /// JavaScript and the manifest.
    pub(super) texts: BTreeMap<String, Vec<u8>>,
    /// Whether there are parts that are loaded lazily.
    pub(super) is_split: bool,
}

/// Makes the bundle from what cargo compiled.
pub(super) fn bind(compiled: &Path, output_name: &str, profile: Profile) -> Result<Bundle> {
    let module = std::fs::read(compiled).with_context(|| compiled.display().to_string())?;
    let mut bundle = Bundle::default();
    let module = if split::has_split_points(&module) {
        bundle.is_split = true;
        split::split(&module, output_name, &mut bundle)?
    } else {
        module
    };
    let is_release = profile == Profile::Release;
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(output_name, module).typescript(false).omit_default_module_path(true);
    // Lazily loaded parts find what they share with the main part by its mangled names.
    bindgen.keep_lld_exports(bundle.is_split).demangle(!bundle.is_split);
    bindgen.remove_name_section(is_release).remove_producers_section(is_release);
    let mut output = bindgen.web(true)?.generate_output().context("wasm-bindgen")?;
    drop_relocations(&mut output);
    let mut script = output.js().to_owned();
    if is_release {
        drop_never_called(&mut output);
        script = glue::shorten(&mut output);
    }

    bundle.modules.insert(format!("{output_name}.{PLACEHOLDER}.wasm"), output.wasm_mut().emit_wasm());
    bundle.texts.insert(format!("{output_name}.{PLACEHOLDER}.js"), script.into_bytes());
    for (identifier, snippets) in output.snippets() {
        for (number, snippet) in snippets.iter().enumerate() {
            bundle.texts.insert(format!("snippets/{identifier}/inline{number}.js"), snippet.as_bytes().to_vec());
        }
    }
    for (path, snippet) in output.local_modules() {
        bundle.texts.insert(format!("snippets/{path}"), snippet.as_bytes().to_vec());
    }
    Ok(bundle)
}

/// Removes what the linker wrote for the split; past wasm-bindgen it describes a module that is no more.
fn drop_relocations(output: &mut Output) {
    let customs = &mut output.wasm_mut().customs;
    let names: Vec<_> = customs.iter().map(|(_, section)| section.name().to_owned()).collect();
    for name in names.iter().filter(|name| name.starts_with("reloc.") || *name == "linking") {
        customs.remove_raw(name);
    }
}

/// What the browser never calls, but what stands in the tables of every view and route: hydration that waits in its middle
/// (`hydrate_lazy`; here what is loaded lazily is there before hydration begins), hydration of the `template!` macro, and
/// the list of all routes, which the server asks for. And what a library exports to JavaScript for streams that the app
/// has none of.
const NEVER_CALLED: [&str; 5] =
    ["hydrate_async", "hydrate_from_template", "generate_routes", "intounderlying", "into_underlying_"];

/// Empties the functions that are [`NEVER_CALLED`], a tenth of the whole. Should one be called one day, the page stops at
/// its first moment, which the spec of the release would tell. By name alone that is safe since a release keeps functions
/// apart that are alike, see `small`.
fn drop_never_called(output: &mut Output) {
    let functions = &mut output.wasm_mut().funcs;
    let ids: Vec<_> = functions.iter_local().map(|(id, _)| id).collect();
    for id in ids {
        let function = functions.get_mut(id);
        if function.name.as_ref().is_some_and(|name| NEVER_CALLED.iter().any(|it| name.contains(it))) {
            let mut body = function.kind.unwrap_local_mut().builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }
}

impl Bundle {
    /// Puts the hash into names and references. The files' paths are those in the package folder.
    ///
    /// One hash, over all files, for all files: they refer to each other in circles, and belong together anyway.
    pub(super) fn name(mut self) -> Product {
        let files = self.modules.iter().chain(&self.texts);
        let hash = hash::of(files.flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()]));
        let mut whats = vec!["js", "wasm"];
        let mut referring: Vec<_> = self.texts.values_mut().collect();
        if self.is_split {
            whats.extend(["split", "manifest"]);
            // Only then the WebAssembly refers to files: the main part to the script that loads the others.
            referring.extend(self.modules.values_mut());
        }
        for bytes in referring {
            replace(bytes, PLACEHOLDER.as_bytes(), hash.as_bytes());
        }
        let files = self.modules.into_iter().chain(self.texts);
        Product {
            files: files.map(|(name, bytes)| (name.replace(PLACEHOLDER, &hash).into(), bytes)).collect(),
            hashes: whats.into_iter().map(|what| (what.to_owned(), hash.clone())).collect(),
        }
    }
}

/// Replaces every `old` by a `new` of the same length, so that it works within WebAssembly too.
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    debug_assert_eq!(old.len(), new.len(), "lengths are part of the binary format");
    let mut from = 0;
    while let Some(found) = bytes[from..].windows(old.len()).position(|window| window == old) {
        bytes[from + found..from + found + old.len()].copy_from_slice(new);
        from += found + old.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(javascript: &str) -> Bundle {
        let named = |extension: &str, bytes: &[u8]| (format!("smartlink.{PLACEHOLDER}.{extension}"), bytes.to_vec());
        Bundle {
            modules: [named("wasm", b"\0asm")].into(),
            texts: [named("js", javascript.as_bytes())].into(),
            is_split: false,
        }
    }

    #[test]
    fn names_and_references_get_the_same_hash() {
        let product = bundle(&format!("import './smartlink.{PLACEHOLDER}.wasm'")).name();
        let hash = &product.hashes["js"];
        let (path, bytes) = &product.files[1];
        assert_eq!(path, std::path::Path::new(&format!("smartlink.{hash}.js")));
        assert_eq!(*bytes, format!("import './smartlink.{hash}.wasm'").into_bytes());
        assert_eq!(product.hashes.keys().collect::<Vec<_>>(), ["js", "wasm"]);
    }

    #[test]
    fn other_content_gets_another_hash() {
        assert_ne!(bundle("a").name().hashes, bundle("b").name().hashes);
    }

    #[test]
    fn in_a_split_bundle_the_webassembly_refers_to_the_hash_too() {
        let mut bundle = bundle("");
        let loader = format!("./__wasm_split.{PLACEHOLDER}.js");
        bundle.is_split = true;
        bundle.modules.insert("main.wasm".to_owned(), loader.clone().into_bytes());
        let product = bundle.name();
        let hash = &product.hashes["split"];
        assert_eq!(product.files[0].1, loader.replace(PLACEHOLDER, hash).into_bytes());
    }
}
