//! A million messages: half of them in the general room, half in the conversations of one person, in turns as they would
//! come in time.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::database::Kind;

/// All messages; their numbers are 1 to this.
pub(super) const MESSAGES: u64 = 1_000_000;
/// Authors of the general room.
const AUTHORS: u64 = 1_000;
/// Of these, so many have a conversation with the one who reads.
const CONVERSATIONS: u64 = 500;
/// The last message that was read, wherever not all was read.
const READ_UP_TO: u64 = MESSAGES / 2;

/// The SQL that fills a fresh schema. The one who reads is user 1, with [`token`] 1; conversation `n` is with user `n` + 1.
pub(super) fn sql(kind: Kind) -> String {
    let (begin, end, random_id) = match kind {
        Kind::Sqlite => ("pragma synchronous = off; pragma cache_size = -400000; begin;", "commit;", "randomblob(16)"),
        Kind::Postgres => ("begin;", "commit; vacuum analyze;", "gen_random_uuid()"),
    };
    format!(
        "{begin}\n{people}\n{tokens}\n\
        insert into direct_conversations (low_user_id, high_user_id, created_at) \
            {numbers_of_conversations} select 1, 1 + i, {AT} from n order by i;\n\
        insert into chat_messages \
            (user_id, recipient_id, conversation_id, client_id, body, body_html, is_read, created_at, updated_at) \
            {numbers_of_messages}, \
            m(i, conversation, is_own) as (select i, \
                case when i % 2 = 1 then 0 else 1 + (i / 2) % {CONVERSATIONS} end, \
                i % 2 = 0 and (i / 2 / {CONVERSATIONS}) % 3 = 0 from n) \
            select case when conversation = 0 then 2 + (i / 2 * 7919) % {AUTHORS} when is_own then 1 \
                    else 1 + conversation end, \
                case when conversation = 0 then null when is_own then 1 + conversation else 1 end, \
                conversation, {random_id}, {BODY} || i, '<p>' || {BODY} || i || '</p>', \
                conversation > 0 and (i <= {READ_UP_TO} or (not is_own and conversation % 2 = 0)), {AT}, {AT} \
            from m order by i;\n\
        update direct_conversations set last_message_id = \
            (select max(m.id) from chat_messages m where m.conversation_id = direct_conversations.id);\n\
        delete from room_authors;\n\
        insert into room_authors (user_id, last_message_id) \
            select user_id, max(id) from chat_messages where conversation_id = 0 group by user_id;\n\
        insert into read_positions (user_id, conversation, last_read_message_id, revision, updated_at) \
            select 1, 'chat', {READ_UP_TO}, 1, {AT};\n\
        insert into read_positions (user_id, conversation, last_read_message_id, revision, updated_at) \
            select 1, 'private-chat.1.' || high_user_id, \
                case when id % 2 = 0 then last_message_id else {READ_UP_TO} end, 1, {AT} from direct_conversations;\n\
        insert into read_positions (user_id, conversation, last_read_message_id, revision, updated_at) \
            select high_user_id, 'private-chat.1.' || high_user_id, {READ_UP_TO}, 1, {AT} from direct_conversations;\n\
        {end}\n",
        people = people(AUTHORS + 1),
        tokens = tokens(kind, 1),
        numbers_of_conversations = numbers(CONVERSATIONS),
        numbers_of_messages = numbers(MESSAGES),
    )
}

/// When all of it happened.
const AT: &str = "'2026-01-01 00:00:00+00:00'";
/// What every message begins with; its number follows.
const BODY: &str = "'The figures of the second campaign are in: have a look before we raise its budget. '";

/// People with the numbers from 1.
pub(super) fn people(count: u64) -> String {
    format!(
        "insert into users (name, name_key, email, password_hash, created_at, updated_at) {} \
        select 'Person ' || i, 'person ' || i, 'person' || i || '@example.com', '', {AT}, {AT} from n order by i;",
        numbers(count)
    )
}

/// A bearer token for each of the first people: see [`token`].
pub(super) fn tokens(kind: Kind, count: u64) -> String {
    let mut sql = String::new();
    for person in 1..=count {
        let hash = Sha256::digest(token(person).as_bytes());
        let hash: String = hash.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let hash = match kind {
            Kind::Sqlite => format!("x'{hash}'"),
            Kind::Postgres => format!("'\\x{hash}'"),
        };
        let _ = writeln!(
            sql,
            "insert into personal_access_tokens (user_id, name, token_hash, abilities, created_at) \
            values ({person}, 'bench', {hash}, '*', {AT});"
        );
    }
    sql
}

/// Somebody's bearer token.
pub(super) fn token(person: u64) -> String {
    format!("smartlink_bench-{person}")
}

/// A table `n` of the numbers from 1, as `i`.
fn numbers(count: u64) -> String {
    format!("with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < {count})")
}
