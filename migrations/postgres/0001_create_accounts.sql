-- People, and the two ways to prove who one is: a browser's session, and a bearer token.

create table users (
    id bigint generated always as identity primary key,
    name text not null,
    email text not null unique, -- in lower case
    password_hash text not null,
    role text not null default 'member' check (role in ('member', 'admin')),
    is_disabled boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table sessions (
    id bigint generated always as identity primary key,
    user_id bigint not null references users (id) on delete cascade,
    token_hash bytea not null unique, -- sha256 of the cookie's value
    is_remembered boolean not null default false,
    user_agent text,
    address text,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);

create index sessions_user_id on sessions (user_id);
create index sessions_expires_at on sessions (expires_at);

create table personal_access_tokens (
    id bigint generated always as identity primary key,
    user_id bigint not null references users (id) on delete cascade,
    name text not null,
    token_hash bytea not null unique, -- sha256 of the token, which is shown once and not kept
    abilities text not null, -- with a space between them; * for all
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);

create index personal_access_tokens_user_id on personal_access_tokens (user_id);
