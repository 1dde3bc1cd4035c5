// Untouched pusher-js and Echo clients that get what their user missed while the line was cut (docs/RECOVERY.md).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Account, createToken } from '../harness/account.mjs';
import { echoClient, heard, inState, pusherClient, retryNow, sdk } from '../harness/clients.mjs';
import { Line } from '../harness/line.mjs';
import { Server } from '../harness/server.mjs';

let server;
before(async () => {
  server = await Server.start({
    SMARTLINK_APP_RECOVERED_CHANNELS: 'news,private-orders.*,presence-room.*',
    SMARTLINK_APP_CATCH_UP: 'true',
  });
});
after(() => server.close());

/** Resolves once the server has noted a position more than `count`: the client's answer to the ping behind an event. */
async function noted(count) {
  while ((await confirmations()) <= count) await new Promise((resolve) => setTimeout(resolve, 10)); // until the next look
}

async function confirmations() {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^smartlink_positions_confirmed_total (\d+)$/m.exec(metrics)[1]);
}

/** Every event `Happened` of a pusher-js channel, in the order of coming. */
function recording(channel) {
  const seen = [];
  channel.bind('Happened', ({ number }) => {
    seen.push(number);
    channel.emit('test:seen', number);
  });
  return seen;
}

/** Cuts the line, has events published, repairs it, and returns once the last of them has come. */
async function missedBehind(line, client, channel, name) {
  const last = heard('the last event', (done) => channel.bind('test:seen', (number) => number === 4 && done()));
  line.cut();
  await inState(client, 'connecting');
  for (const number of [2, 3, 4]) await sdk(server).trigger(name, 'Happened', { number });
  line.repair();
  retryNow(client);
  await last;
}

for (const [what, name] of [
  ['a private channel', 'private-orders.7'],
  ['a public channel, which pusher-js subscribes before its sign-in is answered', 'news'],
  ['a presence channel', 'presence-room.1'],
]) {
  test(`pusher-js gets what its user missed of ${what}`, async () => {
    const line = await Line.to(server.port);
    const client = pusherClient(server, { member: { user_id: `ada of ${name}` }, wsPort: line.port });
    try {
      const channel = client.subscribe(name);
      const seen = recording(channel);
      await heard('the subscription', (done) => channel.bind('pusher:subscription_succeeded', done));
      if (!name.startsWith('presence-')) {
        client.signin();
        await client.user.signinDonePromise;
      }
      const before = await confirmations();
      await sdk(server).trigger(name, 'Happened', { number: 1 });
      await noted(before);
      assert.deepEqual(seen, [1]);
      await missedBehind(line, client, channel, name);
      assert.deepEqual(seen, [1, 2, 3, 4]);
    } finally {
      client.disconnect();
      await line.close();
    }
  });
}

test('laravel-echo gets what its user missed of the general room', async () => {
  const line = await Line.to(server.port);
  const ada = await Account.signUp(server.url, 'Ada');
  const echo = echoClient(server, await createToken(server, ada), {
    wsPort: line.port,
    // Echo puts its token into headers that it expects to be there.
    userAuthentication: { endpoint: `${server.url}/broadcasting/user-auth`, headers: {} },
  });
  const client = echo.connector.pusher;
  try {
    const bodies = [];
    let isSeen = () => {};
    const channel = echo.channel('chat').listen('.MessageSent', ({ message }) => {
      bodies.push(message.body);
      isSeen(message.body);
    });
    await heard('the subscription', (done) => channel.subscribed(done));
    client.signin();
    await client.user.signinDonePromise;
    const before = await confirmations();
    await ada.say('heard');
    await noted(before);
    const last = heard('the last message', (done) => (isSeen = (body) => body === 'missed 2' && done()));
    line.cut();
    await inState(client, 'connecting');
    for (const index of [1, 2]) await ada.say(`missed ${index}`);
    line.repair();
    retryNow(client);
    await last;
    assert.deepEqual(bodies, ['heard', 'missed 1', 'missed 2']);
  } finally {
    echo.disconnect();
    await line.close();
  }
});
