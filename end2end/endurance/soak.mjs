// `cargo xtask soak`: minutes of coming, going and talking, after which the server must be as it was before.
// Ends with 1 if memory, descriptors, threads or tasks are left.

import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { Account } from '../harness/account.mjs';
import { sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

const MINUTES = Number(process.env.MINUTES ?? 10);
/** So much of it comes before the first measurement: caches fill, pools grow to their size. */
const WARM_UP = 0.2;
const VISITORS = 60;
/** Until what has been given back shows as free. */
const QUIET_MS = 15_000;
const MEMORY_MAY_GROW = 1.05;
/** More would be one person's share of messages. */
const SAYING_MS = 500;

const server = await Server.start({ SMARTLINK_APP_SUBSCRIPTION_COUNT: 'true' });
const backend = sdk(server);
const account = await Account.signUp(server.url, 'Ada');
let visits = 0;
let saidAt = 0;

/** One visitor: comes, subscribes to channels of each kind, talks, publishes, looks at a page, and goes in one of several ways. */
async function visit(number) {
  const wire = await Wire.open(server);
  await wire.subscribe(`soak-${number % 7}`);
  await wire.subscribeSigned('presence-soak', { member: { user_id: number, user_info: { name: `Visitor ${number}` } } });
  await wire.subscribeSigned(`private-cache-soak-${number % 5}`);
  wire.send({ event: 'client-typing', channel: 'presence-soak', data: { number } });
  wire.send('nonsense');
  if (number % 3 === 0) await backend.trigger(`private-cache-soak-${number % 5}`, 'Price', { number });
  if (Date.now() - saidAt > SAYING_MS) {
    saidAt = Date.now();
    await account.say(`message ${number}`);
  }
  if (number % 5 === 0) await (await fetch(`${server.url}/sign-in`)).text();
  if (number % 4 === 0) wire.socket.terminate();
  else if (number % 4 === 1) wire.send(Buffer.from([0xff]));
  if (number % 4 !== 0) wire.socket.close(1000);
  await wire.closed;
}

async function churn(milliseconds) {
  const end = Date.now() + milliseconds;
  await Promise.all(
    Array.from({ length: VISITORS }, async () => {
      while (Date.now() < end) await visit((visits += 1));
    }),
  );
  await pause(QUIET_MS);
}

async function measure() {
  const directory = `/proc/${server.pid}`;
  const status = await readFile(`${directory}/status`, 'utf8');
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  const figure = (name) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'm').exec(figures)?.[1]);
  return {
    'memory (KiB)': Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
    descriptors: (await readdir(`${directory}/fd`)).length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
    tasks: figure('smartlink_tasks'),
    connections: figure('smartlink_connections'),
  };
}

const total = MINUTES * 60_000;
await churn(total * WARM_UP);
const before = await measure();
const visitsBefore = visits;
await churn(total * (1 - WARM_UP));
const after = await measure();
console.log(`${visits - visitsBefore} visits after the first ${visitsBefore}, ${VISITORS} at a time`);
console.table({ before, after });
const grown = after['memory (KiB)'] / before['memory (KiB)'];
console.log(`memory afterwards: ${(100 * grown).toFixed(1)} % of before`);
const left = ['descriptors', 'threads', 'tasks', 'connections'].filter((it) => !(after[it] <= before[it]));
if (grown > MEMORY_MAY_GROW) left.push('memory');
await server.close();
if (left.length > 0) console.error(`left behind: ${left.join(', ')}`);
process.exit(left.length > 0 ? 1 : 0);
