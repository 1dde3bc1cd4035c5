// Cache channels (protocol, section 7).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
let backend;
before(async () => {
  server = await Server.start();
  backend = sdk(server);
});
after(() => server.close());

test('CAC-3 an empty cache is told to the subscriber', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('cache-empty');
  assert.equal(await wire.nextText(), '{"event":"pusher:cache_miss","channel":"cache-empty"}');
  await wire.close();
});

test('CAC-1 CAC-2 the last event is kept for who comes later, also while nobody is there', async () => {
  await backend.trigger('cache-prices', 'Price', { eur: 11 });
  await backend.trigger('cache-prices', 'Price', { eur: 12 });
  const wire = await Wire.open(server);
  assert.equal((await wire.subscribe('cache-prices')).event, 'pusher_internal:subscription_succeeded');
  assert.equal(await wire.nextText(), '{"event":"Price","data":"{\\"eur\\":12}","channel":"cache-prices"}');
  await wire.assertSilent();
  await wire.close();
});

test('CAC-4 an event that one socket was left out of is kept too, in the place of the one before', async () => {
  const sender = await Wire.open(server);
  await sender.subscribe('cache-last');
  assert.equal((await sender.next()).event, 'pusher:cache_miss');
  await backend.trigger('cache-last', 'Price', { eur: 1 });
  assert.equal((await sender.next()).data, '{"eur":1}');
  await backend.trigger('cache-last', 'Price', { eur: 2 }, { socket_id: sender.socketId });
  await sender.assertSilent();
  const late = await Wire.open(server);
  await late.subscribe('cache-last');
  assert.equal((await late.next()).data, '{"eur":2}');
  await late.assertSilent();
  await Promise.all([sender.close(), late.close()]);
});

test('CAC-1 client events are not kept', async () => {
  const [sender, late] = [await Wire.open(server), await Wire.open(server)];
  await sender.subscribeSigned('private-cache-whisper');
  assert.equal((await sender.next()).event, 'pusher:cache_miss');
  sender.send({ event: 'client-a', channel: 'private-cache-whisper', data: {} });
  await sender.assertSilent();
  await late.subscribeSigned('private-cache-whisper');
  assert.equal((await late.next()).event, 'pusher:cache_miss');
  await Promise.all([sender.close(), late.close()]);
});

test('SUB-7 on a presence cache channel the members come first', async () => {
  await backend.trigger('presence-cache-room', 'Topic', { text: 'autumn' });
  const wire = await Wire.open(server);
  const answer = await wire.subscribeSigned('presence-cache-room', { member: { user_id: 1 } });
  assert.equal(JSON.parse(answer.data).presence.count, 1);
  assert.equal((await wire.next()).event, 'Topic');
  await wire.close();
});
