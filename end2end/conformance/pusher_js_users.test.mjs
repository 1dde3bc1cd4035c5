// What pusher-js has for signed-in users, subscription counts and encrypted channels (protocol, sections 8, 10 and 12).

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { heard, inState, pusherClient, sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';

const nacl = createRequire(import.meta.url)('tweetnacl');

/** 32 bytes from 0 to 31, as the vector of section 8 has them. */
const MASTER_KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64');

let server;
let backend;
before(async () => {
  server = await Server.start({ SMARTLINK_APP_SUBSCRIPTION_COUNT: 'true' });
  backend = sdk(server, { encryptionMasterKeyBase64: MASTER_KEY });
});
after(() => server.close());

const clients = [];
/** A client that is connected, and disconnected when the file is done. */
async function connect(options) {
  const client = pusherClient(server, options);
  clients.push(client);
  await inState(client, 'connected');
  return client;
}
after(() => clients.forEach((it) => it.disconnect()));

/** A client that has signed in as the user with this id. */
async function signIn(id, options) {
  const client = await connect({ member: { user_id: id, user_info: { name: `User ${id}` } }, ...options });
  client.signin();
  await client.user.signinDonePromise;
  return client;
}

/** Subscribes and waits until the server has said yes. */
async function subscribe(client, name) {
  const channel = client.subscribe(name);
  await heard('success of a subscription', (done) => channel.bind('pusher:subscription_succeeded', done));
  return channel;
}

/** What a channel hears from now on, by name. */
function record(emitter) {
  const events = [];
  emitter.bind_global((name, data) => events.push([name, data]));
  return events;
}

test('USR-1 USR-2 signing in by the SDK’s signature makes the connection the user’s', async () => {
  const client = await signIn('u1');
  assert.equal(client.user.user_data.id, 'u1');
  assert.deepEqual(client.user.user_data.user_info, { name: 'User u1' });
});

test('USR-3 a wrong signature leaves the connection open and signed out', async () => {
  const client = await connect({
    userAuthentication: {
      customHandler: (_, callback) => callback(null, { auth: `${server.key}:${'0'.repeat(64)}`, user_data: '{"id":"u2"}' }),
    },
  });
  const error = heard('error', (done) => client.connection.bind('error', done));
  client.signin();
  assert.deepEqual((await error).data, { code: 4009, message: 'Connection is unauthorized' });
  assert.equal(client.connection.state, 'connected');
  assert.equal(client.user.user_data, null);
});

test('USR-5 sendToUser reaches every connection of the user and nobody else', async () => {
  const [first, second, other] = await Promise.all([signIn('u3'), signIn('u3'), signIn('u4')]);
  const others = record(other.user);
  const greetings = [first, second].map((it) => heard('greeting', (done) => it.user.bind('greeting', done)));
  await backend.sendToUser('u3', 'greeting', { hi: 1 });
  assert.deepEqual(await Promise.all(greetings), [{ hi: 1 }, { hi: 1 }]);
  const marker = heard('marker', (done) => other.user.bind('marker', done));
  await backend.sendToUser('u4', 'marker', {});
  await marker;
  assert.deepEqual(others.map(([name]) => name).filter((it) => !it.startsWith('pusher:')), ['marker']);
});

test('USR-5 SUB-9 the channel of another user is refused, also to a signed-in one', async () => {
  const client = await signIn('u5');
  const answer = heard('error', (done) =>
    client.connection.bind('message', (message) => message.event === 'pusher:subscription_error' && done(message)));
  // By hand, since pusher-js itself knows no channels of this name.
  client.send_event('pusher:subscribe', { channel: '#server-to-user-u6', auth: '' });
  const { channel, data } = await answer;
  assert.equal(channel, '#server-to-user-u6');
  assert.deepEqual(data, { type: 'AuthError', error: 'The connection is unauthorized.', status: 401 });
});

test('PRE-7 a signed-in user joins a presence channel without channel_data, under the name of the sign-in', async () => {
  const observer = await connect({ member: { user_id: 'observer' } });
  const room = await subscribe(observer, 'presence-signed-in');
  const added = heard('member', (done) => room.bind('pusher:member_added', done));
  // The text that a backend signs for who is signed in is that of a private channel.
  const client = await signIn('u7', {
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => {
        const auth = createHmac('sha256', server.secret).update(`${socketId}:${channelName}`).digest('hex');
        callback(null, { auth: `${server.key}:${auth}` });
      },
    },
  });
  const joined = await subscribe(client, 'presence-signed-in');
  assert.deepEqual([joined.members.myID, joined.members.count], ['u7', 2]);
  assert.deepEqual(await added, { id: 'u7', info: { name: 'User u7' } });
});

test('CNT-1 every subscriber is told how many there are, also who has just come', async () => {
  const [first, second] = await Promise.all([connect(), connect()]);
  const channel = first.subscribe('counted');
  assert.deepEqual(await heard('count', (done) => channel.bind('pusher:subscription_count', done)), { subscription_count: 1 });
  const again = heard('count', (done) => channel.bind('pusher:subscription_count', done));
  const other = second.subscribe('counted');
  const own = heard('count', (done) => other.bind('pusher:subscription_count', done));
  assert.deepEqual([await again, await own], [{ subscription_count: 2 }, { subscription_count: 2 }]);
  assert.equal(channel.subscriptionCount, 2);
  const left = heard('count', (done) => channel.bind('pusher:subscription_count', ({ subscription_count: count }) => count === 1 && done(count)));
  second.unsubscribe('counted');
  assert.equal(await left, 1);
});

test('ENC-1 an event that the SDK encrypts is decrypted by pusher-js, and the server never sees what it says', async () => {
  const client = await connect({
    nacl,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => callback(null, backend.authorizeChannel(socketId, channelName)),
    },
  });
  const channel = await subscribe(client, 'private-encrypted-vault');
  const event = heard('event', (done) => channel.bind('secret', done));
  await backend.trigger('private-encrypted-vault', 'secret', { id: 1 });
  assert.deepEqual(await event, { id: 1 });
  const { shared_secret: secret } = backend.authorizeChannel(client.connection.socket_id, 'private-encrypted-vault');
  assert.equal(secret, 'wp8Orjt2S4H4n8dDP7pa2A9reduRTTedbaiVnjqomsc=');
});

test('ENC-1 CAC-1 an encrypted cache channel keeps the last event, still encrypted', async () => {
  await backend.trigger('private-encrypted-cache-vault', 'secret', { id: 2 });
  const client = await connect({
    nacl,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => callback(null, backend.authorizeChannel(socketId, channelName)),
    },
  });
  const channel = client.subscribe('private-encrypted-cache-vault');
  assert.deepEqual(await heard('event', (done) => channel.bind('secret', done)), { id: 2 });
});

test('ENC-1 who has the wrong key asks for it once more and then drops the event', async () => {
  let asked = 0;
  const client = await connect({
    nacl,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => {
        asked += 1;
        const answer = backend.authorizeChannel(socketId, channelName);
        const wrong = Buffer.alloc(32).toString('base64');
        callback(null, { ...answer, shared_secret: asked === 1 ? wrong : answer.shared_secret });
      },
    },
  });
  const channel = await subscribe(client, 'private-encrypted-rotated');
  const event = heard('event', (done) => channel.bind('secret', done));
  await backend.trigger('private-encrypted-rotated', 'secret', { id: 3 });
  assert.deepEqual(await event, { id: 3 });
  assert.equal(asked, 2);
});
