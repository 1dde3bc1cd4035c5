//! Short names between the WebAssembly and its JavaScript: those of wasm-bindgen bear a hash each, which no compression
//! makes smaller, and which a first visit would load twice.

use std::collections::BTreeMap;

use wasm_bindgen_cli_support::Output;

/// What the names of wasm-bindgen's own functions begin with. Others may be names of the browser's.
const OWN: &str = "__wb";

/// Renames what the module imports from its JavaScript. Returns the JavaScript with the new names.
pub(super) fn shorten(output: &mut Output) -> String {
    let imports = output.wasm_mut().imports.iter().filter(|it| it.module.ends_with("_bg.js"));
    let names = imports.map(|it| it.name.clone()).collect();
    let short = short_names(output.js(), names);
    for import in output.wasm_mut().imports.iter_mut() {
        if let Some(name) = short.get(import.name.as_str()).filter(|_| import.module.ends_with("_bg.js")) {
            import.name.clone_from(name);
        }
    }
    rename(output.js(), &short)
}

/// A short name for each name that the script has once: where it gives the function to the module. One that it also calls
/// by its name stays.
fn short_names(script: &str, names: Vec<String>) -> BTreeMap<String, String> {
    let mut uses = BTreeMap::<&str, usize>::new();
    for word in words(script).filter(|word| word.starts_with(OWN)) {
        *uses.entry(word).or_default() += 1;
    }
    let renamed = names.into_iter().filter(|name| uses.get(name.as_str()) == Some(&1));
    renamed.enumerate().map(|(number, name)| (name, short_name(number))).collect()
}

/// `a` to `z`, then `ba`, `bb` and so on.
fn short_name(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or_default()));
        number /= 26;
        if number == 0 {
            return letters.iter().rev().collect();
        }
    }
}

fn rename(script: &str, names: &BTreeMap<String, String>) -> String {
    words(script).map(|word| names.get(word).map_or(word, String::as_str)).collect()
}

/// The script cut into names and what stands between them; together they are the whole.
fn words(script: &str) -> impl Iterator<Item = &str> {
    let is_name = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
    let mut rest = script;
    std::iter::from_fn(move || {
        let begins_a_name = is_name(rest.chars().next()?);
        let end = rest.find(|it| is_name(it) != begins_a_name).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str =
        "const i = { __wbg_then_3a: function() {}, __wbg_log_4b: function() {} };\nwasm.__wbg_log_4b();";

    #[test]
    fn a_function_that_only_the_module_names_gets_a_short_name() {
        let names =
            short_names(SCRIPT, vec!["__wbg_then_3a".to_owned(), "__wbg_log_4b".to_owned(), "fetch".to_owned()]);
        assert_eq!(names, BTreeMap::from([("__wbg_then_3a".to_owned(), "a".to_owned())]));
        assert!(rename(SCRIPT, &names).starts_with("const i = { a: function() {}, __wbg_log_4b: function"));
    }

    #[test]
    fn words_are_cut_without_loss() {
        assert_eq!(words(SCRIPT).collect::<String>(), SCRIPT);
        assert_eq!(words("a.b_1+$").collect::<Vec<_>>(), ["a", ".", "b_1", "+", "$"]);
    }

    #[test]
    fn every_number_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = (0..2000).map(short_name).collect();
        assert_eq!(names.len(), 2000);
        assert_eq!((short_name(25), short_name(26)), ("z".to_owned(), "ba".to_owned()));
    }
}
