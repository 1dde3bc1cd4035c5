// The rest of what laravel-echo offers: its names, leaving, encryption, notifications, and coming back.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import Echo from 'laravel-echo';

import { echoClient, heard, inState, PusherClient, retryNow, sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';

const MASTER_KEY = Buffer.alloc(32, 3).toString('base64');

let server;
let backend;
before(async () => {
  server = await Server.start();
  backend = sdk(server, { encryptionMasterKeyBase64: MASTER_KEY });
});
after(() => server.close());

const echoes = [];
after(() => echoes.forEach((it) => it.disconnect()));

/** An Echo whose channels are signed by a Laravel project's own backend, for the person of this id. */
async function connect(id = '1', at = server) {
  const signer = sdk(at, { encryptionMasterKeyBase64: MASTER_KEY });
  const echo = echoClient(at, undefined, {
    nacl: createRequire(import.meta.url)('tweetnacl'),
    authorizer: ({ name }) => ({
      authorize: (socketId, callback) =>
        callback(null, signer.authorizeChannel(socketId, name, { user_id: id, user_info: { id, name: `User ${id}` } })),
    }),
  });
  echoes.push(echo);
  await inState(echo.connector.pusher, 'connected');
  return echo;
}

const subscribed = (channel) => heard('success of a subscription', (done) => channel.subscribed(() => done()));

test('SUB-10 leave ends the public, private, encrypted and presence channel of that name', async () => {
  const echo = await connect();
  const channels = [echo.channel('room'), echo.private('room'), echo.encryptedPrivate('room'), echo.join('room')];
  await Promise.all(channels.map(subscribed));
  const occupied = async () => Object.keys((await (await backend.get({ path: '/channels' })).json()).channels).sort();
  assert.deepEqual(await occupied(), ['presence-room', 'private-encrypted-room', 'private-room', 'room']);
  echo.leave('room');
  // A round trip on the same socket: what was said before has been done.
  await subscribed(echo.channel('after-leave'));
  assert.deepEqual(await occupied(), ['after-leave']);
  echo.leaveChannel('after-leave');
  await subscribed(echo.channel('the-end'));
  assert.deepEqual(await occupied(), ['the-end']);
  echo.leaveAllChannels();
});

test('ENC-1 encryptedPrivate decrypts what the backend encrypted', async () => {
  const echo = await connect();
  const channel = echo.encryptedPrivate('vault');
  const event = heard('event', (done) => channel.listen('.Opened', done));
  await subscribed(channel);
  await backend.trigger('private-encrypted-vault', 'Opened', { id: 1 });
  assert.deepEqual(await event, { id: 1 });
});

test('EVT-1 a notification of Laravel is heard by its own name', async () => {
  const echo = await connect();
  const channel = echo.private('App.Models.User.1');
  const notification = heard('notification', (done) => channel.notification(done));
  await subscribed(channel);
  const name = 'Illuminate\\Notifications\\Events\\BroadcastNotificationCreated';
  await backend.trigger('private-App.Models.User.1', name, { id: 'n1', type: 'InvoicePaid', amount: 12 });
  assert.deepEqual(await notification, { id: 'n1', type: 'InvoicePaid', amount: 12 });
});

test('EVT-1 stopListening, listenToAll and names with dots and backslashes mean what Echo says', async () => {
  const echo = await connect();
  const channel = echo.channel('names');
  const [all, stopped] = [[], []];
  channel.listenToAll((name) => all.push(name));
  channel.listen('OrderShipped', (data) => stopped.push(data));
  const last = heard('last event', (done) => channel.listen('\\Other\\Space\\Last', done));
  await subscribed(channel);
  await backend.trigger('names', 'App\\Events\\OrderShipped', { n: 1 });
  await backend.trigger('names', 'server.created', {});
  await backend.trigger('names', 'Other\\Space\\Last', {});
  await last;
  assert.deepEqual(stopped, [{ n: 1 }]);
  assert.deepEqual(all, ['OrderShipped', '.server.created', '.Other\\Space\\Last']);
});

test('PRE-2 PRE-3 PRE-4 CLE-1 here, joining, leaving and whisper in a room of three', async () => {
  const [ada, ben, eve] = [await connect('1'), await connect('2'), await connect('3')];
  const room = ada.join('three');
  assert.deepEqual(await heard('here', (done) => room.here(done)), [{ id: '1', name: 'User 1' }]);
  const [joined, left] = [[], []];
  const everybody = heard('joining', (done) => room.joining((it) => joined.push(it.id) === 2 && done()));
  const rooms = [ben, eve].map((it) => it.join('three'));
  await Promise.all(rooms.map((it) => heard('here', (done) => it.here(done))));
  await everybody;
  assert.deepEqual(joined.sort(), ['2', '3']);
  const whispers = [room, rooms[1]].map((it) => heard('whisper', (done) => it.listenForWhisper('typing', done)));
  rooms[0].whisper('typing', { name: 'Ben' });
  assert.deepEqual(await Promise.all(whispers), [{ name: 'Ben' }, { name: 'Ben' }]);
  const gone = heard('leaving', (done) => room.leaving((it) => left.push(it.id) === 2 && done()));
  ben.leave('three');
  eve.disconnect();
  await gone;
  assert.deepEqual(left.sort(), ['2', '3']);
});

test('SUB-8 error tells why a channel was refused', async () => {
  const echo = await connect();
  echo.options.authorizer = undefined;
  const refused = new Echo({
    ...echo.options,
    Pusher: PusherClient,
    authorizer: () => ({ authorize: (_, callback) => callback(null, { auth: 'reverb-key:0' }) }),
  });
  echoes.push(refused);
  const error = await heard('error', (done) => refused.private('refused').error(done));
  assert.deepEqual(error, { type: 'AuthError', error: 'The connection is unauthorized.', status: 401 });
});

for (const end of ['stop', 'kill']) {
  test(`ERR-6 after a ${end} every channel of an Echo is there again, and hears`, async () => {
    const own = await Server.start();
    const echo = await connect('1', own);
    const channels = [echo.channel('back'), echo.private('back'), echo.encryptedPrivate('back'), echo.join('back')];
    await Promise.all(channels.map(subscribed));
    const isBack = Promise.all(channels.map(subscribed));
    const lost = heard('loss', (done) => echo.connector.pusher.connection.bind('state_change', ({ previous }) => previous === 'connected' && done()));
    await own[end]();
    await lost;
    await own.start();
    retryNow(echo.connector.pusher);
    await isBack;
    const events = channels.map((it) => heard('event', (done) => it.listen('.Again', done)));
    const signer = sdk(own, { encryptionMasterKeyBase64: MASTER_KEY });
    await signer.trigger(['back', 'private-back', 'presence-back'], 'Again', { n: 1 });
    await signer.trigger('private-encrypted-back', 'Again', { n: 1 });
    assert.deepEqual(await Promise.all(events), channels.map(() => ({ n: 1 })));
    echo.disconnect();
    await own.close();
  });
}
