//! JSON as the browser reads it: with little code.
//!
//! `serde_json` makes code for every type that it can read from text: to skip spaces, to count brackets, to find a
//! struct's fields by name in any order. Here text becomes a [`Value`] first, by one piece of code for all; a struct's
//! fields are taken out of it in the order in which they are declared, and handed over as a sequence, which takes the least
//! code of all. In a release an error says no more than what kind it is. A tenth of what the browser loads is saved by it.

mod asked;

use std::fmt;

use leptos::prelude::SharedValue;
use leptos::server::codee::{Decoder, Encoder};
#[cfg(not(debug_assertions))]
use serde::de::Expected;
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::{Map, Number, Value};

pub use asked::{Asked, resource};

/// Reads JSON.
///
/// # Errors
/// If it is none, or not of this type.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    from_value(serde_json::from_str(text)?)
}

/// Reads a value that has been parsed.
///
/// # Errors
/// If it is not of this type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
    T::deserialize(Lean(value)).map_err(|Error(what)| serde::de::Error::custom(what))
}

/// How what the server has found for a page is written into it, and read by the browser.
#[derive(Debug, Clone, Copy)]
pub struct LeanJson;

impl<T: Serialize> Encoder<T> for LeanJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for LeanJson {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, serde_json::Error> {
        from_str(text)
    }
}

/// What the server knows when it renders, and the browser reads from the page.
pub fn shared<T: Serialize + DeserializeOwned + 'static>(gather: impl FnOnce() -> T) -> T {
    SharedValue::<T, LeanJson>::new_with_encoding(gather).into_inner()
}

/// What is not as it must be.
#[derive(Debug)]
struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(what.to_string())
    }

    // What serde says to these names the value, and so carries along how every kind of value is written.

    #[cfg(not(debug_assertions))]
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self("a value of another kind".to_owned())
    }

    #[cfg(not(debug_assertions))]
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self("a value that is not allowed".to_owned())
    }

    #[cfg(not(debug_assertions))]
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self("a field is missing".to_owned())
    }

    #[cfg(not(debug_assertions))]
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self("an unknown word".to_owned())
    }
}

struct Lean(Value);

impl Lean {
    /// The error for a value of the wrong kind.
    fn unexpected<'de>(&self, visitor: &impl Visitor<'de>) -> Error {
        let kind = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(it) => Unexpected::Bool(*it),
            Value::Number(_) => Unexpected::Other("number"),
            Value::String(it) => Unexpected::Str(it),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Error::invalid_type(kind, visitor)
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
                match &self.0 {
                    Value::Number(it) => number(it, visitor),
                    _ => Err(self.unexpected(&visitor)),
                }
            }
        )+
    };
}

macro_rules! texts {
    ($($method:ident)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
                match self.0 {
                    Value::String(it) => visitor.visit_string(it),
                    _ => Err(self.unexpected(&visitor)),
                }
            }
        )+
    };
}

fn number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Error> {
    if let Some(it) = number.as_u64() {
        visitor.visit_u64(it)
    } else if let Some(it) = number.as_i64() {
        visitor.visit_i64(it)
    } else {
        visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
    }
}

impl<'de> Deserializer<'de> for Lean {
    type Error = Error;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(it) => visitor.visit_bool(it),
            Value::Number(it) => number(&it, visitor),
            Value::String(it) => visitor.visit_string(it),
            Value::Array(it) => visitor.visit_seq(Items(it.into_iter())),
            Value::Object(it) => visitor.visit_map(Members::of(it)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(it) => visitor.visit_bool(it),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_unit() } else { Err(self.unexpected(&visitor)) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(it) => visitor.visit_seq(Items(it.into_iter())),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(it) => visitor.visit_map(Members::of(it)),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(members) => visitor.visit_seq(Fields { members, names: fields.iter() }),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, content: None }),
            Value::Object(members) if members.len() == 1 => {
                let (name, content) = members.into_iter().next().unwrap_or_default();
                visitor.visit_enum(Variant { name, content: Some(content) })
            }
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf unit_struct tuple_struct }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|it| seed.deserialize(Lean(it))).transpose()
    }
}

/// A struct's fields in the order in which they are declared.
struct Fields {
    members: Map<String, Value>,
    names: std::slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let value = self.names.next().and_then(|name| self.members.remove(*name));
        match value {
            Some(value) => seed.deserialize(Lean(value)).map(Some),
            // An optional one is nothing then; another has a default, or is missed by whoever asks.
            None => Ok(seed.deserialize(Lean(Value::Null)).ok()),
        }
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    value: Value,
}

impl Members {
    fn of(members: Map<String, Value>) -> Self {
        Self { rest: members.into_iter(), value: Value::Null }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(Lean(Value::String(key))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Lean(self.value.take()))
    }
}

/// One of an enum's variants: its name, and what it holds.
struct Variant {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content), Error> {
        let name: StringDeserializer<Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.content)))
    }
}

struct Content(Option<Value>);

impl Content {
    fn lean(self) -> Result<Lean, Error> {
        self.0.map(Lean).ok_or_else(|| Error::custom("a variant without what it holds"))
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Error::custom("a variant that holds nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.lean()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.lean()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.lean()?.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests;
