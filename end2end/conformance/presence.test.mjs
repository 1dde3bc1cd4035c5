// Presence channels, byte by byte (protocol, section 6).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server.close());

const ADA = { user_id: 1, user_info: { name: 'Ada' } };
const BEN = { user_id: 2, user_info: { name: 'Ben' } };
const presence = (frame) => JSON.parse(frame.data).presence;

/** Opens a connection and joins. Returns it with its snapshot. */
async function join(channel, member) {
  const wire = await Wire.open(server);
  const answer = await wire.subscribeSigned(channel, { member });
  assert.equal(answer.event, 'pusher_internal:subscription_succeeded');
  wire.presence = presence(answer);
  return wire;
}

test('PRE-2 PRE-3 PRE-4 two people come and go as the specification writes it', async () => {
  const ada = await Wire.open(server);
  ada.send({ event: 'pusher:subscribe', data: { channel: 'presence-room', ...ada.signature('presence-room', ADA) } });
  assert.equal(
    await ada.nextText(),
    '{"event":"pusher_internal:subscription_succeeded","data":"{\\"presence\\":{\\"count\\":1,\\"ids\\":[1],\\"hash\\":{\\"1\\":{\\"name\\":\\"Ada\\"}}}}","channel":"presence-room"}',
  );
  const ben = await join('presence-room', BEN);
  assert.deepEqual(ben.presence, { count: 2, ids: [1, 2], hash: { 1: { name: 'Ada' }, 2: { name: 'Ben' } } });
  await ben.assertSilent();
  assert.equal(
    await ada.nextText(),
    '{"event":"pusher_internal:member_added","data":"{\\"user_id\\":2,\\"user_info\\":{\\"name\\":\\"Ben\\"}}","channel":"presence-room"}',
  );
  await ben.close();
  assert.equal(
    await ada.nextText(),
    '{"event":"pusher_internal:member_removed","data":"{\\"user_id\\":2}","channel":"presence-room"}',
  );
  await ada.close();
});

test('PRE-1 a number and its text are the same member', async () => {
  const first = await join('presence-same', { user_id: 7 });
  const second = await join('presence-same', { user_id: '7' });
  assert.deepEqual(second.presence, { count: 1, ids: [7], hash: { 7: null } });
  await first.assertSilent();
  await Promise.all([first.close(), second.close()]);
});

test('PRE-3 PRE-4 a second tab neither joins nor leaves', async () => {
  const ada = await join('presence-tabs', ADA);
  const tabs = [await join('presence-tabs', BEN), await join('presence-tabs', { user_id: '2', user_info: { name: 'Other' } })];
  assert.deepEqual(tabs[1].presence.hash, { 1: { name: 'Ada' }, 2: { name: 'Ben' } }, 'PRE-5 the first tab names the member');
  assert.equal((await ada.next()).event, 'pusher_internal:member_added');
  await tabs[0].close();
  await ada.assertSilent();
  await tabs[1].close();
  assert.equal((await ada.next()).event, 'pusher_internal:member_removed');
  await ada.close();
});

test('PRE-4 an unsubscribe leaves at once', async () => {
  const ada = await join('presence-unsubscribe', ADA);
  const ben = await join('presence-unsubscribe', BEN);
  await ada.next();
  ben.send({ event: 'pusher:unsubscribe', data: { channel: 'presence-unsubscribe' } });
  assert.deepEqual(await ada.next(), {
    event: 'pusher_internal:member_removed',
    data: '{"user_id":2}',
    channel: 'presence-unsubscribe',
  });
  await Promise.all([ada.close(), ben.close()]);
});

for (const [what, member] of Object.entries({
  'no member': undefined,
  'an empty id': { user_id: '' },
  'an id that is null': { user_id: null },
  'no id': { user_info: {} },
})) {
  test(`PRE-1 PRE-7 ${what} is refused`, async () => {
    const wire = await Wire.open(server);
    const answer = await wire.subscribeSigned('presence-refused', { member });
    assert.deepEqual(JSON.parse(answer.data), { code: 4009, message: 'Connection is unauthorized' });
    assert.equal((await wire.next()).event, 'pusher:subscription_error');
    await wire.close();
  });
}

test('PRE-2 the signed text is the text that was sent, slashes and all', async () => {
  const wire = await join('presence-bytes', '{"user_id":"42","user_info":{"name":"Zoë \\/ 東京"}}');
  assert.deepEqual(wire.presence.hash, { 42: { name: 'Zoë / 東京' } });
  await wire.close();
});

test('PRE-8 who is back within the grace has never left', async () => {
  const patient = await Server.start({ SMARTLINK_APP_PRESENCE_LEAVE_GRACE: '5' });
  const [ada, ben] = [await Wire.open(patient), await Wire.open(patient)];
  await ada.subscribeSigned('presence-grace', { member: ADA });
  await ben.subscribeSigned('presence-grace', { member: BEN });
  assert.equal((await ada.next()).event, 'pusher_internal:member_added');
  await ben.close();
  const back = await Wire.open(patient);
  const answer = await back.subscribeSigned('presence-grace', { member: BEN });
  assert.equal(presence(answer).count, 2);
  await ada.assertSilent();
  back.send({ event: 'pusher:unsubscribe', data: { channel: 'presence-grace' } });
  assert.equal((await ada.next()).event, 'pusher_internal:member_removed', 'an unsubscribe does not wait');
  await Promise.all([ada.close(), back.close()]);
  await patient.close();
});

test('API-20 the members of a channel are listed in the order of joining', async () => {
  const ada = await join('presence-listed', ADA);
  const ben = await join('presence-listed', { ...BEN, user_id: 'ben' });
  const answer = await sdk(server).get({ path: '/channels/presence-listed/users' });
  assert.deepEqual(await answer.json(), { users: [{ id: 1 }, { id: 'ben' }] });
  await Promise.all([ada.close(), ben.close()]);
});

test('NOD-5 a server that was killed takes its members with it, and brings none back when it starts again', async () => {
  const own = await Server.start();
  const lost = await Wire.open(own);
  await lost.subscribeSigned('presence-lost', { member: { user_id: 'lost' } });
  await own.kill();
  await own.start();
  const wire = await Wire.open(own);
  const answer = await wire.subscribeSigned('presence-lost', { member: { user_id: 'new' } });
  assert.deepEqual(JSON.parse(answer.data).presence.ids, ['new']);
  await wire.close();
  await own.close();
});
