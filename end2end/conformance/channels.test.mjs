// Subscribing and events (protocol, section 5), with an SDK that publishes.

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

const succeeded = (channel) => `{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"${channel}"}`;
const UNAUTHORIZED = '{"event":"pusher:error","data":"{\\"code\\":4009,\\"message\\":\\"Connection is unauthorized\\"}"}';
const refused = (channel) =>
  `{"event":"pusher:subscription_error","data":"{\\"type\\":\\"AuthError\\",\\"error\\":\\"The connection is unauthorized.\\",\\"status\\":401}","channel":"${channel}"}`;

test('SUB-1 SUB-6 a public channel needs no signature and ignores one', async () => {
  const wire = await Wire.open(server);
  wire.send({ event: 'pusher:subscribe', data: { channel: 'orders', auth: '' } });
  assert.equal(await wire.nextText(), succeeded('orders'));
  wire.send({ event: 'pusher:subscribe', data: { channel: 'prices', auth: 'wrong', channel_data: '[]' } });
  assert.equal(await wire.nextText(), succeeded('prices'));
  await wire.close();
});

test('SUB-2 a private channel opens to the signature of the SDK', async () => {
  const wire = await Wire.open(server);
  const { auth } = backend.authorizeChannel(wire.socketId, 'private-orders.7');
  wire.send({ event: 'pusher:subscribe', data: { channel: 'private-orders.7', auth } });
  assert.equal(await wire.nextText(), succeeded('private-orders.7'));
  await wire.close();
});

for (const [what, extra] of Object.entries({
  'no signature': {},
  'null for a signature': { auth: null },
  'a wrong signature': { auth: `reverb-key:${'0'.repeat(64)}` },
  'a signature of another length': { auth: 'reverb-key:abc' },
})) {
  test(`SUB-8 a private channel refuses ${what} with both lines and lets the connection go on`, async () => {
    const wire = await Wire.open(server);
    wire.send({ event: 'pusher:subscribe', data: { channel: 'private-orders.8', ...extra } });
    assert.equal(await wire.nextText(), UNAUTHORIZED);
    assert.equal(await wire.nextText(), refused('private-orders.8'));
    await wire.assertSilent();
    await wire.close();
  });
}

test('SUB-2 a signature is good for its own connection alone', async () => {
  const [owner, thief] = await Promise.all([Wire.open(server), Wire.open(server)]);
  thief.send({ event: 'pusher:subscribe', data: { channel: 'private-orders.9', ...owner.signature('private-orders.9') } });
  assert.equal(await thief.nextText(), UNAUTHORIZED);
  await Promise.all([owner.close(), thief.close()]);
});

test('SUB-3 channel data on a private channel is part of the signed text', async () => {
  const wire = await Wire.open(server);
  wire.send({ event: 'pusher:subscribe', data: { channel: 'private-data', ...wire.signature('private-data', '{"a":1}') } });
  assert.equal(await wire.nextText(), succeeded('private-data'));
  await wire.close();
});

test('SUB-4 subscribing again succeeds again and changes nothing', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('twice');
  wire.send({ event: 'pusher:subscribe', data: { channel: 'twice' } });
  assert.equal(await wire.nextText(), succeeded('twice'));
  await backend.trigger('twice', 'once', {});
  assert.equal((await wire.next()).event, 'once');
  await wire.assertSilent();
  await wire.close();
});

test('SUB-5 one channel too many is refused and the connection goes on', async () => {
  const small = await Server.start({ SMARTLINK_APP_MAX_CHANNELS_PER_CONNECTION: '2' });
  const wire = await Wire.open(small);
  await wire.subscribe('one');
  await wire.subscribe('two');
  const answer = await wire.subscribe('three');
  assert.equal(answer.event, 'pusher:subscription_error');
  assert.deepEqual(
    (({ type, status }) => ({ type, status }))(JSON.parse(answer.data)),
    { type: 'LimitReached', status: 4301 },
  );
  wire.send({ event: 'pusher:unsubscribe', data: { channel: 'one' } });
  assert.equal((await wire.subscribe('three')).event, 'pusher_internal:subscription_succeeded');
  await wire.close();
  await small.close();
});

for (const channel of ['', 'with space', 'ümlaut', 'a/b', '#other', 'x'.repeat(201)]) {
  test(`CHN-3 the name "${channel.slice(0, 12)}" of ${channel.length} characters is refused`, async () => {
    const wire = await Wire.open(server);
    const answer = await wire.subscribe(channel);
    assert.equal(answer.event, 'pusher:subscription_error');
    assert.equal(answer.channel, channel);
    const { type, status } = JSON.parse(answer.data);
    assert.deepEqual({ type, status }, { type: 'InvalidChannelName', status: 4009 });
    await wire.assertSilent();
    await wire.close();
  });
}

test('CHN-1 every allowed character and 200 of them make a name', async () => {
  const wire = await Wire.open(server);
  const name = 'aZ09_-=@,.;'.padEnd(200, 'x');
  wire.send({ event: 'pusher:subscribe', data: { channel: name } });
  assert.equal(await wire.nextText(), succeeded(name));
  await wire.close();
});

test('SUB-10 who has left hears nothing more', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('left');
  wire.send({ event: 'pusher:unsubscribe', data: { channel: 'left' } });
  wire.send({ event: 'pusher:unsubscribe', data: { channel: 'never-there' } });
  await wire.assertSilent();
  await backend.trigger('left', 'late', {});
  await wire.assertSilent();
  await wire.close();
});

test('EVT-1 the data arrives as the very text that was published', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('exact');
  const data = '{"name":"Zoë \\/ 東京", "n":1.0}';
  await backend.trigger('exact', 'App\\Events\\OrderShipped', data);
  assert.equal(
    await wire.nextText(),
    `{"event":"App\\\\Events\\\\OrderShipped","data":${JSON.stringify(data)},"channel":"exact"}`,
  );
  await wire.close();
});

test('EVT-2 who has several of the channels gets a frame for each', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('multi-a');
  await wire.subscribe('multi-b');
  await backend.trigger(['multi-a', 'multi-b', 'multi-c'], 'both', { n: 1 });
  const channels = [(await wire.next()).channel, (await wire.next()).channel];
  assert.deepEqual(channels.sort(), ['multi-a', 'multi-b']);
  await wire.assertSilent();
  await wire.close();
});

test('EVT-3 the socket that is named in a publication gets nothing', async () => {
  const [author, reader] = await Promise.all([Wire.open(server), Wire.open(server)]);
  await author.subscribe('others');
  await reader.subscribe('others');
  await backend.trigger('others', 'told', {}, { socket_id: author.socketId });
  assert.equal((await reader.next()).event, 'told');
  await author.assertSilent();
  await backend.trigger('others', 'all', {}, { socket_id: '1.1' });
  assert.equal((await author.next()).event, 'all');
  await Promise.all([author.close(), reader.close()]);
});

test('EVT-4 events arrive in the order of their acceptance', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('ordered');
  for (let start = 0; start < 50; start += 10) {
    const batch = Array.from({ length: 10 }, (_, index) => ({ channel: 'ordered', name: `n${start + index}`, data: {} }));
    await backend.triggerBatch(batch);
  }
  for (let index = 0; index < 50; index += 1) assert.equal((await wire.next()).event, `n${index}`);
  await wire.close();
});

test('SUB-11 a closed connection is in no list', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('gone');
  const occupied = async () => (await (await backend.get({ path: '/channels/gone' })).json()).occupied;
  assert.equal(await occupied(), true);
  await wire.close();
  assert.equal(await occupied(), false);
});
