-- Conversations of two people, and what happens to a message after it was sent.

create table direct_conversations (
    id integer primary key autoincrement,
    low_user_id bigint not null references users (id) on delete cascade,
    high_user_id bigint not null references users (id) on delete cascade, -- the lower id first, so a pair is one row
    last_message_id bigint not null default 0, -- 0 before the first
    created_at text not null,
    unique (low_user_id, high_user_id),
    check (low_user_id < high_user_id)
);

create index direct_conversations_low on direct_conversations (low_user_id, last_message_id);
create index direct_conversations_high on direct_conversations (high_user_id, last_message_id);

alter table chat_messages add column conversation_id bigint not null default 0; -- 0: the general room
alter table chat_messages add column revision bigint not null default 0; -- edits, reactions and the deletion counted
alter table chat_messages add column reply_to_id bigint; -- stays when that message goes; then it quotes nothing

drop index chat_messages_general;
create index chat_messages_conversation on chat_messages (conversation_id, id);
create index chat_messages_unread on chat_messages (recipient_id, user_id, id) where recipient_id is not null and not is_read;

create table message_edits (
    id integer primary key autoincrement,
    message_id bigint not null references chat_messages (id) on delete cascade,
    body text not null, -- as it was before
    edited_at text not null -- when it was replaced
);

create index message_edits_message on message_edits (message_id, id);

create table message_reactions (
    id integer primary key autoincrement, -- the order of setting
    message_id bigint not null references chat_messages (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    emoji text not null,
    created_at text not null,
    unique (message_id, emoji, user_id)
);

create index message_reactions_user on message_reactions (user_id);

create table message_mentions (
    message_id bigint not null references chat_messages (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    primary key (message_id, user_id)
);

create index message_mentions_user on message_mentions (user_id);

create table user_blocks (
    user_id bigint not null references users (id) on delete cascade,
    blocked_id bigint not null references users (id) on delete cascade,
    created_at text not null,
    primary key (user_id, blocked_id)
);

create index user_blocks_blocked on user_blocks (blocked_id);

alter table read_positions add column last_delivered_message_id bigint not null default 0;
alter table read_positions add column revision bigint not null default 0; -- how often the position was moved
create index read_positions_conversation on read_positions (conversation, last_read_message_id);

-- The name in lower case, by which people are found; filled by the program, since SQLite folds ASCII alone.
alter table users add column name_key text not null default '';
create index users_name_key on users (name_key, id);
