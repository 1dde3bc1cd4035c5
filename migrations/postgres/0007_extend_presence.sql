-- How people want to be seen, and whether they do anything.

alter table user_presence add column chosen_status text not null default 'automatic';
alter table user_presence add column is_away boolean not null default false; -- there, but has done nothing for a while
alter table user_presence add column last_active_at timestamptz; -- null: since they came

create index user_presence_active on user_presence (user_id) where is_online and not is_away;
