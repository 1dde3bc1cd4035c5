// What is in the database before somebody looks: people who write, and what was said.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';

/** Runs the statements of its input, by the library that comes with Python, which the tests need as well. */
const SQLITE_RUNNER = `
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.executescript(sys.stdin.read())
connection.close()
`;

/** So many people write. Each may say 200 things at once, which is why there are many. */
export const WRITERS = 80;

/** Bearer token of a writer. The one who reads has number 1, so the first writer has number 2. */
export const token = (number) => `smartlink_bench-${number}`;

/** The writer whom the reader has a conversation with. */
export const PEER = { id: 2, name: 'Writer 1' };

/** Fills the database of a server that does not run: `room` and `direct` are numbers of messages. */
export async function fill(file, { room, direct }) {
  const child = spawn('python3', ['-c', SQLITE_RUNNER, file], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(['begin;', writers(), messagesOfRoom(room), direct > 0 ? messagesOfTwo(direct) : '', 'commit;'].join('\n'));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`python3 ended with ${code}`);
}

/** Numbers from 1, as `i` of a table `n`. */
const numbers = (count) => `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;

/** Message `i` of `count`: a minute for each of them, up to now. */
const time = (count) => `strftime('%Y-%m-%d %H:%M:%S+00:00', 'now', '-' || (${count} - i) || ' minutes')`;

/** When all else happened. */
const ONCE = `'2026-01-01 00:00:00+00:00'`;

/** One line to five. */
const BODY = `'message ' || i || '.' || replace(hex(zeroblob(i % 7)), '00', ' The campaign in the north runs well.')`;

function writers() {
  const tokens = Array.from({ length: WRITERS }, (_, index) => {
    const hash = createHash('sha256').update(token(index + 2)).digest('hex');
    return `insert into personal_access_tokens (user_id, name, token_hash, abilities, created_at)
      values (${index + 2}, 'bench', x'${hash}', '*', ${ONCE});`;
  });
  return `insert into users (name, name_key, email, password_hash, created_at, updated_at)
    ${numbers(WRITERS)} select 'Writer ' || i, 'writer ' || i, 'writer' || i || '@example.com', '', ${ONCE}, ${ONCE} from n;
    ${tokens.join('\n')}`;
}

/** Messages whose author, recipient and conversation are these expressions. Three in a row are of one person. */
const messages = (count, author, recipient, conversation) => `
  insert into chat_messages
    (user_id, recipient_id, conversation_id, client_id, body, body_html, is_read, created_at, updated_at)
    ${numbers(count)}
    select ${author}, ${recipient}, ${conversation}, randomblob(16), ${BODY}, '<p>' || ${BODY} || '</p>', true, ${time(count)}, ${time(count)}
    from n order by i;`;

/** All of it was read; signing up has left a position in the room. */
const read = (channel, conversation) => `
  insert or replace into read_positions (user_id, conversation, last_read_message_id, revision, updated_at)
    select 1, '${channel}', max(id), 1, ${ONCE} from chat_messages where conversation_id = ${conversation};`;

const messagesOfRoom = (count) => `
  ${messages(count, `2 + i / 3 % ${WRITERS}`, 'null', '0')}
  delete from room_authors;
  insert into room_authors (user_id, last_message_id)
    select user_id, max(id) from chat_messages where conversation_id = 0 group by user_id;
  ${read('chat', 0)}`;

const messagesOfTwo = (count) => `
  insert into direct_conversations (low_user_id, high_user_id, created_at) values (1, ${PEER.id}, ${ONCE});
  ${messages(count, `1 + i / 3 % 2`, `2 - i / 3 % 2`, '1')}
  update direct_conversations set last_message_id = (select max(id) from chat_messages where conversation_id = 1);
  ${read(`private-chat.1.${PEER.id}`, 1)}`;
