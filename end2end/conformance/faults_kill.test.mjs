// A server that is killed in the middle of a talk. `cargo xtask faults` does the same with thousands.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { recoveringClients } from '../harness/recovering.mjs';
import { Server } from '../harness/server.mjs';
import { isWhole, people, talk } from '../harness/talk.mjs';

test('three times kill -9 in the middle of a talk: nothing is lost, nothing comes twice', async (t) => {
  const server = await Server.start();
  t.after(() => server.kill()); // gone already, unless the test has failed
  const accounts = await people(server.url, 4);
  const clients = await recoveringClients(40, server);
  const start = clients[0].position.offset;
  await talk(accounts, 120, async (stored) => {
    if (![30, 60, 90].includes(stored)) return;
    await server.kill();
    await server.start();
  });
  await isWhole(clients, start, 120, accounts[0]);
  // One that was on its way back at the second kill has lost its line but once for both.
  assert.ok(clients.every((it) => it.losses >= 1));
  await server.close();
});
