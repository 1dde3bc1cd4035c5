//! Where things are: the checkout, cargo's target directory, and what `[[workspace.metadata.leptos]]` says.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The checkout that xtask works on.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Cargo's target directory; `CARGO_TARGET_DIR` and cargo's configuration move it.
    pub(crate) target: PathBuf,
    pub(crate) leptos: LeptosMetadata,
    /// When this xtask was built, where that can be told. What an older one made may differ.
    pub(crate) xtask_built: Option<SystemTime>,
}

/// The part of `[[workspace.metadata.leptos]]` that xtask needs. `cargo leptos` reads the same.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct LeptosMetadata {
    pub(crate) output_name: String,
    pub(crate) bin_package: String,
    pub(crate) bin_target: String,
    pub(crate) lib_package: String,
    pub(crate) site_root: PathBuf,
    pub(crate) site_pkg_dir: String,
    pub(crate) site_addr: SocketAddr,
    pub(crate) reload_port: u16,
    pub(crate) style_file: PathBuf,
    pub(crate) assets_dir: PathBuf,
    pub(crate) lib_profile_dev: String,
    pub(crate) lib_profile_release: String,
}

/// Which of the two builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to build: for work on the code, and for the tests.
    Dev,
    /// Small and fast to run, and held to the size limits.
    Release,
}

impl Profile {
    /// The folder in the target directory that cargo puts the server's binary into.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        #[derive(Deserialize)]
        struct Metadata {
            workspace_root: PathBuf,
            target_directory: PathBuf,
            #[serde(rename = "metadata")]
            of_workspace: WorkspaceMetadata,
        }
        #[derive(Deserialize)]
        struct WorkspaceMetadata {
            leptos: Vec<LeptosMetadata>,
        }

        // Asked before cargo runs, which may put another xtask in the place of this one.
        let xtask_built = std::env::current_exe().and_then(|it| it.metadata()?.modified()).ok();
        // `cargo run` names the folder of xtask itself; started by hand, the folder it was compiled in has to do.
        let own_folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let mut cargo = process::cargo(Path::new(&own_folder));
        let answer = process::read(cargo.args(["metadata", "--format-version=1", "--no-deps", "--locked"]))?;
        let mut answer: Metadata =
            serde_json::from_slice(&answer).context("the root Cargo.toml's [[workspace.metadata.leptos]]")?;
        let leptos =
            answer.of_workspace.leptos.pop().context("the root Cargo.toml has no [[workspace.metadata.leptos]]")?;
        Ok(Self { root: answer.workspace_root, target: answer.target_directory, leptos, xtask_built })
    }

    /// The folder that the server serves files from: `site-root`, in the target directory wherever that is.
    pub(crate) fn site_root(&self) -> PathBuf {
        match self.leptos.site_root.strip_prefix("target") {
            Ok(inside) => self.target.join(inside),
            Err(_) => self.root.join(&self.leptos.site_root),
        }
    }

    /// The server's binary, once it is built.
    pub(crate) fn server_binary(&self, profile: Profile) -> PathBuf {
        self.target.join(profile.folder()).join(format!("{}{}", self.leptos.bin_target, std::env::consts::EXE_SUFFIX))
    }

    /// The cargo profile of the WebAssembly.
    pub(crate) fn wasm_profile(&self, profile: Profile) -> &str {
        match profile {
            Profile::Dev => &self.leptos.lib_profile_dev,
            Profile::Release => &self.leptos.lib_profile_release,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_describes_its_site() {
        let workspace = Workspace::find().unwrap();
        assert!(workspace.root.join("xtask/Cargo.toml").is_file());
        assert!(workspace.site_root().starts_with(&workspace.target));
        assert_eq!(workspace.leptos.site_pkg_dir, "pkg");
    }
}
