-- Messages, who has read how far, and who is there.

create table chat_messages (
    id bigint generated always as identity primary key,
    user_id bigint not null references users (id) on delete cascade,
    recipient_id bigint references users (id) on delete cascade, -- null: the general room
    client_id uuid not null unique, -- made by the author's client, so that sending twice is one message
    body text not null,
    body_html text not null,
    is_read boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    edited_at timestamptz,
    deleted_at timestamptz
);

create index chat_messages_user_id_recipient_id on chat_messages (user_id, recipient_id);
create index chat_messages_recipient_id on chat_messages (recipient_id) where recipient_id is not null;
create index chat_messages_general on chat_messages (id) where recipient_id is null;

create table read_positions (
    user_id bigint not null references users (id) on delete cascade,
    conversation text not null, -- the name of its channel
    last_read_message_id bigint not null,
    updated_at timestamptz not null,
    primary key (user_id, conversation)
);

create table user_presence (
    user_id bigint primary key references users (id) on delete cascade,
    last_seen timestamptz not null,
    is_online boolean not null default false,
    online_since timestamptz, -- null while offline
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create index user_presence_online on user_presence (user_id) where is_online;
