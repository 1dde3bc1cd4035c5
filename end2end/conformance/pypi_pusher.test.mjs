// The server SDK of PyPI, whose GETs carry a `body_md5` and whose terminate has no application id.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { heard, inState, pusherClient, sdk } from '../harness/clients.mjs';
import { pythonSdk } from '../harness/python.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

let server;
let call;
before(async () => {
  server = await Server.start();
  call = pythonSdk(server, { encryption_master_key_base64: MASTER_KEY });
});
after(() => server.close());

test('API-2 EVT-1 trigger publishes to one and to several channels', async () => {
  const wire = await Wire.open(server);
  for (const channel of ['py-one', 'py-two']) await wire.subscribe(channel);
  assert.deepEqual(await call('trigger', ['py-one', 'shipped', { name: 'Zoë' }]), { result: {} });
  assert.deepEqual(JSON.parse((await wire.next()).data), { name: 'Zoë' });
  assert.deepEqual(await call('trigger', [['py-one', 'py-two'], 'both', 'plain text']), { result: {} });
  assert.deepEqual(
    [await wire.next(), await wire.next()],
    ['py-one', 'py-two'].map((channel) => ({ event: 'both', data: 'plain text', channel })),
  );
  await wire.close();
});

test('EVT-3 the socket that is left out gets nothing', async () => {
  const [author, reader] = [await Wire.open(server), await Wire.open(server)];
  for (const wire of [author, reader]) await wire.subscribe('py-others');
  await call('trigger', ['py-others', 'told', {}, author.socketId]);
  assert.equal((await reader.next()).event, 'told');
  await author.assertSilent();
  await Promise.all([author.close(), reader.close()]);
});

test('API-12 API-13 a batch is published in its order', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('py-batch');
  const batch = [1, 2, 3].map((n) => ({ channel: 'py-batch', name: `event-${n}`, data: { n } }));
  assert.deepEqual(await call('trigger_batch', [batch]), { result: {} });
  for (const n of [1, 2, 3]) assert.deepEqual(await wire.next(), { event: `event-${n}`, data: `{"n": ${n}}`, channel: 'py-batch' });
  await wire.close();
});

test('API-5 every GET is accepted, though it signs the digest of a body that it has not', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('py-listed');
  await wire.subscribeSigned('presence-py', { member: { user_id: 7 } });
  assert.deepEqual(await call('channels_info', ['presence-'], { attributes: ['user_count'] }), {
    result: { channels: { 'presence-py': { user_count: 1 } } },
  });
  assert.deepEqual(await call('channel_info', ['py-listed', ['subscription_count']]), {
    result: { occupied: true, subscription_count: 1 },
  });
  assert.deepEqual(await call('users_info', ['presence-py']), { result: { users: [{ id: 7 }] } });
  await wire.close();
});

test('API-9 USR-10 terminate finds its application by the key, since its path has none', async () => {
  const wire = await Wire.open(server);
  await wire.subscribeSigned('presence-py-terminate', { member: { user_id: 'gone' } });
  assert.deepEqual(await call('terminate_user_connections', ['gone']), { result: {} });
  assert.equal((await wire.closed).code, 4100);
});

test('SUB-2 USR-1 its signatures open a presence channel and sign a user in', async () => {
  const client = pusherClient(server, {
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) =>
        call('authenticate', [channelName, socketId, { user_id: 'py', user_info: { name: 'Zoë' } }]).then((it) => callback(null, it.result), callback),
    },
    userAuthentication: {
      customHandler: ({ socketId }, callback) =>
        call('authenticate_user', [socketId, { id: 'py' }]).then((it) => callback(null, it.result), callback),
    },
  });
  await inState(client, 'connected');
  const room = client.subscribe('presence-py-signed');
  const members = await heard('success', (done) => room.bind('pusher:subscription_succeeded', done));
  assert.equal(members.me.info.name, 'Zoë');
  client.signin();
  await client.user.signinDonePromise;
  const greeting = heard('greeting', (done) => client.user.bind('greeting', done));
  assert.deepEqual(await call('send_to_user', ['py', 'greeting', { hi: 1 }]), { result: {} });
  assert.deepEqual(await greeting, { hi: 1 });
  client.disconnect();
});

test('ENC-1 what it encrypts is decrypted by pusher-js with the same master key', async () => {
  const backend = sdk(server, { encryptionMasterKeyBase64: MASTER_KEY });
  const client = pusherClient(server, {
    nacl: createRequire(import.meta.url)('tweetnacl'),
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => callback(null, backend.authorizeChannel(socketId, channelName)),
    },
  });
  await inState(client, 'connected');
  const channel = client.subscribe('private-encrypted-py');
  await heard('success', (done) => channel.bind('pusher:subscription_succeeded', done));
  const event = heard('event', (done) => channel.bind('secret', done));
  await call('trigger', ['private-encrypted-py', 'secret', { id: 1 }]);
  assert.deepEqual(await event, { id: 1 });
  client.disconnect();
});

test('API-8 a wrong secret is an error of the kind that the SDK has for it', async () => {
  const stranger = pythonSdk(server, { secret: 'wrong' });
  const { error, message } = await stranger('trigger', ['py-one', 'a', {}]);
  assert.equal(error, 'PusherBadAuth');
  assert.match(message, /Authentication signature invalid\./);
});

test('API-1 a channel that is no presence channel has no users: 400', async () => {
  assert.equal((await call('users_info', ['py-one'])).error, 'PusherBadRequest');
});
