// Ports that stay the test's own, also while nobody listens on them.

import net from 'node:net';

/** Below the range from which the system takes ports of outgoing connections: one of those could sit on ours between a stop and a start. */
const LOWEST = 12_000;
const COUNT = 18_000;

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort() {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (await canListen(port)) return port;
  }
}

function canListen(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
