-- What counting unread messages needs, so that it costs what is counted and not what the reader has written since.

create index chat_messages_of_author on chat_messages (conversation_id, user_id, id) where deleted_at is null;

-- Who has written to the general room, and which of their messages that were not deleted is the last.
create table room_authors (
    user_id bigint primary key references users (id) on delete cascade,
    last_message_id bigint not null -- 0: none is left
);

create index room_authors_last on room_authors (last_message_id);

insert into room_authors (user_id, last_message_id)
select user_id, coalesce(max(case when deleted_at is null then id end), 0)
from chat_messages where conversation_id = 0 group by user_id;

-- Who came into the room and never read on has no receipt: the list of receipts passes over them at no cost.
drop index read_positions_conversation;
create index read_positions_receipts on read_positions (conversation, last_read_message_id) where revision > 0;
