//! The query of a signed request, and the texts that may have been signed (section 15.2).
//!
//! SDKs differ in what they escape and in what they sign, so a request is right if one of a few texts fits.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The parameters of a query in the order in which they came, each as it stood in the address and decoded.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
struct Parameter {
    key: String,
    raw: String,
    decoded: String,
}

/// How values enter the signed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Percent-decoded, with `+` as space.
    Decoded,
    /// As they stand in the address.
    Raw,
}

impl Query {
    /// Reads what comes after the `?`. Every text is a query; what has no `=` has an empty value.
    pub(super) fn parse(text: &str) -> Self {
        let parameters = text.split('&').filter(|it| !it.is_empty()).map(|pair| {
            let (key, raw) = pair.split_once('=').unwrap_or((pair, ""));
            Parameter { key: decode(key), raw: raw.to_owned(), decoded: decode(raw) }
        });
        Self { parameters: parameters.collect() }
    }

    /// The decoded value of a parameter; the last one, if it was given several times.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|it| it.key == key).map(|it| it.decoded.as_str())
    }

    /// The parts of a list: of one parameter with commas between them, or of `key[0]=…&key[1]=…`.
    pub(super) fn list(&self, key: &str) -> Vec<&str> {
        self.parameters
            .iter()
            .filter(|it| it.key == key || is_element_of(&it.key, key))
            .flat_map(|it| it.decoded.split(','))
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect()
    }

    /// The texts of the parameters that may have been signed, the likeliest first: everything but `auth_signature`,
    /// keys in lower case and sorted. `body_md5` is added where the request has a body and did not give it (rule API-5).
    pub(super) fn signed_texts<'a>(&'a self, body_md5: Option<&'a str>) -> impl Iterator<Item = String> + 'a {
        let joins_arrays = [false, true];
        let forms =
            [Values::Decoded, Values::Raw].into_iter().flat_map(move |it| joins_arrays.map(|joins| (it, joins)));
        let mut earlier = Vec::new();
        // The first one fits, nearly always; the others cost nothing then.
        forms.filter_map(move |(values, joins_arrays)| {
            let text = self.signed_text(values, joins_arrays, body_md5);
            let is_new = !earlier.contains(&text);
            is_new.then(|| {
                earlier.push(text.clone());
                text
            })
        })
    }

    fn signed_text(&self, values: Values, joins_arrays: bool, body_md5: Option<&str>) -> String {
        let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::with_capacity(self.parameters.len() + 1);
        for parameter in self.parameters.iter().filter(|it| it.key != "auth_signature") {
            let value = if values == Values::Decoded { &*parameter.decoded } else { &*parameter.raw };
            let key = lower_case(&parameter.key);
            let list = if joins_arrays { list_name(&key).map(str::to_owned) } else { None };
            match list {
                // `info[0]=a&info[1]=b` is signed as `info=a,b` by the PHP SDK.
                Some(list) => match pairs.iter_mut().find(|(key, _)| *key == list) {
                    Some((_, joined)) => {
                        joined.to_mut().push(',');
                        joined.to_mut().push_str(value);
                    }
                    None => pairs.push((list.into(), value.into())),
                },
                None => pairs.push((key, value.into())),
            }
        }
        if let Some(body_md5) = body_md5.filter(|_| self.get("body_md5").is_none()) {
            pairs.push(("body_md5".into(), body_md5.into()));
        }
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut text = String::with_capacity(pairs.iter().map(|(key, value)| key.len() + value.len() + 2).sum());
        for (key, value) in &pairs {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

/// Nearly every key is already.
fn lower_case(key: &str) -> Cow<'_, str> {
    let is_lower = key.is_ascii() && !key.bytes().any(|it| it.is_ascii_uppercase());
    if is_lower { key.into() } else { key.to_lowercase().into() }
}

/// Percent-decodes once, with `+` as space. Bytes that are no UTF-8 become replacement characters, which no SDK signs.
fn decode(text: &str) -> String {
    if !text.bytes().any(|it| matches!(it, b'%' | b'+')) {
        return text.to_owned();
    }
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// `info` of `info[0]`.
fn list_name(key: &str) -> Option<&str> {
    let (name, index) = key.strip_suffix(']')?.split_once('[')?;
    (!name.is_empty() && !index.is_empty() && index.bytes().all(|it| it.is_ascii_digit())).then_some(name)
}

/// Whether `key` is `list[]` or `list[0]`.
fn is_element_of(key: &str, list: &str) -> bool {
    key.strip_suffix("[]") == Some(list) || list_name(key) == Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &Query, body_md5: Option<&str>) -> Vec<String> {
        query.signed_texts(body_md5).collect()
    }

    #[test]
    fn api_6_values_are_signed_decoded_or_as_they_stand() {
        let query = Query::parse("info=user_count%2Csubscription_count&filter_by_prefix=a+b&auth_signature=x&Z=1");
        let signed = texts(&query, None);
        assert_eq!(signed[0], "filter_by_prefix=a b&info=user_count,subscription_count&z=1");
        assert_eq!(signed[1], "filter_by_prefix=a+b&info=user_count%2Csubscription_count&z=1");
        assert_eq!(query.list("info"), ["user_count", "subscription_count"]);
    }

    #[test]
    fn api_6_an_indexed_array_is_signed_as_one_list() {
        let query = Query::parse("info%5B0%5D=a&info%5B1%5D=b");
        assert!(texts(&query, None).contains(&"info=a,b".to_owned()));
        assert_eq!(query.list("info"), ["a", "b"]);
    }

    #[test]
    fn api_6_an_array_without_indexes_is_signed_as_it_stands() {
        let query = Query::parse("k[]=b&k[]=a");
        assert_eq!(texts(&query, None), ["k[]=b&k[]=a"]);
        assert_eq!(query.list("k"), ["b", "a"]);
    }

    #[test]
    fn api_5_the_bodys_digest_takes_part_where_it_was_not_given() {
        assert_eq!(texts(&Query::parse("a=1"), Some("ff")), ["a=1&body_md5=ff"]);
        assert_eq!(texts(&Query::parse("body_md5=ee&a=1"), Some("ff")), ["a=1&body_md5=ee"]);
    }
}
