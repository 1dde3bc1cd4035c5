-- What people have chosen: one document each.

create table user_settings (
    user_id bigint primary key references users (id) on delete cascade,
    settings text not null, -- JSON, as the program's type has it; what is missing is as it is by default
    updated_at timestamptz not null
);
