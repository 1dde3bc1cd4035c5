// `/broadcasting/auth` and `/broadcasting/user-auth`, as Laravel answers them (protocol, section 17).

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import { Account, createToken } from '../harness/account.mjs';
import { Server } from '../harness/server.mjs';

let server;
let ada;
let user;
let token;
before(async () => {
  server = await Server.start();
  ada = await Account.signUp(server.url, 'Ada');
  user = (await ada.say('hello')).user;
  token = await createToken(server, ada);
});
after(() => server.close());

const SOCKET = '1234.5678';
const signed = (text) => `${server.key}:${createHmac('sha256', server.secret).update(text).digest('hex')}`;

/** Asks by form with the bearer token, or with `headers` instead. */
function ask(fields, { path = '/broadcasting/auth', headers = { authorization: `Bearer ${token}` }, ...options } = {}) {
  const body = options.body ?? new URLSearchParams(fields);
  return fetch(server.url + path, { method: 'POST', headers, ...options, ...(options.method !== 'GET' && { body }) });
}

test('AUT-1 a private channel of one’s own is signed', async () => {
  const channel = `private-user.${user.id}`;
  const answer = await ask({ socket_id: SOCKET, channel_name: channel });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  assert.deepEqual(await answer.json(), { auth: signed(`${SOCKET}:${channel}`) });
});

test('AUT-1 JSON and a query are taken as the form is', async () => {
  const channel = `private-user.${user.id}`;
  const json = await ask(undefined, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ socket_id: SOCKET, channel_name: channel }),
  });
  assert.deepEqual(await json.json(), { auth: signed(`${SOCKET}:${channel}`) });
  const query = await ask(undefined, {
    path: `/broadcasting/auth?socket_id=${SOCKET}&channel_name=${channel}`,
    method: 'GET',
  });
  assert.deepEqual(await query.json(), { auth: signed(`${SOCKET}:${channel}`) });
});

test('AUT-1 a presence channel names the member, and the signature fits the very text', async () => {
  const answer = await (await ask({ socket_id: SOCKET, channel_name: 'presence-chat' })).json();
  const member = JSON.parse(answer.channel_data);
  assert.equal(member.user_id, String(user.id));
  assert.equal(member.user_info.name, 'Ada');
  assert.equal(answer.auth, signed(`${SOCKET}:presence-chat:${answer.channel_data}`));
});

for (const channel of ['private-user.999999', 'private-admin', 'private-unknown', 'presence-unknown', 'orders', 'private-chat.998.999']) {
  test(`AUT-1 AUT-2 ${channel} is a 403`, async () => {
    const answer = await ask({ socket_id: SOCKET, channel_name: channel });
    assert.equal(answer.status, 403);
    assert.equal(typeof (await answer.json()).message, 'string');
  });
}

test('AUT-2 the general room is public by name and signed nevertheless, since its past is for people alone', async () => {
  const answer = await ask({ socket_id: SOCKET, channel_name: 'chat' });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { auth: signed(`${SOCKET}:chat`) });
});

test('AUT-1 AUT-3 without a person, and with a wrong token, it is a 403', async () => {
  for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
    const answer = await ask({ socket_id: SOCKET, channel_name: 'presence-chat' }, { headers });
    assert.equal(answer.status, 403);
    assert.equal(typeof (await answer.json()).message, 'string');
  }
});

for (const socketId of ['', 'abc', '1234', '1234.5678x', '1234.5678:presence-chat']) {
  test(`AUT-2 "${socketId}" is no socket id`, async () => {
    const answer = await ask({ socket_id: socketId, channel_name: 'presence-chat' });
    assert.equal(answer.status, 422);
    assert.equal((await answer.json()).errors.socket_id.length, 1);
  });
}

const cookieHeader = () => ada.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

test('AUT-3 the session cookie is enough on the same origin, and no CSRF token is demanded', async () => {
  const answer = await ask(
    { socket_id: SOCKET, channel_name: 'presence-chat' },
    { headers: { cookie: cookieHeader(), origin: server.url } },
  );
  assert.equal(answer.status, 200);
});

test('AUT-3 a page of another site cannot use the cookie', async () => {
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await ask(
      { socket_id: SOCKET, channel_name: 'presence-chat' },
      { headers: { cookie: cookieHeader(), ...headers } },
    );
    assert.equal(answer.status, 403);
  }
});

test('AUT-4 the answer is not stored', async () => {
  const answer = await ask({ socket_id: SOCKET, channel_name: 'presence-chat' });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
});

test('AUT-5 pages of allowed origins may ask, and the browser’s question before it is answered', async () => {
  const careful = await Server.start({ SMARTLINK_ALLOWED_ORIGINS: '*.example.com' });
  const question = (path, origin) =>
    fetch(careful.url + path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization, x-csrf-token' },
    });
  for (const path of ['/broadcasting/auth', '/broadcasting/user-auth']) {
    const allowed = await question(path, 'https://shop.example.com:8443');
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://shop.example.com:8443');
    assert.equal(allowed.headers.get('access-control-allow-credentials'), null);
    const names = allowed.headers.get('access-control-allow-headers').toLowerCase().split(', ');
    for (const name of ['authorization', 'content-type', 'x-csrf-token', 'x-socket-id']) assert.ok(names.includes(name), name);
    const refused = await question(path, 'https://example.com');
    assert.equal(refused.headers.get('access-control-allow-origin'), null);
  }
  const body = new URLSearchParams({ socket_id: SOCKET, channel_name: 'presence-chat' });
  const answer = await fetch(`${careful.url}/broadcasting/auth`, { method: 'POST', headers: { origin: 'https://a.example.com' }, body });
  assert.equal(answer.status, 403);
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://a.example.com');
  await careful.close();
});
