//! One event of a request: its fields checked in Laravel's words (rule API-11), then its names and sizes.

use std::sync::Arc;

use app::realtime::{ChannelName, SocketId};
use serde_json::{Map, Value};

use super::PusherApiLimits;
use super::answer::{ApiError, Object};
use super::attributes::Attribute;
use crate::application::{ApplicationId, Limits};
use crate::broker::Publication;

/// A valid event on its way to one or more channels.
pub(super) struct Event {
    pub(super) name: Arc<str>,
    pub(super) data: Arc<str>,
    pub(super) channels: Vec<ChannelName>,
    pub(super) except: Option<SocketId>,
    pub(super) info: Option<Vec<Attribute>>,
}

impl Event {
    /// One publication for each channel.
    pub(super) fn publications(&self, application_id: &ApplicationId) -> impl Iterator<Item = Publication> {
        self.channels.iter().map(|channel| Publication {
            application_id: application_id.clone(),
            channel: channel.clone(),
            event: Arc::clone(&self.name),
            data: Arc::clone(&self.data),
            except: self.except,
            logged: None,
        })
    }
}

/// The fields as they came, of the right types.
pub(super) struct Fields {
    name: String,
    data: String,
    channels: Vec<String>,
    socket_id: Option<String>,
    info: Option<String>,
}

/// Whether an entry may name several channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    /// `channel`, or `channels`, which counts if both are there.
    OneOrMore,
    /// `channel` alone, as in a batch.
    One,
}

impl Fields {
    /// Takes the fields out of `object`. Errors are added under `prefix` followed by the field's name.
    pub(super) fn take(
        mut object: Map<String, Value>,
        prefix: &str,
        channels: Channels,
        errors: &mut Object<Vec<String>>,
    ) -> Option<Self> {
        let mut fields = FieldReader { object: &mut object, prefix, errors };
        let name = fields.required("name");
        let data = fields.required("data");
        let channels = match channels {
            Channels::OneOrMore => fields.channels(),
            Channels::One => fields.required("channel").map(|it| vec![it]),
        };
        let socket_id = fields.optional("socket_id");
        let info = fields.optional("info");
        Some(Self { name: name?, data: data?, channels: channels?, socket_id: socket_id.ok()?, info: info.ok()? })
    }

    /// Checks names, counts and sizes.
    pub(super) fn check(self, api: PusherApiLimits, limits: &Limits) -> Result<Event, ApiError> {
        let chars = self.name.chars().count();
        if chars > limits.max_event_name_chars {
            let max = limits.max_event_name_chars;
            let sentence = format!("The event name has {chars} characters: expected 1 to {max}");
            return Err(ApiError::BadRequest(sentence));
        }
        if self.name.starts_with("pusher:") || self.name.starts_with("pusher_internal:") {
            let sentence = "The event name must not begin with pusher: or pusher_internal:".to_owned();
            return Err(ApiError::BadRequest(sentence));
        }
        if self.channels.len() > limits.max_channels_per_event {
            let sentence = format!("Cannot trigger on more than {} channels", limits.max_channels_per_event);
            return Err(ApiError::BadRequest(sentence));
        }
        let mut channels: Vec<ChannelName> = Vec::with_capacity(self.channels.len());
        for name in self.channels {
            let channel = ChannelName::try_from(name).map_err(|error| ApiError::BadRequest(error.to_string()))?;
            let max = limits.max_channel_name_chars;
            if channel.as_str().len() > max && channel.server_to_user().is_none() {
                let sentence = format!("`{channel}` is no channel name: expected at most {max} characters");
                return Err(ApiError::BadRequest(sentence));
            }
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        if self.data.len() > api.max_event_data_bytes {
            return Err(ApiError::data_too_large(api));
        }
        Ok(Event {
            name: self.name.into(),
            data: self.data.into(),
            channels,
            // A text that is no socket id is the id of no socket (rule EVT-3).
            except: self.socket_id.and_then(|it| it.parse().ok()),
            info: self.info.map(|it| it.split(',').filter_map(|it| it.trim().parse().ok()).collect()),
        })
    }
}

/// Takes fields out of an object and gathers what is wrong with them.
struct FieldReader<'a> {
    object: &'a mut Map<String, Value>,
    prefix: &'a str,
    errors: &'a mut Object<Vec<String>>,
}

impl FieldReader<'_> {
    /// A string that must be there and not be empty.
    fn required(&mut self, name: &str) -> Option<String> {
        match self.object.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            None | Some(Value::Null | Value::String(_)) => self.fail(name, "field is required."),
            Some(_) => self.fail(name, "field must be a string."),
        }
    }

    /// A string that may be missing or null. `Err` if it is something else.
    fn optional(&mut self, name: &str) -> Result<Option<String>, ()> {
        match self.object.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => {
                self.fail::<()>(name, "field must be a string.");
                Err(())
            }
        }
    }

    fn channels(&mut self) -> Option<Vec<String>> {
        match self.object.remove("channels") {
            Some(Value::Array(names)) if !names.is_empty() => {
                let strings = names.into_iter().enumerate().map(|(index, name)| match name {
                    Value::String(name) => Some(name),
                    _ => self.fail(&format!("channels.{index}"), "field must be a string."),
                });
                // All of them are looked at, so that each one at fault is named.
                strings.collect::<Vec<_>>().into_iter().collect()
            }
            Some(value) if !value.is_null() && !value.is_array() => self.fail("channels", "field must be an array."),
            _ => match self.object.remove("channel") {
                Some(Value::String(name)) if !name.is_empty() => Some(vec![name]),
                None | Some(Value::Null | Value::String(_)) => {
                    self.fail::<()>("channels", "field is required when channel is not present.");
                    self.fail("channel", "field is required when channels is not present.")
                }
                Some(_) => self.fail("channel", "field must be a string."),
            },
        }
    }

    fn fail<T>(&mut self, name: &str, rest: &str) -> Option<T> {
        let field = format!("{}{name}", self.prefix);
        // Laravel writes a field's name with spaces in its sentences.
        let sentence = format!("The {} {rest}", field.replace('_', " "));
        self.errors.0.push((field, vec![sentence]));
        None
    }
}
