// A server that is stopped and started in the middle of a talk. `cargo xtask faults` does the same with thousands.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { recoveringClients } from '../harness/recovering.mjs';
import { Server } from '../harness/server.mjs';
import { isWhole, people, talk } from '../harness/talk.mjs';

test('SIGTERM and a new start in the middle of a talk: nothing is lost, nothing comes twice', async (t) => {
  const server = await Server.start();
  t.after(() => server.kill()); // gone already, unless the test has failed
  const accounts = await people(server.url, 4);
  const clients = await recoveringClients(100, server);
  const start = clients[0].position.offset;
  await talk(accounts, 60, async (stored) => {
    if (stored !== 30) return;
    assert.equal(await server.stop(), 0);
    await server.start();
  });
  // Whoever was released last may have heard everything before, and be on its way back still.
  await Promise.all(clients.map((it) => it.recovered(1)));
  await isWhole(clients, start, 60, accounts[0]);
  assert.ok(clients.every((it) => it.losses === 1));
  await server.close();
});
