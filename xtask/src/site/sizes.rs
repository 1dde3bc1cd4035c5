//! What a first visit transfers, and how much it may be.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::{LeptosMetadata, Profile};

/// A kilobyte of the limits: 1,024 bytes.
const KB: u64 = 1024;

/// What a kind of file may weigh. Exceeding it fails a release build: the first visit over a slow line is what it costs.
#[derive(Default)]
struct Limit {
    raw: Option<u64>,
    brotli: Option<u64>,
}

/// Whoever adds to it moves something else into a part of its own (`app/src/shell/parts.rs`), or lets views share what
/// they are made of (`app/src/ui/live.rs`).
const MAIN_WASM: Limit = Limit { raw: Some(1331 * KB), brotli: Some(350 * KB) };
const LAZY_WASM: Limit = Limit { raw: None, brotli: Some(120 * KB) };
const JAVASCRIPT: Limit = Limit { raw: None, brotli: Some(15 * KB) };
const STYLE: Limit = Limit { raw: None, brotli: Some(20 * KB) };
/// The font that every page loads; those for other scripts are loaded only where such text stands.
const FONT: Limit = Limit { raw: Some(48 * KB), brotli: None };
const NONE: Limit = Limit { raw: None, brotli: None };
/// All but the page itself, which may weigh 15 KB (the design allows 470 KB together; `server/tests/http/compression.rs`).
const FIRST_VISIT: u64 = 440 * KB;

struct Row {
    name: String,
    raw: u64,
    gzip: Option<u64>,
    brotli: Option<u64>,
    limit: Limit,
    is_first_visit: bool,
}

/// Prints the table; in a release build, files above their limit are an error that names them.
pub(super) fn report(site: &Path, leptos: &LeptosMetadata, profile: Profile) -> Result<()> {
    let rows = rows(site, leptos)?;
    println!("\n    {:<64} {:>10} {:>10} {:>10}", "", "raw", "gzip", "brotli");
    for row in &rows {
        let kilobytes = |size: Option<u64>| size.map_or_else(|| "–".to_owned(), kilobytes);
        println!(
            "    {:<64} {:>10} {:>10} {:>10}",
            row.name,
            kilobytes(Some(row.raw)),
            kilobytes(row.gzip),
            kilobytes(row.brotli)
        );
    }
    if profile == Profile::Dev {
        println!("    (a development build: compressed and held to the limits with --release)\n");
        return Ok(());
    }
    let first_visit = rows.iter().filter(|row| row.is_first_visit).map(Row::transferred).sum();
    println!("    {:<64} {:>32}\n", "a first visit, without the page itself", kilobytes(first_visit));
    let mut excesses: Vec<_> = rows.iter().flat_map(Row::excesses).collect();
    if first_visit > FIRST_VISIT {
        excesses.push(format!("a first visit: {} of {}", kilobytes(first_visit), kilobytes(FIRST_VISIT)));
    }
    if !excesses.is_empty() {
        bail!("the site is heavier than its limits allow:\n  {}", excesses.join("\n  "));
    }
    Ok(())
}

impl Row {
    /// What goes over the line: the brotli form where there is one.
    fn transferred(&self) -> u64 {
        self.brotli.unwrap_or(self.raw)
    }

    fn excesses(&self) -> Vec<String> {
        let sizes = [("raw", Some(self.raw), self.limit.raw), ("brotli", Some(self.transferred()), self.limit.brotli)];
        let excess = |(form, size, limit): (&str, Option<u64>, Option<u64>)| {
            let (size, limit) = (size?, limit?);
            (size > limit).then(|| format!("{} ({form}): {} of {}", self.name, kilobytes(size), kilobytes(limit)))
        };
        sizes.into_iter().filter_map(excess).collect()
    }
}

fn rows(site: &Path, leptos: &LeptosMetadata) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for path in super::files_below(site)? {
        let name = path.strip_prefix(site)?.to_string_lossy().into_owned();
        let in_pkg = name.strip_prefix(&leptos.site_pkg_dir).and_then(|rest| rest.strip_prefix('/'));
        let is_main = in_pkg.is_some_and(|it| it.starts_with(&format!("{}.", leptos.output_name)));
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let (limit, is_first_visit) = match extension.as_str() {
            "wasm" if is_main => (MAIN_WASM, true),
            "wasm" => (LAZY_WASM, false),
            "js" if is_main => (JAVASCRIPT, true),
            "css" => (STYLE, true),
            "woff2" if name.contains("-ext") => (NONE, false),
            "woff2" => (FONT, true),
            "js" | "json" if in_pkg.is_some() => (NONE, false),
            _ => continue,
        };
        let raw = size(&path)?.with_context(|| path.display().to_string())?;
        let [gzip, brotli] = ["gz", "br"].map(|form| size(&path.with_added_extension(form)));
        rows.push(Row { name, raw, gzip: gzip?, brotli: brotli?, limit, is_first_visit });
    }
    Ok(rows)
}

/// The file's size in bytes; nothing if there is no such file.
fn size(path: &Path) -> Result<Option<u64>> {
    match path.metadata() {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// `12.3 KB`.
fn kilobytes(bytes: u64) -> String {
    let tenths = (bytes * 10).div_ceil(KB);
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { raw: Some(1331 * KB), brotli: Some(350 * KB) };

    fn row(raw: u64, brotli: Option<u64>, limit: Limit) -> Row {
        Row { name: "pkg/smartlink.wasm".to_owned(), raw, gzip: None, brotli, limit, is_first_visit: true }
    }

    #[test]
    fn what_is_within_its_limits_is_no_excess() {
        assert!(row(1331 * KB, Some(350 * KB), LIMIT).excesses().is_empty());
    }

    #[test]
    fn each_excess_is_named_with_size_and_limit() {
        let excesses = row(2000 * KB, Some(350 * KB + 1), LIMIT).excesses();
        assert_eq!(excesses[0], "pkg/smartlink.wasm (raw): 2000.0 KB of 1331.0 KB");
        assert_eq!(excesses[1], "pkg/smartlink.wasm (brotli): 350.1 KB of 350.0 KB");
    }

    #[test]
    fn a_file_that_is_not_compressed_is_weighed_as_it_is() {
        assert_eq!(row(16 * KB, None, JAVASCRIPT).excesses().len(), 1);
    }
}
