//! Small and capital letters of all languages. The browser knows them, and so its half of the app carries no tables of
//! them, which would be 7 KB of what a first visit loads.

/// A text in small letters, for finding it however it is written.
pub fn lower(text: &str) -> String {
    #[cfg(feature = "hydrate")]
    return js_sys::JsString::from(text).to_lower_case().into();
    #[cfg(not(feature = "hydrate"))]
    return text.to_lowercase();
}

/// A text in capital letters.
pub fn upper(text: &str) -> String {
    #[cfg(feature = "hydrate")]
    return js_sys::JsString::from(text).to_upper_case().into();
    #[cfg(not(feature = "hydrate"))]
    return text.to_uppercase();
}
