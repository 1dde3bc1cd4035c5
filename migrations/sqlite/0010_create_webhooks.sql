-- Webhooks on their way, those that were given up, and departures that wait for a server to judge them.

create table webhook_deliveries (
    id integer primary key autoincrement,
    application_id text not null,
    url text not null,
    body text not null, -- the very text that is signed
    events bigint not null, -- how many it tells of
    created_at text not null,
    next_attempt_at text not null,
    give_up_at text not null,
    attempts bigint not null default 0,
    last_error text,
    is_dead boolean not null default false
);

create index webhook_deliveries_due on webhook_deliveries (application_id, url, id) where not is_dead;
create index webhook_deliveries_dead on webhook_deliveries (id) where is_dead;

-- Channels vacated and members lost while a server stopped: the next one tells, unless they are back (user_id: JSON).
create table webhook_departures (
    id integer primary key autoincrement,
    application_id text not null,
    channel text not null,
    user_id text
);
