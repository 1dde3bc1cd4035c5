//! `wasm-opt`, from npm's `binaryen` in the version of package-lock.json: the WebAssembly as small as it gets.

use std::path::Path;

use anyhow::{Context, Result};
use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

use super::bundle::Bundle;
use super::order;
use crate::process::{self, program};

/// What rustc's WebAssembly uses beyond the first version of the standard; every browser of the last years has it.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// For the size of what is transferred, not of what is unpacked: code that is written twice costs brotli next to nothing,
/// code that is shared by twisting it does. `-Oz`, and inlining of all that is called once, come out larger by a hundredth; of what is short, smaller.
/// The first kilobyte of the memory is the far end of the stack; that nothing points there makes many an offset shorter.
const PASSES: [&str; 5] = [
    "-Os",
    "--always-inline-max-function-size=0",
    "--one-caller-inline-max-function-size=50",
    "--low-memory-unused",
    "--strip-debug",
];

/// Optimises every WebAssembly file of the bundle. It takes about half a minute.
pub(super) fn optimize(root: &Path, bundle: &mut Bundle) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("smartlink-optimize-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let modules: Vec<_> = bundle.modules.values_mut().collect();
    modules.into_par_iter().enumerate().try_for_each(|(number, bytes)| -> Result<()> {
        let [before, after] = ["before", "after"].map(|it| folder.join(format!("{number}-{it}.wasm")));
        std::fs::write(&before, &bytes)?;
        let mut node = program("node", root);
        node.arg("node_modules/binaryen/bin/wasm-opt").args(PASSES).args(FEATURES);
        process::run(node.arg(&before).arg("-o").arg(&after))?;
        *bytes = order::by_likeness(&std::fs::read(&after)?)?;
        Ok(())
    })?;
    std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())
}
