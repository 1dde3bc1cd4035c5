//! Random values that a JSON schema allows, for tests of what is read from the wire.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Values that `schema`, a part of `root`, allows. Knows the words that our schemas use, and panics at any other.
pub(crate) fn values_of(root: &Value, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return values_of(root, root.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere"));
    }
    if let Some(constant) = schema.get("const") {
        return Just(constant.clone()).boxed();
    }
    if let Some(choices) = schema["enum"].as_array() {
        return prop::sample::select(choices.clone()).boxed();
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[word].as_array() {
            let choices: Vec<_> = choices.iter().map(|it| values_of(root, it)).collect();
            return proptest::strategy::Union::new(choices).boxed();
        }
    }
    match &schema["type"] {
        Value::String(name) => values_of_type(root, schema, name),
        Value::Array(names) => {
            let choices = names.iter().filter_map(Value::as_str).map(|it| values_of_type(root, schema, it));
            proptest::strategy::Union::new(choices.collect::<Vec<_>>()).boxed()
        }
        // No type at all: any JSON. Floats are left out, since they need not come back to the same digits.
        Value::Null => prop_oneof![Just(json!(null)), any::<i64>().prop_map(Value::from), text()].boxed(),
        other => panic!("unknown type {other}"),
    }
}

fn values_of_type(root: &Value, schema: &Value, name: &str) -> BoxedStrategy<Value> {
    match name {
        "null" => Just(Value::Null).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => match schema["format"].as_str() {
            Some("int64") => any::<i64>().prop_map(Value::from).boxed(),
            Some("uint64") => any::<u64>().prop_map(Value::from).boxed(),
            Some("uint32") => any::<u32>().prop_map(Value::from).boxed(),
            other => panic!("unknown format of an integer: {other:?}"),
        },
        "string" => strings(schema),
        "array" => prop::collection::vec(values_of(root, &schema["items"]), 0..4).prop_map(Value::from).boxed(),
        "object" => objects(root, schema),
        other => panic!("unknown type {other}"),
    }
}

fn strings(schema: &Value) -> BoxedStrategy<Value> {
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("date-time"), None) => (-62_135_596_800_000_i64..253_402_300_799_999)
            .prop_map(|it| Value::from(crate::time::Timestamp::from_unix_ms(it).to_string()))
            .boxed(),
        (Some("uuid"), None) => any::<u128>().prop_map(|it| Value::from(uuid::Uuid::from_u128(it).to_string())).boxed(),
        (None, Some(r"^(chat|private-chat\.[1-9][0-9]*\.[1-9][0-9]*)$")) => prop_oneof![
            Just(Value::from("chat")),
            // The lower id comes first, which a pattern can't say.
            (1..i64::MAX / 2, 1..i64::MAX / 2)
                .prop_map(|(low, gap)| format!("private-chat.{low}.{}", low + gap).into()),
        ]
        .boxed(),
        (None, Some(pattern)) => proptest::string::string_regex(pattern.trim_matches(['^', '$']))
            .expect("a pattern is a regular expression")
            .prop_map(Value::from)
            .boxed(),
        (None, None) => text().boxed(),
        (format, _) => panic!("unknown format of a string: {format:?}"),
    }
}

fn text() -> impl Strategy<Value = Value> {
    any::<String>().prop_map(Value::from)
}

/// All properties, the ones that may be missing always there: leaving one out is told from `null` by no reader of ours.
fn objects(root: &Value, schema: &Value) -> BoxedStrategy<Value> {
    let properties = schema["properties"].as_object().expect("an object has properties");
    let fields: Vec<_> =
        properties.iter().map(|(name, schema)| (Just(name.clone()), values_of(root, schema))).collect();
    fields.prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())).boxed()
}
