// pusher-js as people use it, against the running server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Account } from '../harness/account.mjs';
import { heard, inState, pusherClient, retryNow, sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
let backend;
before(async () => {
  server = await Server.start();
  backend = sdk(server);
});
after(() => server.close());

const clients = [];
/** A client that is connected, and disconnected when the file is done. */
async function connect(options) {
  const client = pusherClient(options?.server ?? server, options);
  clients.push(client);
  await inState(client, 'connected');
  return client;
}
after(() => clients.forEach((it) => it.disconnect()));

const subscribed = (channel) =>
  heard('success of a subscription', (done) => channel.bind('pusher:subscription_succeeded', done));

/** Subscribes and waits until the server has said yes. */
async function subscribe(client, name) {
  const channel = client.subscribe(name);
  const answer = await subscribed(channel);
  return Object.assign(channel, { answer });
}

test('CON-9 it connects and knows its socket id', async () => {
  const client = await connect();
  assert.match(client.connection.socket_id, /^\d+\.\d+$/);
});

test('CON-6 an unknown key ends in disconnected for good', async () => {
  const client = pusherClient({ ...server, port: server.port, key: 'nobody', secret: 'x', id: 'x' });
  clients.push(client);
  const error = heard('error', (done) => client.connection.bind('error', done));
  await inState(client, 'disconnected');
  assert.deepEqual((await error).error, { type: 'PusherError', data: { code: 4001, message: 'Application does not exist' } });
});

test('EVT-1 a public event arrives with its data parsed', async () => {
  const client = await connect();
  const channel = await subscribe(client, 'js-public');
  const event = heard('event', (done) => channel.bind('OrderShipped', done));
  await backend.trigger('js-public', 'OrderShipped', { id: 7, name: 'Zoë' });
  assert.deepEqual(await event, { id: 7, name: 'Zoë' });
});

test('FRM-3 further keys disturb neither pusher-js nor the server', async () => {
  const wire = await Wire.open(server);
  wire.send({ event: 'pusher:ping', data: {}, colour: 'red', user_id: 7 });
  assert.equal(await wire.nextText(), '{"event":"pusher:pong"}');
  await wire.close();
  // Events of a logged channel bear their place beside their data.
  const account = await Account.signUp(server.url, 'Ada');
  const client = await connect();
  const channel = await subscribe(client, 'chat');
  const said = heard('message', (done) => channel.bind('MessageSent', (...told) => done(told)));
  await account.say('hello');
  const [{ message }, metadata] = await said;
  assert.equal(message.body, 'hello');
  assert.deepEqual(metadata, {});
});

test('SUB-2 a private channel opens with the signature of the SDK', async () => {
  const client = await connect();
  const channel = await subscribe(client, 'private-js');
  const event = heard('event', (done) => channel.bind('a', done));
  await backend.trigger('private-js', 'a', { n: 1 });
  assert.deepEqual(await event, { n: 1 });
});

test('SUB-8 a wrong signature reaches the handlers of its channel', async () => {
  const client = await connect({
    channelAuthorization: {
      customHandler: (_, callback) => callback(null, { auth: `reverb-key:${'0'.repeat(64)}` }),
    },
  });
  const channel = client.subscribe('private-js-refused');
  const error = await heard('error', (done) => channel.bind('pusher:subscription_error', done));
  assert.deepEqual(error, { type: 'AuthError', error: 'The connection is unauthorized.', status: 401 });
  assert.equal(client.connection.state, 'connected');
});

test('PRE-2 PRE-3 PRE-4 members are counted as people, not as connections', async () => {
  const ada = await connect({ member: { user_id: '1', user_info: { name: 'Ada' } } });
  const room = await subscribe(ada, 'presence-js');
  assert.equal(room.members.me.info.name, 'Ada');
  const added = heard('member', (done) => room.bind('pusher:member_added', done));
  const ben = await connect({ member: { user_id: '2', user_info: { name: 'Ben' } } });
  const again = await connect({ member: { user_id: '2', user_info: { name: 'Ben' } } });
  assert.equal((await subscribe(ben, 'presence-js')).members.count, 2);
  assert.equal((await subscribe(again, 'presence-js')).members.count, 2);
  assert.equal((await added).info.name, 'Ben');
  const changes = [];
  room.bind_global((name) => name.startsWith('pusher:member_') && changes.push(name));
  ben.disconnect();
  const removed = heard('member', (done) => room.bind('pusher:member_removed', done));
  again.disconnect();
  assert.equal((await removed).id, '2');
  assert.deepEqual(changes, ['pusher:member_removed']);
  assert.equal(room.members.count, 1);
});

test('CLE-1 CLE-4 a whisper reaches the others with the sender’s id', async () => {
  const ada = await connect({ member: { user_id: '1' } });
  const ben = await connect({ member: { user_id: '2' } });
  const from = await subscribe(ada, 'presence-js-whisper');
  const to = await subscribe(ben, 'presence-js-whisper');
  let echoes = 0;
  from.bind('client-typing', () => (echoes += 1));
  const whisper = heard('whisper', (done) => to.bind('client-typing', (data, metadata) => done([data, metadata])));
  from.trigger('client-typing', { n: 1 });
  assert.deepEqual(await whisper, [{ n: 1 }, { user_id: '1' }]);
  // What the server sends to `from` comes in order: had there been an echo, it would have come before this event.
  const marker = heard('event', (done) => from.bind('marker', done));
  await backend.trigger('presence-js-whisper', 'marker', {});
  await marker;
  assert.equal(echoes, 0);
});

test('CAC-1 CAC-3 a cache channel tells the last event, or that there is none', async () => {
  const client = await connect();
  const empty = client.subscribe('cache-js-empty');
  await heard('miss', (done) => empty.bind('pusher:cache_miss', () => done()));
  await backend.trigger('cache-js', 'Price', { eur: 12 });
  const channel = client.subscribe('cache-js');
  assert.deepEqual(await heard('event', (done) => channel.bind('Price', done)), { eur: 12 });
});

test('EVT-3 the author’s own connection is left out', async () => {
  const [author, reader] = [await connect(), await connect()];
  const own = await subscribe(author, 'js-others');
  const others = await subscribe(reader, 'js-others');
  const names = [];
  own.bind_global((name) => names.push(name));
  const told = heard('event', (done) => others.bind('told', done));
  await backend.trigger('js-others', 'told', {}, { socket_id: author.connection.socket_id });
  await told;
  const marker = heard('event', (done) => own.bind('marker', done));
  await backend.trigger('js-others', 'marker', {});
  await marker;
  assert.deepEqual(names, ['marker']);
});

for (const end of ['stop', 'kill']) {
  test(`ERR-6 after a ${end} of the server it comes back by itself, with a new socket id and its channels`, async () => {
    const own = await Server.start();
    const client = await connect({ server: own, member: { user_id: '1' } });
    const room = await subscribe(client, 'presence-js-restart');
    const before = client.connection.socket_id;
    const lost = heard('loss', (done) => client.connection.bind('state_change', ({ previous }) => previous === 'connected' && done()));
    const isBack = subscribed(room);
    await own[end]();
    await lost;
    await own.start();
    retryNow(client);
    await isBack;
    assert.notEqual(client.connection.socket_id, before);
    const event = heard('event', (done) => room.bind('a', done));
    await sdk(own).trigger('presence-js-restart', 'a', { n: 1 });
    assert.deepEqual(await event, { n: 1 });
    client.disconnect();
    await own.close();
  });
}

test('USR-11 a terminated user comes back', async () => {
  const client = await connect({ member: { user_id: 'terminated' } });
  const room = await subscribe(client, 'presence-js-terminate');
  const isBack = subscribed(room);
  await backend.terminateUserConnections('terminated');
  await isBack;
});
