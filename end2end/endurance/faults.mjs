// `cargo xtask faults`: thousands of clients through an orderly restart and through a kill, while people talk.
// Ends with 1 if anything was lost or came twice.

import { recoveringClients } from '../harness/recovering.mjs';
import { Server } from '../harness/server.mjs';
import { isWhole, people, talk } from '../harness/talk.mjs';

const CLIENTS = Number(process.env.CLIENTS ?? 5_000);
const MESSAGES = 240;
/** Clients come back between one and two seconds after a loss, as pusher-js does. */
const SPREAD_MS = 1_000;
/** And take a line for dead after as long as it does: who gave up earlier would make the crowd at the door larger. */
const DEAD_MS = 30_000;

const server = await Server.start({ SMARTLINK_DRAIN_WINDOW: '5' });
// All of them ask the database at once: that some wait for it is no fault.
server.expectLog(/exceeded slow threshold/);
const accounts = await people(server.url, 8);
const clients = await recoveringClients(CLIENTS, server, { spreadMs: SPREAD_MS, deadMs: DEAD_MS });
console.log(`${clients.length} clients are there`);
const start = clients[0].position.offset;

/** Does something to the server in the middle of a third of the talk; returns how long each client was without the room. */
async function through(name, fault) {
  const seen = clients.map((it) => it.recoveryMs.length);
  const began = Date.now();
  let servedAgainMs;
  await talk(accounts, MESSAGES / 2, async (stored) => {
    if (stored !== MESSAGES / 4) return;
    await fault();
    servedAgainMs = Date.now() - began;
  });
  await Promise.all(clients.map((it, index) => it.recovered(seen[index] + 1)));
  const times = clients.flatMap((it, index) => it.recoveryMs.slice(seen[index])).sort((one, other) => one - other);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  console.log(
    `${name}: ${times.length} recoveries, from loss to complete p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${times.at(-1)} ms; ` +
      `the server served again ${servedAgainMs} ms after the talk began, all were complete after ${Date.now() - began} ms`,
  );
}

await through('stop and start', async () => {
  const code = await server.stop();
  if (code !== 0) throw new Error(`the stop ended with ${code}`);
  await server.start();
});
await through('kill -9 and start', async () => {
  await server.kill();
  await server.start();
});
await isWhole(clients, start, MESSAGES, accounts[0]);
console.log(`${MESSAGES} events for each of ${clients.length} clients: none lost, none twice`);
await server.close();
process.exit(0); // whatever a client still waits for
