// Pysher: a client of protocol 6 that pings before it is greeted, answers as text, and reads errors as objects.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { sdk } from '../harness/clients.mjs';
import { Pysher } from '../harness/python.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
let backend;
before(async () => {
  server = await Server.start();
  backend = sdk(server);
});
after(() => server.close());

test('CON-10 LIV-1 a ping that comes before the greeting is answered after it', async () => {
  const client = await Pysher.connect(server);
  assert.equal(await client.event('pusher:pong'), null);
  await client.close();
});

test('CON-9 the greeting is text that holds JSON', async () => {
  const client = new Pysher(server, {});
  assert.match(JSON.parse(await client.event('pusher:connection_established')).socket_id, /^\d+\.\d+$/);
  await client.close();
});

test('EVT-1 SUB-2 events of public and private channels arrive as the text that was published', async () => {
  const client = await Pysher.connect(server);
  for (const channel of ['pysher', 'private-pysher']) {
    await client.subscribe(channel);
    await backend.trigger(channel, 'shipped', { id: 7 });
    assert.equal(await client.event('shipped', channel), '{"id":7}');
  }
  await client.close();
});

test('PRE-2 PRE-3 PRE-4 it is a member like any other', async () => {
  const wire = await Wire.open(server);
  await wire.subscribeSigned('presence-pysher', { member: { user_id: 'wire' } });
  const client = await Pysher.connect(server, { user_id: 'pysher', user_info: { name: 'Zoë' } });
  const { presence } = JSON.parse(await client.subscribe('presence-pysher'));
  assert.deepEqual(presence, { count: 2, ids: ['wire', 'pysher'], hash: { wire: null, pysher: { name: 'Zoë' } } });
  assert.deepEqual(JSON.parse((await wire.next()).data), { user_id: 'pysher', user_info: { name: 'Zoë' } });
  client.order({ do: 'unsubscribe', channel: 'presence-pysher' });
  assert.deepEqual(JSON.parse((await wire.next()).data), { user_id: 'pysher' });
  await Promise.all([client.close(), wire.close()]);
});

test('CLE-1 CLE-4 its client event reaches the others under its name', async () => {
  const wire = await Wire.open(server);
  await wire.subscribeSigned('presence-pysher-whisper', { member: { user_id: 'wire' } });
  const client = await Pysher.connect(server, { user_id: 'pysher' });
  await client.subscribe('presence-pysher-whisper');
  await wire.next();
  client.order({ do: 'trigger', channel: 'presence-pysher-whisper', event: 'client-typing', data: { n: 1 } });
  assert.deepEqual(await wire.next(), { event: 'client-typing', channel: 'presence-pysher-whisper', data: { n: 1 }, user_id: 'pysher' });
  await Promise.all([client.close(), wire.close()]);
});

test('ERR-2 SUB-8 a refused channel is an object without a code, so that Pysher stays connected', async () => {
  const client = await Pysher.connect(server);
  client.order({ do: 'subscribe', channel: 'private-pysher-refused', auth: `${server.key}:0` });
  assert.deepEqual(await client.event('pusher:error'), { code: null, message: 'Connection is unauthorized' });
  await client.subscribe('pysher-after');
  await backend.trigger('pysher-after', 'alive', {});
  await client.event('alive', 'pysher-after');
  await client.close();
});

test('ERR-2 CON-6 an unknown key is an object with its code, so that Pysher gives up', async () => {
  const client = new Pysher({ ...server, port: server.port, key: 'nobody' }, {});
  // Pysher's own handler comes first.
  await client.told((it) => it.what === 'log' && it.message === 'Connection: Received error 4001');
  assert.deepEqual(await client.event('pusher:error'), { code: 4001, message: 'Application does not exist' });
  await client.close();
});

test('ERR-6 it comes back to a server that was restarted, and to its channels', async () => {
  const own = await Server.start();
  const client = await Pysher.connect(own);
  await client.subscribe('pysher-restart');
  await own.stop();
  await own.start();
  await client.event('pusher:connection_established');
  await client.event('pusher_internal:subscription_succeeded', 'pysher-restart');
  await sdk(own).trigger('pysher-restart', 'again', {});
  await client.event('again', 'pysher-restart');
  await client.close();
  await own.close();
});
