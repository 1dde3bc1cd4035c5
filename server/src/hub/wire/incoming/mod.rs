//! What a client says, parsed once at the edge (rules FRM-4 to FRM-6).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::broker::{ChannelPosition, RecoverFrom};

/// Deepest nesting that is read at all (rule FRM-8).
const MAX_DEPTH: usize = 64;

/// What can't be understood; answered with 4200 (rule FRM-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidFormat;

/// A client's frame.
#[derive(Debug)]
pub(crate) enum ClientMessage<'a> {
    Ping,
    Pong,
    Subscribe(Subscribe<'a>),
    Unsubscribe {
        channel: Cow<'a, str>,
    },
    Signin {
        auth: Cow<'a, str>,
        user_data: Cow<'a, str>,
    },
    ClientEvent {
        event: Cow<'a, str>,
        channel: Cow<'a, str>,
        data: Cow<'a, str>,
    },
    /// Neither `pusher:` nor `client-`: dropped without an answer.
    Ignored,
}

/// The data of `pusher:subscribe`.
#[derive(Debug)]
pub(crate) struct Subscribe<'a> {
    pub(crate) channel: Cow<'a, str>,
    pub(crate) auth: Option<Cow<'a, str>>,
    /// As it was sent; never empty.
    pub(crate) channel_data: Option<Cow<'a, str>>,
    pub(crate) recover: Option<RecoverFrom>,
}

/// A member as `channel_data` describes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MemberData<'a> {
    pub(crate) id: Cow<'a, str>,
    /// The id as JSON, in the type in which it was sent.
    pub(crate) id_json: &'a str,
    pub(crate) user_info: Option<&'a str>,
}

/// A user as `user_data` describes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UserData<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) user_info: Option<&'a str>,
    pub(crate) watchlist: Vec<String>,
}

/// Reads a frame.
pub(crate) fn parse(text: &str) -> Result<ClientMessage<'_>, InvalidFormat> {
    if is_too_deep(text) {
        return Err(InvalidFormat);
    }
    let frame = Fields::<3>::read(text, ["event", "channel", "data"])?;
    let [event, channel, data] = frame.0;
    let event = string(event.ok_or(InvalidFormat)?)?;
    if let Some(name) = event.strip_prefix("pusher:") {
        return match name {
            "ping" => Ok(ClientMessage::Ping),
            "pong" => Ok(ClientMessage::Pong),
            "subscribe" => subscribe(data).map(ClientMessage::Subscribe),
            "unsubscribe" => {
                let channel = data_fields(data, ["channel"])?.0[0].take().ok_or(InvalidFormat)?;
                Ok(ClientMessage::Unsubscribe { channel })
            }
            "signin" => Ok(signin(data)),
            _ => Err(InvalidFormat),
        };
    }
    let channel = string(channel.ok_or(InvalidFormat)?)?;
    if event.starts_with("client-") {
        return Ok(ClientMessage::ClientEvent { event, channel, data: client_data(data) });
    }
    Ok(ClientMessage::Ignored)
}

/// Reads a member; `None` if it names no user (rule PRE-1).
pub(crate) fn parse_member(channel_data: &str) -> Option<MemberData<'_>> {
    let [user_id, user_info] = Fields::<2>::read(channel_data, ["user_id", "user_info"]).ok()?.0;
    let id_json = user_id?.get();
    Some(MemberData { id: id_text(id_json)?, id_json, user_info: user_info.map(RawValue::get) })
}

/// Whether a member is not to be seen.
pub(crate) fn is_hidden(channel_data: &str) -> bool {
    // Most have no such word, and need no second reading.
    channel_data.contains("is_hidden")
        && Fields::<1>::read(channel_data, ["is_hidden"])
            .is_ok_and(|Fields([is_hidden])| is_hidden.is_some_and(|it| it.get() == "true"))
}

/// Reads a user; `None` if a type is wrong or the id is missing (rules USR-1 and USR-3).
pub(crate) fn parse_user(user_data: &str) -> Option<UserData<'_>> {
    if is_too_deep(user_data) {
        return None;
    }
    let [id, user_info, watchlist] = Fields::<3>::read(user_data, ["id", "user_info", "watchlist"]).ok()?.0;
    let id = id_text(id?.get())?;
    let user_info = user_info.map(RawValue::get).filter(|it| *it != "null");
    if user_info.is_some_and(|it| !it.starts_with('{')) {
        return None;
    }
    let watchlist = match watchlist.map(RawValue::get).filter(|it| *it != "null") {
        None => Vec::new(),
        Some(list) => {
            let ids: Vec<&RawValue> = serde_json::from_str(list).ok()?;
            ids.iter().map(|it| id_text(it.get()).map(Cow::into_owned)).collect::<Option<_>>()?
        }
    };
    Some(UserData { id, user_info, watchlist })
}

/// The text of an id that is a non-empty string or a number. A number beyond what clients can hold is none: each would
/// make infinity of it, and all such members one.
fn id_text(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => string_text(json).ok().filter(|it| !it.is_empty()),
        b'-' | b'0'..=b'9' => json.parse::<f64>().is_ok_and(f64::is_finite).then_some(Cow::Borrowed(json)),
        _ => None,
    }
}

fn subscribe(data: Option<&RawValue>) -> Result<Subscribe<'_>, InvalidFormat> {
    let json = data.ok_or(InvalidFormat)?.get();
    if !json.starts_with('"') {
        return subscribe_fields(json);
    }
    // Sent twice encoded: what is inside is owned, so its parts are too.
    let inner = string_text(json)?;
    if is_too_deep(&inner) {
        return Err(InvalidFormat);
    }
    subscribe_fields(&inner).map(Subscribe::into_owned)
}

fn subscribe_fields(json: &str) -> Result<Subscribe<'_>, InvalidFormat> {
    let [channel, auth, channel_data, recover] =
        Fields::<4>::read(json, ["channel", "auth", "channel_data", "recover"])?.0;
    let channel_data = channel_data.map(optional_string).transpose()?.flatten().filter(|it| !it.is_empty());
    let is_json = |text: &str| !is_too_deep(text) && serde_json::from_str::<&RawValue>(text).is_ok();
    if channel_data.as_deref().is_some_and(|it| !is_json(it)) {
        return Err(InvalidFormat);
    }
    Ok(Subscribe {
        channel: string(channel.ok_or(InvalidFormat)?)?,
        auth: auth.map(optional_string).transpose()?.flatten(),
        channel_data,
        recover: recover.map(recover_from).transpose()?.flatten(),
    })
}

impl Subscribe<'_> {
    fn into_owned(self) -> Subscribe<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Subscribe {
            channel: own(self.channel),
            auth: self.auth.map(own),
            channel_data: self.channel_data.map(own),
            recover: self.recover,
        }
    }
}

fn recover_from(json: &RawValue) -> Result<Option<RecoverFrom>, InvalidFormat> {
    match json.get() {
        "null" | "false" => Ok(None),
        "true" => Ok(Some(RecoverFrom::Latest)),
        json => {
            let [epoch, offset] = Fields::<2>::read(json, ["epoch", "offset"])?.0;
            let epoch = string(epoch.ok_or(InvalidFormat)?)?.into_owned();
            let offset = offset.ok_or(InvalidFormat)?.get().parse().map_err(|_| InvalidFormat)?;
            Ok(Some(RecoverFrom::Position(ChannelPosition { epoch, offset })))
        }
    }
}

/// Whatever is wrong with it is a failed sign-in and no malformed frame (rule USR-3).
fn signin(data: Option<&RawValue>) -> ClientMessage<'_> {
    let [auth, user_data] = data_fields(data, ["auth", "user_data"]).map_or_else(|_| [None, None], |it| it.0);
    ClientMessage::Signin { auth: auth.unwrap_or_default(), user_data: user_data.unwrap_or_default() }
}

/// String fields of a frame's data, which may be an object or a string that holds one.
struct DataFields<'a, const N: usize>([Option<Cow<'a, str>>; N]);

fn data_fields<'a, const N: usize>(
    data: Option<&'a RawValue>,
    names: [&'static str; N],
) -> Result<DataFields<'a, N>, InvalidFormat> {
    let json = data.ok_or(InvalidFormat)?.get();
    let mut found = [const { None }; N];
    if json.starts_with('"') {
        let inner = string_text(json)?;
        if is_too_deep(&inner) {
            return Err(InvalidFormat);
        }
        for (slot, value) in found.iter_mut().zip(Fields::<N>::read(&inner, names)?.0) {
            *slot = value.map(string).transpose()?.map(|it| Cow::Owned(it.into_owned()));
        }
    } else {
        for (slot, value) in found.iter_mut().zip(Fields::<N>::read(json, names)?.0) {
            *slot = value.map(string).transpose()?;
        }
    }
    Ok(DataFields(found))
}

/// What a client event passes on as `data` (rule CLE-3): a string that holds an object or an array goes out decoded.
fn client_data(data: Option<&RawValue>) -> Cow<'_, str> {
    let Some(json) = data.map(RawValue::get) else { return Cow::Borrowed("null") };
    if let Ok(inner) = string_text(json) {
        let is_structure = inner.trim_start().starts_with(['{', '[']);
        if is_structure && !is_too_deep(&inner) && serde_json::from_str::<&RawValue>(&inner).is_ok() {
            return inner;
        }
    }
    Cow::Borrowed(json)
}

fn string(json: &RawValue) -> Result<Cow<'_, str>, InvalidFormat> {
    string_text(json.get())
}

fn optional_string(json: &RawValue) -> Result<Option<Cow<'_, str>>, InvalidFormat> {
    if json.get() == "null" { Ok(None) } else { string(json).map(Some) }
}

/// The text of a JSON string; borrowed where it holds no escape.
fn string_text(json: &str) -> Result<Cow<'_, str>, InvalidFormat> {
    let inner = json.strip_prefix('"').and_then(|it| it.strip_suffix('"')).ok_or(InvalidFormat)?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(json).map(Cow::Owned).map_err(|_| InvalidFormat)
    } else {
        Ok(Cow::Borrowed(inner))
    }
}

/// Whether brackets nest deeper than [`MAX_DEPTH`].
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if is_in_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Some fields of an object, as raw JSON; of a field named twice the last counts, others are skipped.
struct Fields<'a, const N: usize>([Option<&'a RawValue>; N]);

impl<'a, const N: usize> Fields<'a, N> {
    fn read(json: &'a str, names: [&'static str; N]) -> Result<Self, InvalidFormat> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let fields = (&mut reader).deserialize_map(FieldsVisitor(names)).map_err(|_| InvalidFormat)?;
        reader.end().map_err(|_| InvalidFormat)?;
        Ok(fields)
    }
}

struct FieldsVisitor<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for FieldsVisitor<N> {
    type Value = Fields<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if let Some(index) = self.0.iter().position(|it| *it == key) {
                found[index] = Some(value);
            }
        }
        Ok(Fields(found))
    }
}

/// A key, borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests;
