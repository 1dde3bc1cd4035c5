//! `wasm-opt`, from npm's `binaryen` in the version of package-lock.json: the WebAssembly as small as it gets.

use std::path::Path;

use anyhow::{Context, Result};

use super::bundle::Bundle;
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

/// Optimises every WebAssembly file of the bundle for size. It takes about half a minute.
pub(super) fn optimize(root: &Path, bundle: &mut Bundle) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("smartlink-optimize-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let (before, after) = (folder.join("before.wasm"), folder.join("after.wasm"));
    for bytes in bundle.modules.values_mut() {
        std::fs::write(&before, &bytes)?;
        let mut node = program("node", root);
        node.arg("node_modules/binaryen/bin/wasm-opt")
            .args(["-Oz", "--always-inline-max-function-size=0", "--strip-debug"])
            .args(FEATURES);
        process::run(node.arg(&before).arg("-o").arg(&after))?;
        *bytes = std::fs::read(&after)?;
    }
    std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())
}
