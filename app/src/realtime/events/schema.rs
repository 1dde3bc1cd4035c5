//! The JSON schema of all events, for whoever listens with another client.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// A schema (draft 2020-12) of what a listener gets: an object with `event`, and `data` once its string is parsed.
///
/// `$defs` has each event's payload under the event's name, and what payloads are made of.
pub fn event_schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let events: Vec<Value> = super::payload_schemas(&mut generator)
        .into_iter()
        .map(|(name, payload)| {
            json!({
                "title": name,
                "type": "object",
                "properties": { "event": { "const": name }, "data": payload },
                "required": ["event", "data"],
            })
        })
        .collect();
    let definitions: Map<String, Value> = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events of SmartLink",
        "description": "Every event that the app sends. On the wire `data` is a string that holds the JSON described here.",
        "oneOf": events,
        "$defs": definitions,
    })
}
