use std::collections::HashMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    whole: i8,
    large: u64,
    real: f64,
    text: String,
    nothing: Option<u8>,
    something: Option<Vec<(u8, bool)>>,
    unit: (),
    word: Word,
    words: Vec<Word>,
    pairs: HashMap<String, u32>,
    #[serde(flatten)]
    beside: Beside,
    #[serde(default)]
    later: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Bare,
    Holding(String),
    Two(u8, u8),
    Named { place: Option<u8> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Beside {
    id: u64,
}

fn everything() -> Everything {
    Everything {
        whole: -7,
        large: u64::MAX,
        real: 0.25,
        text: "ä\u{0}\"".to_owned(),
        nothing: None,
        something: Some(vec![(1, true), (2, false)]),
        unit: (),
        word: Word::Bare,
        words: vec![Word::Holding("x".to_owned()), Word::Two(1, 2), Word::Named { place: None }],
        pairs: HashMap::from([("a".to_owned(), 1)]),
        beside: Beside { id: 4 },
        later: 0,
    }
}

#[test]
fn what_serde_json_writes_is_read_as_it_was() {
    let text = serde_json::to_string(&everything()).unwrap();
    assert_eq!(from_str::<Everything>(&text).unwrap(), everything());
    assert_eq!(from_str::<Result<u8, Word>>(r#"{"Err":"bare"}"#).unwrap(), Err(Word::Bare));
    assert!(from_str::<f64>("3").is_ok_and(|it| (2.9..3.1).contains(&it)));
}

#[test]
fn what_does_not_fit_is_an_error_that_says_why() {
    let error = |text: &str| from_str::<Everything>(text).unwrap_err().to_string();
    assert!(error("[]").contains("sequence"), "an array is no struct");
    assert!(error(r#"{"whole":"1"}"#).contains("string \"1\""));
    assert!(error(r#"{"whole":1}"#).contains("missing field"));
    assert!(from_str::<Beside>("{}").unwrap_err().to_string().contains("invalid length 0"), "the first is missing");
    assert!(from_str::<u8>("256").is_err() && from_str::<u8>("-1").is_err() && from_str::<u8>("1.5").is_err());
    assert!(from_str::<Word>(r#""other""#).is_err() && from_str::<Word>(r#""holding""#).is_err());
    assert!(from_str::<Word>(r#"{"bare":1}"#).is_err() && from_str::<Word>("{}").is_err());
    assert!(from_str::<Vec<u8>>("{}").is_err() && from_str::<bool>("0").is_err() && from_str::<()>("0").is_err());
    assert!(from_str::<Option<u8>>("null").unwrap().is_none());
    assert!(from_str::<u8>("1 2").is_err() && from_str::<u8>("").is_err());
}

#[derive(Debug, PartialEq, Deserialize)]
struct Sparse {
    id: u64,
    note: Option<String>,
    #[serde(default)]
    tags: Vec<u8>,
    last: u8,
}

#[test]
fn a_struct_s_fields_may_come_in_any_order_be_left_out_and_be_more_than_are_known() {
    let whole = Sparse { id: 1, note: Some("x".to_owned()), tags: vec![3], last: 2 };
    assert_eq!(from_str::<Sparse>(r#"{"last":2,"tags":[3],"new":{},"note":"x","id":1}"#).unwrap(), whole);
    let bare = Sparse { id: 1, note: None, tags: Vec::new(), last: 2 };
    assert_eq!(from_str::<Sparse>(r#"{"last":2,"id":1}"#).unwrap(), bare);
    assert!(from_str::<Sparse>(r#"{"id":1}"#).is_err(), "the last one has no default");
}
