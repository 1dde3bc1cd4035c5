-- Every event that must not be lost, numbered without gaps per channel.

create table channel_positions (
    application_id text not null,
    channel text not null,
    epoch text not null, -- drawn when the numbering begins
    last_offset bigint not null,
    primary key (application_id, channel)
);

create table event_log (
    id integer primary key autoincrement,
    application_id text not null,
    channel text not null,
    channel_offset bigint not null,
    event_id blob not null,
    event text not null,
    data text not null, -- the very string that goes out
    except_socket text,
    created_at text not null,
    is_relayed boolean not null default false,
    unique (application_id, channel, channel_offset)
);

create index event_log_unrelayed on event_log (id) where not is_relayed;
