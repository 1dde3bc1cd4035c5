//! The site: the folder of files that the server hands out as they are.
//!
//! ```text
//! <target>/site/                        public/ as it is
//! <target>/site/pkg/smartlink.<hash>.*  the app's WebAssembly and JavaScript, and its style sheet
//! <target>/<profile>/hash.txt           those hashes, for Leptos, which looks beside the server's binary
//! ```
//!
//! The steps are those of `cargo leptos build`. A step whose inputs are the same as the last time is skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::process;
use crate::step::step;
use crate::toolchain::{self, WASM_TARGET};
use crate::workspace::{Profile, Workspace};

mod bundle;
mod compress;
mod glue;
mod hash;
mod ledger;
mod likeness;
mod minify;
mod optimize;
mod order;
mod sizes;
mod small;
mod split;
mod style;

use ledger::{Ledger, Product};

/// One build of the site.
pub(crate) struct Site<'a> {
    workspace: &'a Workspace,
    profile: Profile,
    folder: PathBuf,
}

impl<'a> Site<'a> {
    /// The site that the server serves.
    pub(crate) fn new(workspace: &'a Workspace, profile: Profile) -> Self {
        Self { workspace, profile, folder: workspace.site_root() }
    }

    /// A site in a folder of its own, to look at a release while another build is in use.
    pub(crate) fn apart(workspace: &'a Workspace, profile: Profile) -> Self {
        Self { workspace, profile, folder: workspace.target.join("xtask/site-apart") }
    }

    /// Where the site is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a server that has been built beside the hashes of this site, so that it serves this one. Returns its path.
    pub(crate) fn server_apart(&self, binary: &Path) -> Result<PathBuf> {
        let server = self.folder_of_hashes_apart().join(binary.file_name().context("a server without a name")?);
        std::fs::copy(binary, &server).with_context(|| server.display().to_string())?;
        Ok(server)
    }

    /// Builds all of it.
    pub(crate) fn build(&self) -> Result<()> {
        self.compile()?;
        self.assemble()
    }

    /// Compiles the app for the browser; cargo knows what has changed.
    pub(crate) fn compile(&self) -> Result<()> {
        let Workspace { root, leptos, .. } = self.workspace;
        toolchain::wasm_target(root)?;
        let profile = self.workspace.wasm_profile(self.profile);
        step(&format!("Compiling the app for the browser ({profile})"), || {
            let mut cargo = process::cargo(root);
            cargo.args(["rustc", "--locked", "--lib", "--target", WASM_TARGET]);
            cargo.args(["--package", &leptos.lib_package, "--profile", profile]);
            if self.profile == Profile::Release {
                small::standard_library(root, &mut cargo)?;
            }
            // What the split into lazily loaded parts goes by; `bundle` drops it where nothing is split.
            cargo.args(["--", "-C", "link-arg=--emit-relocs"]);
            process::run(&mut cargo)
        })
    }

    /// Makes the site from what is compiled, from `style/` and from `public/`.
    pub(crate) fn assemble(&self) -> Result<()> {
        let name = self.folder.file_name().context("the site needs a folder of its own")?.to_string_lossy();
        let record = self.workspace.target.join(format!("xtask/{name}.json"));
        // Another profile, and another xtask, make everything anew.
        let key = format!("{:?} {:?}", self.profile, self.workspace.xtask_built);
        let mut ledger = Ledger::open(&self.folder, &record, key);
        self.place_bundle(&mut ledger)?;
        self.place_style(&mut ledger)?;
        self.place_public(&mut ledger)?;
        ledger.remove_strangers()?;
        ledger.save()?;
        self.write_hashes(&ledger.hashes())
    }

    /// Prints what a first visit transfers; in a release build more than the limits allow is an error.
    pub(crate) fn report_sizes(&self) -> Result<()> {
        sizes::report(&self.folder, &self.workspace.leptos, self.profile)
    }

    /// The path of the style sheet as pages link it while developing, without a leading slash.
    pub(crate) fn style_path(&self) -> String {
        format!("{}/{}.css", self.workspace.leptos.site_pkg_dir, self.workspace.leptos.output_name)
    }

    fn place_bundle(&self, ledger: &mut Ledger) -> Result<()> {
        let Workspace { root, target, leptos, .. } = self.workspace;
        let folder = match self.workspace.wasm_profile(self.profile) {
            "dev" => "debug",
            profile => profile,
        };
        let compiled = target.join(WASM_TARGET).join(folder).join(format!("{}.wasm", leptos.lib_package));
        let mut inputs = vec![compiled.clone()];
        if self.profile == Profile::Release {
            toolchain::npm_packages(root)?;
            inputs.push(root.join("package-lock.json"));
        }
        ledger.part("bundle", &inputs, "Joining WebAssembly and JavaScript", || {
            let mut bundle = bundle::bind(&compiled, &leptos.output_name, self.profile)?;
            if self.profile == Profile::Release {
                optimize::optimize(root, &mut bundle)?;
            }
            let Product { files, hashes } = bundle.name();
            let files = self.finished(files.into_iter().map(|(path, bytes)| (self.in_pkg(&path), bytes)))?;
            Ok(Product { files, hashes })
        })
    }

    fn place_style(&self, ledger: &mut Ledger) -> Result<()> {
        let Workspace { root, leptos, .. } = self.workspace;
        let main = root.join(&leptos.style_file);
        let folder = main.parent().context("the style file needs a folder")?;
        ledger.part("style", &files_below(folder)?, "Joining the style sheets", || {
            let mut sheet = style::join(&main)?;
            let mut hashes = BTreeMap::new();
            let mut name = format!("{}.css", leptos.output_name);
            // A name that stays is what lets an open page take over a changed style sheet while developing.
            if self.profile == Profile::Release {
                sheet = minify::minify(&sheet);
                let hash = hash::of([sheet.as_bytes()]);
                name = format!("{}.{hash}.css", leptos.output_name);
                hashes.insert("css".to_owned(), hash);
            }
            let files = self.finished([(self.in_pkg(name.as_ref()), sheet.into_bytes())])?;
            Ok(Product { files, hashes })
        })
    }

    fn place_public(&self, ledger: &mut Ledger) -> Result<()> {
        let folder = self.workspace.root.join(&self.workspace.leptos.assets_dir);
        let sources = if folder.is_dir() { files_below(&folder)? } else { Vec::new() };
        ledger.part("public", &sources, "Copying the public files", || {
            let mut files = Vec::new();
            for source in &sources {
                let bytes = std::fs::read(source).with_context(|| source.display().to_string())?;
                files.push((source.strip_prefix(&folder)?.to_path_buf(), bytes));
            }
            Ok(Product { files: self.finished(files)?, hashes: BTreeMap::new() })
        })
    }

    fn in_pkg(&self, path: &Path) -> PathBuf {
        Path::new(&self.workspace.leptos.site_pkg_dir).join(path)
    }

    /// In a release: the files, and beside each its compressed forms.
    fn finished(&self, files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let files: Vec<_> = files.into_iter().collect();
        if self.profile == Profile::Dev {
            return Ok(files);
        }
        let with_siblings = |(path, bytes): (PathBuf, Vec<u8>)| -> Result<Vec<(PathBuf, Vec<u8>)>> {
            let mut forms = compress::siblings(&path, &bytes)?;
            forms.push((path, bytes));
            Ok(forms)
        };
        let finished: Result<Vec<_>> = files.into_par_iter().map(with_siblings).collect();
        Ok(finished?.into_iter().flatten().collect())
    }

    fn folder_of_hashes_apart(&self) -> PathBuf {
        self.workspace.target.join("xtask/server-apart")
    }

    /// Writes `hash.txt` beside the server's binary, wherever one may be: either of them may serve this site.
    fn write_hashes(&self, hashes: &BTreeMap<String, String>) -> Result<()> {
        let folders = if self.folder == self.workspace.site_root() {
            vec![Profile::Dev, Profile::Release].into_iter().map(|it| self.workspace.target.join(it.folder())).collect()
        } else {
            vec![self.folder_of_hashes_apart()]
        };
        let lines: Vec<_> = hashes.iter().map(|(what, hash)| format!("{what}: {hash}\n")).collect();
        let text = lines.concat();
        for folder in folders {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("hash.txt"), &text).context("hash.txt")?;
        }
        Ok(())
    }
}

/// All files below a folder, sorted; editors' and systems' hidden files are left out.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}
