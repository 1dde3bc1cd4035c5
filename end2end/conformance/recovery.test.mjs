// The recovery extension (docs/RECOVERY.md): a returning client gets what it missed, in order, nothing twice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Account } from '../harness/account.mjs';
import { sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
let ada;
before(async () => {
  server = await Server.start();
  ada = await Account.signUp(server.url, 'Ada');
});
after(() => server.close());

/** Subscribes to the general room with a position and a person's signature, and returns what the answer says of it. */
async function recover(wire, position) {
  const answer = await wire.subscribeSigned('chat', { recover: position });
  assert.equal(answer.event, 'pusher_internal:subscription_succeeded');
  return JSON.parse(answer.data);
}

const bodyOf = (frame) => JSON.parse(frame.data).message.body;

test('a logged event carries its number and its id, and the numbers have no gaps', async () => {
  const wire = await Wire.open(server);
  const { offset, recovered } = await recover(wire, true);
  assert.equal(recovered, false);
  for (const index of [1, 2, 3]) {
    await ada.say(`numbered ${index}`);
    const frame = await wire.next();
    assert.equal(frame.event, 'MessageSent');
    assert.equal(frame.channel, 'chat');
    assert.equal(frame.offset, offset + index);
    assert.match(frame.event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    assert.equal(bodyOf(frame), `numbered ${index}`);
  }
  await wire.close();
});

test('who comes back with a position gets exactly what was missed, then what is new', async () => {
  const wire = await Wire.open(server);
  const start = await recover(wire, true);
  await wire.close();
  for (const index of [1, 2, 3, 4, 5]) await ada.say(`missed ${index}`);
  const back = await Wire.open(server);
  const answer = await recover(back, { epoch: start.epoch, offset: start.offset + 2 });
  assert.deepEqual(answer, { epoch: start.epoch, offset: start.offset + 5, recovered: true });
  for (const index of [3, 4, 5]) {
    const frame = await back.next();
    assert.equal(bodyOf(frame), `missed ${index}`);
    assert.equal(frame.offset, start.offset + index);
  }
  await ada.say('live again');
  assert.equal(bodyOf(await back.next()), 'live again');
  await back.assertSilent();
  await back.close();
});

test('who has missed nothing gets nothing', async () => {
  const wire = await Wire.open(server);
  const start = await recover(wire, true);
  const answer = await recover(wire, { epoch: start.epoch, offset: start.offset });
  assert.deepEqual(answer, { ...start, recovered: true });
  await wire.assertSilent();
  await wire.close();
});

test('the position of a snapshot closes the circle', async () => {
  await ada.say('before the snapshot');
  const { position, messages } = await ada.api('GET', '/api/chat/messages');
  assert.equal(messages.at(-1).body, 'before the snapshot');
  await ada.say('after the snapshot');
  const wire = await Wire.open(server);
  assert.equal((await recover(wire, position)).recovered, true);
  assert.equal(bodyOf(await wire.next()), 'after the snapshot');
  await wire.assertSilent();
  await wire.close();
});

test('a stranger learns where the general room stands, and nothing of what was said', async () => {
  const wire = await Wire.open(server);
  const start = await recover(wire, true);
  await ada.say('missed by strangers');
  await wire.close();
  const stranger = await Wire.open(server);
  const answer = await stranger.subscribe('chat', { recover: { epoch: start.epoch, offset: start.offset } });
  assert.deepEqual(JSON.parse(answer.data), { epoch: start.epoch, offset: start.offset + 1, recovered: false });
  await stranger.assertSilent();
  await stranger.close();
});

test('another epoch and a position from the future are not recovered', async () => {
  const wire = await Wire.open(server);
  const head = await recover(wire, true);
  assert.deepEqual(await recover(wire, { epoch: 'another', offset: head.offset - 1 }), head);
  assert.deepEqual(await recover(wire, { epoch: head.epoch, offset: head.offset + 1 }), head);
  await wire.assertSilent();
  await wire.close();
});

for (const bad of ['yes', 5, [], { epoch: 1, offset: 1 }, { epoch: 'a', offset: -1 }, { epoch: 'a', offset: '1' }, { epoch: 'a' }]) {
  test(`FRM-5 ${JSON.stringify(bad)} is no position`, async () => {
    const wire = await Wire.open(server);
    const answer = await wire.subscribe('chat', { recover: bad });
    assert.deepEqual(JSON.parse(answer.data), { code: 4200, message: 'Invalid message format' });
    await wire.assertSilent();
    await wire.close();
  });
}

test('on a channel without a log a position is ignored', async () => {
  const wire = await Wire.open(server);
  for (const recoverFrom of [true, { epoch: 'a', offset: 1 }]) {
    assert.equal((await wire.subscribe('unlogged', { recover: recoverFrom })).data, '{}');
  }
  await sdk(server).trigger('unlogged', 'a', {});
  const frame = await wire.next();
  assert.deepEqual(Object.keys(frame), ['event', 'data', 'channel']);
  await wire.close();
});

test('a restart and a crash of the server change no number and lose nothing', async () => {
  const own = await Server.start();
  const ben = await Account.signUp(own.url, 'Ben');
  let wire = await Wire.open(own);
  const start = await recover(wire, true);
  for (const end of ['stop', 'kill']) {
    await ben.say(`before the ${end}`);
    await own[end]();
    await own.start();
    await ben.say(`after the ${end}`);
  }
  wire = await Wire.open(own);
  const answer = await recover(wire, { epoch: start.epoch, offset: start.offset });
  assert.deepEqual(answer, { epoch: start.epoch, offset: start.offset + 4, recovered: true });
  for (const body of ['before the stop', 'after the stop', 'before the kill', 'after the kill']) {
    assert.equal(bodyOf(await wire.next()), body);
  }
  await wire.close();
  await own.close();
});

test('ten readers that come back in the middle of a conversation miss nothing and get nothing twice', async () => {
  const first = await Wire.open(server);
  const start = await recover(first, true);
  await first.close();
  const talk = (async () => {
    for (let index = 1; index <= 40; index += 1) await ada.say(`talk ${index}`);
  })();
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const wire = await Wire.open(server);
      assert.equal((await recover(wire, { epoch: start.epoch, offset: start.offset })).recovered, true);
      for (let index = 1; index <= 40; index += 1) assert.equal(bodyOf(await wire.next()), `talk ${index}`);
      await wire.assertSilent();
      await wire.close();
    }),
  );
  await talk;
});
