// The HTTP API, by the server SDK of Node and by hand (protocol, section 15).

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
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

/** A request signed by hand, so that its body and its parameters may be anything. */
async function request(method, path, { body = '', changes = {}, id = server.id } = {}) {
  const fullPath = `/apps/${id}${path}`;
  const parameters = {
    auth_key: server.key,
    auth_timestamp: String(Math.floor(Date.now() / 1000)),
    auth_version: '1.0',
    ...(body && { body_md5: createHash('md5').update(body).digest('hex') }),
    ...changes,
  };
  const query = Object.keys(parameters).sort().map((it) => `${it}=${parameters[it]}`).join('&');
  const signature = createHmac('sha256', server.secret).update(`${method}\n${fullPath}\n${query}`).digest('hex');
  return fetch(`${server.url}${fullPath}?${query}&auth_signature=${changes.auth_signature ?? signature}`, {
    method,
    ...(body && { body }),
  });
}

const publish = (body) => request('POST', '/events', { body: typeof body === 'string' ? body : JSON.stringify(body) });

test('API-2 a publication is answered with 200, {} and its length', async () => {
  const answer = await publish({ name: 'a', data: '{}', channel: 'orders' });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  assert.equal(answer.headers.get('content-length'), '2');
  assert.equal(await answer.text(), '{}');
});

test('API-10 info is answered for every channel asked about', async () => {
  const [ada, reader] = [await Wire.open(server), await Wire.open(server)];
  await ada.subscribeSigned('presence-info', { member: { user_id: 1 } });
  await reader.subscribe('info');
  const answer = await backend.trigger(['presence-info', 'info', 'empty'], 'a', {}, { info: 'user_count,subscription_count' });
  assert.deepEqual(await answer.json(), {
    channels: { 'presence-info': { user_count: 1 }, info: { subscription_count: 1 }, empty: {} },
  });
  await Promise.all([ada.close(), reader.close()]);
});

test('API-12 API-13 a batch arrives in order and is answered with {}', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('batch');
  const answer = await backend.triggerBatch([1, 2, 3].map((it) => ({ channel: 'batch', name: `n${it}`, data: { it } })));
  assert.equal(await answer.text(), '{}');
  for (const name of ['n1', 'n2', 'n3']) assert.equal((await wire.next()).event, name);
  await wire.close();
});

test('API-14 a batch of eleven and an empty one are refused', async () => {
  const event = { channel: 'batch', name: 'n', data: '{}' };
  const eleven = await request('POST', '/batch_events', { body: JSON.stringify({ batch: Array(11).fill(event) }) });
  assert.equal(eleven.status, 400);
  assert.match(await eleven.text(), /^Batch too large/);
  const none = await request('POST', '/batch_events', { body: '{"batch":[]}' });
  assert.equal(none.status, 422);
});

test('API-12 one bad event keeps the whole batch back', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('all-or-nothing');
  const batch = [{ channel: 'all-or-nothing', name: 'good', data: '{}' }, { channel: 'all-or-nothing', data: '{}' }];
  const answer = await request('POST', '/batch_events', { body: JSON.stringify({ batch }) });
  assert.equal(answer.status, 422);
  assert.deepEqual(await answer.json(), { 'batch.1.name': ['The batch.1.name field is required.'] });
  await wire.assertSilent();
  await wire.close();
});

for (const [what, body, expected] of [
  ['no name', { data: '{}', channel: 'a' }, { name: ['The name field is required.'] }],
  ['no data', { name: 'a', channel: 'a' }, { data: ['The data field is required.'] }],
  ['a name that is a number', { name: 1, data: '{}', channel: 'a' }, { name: ['The name field must be a string.'] }],
  ['channels that are a text', { name: 'a', data: '{}', channels: 'a' }, { channels: ['The channels field must be an array.'] }],
  ['a channel that is a number', { name: 'a', data: '{}', channels: [1] }, { 'channels.0': ['The channels.0 field must be a string.'] }],
  ['a socket id that is a number', { name: 'a', data: '{}', channel: 'a', socket_id: 1 }, { socket_id: ['The socket id field must be a string.'] }],
  ['no channel', { name: 'a', data: '{}' }, {
    channels: ['The channels field is required when channel is not present.'],
    channel: ['The channel field is required when channels is not present.'],
  }],
]) {
  test(`API-11 ${what} is a 422 that names the field`, async () => {
    const answer = await publish(body);
    assert.equal(answer.status, 422);
    assert.deepEqual(await answer.json(), expected);
  });
}

for (const [what, body, status] of [
  ['no JSON', 'nonsense', 400],
  ['a list', '[]', 400],
  ['101 channels', { name: 'a', data: '{}', channels: Array.from({ length: 101 }, (_, it) => `c${it}`) }, 400],
  ['an event of the protocol', { name: 'pusher:ping', data: '{}', channel: 'a' }, 400],
  ['a bad channel name', { name: 'a', data: '{}', channel: 'a b' }, 400],
  ['a name of 201 characters', { name: 'x'.repeat(201), data: '{}', channel: 'a' }, 400],
]) {
  test(`API-1 a publication with ${what} is answered with ${status}`, async () => {
    assert.equal((await publish(body)).status, status);
  });
}

test('API-1 data beyond the limit is a 413 in the words that SDKs look for', async () => {
  const answer = await publish({ name: 'a', data: 'x'.repeat(10_241), channel: 'a' });
  assert.equal(answer.status, 413);
  assert.match(await answer.text(), /content of this event exceeds/);
  assert.equal((await publish({ name: 'a', data: 'x'.repeat(10_240), channel: 'a' })).status, 200);
});

test('API-1 an unknown application is a 404 that names it', async () => {
  const answer = await request('POST', '/events', { id: 'nobody', body: '{}' });
  assert.equal(answer.status, 404);
  assert.equal(await answer.text(), 'No matching application for ID [nobody].');
});

test('API-8 a wrong signature is a 401', async () => {
  const answer = await request('GET', '/channels', { changes: { auth_signature: '0'.repeat(64) } });
  assert.equal(answer.status, 401);
  assert.equal(await answer.text(), 'Authentication signature invalid.');
});

test('API-7 a stale request is a 401 that says so', async () => {
  const answer = await request('GET', '/channels', { changes: { auth_timestamp: '1700000000' } });
  assert.equal(answer.status, 401);
  assert.match(await answer.text(), /^Timestamp expired/);
});

test('API-5 a body that is not the one that was signed is a 401', async () => {
  const answer = await request('POST', '/events', {
    body: '{"name":"a","data":"{}","channel":"a"}',
    changes: { body_md5: '0'.repeat(32) },
  });
  assert.equal(answer.status, 401);
});

test('API-5 the MD5 of nothing may come with a GET, as the Python SDK sends it', async () => {
  const answer = await request('GET', '/channels', { changes: { body_md5: 'd41d8cd98f00b204e9800998ecf8427e' } });
  assert.equal(answer.status, 200);
});

test('API-17 nobody there is an object, and a prefix chooses', async () => {
  const channels = async (params) => (await (await backend.get({ path: '/channels', params })).json()).channels;
  assert.deepEqual(await channels({ filter_by_prefix: 'nobody-' }), {});
  const wire = await Wire.open(server);
  await wire.subscribe('listed-public');
  await wire.subscribeSigned('presence-listed', { member: { user_id: 1 } });
  assert.deepEqual(await channels({ filter_by_prefix: 'presence-', info: 'user_count' }), { 'presence-listed': { user_count: 1 } });
  assert.deepEqual(await channels({ filter_by_prefix: 'listed-' }), { 'listed-public': {} });
  await wire.close();
});

test('API-15 API-18 one channel tells what applies to it', async () => {
  const channel = async (name, info) => (await backend.get({ path: `/channels/${name}`, params: { info } })).json();
  assert.deepEqual(await channel('nobody', 'subscription_count'), { occupied: false });
  const wire = await Wire.open(server);
  await wire.subscribe('cache-one');
  await backend.trigger('cache-one', 'Price', { eur: 12 });
  const { cache, ...rest } = await channel('cache-one', 'subscription_count,user_count,cache');
  assert.deepEqual(rest, { occupied: true, subscription_count: 1 });
  const { ttl, ...event } = cache;
  assert.deepEqual(event, { event: 'Price', data: '{"eur":12}', channel: 'cache-one' });
  assert.ok(ttl > 1700 && ttl <= 1800, `ttl is ${ttl}`);
  await wire.close();
});

test('API-16 where nobody is there are no counts', async () => {
  const info = 'subscription_count,user_count';
  for (const name of ['nobody', 'presence-nobody', 'cache-nobody']) {
    assert.deepEqual(await (await backend.get({ path: `/channels/${name}`, params: { info } })).json(), { occupied: false });
  }
  const answer = await backend.trigger(['nobody', 'presence-nobody'], 'a', {}, { info });
  assert.deepEqual(await answer.json(), { channels: { nobody: {}, 'presence-nobody': {} } });
});

test('API-19 the channel in the path is decoded once, and a bad name is a 400', async () => {
  const wire = await Wire.open(server);
  await wire.subscribe('a=b;c,d@e');
  for (const written of ['a=b;c,d@e', 'a%3Db%3Bc%2Cd%40e']) {
    assert.deepEqual(await (await request('GET', `/channels/${written}`)).json(), { occupied: true });
  }
  for (const written of ['a%253Db', 'a%20b', 'a!b', 'x'.repeat(201)]) {
    assert.equal((await request('GET', `/channels/${written}`)).status, 400, written);
    assert.equal((await request('GET', `/channels/${written}/users`)).status, 400, written);
  }
  await wire.close();
});

test('API-20 users of a channel that is none of presence are a 400, of an empty one a 404', async () => {
  assert.equal((await request('GET', '/channels/orders/users')).status, 400);
  assert.equal((await request('GET', '/channels/presence-nobody/users')).status, 404);
});

test('USR-10 USR-11 a user is disconnected everywhere, and may come back', async () => {
  const [first, second, other] = [await Wire.open(server), await Wire.open(server), await Wire.open(server)];
  await first.subscribe('public-first');
  await first.subscribeSigned('presence-terminate', { member: { user_id: 42 } });
  await second.subscribeSigned('presence-terminate', { member: { user_id: '42' } });
  await other.subscribeSigned('presence-terminate', { member: { user_id: '4' } });
  const answer = await backend.terminateUserConnections('42');
  assert.equal(await answer.text(), '{}');
  for (const wire of [first, second]) {
    assert.deepEqual(await wire.closed, { code: 4100, reason: 'Terminated by the application' });
  }
  assert.equal((await other.next()).event, 'pusher_internal:member_removed');
  await other.close();
});

test('API-22 API-23 connections are counted and the health is told', async () => {
  const wire = await Wire.open(server);
  const count = async () => (await (await request('GET', '/connections')).json()).connections;
  const before = await count();
  const more = await Wire.open(server);
  assert.equal(await count(), before + 1);
  await Promise.all([wire.close(), more.close()]);
  const up = await fetch(`${server.url}/up`);
  assert.equal(await up.text(), '{"health":"OK"}');
});
