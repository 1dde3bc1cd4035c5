// The npm `pusher` SDK, method by method; what it can't be told is in http_api.test.mjs, by hand.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

const nacl = createRequire(import.meta.url)('tweetnacl');
const MASTER_KEY = Buffer.alloc(32, 9).toString('base64');

let server;
let backend;
before(async () => {
  server = await Server.start();
  backend = sdk(server, { encryptionMasterKeyBase64: MASTER_KEY });
});
after(() => server.close());

/** What the SDK throws when the answer is an error: its status and body. */
async function refusal(promise) {
  const error = await promise.then(() => assert.fail('the SDK did not throw'), (it) => it);
  assert.equal(error.name, 'PusherRequestError', error.stack);
  return { status: error.status, body: error.body };
}

const json = async (answer) => (await answer).json();

test('API-10 trigger with info tells of each channel what applies to it', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('sdk-info');
  await wire.subscribeSigned('presence-sdk-info', { member: { user_id: 1 } });
  const channels = ['presence-sdk-info', 'sdk-info', 'sdk-empty'];
  const answer = await json(backend.trigger(channels, 'a', {}, { info: 'user_count,subscription_count' }));
  assert.deepEqual(answer, {
    channels: { 'presence-sdk-info': { user_count: 1 }, 'sdk-info': { subscription_count: 1 }, 'sdk-empty': {} },
  });
  assert.deepEqual(Object.keys(answer.channels), channels);
  await wire.close();
});

test('API-12 API-13 triggerBatch publishes in order, and with info answers for each', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('sdk-batch');
  const entry = (n, more) => ({ channel: 'sdk-batch', name: `event-${n}`, data: { n }, ...more });
  assert.deepEqual(await json(backend.triggerBatch([entry(1), entry(2)])), {});
  assert.deepEqual(await json(backend.triggerBatch([entry(3), entry(4, { info: 'subscription_count' })])), {
    batch: [{}, { subscription_count: 1 }],
  });
  for (const n of [1, 2, 3, 4]) assert.deepEqual(await wire.next(), { event: `event-${n}`, data: `{"n":${n}}`, channel: 'sdk-batch' });
  await wire.close();
});

test('API-14 a batch of eleven is refused in the words that SDKs look for', async () => {
  const batch = Array.from({ length: 11 }, () => ({ channel: 'sdk-batch', name: 'a', data: '1' }));
  const { status, body } = await refusal(backend.triggerBatch(batch));
  assert.equal(status, 400);
  assert.match(body, /^Batch too large/);
});

test('LIM-1 data beyond 10,240 bytes is refused with 413', async () => {
  const data = (bytes) => 'x'.repeat(bytes);
  assert.equal((await backend.trigger('sdk-large', 'a', data(10_240))).status, 200);
  const { status, body } = await refusal(backend.trigger('sdk-large', 'a', data(10_241)));
  assert.equal(status, 413);
  assert.match(body, /content of this event/);
});

test('USR-5 sendToUser is an event on the user’s own channel', async () => {
  const wire = await Wire.open(server);
  const { auth, user_data: userData } = backend.authenticateUser(wire.socketId, { id: '42' });
  wire.send({ event: 'pusher:signin', data: { auth, user_data: userData } });
  assert.deepEqual(await wire.next(), { event: 'pusher:signin_success', data: JSON.stringify({ user_data: userData }) });
  assert.deepEqual(await json(backend.sendToUser('42', 'greeting', { hi: 1 })), {});
  assert.deepEqual(await wire.next(), { event: 'greeting', data: '{"hi":1}', channel: '#server-to-user-42' });
  await wire.close();
});

test('USR-6 user channels are listed only to who asks for them', async () => {
  const wire = await Wire.open(server);
  const { auth, user_data: userData } = backend.authenticateUser(wire.socketId, { id: 'listed' });
  wire.send({ event: 'pusher:signin', data: { auth, user_data: userData } });
  await wire.next();
  const channels = async (params) => Object.keys((await json(backend.get({ path: '/channels', params }))).channels);
  assert.ok(!(await channels({})).some((it) => it.startsWith('#')));
  // The SDK puts values into the address as they are, where a `#` would end it.
  assert.deepEqual(await channels({ filter_by_prefix: '%23server-to-user-' }), ['#server-to-user-listed']);
  await wire.close();
});

test('API-18 API-20 API-22 what is asked about one channel, its users and the connections is answered', async () => {
  const wire = await Wire.open(server);
  await wire.subscribeSigned('presence-sdk-asked', { member: { user_id: 'a', user_info: { name: 'Ada' } } });
  const ask = (path, params) => json(backend.get({ path, params }));
  assert.deepEqual(await ask('/channels/presence-sdk-asked', { info: 'user_count' }), { occupied: true, user_count: 1 });
  assert.deepEqual(await ask('/channels/presence-sdk-asked/users'), { users: [{ id: 'a' }] });
  assert.equal((await ask('/connections')).connections, 1);
  await wire.close();
});

test('USR-10 API-21 terminateUserConnections ends the signed-in and the members, and succeeds when there is nobody', async () => {
  const [signedIn, member] = [await Wire.open(server), await Wire.open(server)];
  const { auth, user_data: userData } = backend.authenticateUser(signedIn.socketId, { id: 'gone' });
  signedIn.send({ event: 'pusher:signin', data: { auth, user_data: userData } });
  await signedIn.next();
  await member.subscribe('public-first');
  await member.subscribeSigned('presence-sdk-terminate', { member: { user_id: 'gone' } });
  assert.deepEqual(await json(backend.terminateUserConnections('gone')), {});
  for (const wire of [signedIn, member]) assert.equal((await wire.closed).code, 4100);
  assert.deepEqual(await json(backend.terminateUserConnections('gone')), {});
});

test('ENC-1 an encrypted event passes through as the SDK made it, and only the key opens it', async () => {
  const channel = 'private-encrypted-sdk';
  const wire = await Wire.open(server);
  const { auth, shared_secret: secret } = backend.authorizeChannel(wire.socketId, channel);
  await wire.subscribe(channel, { auth });
  await backend.trigger(channel, 'secret', { id: 1 });
  const { event, data } = await wire.next();
  assert.equal(event, 'secret');
  const { nonce, ciphertext, ...rest } = JSON.parse(data);
  assert.deepEqual(rest, {});
  const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
  const opened = nacl.secretbox.open(bytes(ciphertext), bytes(nonce), bytes(secret));
  assert.equal(Buffer.from(opened).toString(), '{"id":1}');
  await wire.close();
});

test('API-7 API-8 a wrong secret and a wrong application are refused', async () => {
  const stranger = sdk({ ...server, port: server.port, secret: 'wrong' });
  assert.deepEqual(await refusal(stranger.trigger('a', 'a', {})), { status: 401, body: 'Authentication signature invalid.' });
  const nowhere = sdk({ ...server, port: server.port, id: '999' });
  assert.deepEqual(await refusal(nowhere.trigger('a', 'a', {})), { status: 404, body: 'No matching application for ID [999].' });
});

test('API-6 a prefix with a space and commas in info are signed as the SDK signs them', async () => {
  const answer = await backend.get({ path: '/channels', params: { filter_by_prefix: 'a%20b', info: 'user_count,subscription_count' } });
  assert.deepEqual(await answer.json(), { channels: {} });
});
