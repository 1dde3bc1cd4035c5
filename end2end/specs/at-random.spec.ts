// Three people act at random while tabs, lines and servers fail at random. In the end all screens, the API and the
// database agree. `RANDOM_SEED` and `RANDOM_STEPS` try others than the usual ones.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import type { Page } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { Chat, connected, conversationWith, hydrated } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

const SEED = Number(process.env.RANDOM_SEED ?? 1);
const STEPS = Number(process.env.RANDOM_STEPS ?? 60);

type Message = { id: number; body: string; user: { id: number } };
type Summary = { conversation: string; unread_count: number; read_up_to: number | null };
/** One person, with as many tabs as they have open, and the conversation that each of them shows. */
type Actor = { name: string; id: number; account: Account; tabs: { page: Page; at: string }[] };

/** The same numbers for the same seed (mulberry32). */
function random(seed: number) {
  let state = seed;
  return (end: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
}

/** The name of the conversation between two people, or of the general room. */
function between(one: Actor, other?: Actor) {
  return other ? `private-chat.${Math.min(one.id, other.id)}.${Math.max(one.id, other.id)}` : 'chat';
}

/** All messages of a conversation. */
async function history(account: Account, conversation: string): Promise<Message[]> {
  const page = await account.api('GET', `/api/chat/messages?limit=100&conversation=${conversation}`);
  expect(page.has_older).toBe(false);
  return page.messages;
}

async function summary(account: Account, conversation: string) {
  const list = await account.api('GET', '/api/chat/conversations');
  return [list.general, ...list.direct].find((it: Summary) => it.conversation === conversation) as Summary;
}

async function inDatabase(directory: string) {
  const script = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(json.dumps({
  "messages": db.execute("select id, body from chat_messages order by id").fetchall(),
  "read": db.execute("select user_id, conversation, last_read_message_id from read_positions").fetchall(),
}))`;
  const { stdout } = await promisify(execFile)('python3', ['-c', script, path.join(directory, 'smartlink.sqlite3')]);
  return JSON.parse(stdout) as { messages: [number, string][]; read: [number, string, number][] };
}

test('whatever three people do and whatever fails, in the end all agree', async ({ join, line, server, noise }) => {
  test.setTimeout(600_000);
  noise.expect(...LOST_LINE, / 50[23]\b/, /net::ERR_/, /was preloaded using link preload/);
  const below = random(SEED);
  const people = await Promise.all(['Amina K', 'Jonas R', 'Mei D'].map((name) => join(name)));
  const actors: Actor[] = [];
  for (const { name, account, page } of people) actors.push({ name, id: await account.id(), account, tabs: [{ page, at: 'General' }] });
  for (const [one, other] of [[0, 1], [1, 2], [2, 0]] as const) await people[one]!.account.sayTo(people[other]!.account, `${one} begins`);

  const open = async (page: Page, at: string) => {
    const link = at === 'General' ? page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: /^General/ }) : conversationWith(page, at);
    await link.click();
  };
  const log: string[] = [];
  const done = (what: string) => log.push(`${log.length + 1}: ${what}`);
  let isServerUp = true;
  let isLineCut = false;
  for (let step = 1; step <= STEPS; step += 1) {
    const actor = actors[below(3)]!;
    const tab = actor.tabs[below(actor.tabs.length)]!;
    switch (below(14)) {
      case 0:
        done(`${actor.name} opens another tab`);
        if (isServerUp && !isLineCut && actor.tabs.length < 3) {
          const page = await tab.page.context().newPage();
          await page.goto('/');
          await hydrated(page);
          actor.tabs.push({ page, at: 'General' });
        }
        break;
      case 1:
        done(`${actor.name} closes a tab`);
        if (actor.tabs.length > 1) {
          await new Chat(tab.page, tab.at).settled().catch(() => {});
          actor.tabs.splice(actor.tabs.indexOf(tab), 1);
          await tab.page.close();
        }
        break;
      case 2:
      case 3: {
        const at = ['General', ...actors.filter((it) => it !== actor).map((it) => it.name)][below(3)]!;
        done(`${actor.name} goes to ${at}`);
        // A conversation that was not opened yet has to be loaded.
        if (isServerUp && !isLineCut) {
          await open(tab.page, at);
          await expect(new Chat(tab.page, at).composer).toBeVisible();
          tab.at = at;
        }
        break;
      }
      case 4:
        done('sockets are cut');
        line.cutWebSockets();
        break;
      case 5:
        done(isLineCut ? 'the line is repaired' : 'the line is cut');
        if (isLineCut) line.repair();
        else line.cut();
        isLineCut = !isLineCut;
        break;
      case 6: {
        const end = below(2) === 0 ? 'kill' : 'stop';
        done(isServerUp ? `the server ends by ${end}` : 'the server is there again');
        if (isServerUp) await server[end]();
        else await server.start();
        isServerUp = !isServerUp;
        break;
      }
      default:
        done(`${actor.name} writes in ${tab.at}`);
        await new Chat(tab.page, tab.at).send(`step ${step} by ${actor.name}`);
    }
  }

  if (!isServerUp) await server.start();
  if (isLineCut) line.repair();
  const told = `seed ${SEED}:\n${log.join('\n')}`;
  for (const { tabs } of actors) {
    for (const { page, at } of tabs) {
      await connected(page);
      await new Chat(page, at).settled();
    }
  }
  // Everybody reads everything: then all positions stand at the end.
  const truth = new Map<string, Message[]>();
  for (const actor of actors) {
    const others = actors.filter((it) => it !== actor);
    for (const peer of [undefined, ...others]) {
      const conversation = between(actor, peer);
      const stored = await history(actor.account, conversation);
      expect(truth.get(conversation) ?? stored, `${conversation} by the API, ${told}`).toEqual(stored);
      truth.set(conversation, stored);
      for (const { page } of actor.tabs) {
        await page.bringToFront();
        await open(page, peer?.name ?? 'General');
        const chat = new Chat(page, peer?.name);
        // What is unread may begin above what the screen holds.
        await chat.log.press('End');
        const shown = () => chat.found(/step \d+ by \w+ \w|\d begins/);
        await expect.poll(shown, `${conversation} on a screen of ${actor.name}, ${told}`).toEqual(stored.map((it) => it.body));
      }
      const unread = async () => (await summary(actor.account, conversation)).unread_count;
      await expect.poll(unread, `unread of ${actor.name} in ${conversation}, ${told}`).toBe(0);
    }
  }
  const written = log.filter((it) => it.includes(' writes in ')).length;
  const stored = [...truth.values()].flat();
  expect(stored, `all that was written is stored, once, ${told}`).toHaveLength(written + 3);
  const database = await inDatabase(server.directory);
  expect(database.messages).toEqual(stored.map((it) => [it.id, it.body]).sort((a, b) => Number(a[0]) - Number(b[0])));
  for (const actor of actors) {
    const rows = database.read.filter((it) => it[0] === actor.id);
    for (const [, conversation, last] of rows) {
      expect((await summary(actor.account, conversation)).read_up_to, `${actor.name} in ${conversation}, ${told}`).toBe(last);
    }
    for (const { page } of actor.tabs) await expect(page).not.toHaveTitle(/^\(\d/);
  }
});
