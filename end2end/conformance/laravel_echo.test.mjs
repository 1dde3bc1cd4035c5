// laravel-echo, configured as a Laravel project configures it, authorized by our own endpoint with a personal token.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Account, createToken } from '../harness/account.mjs';
import { echoClient, heard, inState, retryNow, sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';

let server;
let backend;
let people;
before(async () => {
  server = await Server.start();
  backend = sdk(server);
  people = await Promise.all(['Ada', 'Ben'].map((it) => person(server, it)));
});
after(() => server.close());

/** Somebody with an account, a token and the account's number. */
async function person(at, name) {
  const account = await Account.signUp(at.url, name);
  const { user } = await account.say(`${name} is here`);
  return { account, user, token: await createToken(at, account) };
}

const echoes = [];
/** An Echo of this person that is connected, and disconnected when the file is done. */
async function connect(token, at = server) {
  const echo = echoClient(at, token);
  echoes.push(echo);
  await inState(echo.connector.pusher, 'connected');
  return echo;
}
after(() => echoes.forEach((it) => it.disconnect()));

const subscribed = (channel) => heard('success of a subscription', (done) => channel.subscribed(() => done()));

test('the general room is heard on a public channel by the bare name of its event', async () => {
  const [ada, ben] = people;
  const echo = await connect(ada.token);
  const channel = echo.channel('chat');
  const message = heard('message', (done) => channel.listen('.MessageSent', done));
  await subscribed(channel);
  await ben.account.say('hello **Echo**');
  const event = await message;
  assert.equal(event.message.body, 'hello **Echo**');
  assert.equal(event.message.user.name, 'Ben');
});

test('an event of a Laravel project is heard under its namespace', async () => {
  const echo = await connect(people[0].token);
  const channel = echo.channel('orders');
  const shipped = heard('event', (done) => channel.listen('OrderShipped', done));
  await subscribed(channel);
  await backend.trigger('orders', 'App\\Events\\OrderShipped', { id: 7 });
  assert.deepEqual(await shipped, { id: 7 });
});

test('AUT-1 a private channel of one’s own opens by the token', async () => {
  const [ada] = people;
  const echo = await connect(ada.token);
  const channel = echo.private(`user.${ada.user.id}`);
  const event = heard('event', (done) => channel.listen('.Hello', done));
  await subscribed(channel);
  await backend.trigger(`private-user.${ada.user.id}`, 'Hello', { n: 1 });
  assert.deepEqual(await event, { n: 1 });
});

test('AUT-1 a private channel of somebody else is an error with status 403', async () => {
  const [ada, ben] = people;
  const echo = await connect(ada.token);
  const error = await heard('error', (done) => echo.private(`user.${ben.user.id}`).error(done));
  assert.equal(error.type, 'AuthError');
  assert.equal(error.status, 403);
});

test('PRE-2 here, joining and leaving name the people', async () => {
  const [ada, ben] = people;
  const first = await connect(ada.token);
  const room = first.join('chat');
  const here = await heard('here', (done) => room.here(done));
  assert.deepEqual(here.map((it) => it.name), ['Ada']);
  const joining = heard('joining', (done) => room.joining(done));
  const leaving = heard('leaving', (done) => room.leaving(done));
  const second = await connect(ben.token);
  const both = await heard('here', (done) => second.join('chat').here(done));
  assert.deepEqual(both.map((it) => it.name).sort(), ['Ada', 'Ben']);
  assert.equal((await joining).name, 'Ben');
  second.leave('chat');
  assert.equal((await leaving).name, 'Ben');
});

test('CLE-1 a whisper reaches the others', async () => {
  const [ada, ben] = people;
  const [from, to] = [await connect(ada.token), await connect(ben.token)];
  const [speaking, listening] = [from.join('chat'), to.join('chat')];
  const whisper = heard('whisper', (done) => listening.listenForWhisper('typing', done));
  await Promise.all([speaking, listening].map((it) => heard('here', (done) => it.here(done))));
  speaking.whisper('typing', { name: 'Ada' });
  assert.deepEqual(await whisper, { name: 'Ada' });
});

test('toOthers: the socket id of Echo keeps the author’s own event away', async () => {
  const [ada, ben] = people;
  const [author, reader] = [await connect(ada.token), await connect(ben.token)];
  const [own, others] = [author.channel('to-others'), reader.channel('to-others')];
  const names = [];
  own.listenToAll((name) => names.push(name));
  const told = heard('event', (done) => others.listen('.told', done));
  await Promise.all([subscribed(own), subscribed(others)]);
  await backend.trigger('to-others', 'told', {}, { socket_id: author.socketId() });
  await told;
  const marker = heard('event', (done) => own.listen('.marker', done));
  await backend.trigger('to-others', 'marker', {});
  await marker;
  assert.deepEqual(names, ['.marker']);
});

test('after a restart of the server every channel is there again, with a new authorization', async () => {
  const own = await Server.start();
  const ada = await person(own, 'Ada');
  const echo = await connect(ada.token, own);
  const room = echo.join('chat');
  await heard('here', (done) => room.here(done));
  const isBack = heard('here', (done) => room.here(done));
  const lost = heard('loss', (done) => echo.connector.pusher.connection.bind('state_change', ({ previous }) => previous === 'connected' && done()));
  await own.stop();
  await lost;
  await own.start();
  retryNow(echo.connector.pusher);
  assert.deepEqual((await isBack).map((it) => it.name), ['Ada']);
  echo.disconnect();
  await own.close();
});
