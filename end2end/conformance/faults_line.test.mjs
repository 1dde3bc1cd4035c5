// Everything that a line between a client and the server can do. `cargo xtask faults` does the same with thousands.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Line } from '../harness/line.mjs';
import { haveEverything, recoveringClients } from '../harness/recovering.mjs';
import { Server } from '../harness/server.mjs';
import { isWhole, people, talk } from '../harness/talk.mjs';

/** What is done to the line, how it is mended, and whether clients lose their connection by it. */
const FAULTS = [
  { name: 'cut', hurt: (line) => line.cutWebSockets(), mend: () => {}, loses: true },
  { name: 'stalled for a while', hurt: (line) => line.stall(), mend: (line) => line.repair(), loses: false },
  { name: 'deaf in one direction', hurt: (line) => line.deafen(), mend: () => {}, loses: true },
  { name: 'half-closed', hurt: (line) => line.halfClose(), mend: () => {}, loses: true },
  { name: 'cut and refusing', hurt: (line) => line.cut(), mend: (line) => line.repair(), loses: true },
  {
    name: 'crumbling',
    hurt: (line) => {
      line.crumble();
      line.cutWebSockets();
    },
    mend: (line) => line.repair(),
    loses: true,
  },
];

test('SUB-7 a line that is cut, stalled, deaf, half-closed, refusing, crumbling: nothing is lost, nothing comes twice', async (t) => {
  const server = await Server.start();
  t.after(() => server.kill()); // gone already, unless the test has failed
  const line = await Line.to(server.port);
  const accounts = await people(server.url, 3);
  const clients = await recoveringClients(20, server, { port: line.port });
  const start = clients[0].position.offset;
  let said = 0;
  for (const { name, hurt, mend, loses } of FAULTS) {
    await t.test(name, async () => {
      const losses = clients.map((it) => it.losses);
      await talk(accounts, 5);
      hurt(line);
      await talk(accounts, 10);
      mend(line);
      await talk(accounts, 5);
      said += 20;
      await haveEverything(clients, start + said);
      if (loses) assert.ok(clients.every((it, index) => it.losses > losses[index]));
    });
  }
  await isWhole(clients, start, said, accounts[0]);
  await line.close();
  await server.close();
});
