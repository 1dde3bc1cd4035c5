-- What needs somebody's attention.

create table notifications (
    id bigint generated always as identity primary key,
    user_id bigint not null references users (id) on delete cascade,
    kind text not null,
    title text not null,
    body text not null,
    actor_id bigint references users (id) on delete set null,
    path text,
    conversation text, -- the name of its channel
    message_id bigint,
    group_key text, -- an unread one with the same key is replaced
    count bigint not null default 1, -- how many things it stands for
    created_at timestamptz not null,
    read_at timestamptz
);

create index notifications_user on notifications (user_id, id);
create index notifications_kind on notifications (user_id, kind, id);
create index notifications_unread on notifications (user_id, id) where read_at is null;
create index notifications_actor on notifications (actor_id) where actor_id is not null;
