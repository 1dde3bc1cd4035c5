//! What the build and the tests need beside Rust, Node and a C compiler, and getting it where it lacks.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, program};
use crate::step::step;

/// Chromium without a window around its pages. The whole browser draws one for each test, which takes half of the time.
const HEADLESS: &str = "chromium-headless-shell";

/// The target that the browser's half of the app is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that rustc has the standard library for WebAssembly, by rustup where it lacks.
pub(crate) fn wasm_target(root: &Path) -> Result<()> {
    let answer = process::read(program("rustc", root).args(["--print=target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(String::from_utf8(answer)?.trim()).is_dir() {
        return Ok(());
    }
    step("Installing Rust's standard library for WebAssembly", || {
        process::run(program("rustup", root).args(["target", "add", WASM_TARGET])).with_context(|| {
            format!(
                "Rust's standard library for {WASM_TARGET} is missing; install it: `rustup target add {WASM_TARGET}`, \
                 or without rustup the package of your system (Debian: libstd-rust-dev-wasm32, Fedora: \
                 rust-std-static-{WASM_TARGET})"
            )
        })
    })
}

/// Makes sure that the source of Rust's standard library is there, which a release compiles for size.
pub(crate) fn rust_source(root: &Path) -> Result<()> {
    let answer = process::read(program("rustc", root).arg("--print=sysroot"))?;
    let source = Path::new(String::from_utf8(answer)?.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    if source.is_file() {
        return Ok(());
    }
    step("Installing the source of Rust's standard library", || {
        process::run(program("rustup", root).args(["component", "add", "rust-src"])).with_context(|| {
            format!(
                "{} is missing; install it: `rustup component add rust-src`, or without rustup the package of your \
                 system (Debian: rust-src)",
                source.display()
            )
        })
    })
}

/// Makes sure that clippy and rustfmt are there; rustup's minimal profile comes without them.
pub(crate) fn clippy_and_rustfmt(root: &Path) -> Result<()> {
    for (component, command) in [("clippy", "cargo-clippy"), ("rustfmt", "rustfmt")] {
        if !process::succeeds(program(command, root).arg("--version")) {
            step(&format!("Installing {component}"), || {
                process::run(program("rustup", root).args(["component", "add", component]))
                    .with_context(|| format!("{component} is missing; install it: `rustup component add {component}`"))
            })?;
        }
    }
    Ok(())
}

/// Installs the npm packages of `directory` as its lockfile has them, unless they are there already.
pub(crate) fn npm_packages(directory: &Path) -> Result<()> {
    let lockfile = directory.join("package-lock.json");
    let installed = directory.join("node_modules/.package-lock.json");
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let wanted = changed(&lockfile).with_context(|| format!("{} is missing", lockfile.display()))?;
    if changed(&installed).is_ok_and(|installed| installed >= wanted) {
        return Ok(());
    }
    step(&format!("Installing the npm packages of {}", directory.display()), || {
        // Browsers come from the system's packages, see `chromium`.
        let mut npm = program("npm", directory);
        npm.args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        process::run(&mut npm).context("npm packages could not be installed; Node 20 or newer with npm is needed")
    })
}

/// Makes the Python environment of `directory`, `.venv`, with the packages that its `python/requirements.txt` pins, unless
/// it is there already.
pub(crate) fn python_packages(directory: &Path) -> Result<()> {
    let wanted = std::fs::read_to_string(directory.join("python/requirements.txt"))
        .context("end2end/python/requirements.txt is missing")?;
    let installed = directory.join(".venv/installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("Installing the Python packages of the conformance tests", || {
        let environment = |arguments: &[&str]| process::succeeds(program("python3", directory).args(arguments));
        // Debian has `ensurepip`, by which an environment gets its pip, in a package of its own.
        if !environment(&["-c", "import ensurepip, venv"]) {
            apt_install(directory, &["python3-venv"])?;
        }
        process::run(program("python3", directory).args(["-m", "venv", "--clear", ".venv"]))?;
        let mut pip = program(directory.join(".venv/bin/python"), directory);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "python/requirements.txt"]);
        process::run(&mut pip).context("Python packages could not be installed; Python 3.10 or newer is needed")?;
        std::fs::write(&installed, &wanted).context("the environment can't be marked as whole")
    })
}

/// Makes sure that PostgreSQL's server programs and Chromium are there; returns Chromium's path.
///
/// Installs what lacks with apt when that is possible without asking (as root or by `sudo`, on Debian and its kin).
pub(crate) fn postgresql_and_chromium(root: &Path) -> Result<PathBuf> {
    if find_initdb().is_none() {
        step("Installing postgresql", || apt_install(root, &["postgresql"]))?;
    }
    find_initdb()
        .context("PostgreSQL's `initdb` is not found, neither by `pg_config --bindir` nor in /usr/lib/postgresql")?;
    if find_chromium().is_none() {
        step(&format!("Installing {HEADLESS}"), || {
            // Debian has it apart; its kin may have the whole browser alone.
            apt_install(root, &[HEADLESS]).or_else(|_| apt_install(root, &["chromium"]))
        })?;
    }
    find_chromium().context(
        "no Chromium that runs is found; install one (on Ubuntu, whose package is only a snap, Google Chrome's), or name \
         it: CHROMIUM=/path/to/chrome",
    )
}

/// Makes sure that the proxies of `deploy/` are there, and what makes a certificate for one of them.
pub(crate) fn proxies(root: &Path) -> Result<()> {
    // Debian keeps nginx where only root looks for programs.
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> =
        std::env::split_paths(&search_path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]).collect();
    let is_there = |name: &str| folders.iter().any(|it| it.join(name).is_file());
    let missing: Vec<_> = [("nginx", "nginx-light"), ("caddy", "caddy"), ("openssl", "openssl")]
        .into_iter()
        .filter_map(|(program, package)| (!is_there(program)).then_some(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    step(&format!("Installing {}", missing.join(", ")), || apt_install(root, &missing))
}

fn apt_install(root: &Path, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    let is_root = process::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim_ascii() == b"0");
    // As a person may whose password `sudo` still remembers, or the user of a machine for checks.
    let may_sudo = || process::succeeds(Command::new("sudo").args(["--non-interactive", "true"]));
    if !process::succeeds(Command::new("apt-get").arg("--version")) || !(is_root || may_sudo()) {
        bail!("missing: {list}; install it with your system's package manager (Debian: `sudo apt-get install {list}`)");
    }
    let apt = |arguments: &[&str]| {
        let mut command = program(if is_root { "env" } else { "sudo" }, root);
        if !is_root {
            command.args(["--non-interactive", "env"]);
        }
        // By `env`, since sudo passes on no variables.
        process::run(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]).args(arguments))
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

/// PostgreSQL's `initdb`. Debian keeps it out of the search path, a folder for each version.
fn find_initdb() -> Option<PathBuf> {
    let asked = process::read(Command::new("sh").args(["-c", "pg_config --bindir 2>/dev/null"])).ok();
    let asked = asked.and_then(|answer| String::from_utf8(answer).ok()).map(|path| PathBuf::from(path.trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = asked.into_iter().chain(versions.map(|version| version.path().join("bin")));
    folders.map(|folder| folder.join("initdb")).find(|initdb| initdb.is_file())
}

/// The first Chromium or Chrome that really starts: Ubuntu's `chromium` only says where to get one.
fn find_chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = [HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&search_path).collect();
    let found = usual.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    named
        .into_iter()
        .chain(found)
        .find(|path| path.is_file() && process::succeeds(Command::new(path).args(["--version"])))
}
