// Client events (protocol, section 9).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server.close());

/** Two connections on the same signed channel. */
async function pair(channel) {
  const wires = [await Wire.open(server), await Wire.open(server)];
  for (const wire of wires) await wire.subscribeSigned(channel);
  return wires;
}

test('CLE-1 CLE-2 a client event reaches everyone but its sender, without what the sender has no right to say', async () => {
  const [sender, reader] = await pair('private-whisper');
  sender.send({ event: 'client-typing', channel: 'private-whisper', data: { n: 1 }, user_id: 'somebody', more: true });
  assert.equal(await reader.nextText(), '{"event":"client-typing","channel":"private-whisper","data":{"n":1}}');
  await sender.assertSilent();
  await Promise.all([sender.close(), reader.close()]);
});

test('CLE-4 on a presence channel the server says who sent it', async () => {
  const [ada, ben] = [await Wire.open(server), await Wire.open(server)];
  await ada.subscribeSigned('presence-whisper', { member: { user_id: 42 } });
  await ben.subscribeSigned('presence-whisper', { member: { user_id: '7' } });
  await ada.next();
  ada.send({ event: 'client-typing', channel: 'presence-whisper', data: { n: 1 }, user_id: '7' });
  assert.equal(await ben.nextText(), '{"event":"client-typing","channel":"presence-whisper","data":{"n":1},"user_id":42}');
  await Promise.all([ada.close(), ben.close()]);
});

for (const [sent, passed] of [
  ['{"a":[1, 2.0]}', '{"a":[1, 2.0]}'],
  ['"{\\"a\\":1}"', '{"a":1}'],
  ['"[1]"', '[1]'],
  ['"abc"', '"abc"'],
  ['5', '5'],
  ['true', 'true'],
  ['null', 'null'],
  [undefined, 'null'],
]) {
  test(`CLE-3 the data ${sent} is passed on as ${passed}`, async () => {
    const [sender, reader] = await pair('private-data');
    const data = sent === undefined ? '' : `,"data":${sent}`;
    sender.send(`{"event":"client-data","channel":"private-data"${data}}`);
    const frame = await reader.next();
    assert.deepEqual(frame, { event: 'client-data', channel: 'private-data', data: JSON.parse(passed) });
    await Promise.all([sender.close(), reader.close()]);
  });
}

test('CLE-2 a stranger to the channel is told so and the connection goes on', async () => {
  const [, reader] = await pair('private-members');
  const stranger = await Wire.open(server);
  stranger.send({ event: 'client-a', channel: 'private-members', data: {} });
  assert.equal(
    await stranger.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4009,\\"message\\":\\"The client is not a member of the specified channel.\\"}"}',
  );
  await stranger.assertSilent();
  await reader.assertSilent();
  await stranger.close();
});

test('CLE-2 an application without client events says so', async () => {
  const silent = await Server.start({ REVERB_APP_ACCEPT_CLIENT_EVENTS_FROM: 'none' });
  const wire = await Wire.open(silent);
  await wire.subscribeSigned('private-none');
  wire.send({ event: 'client-a', channel: 'private-none', data: {} });
  assert.equal(
    await wire.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4301,\\"message\\":\\"The app does not have client messaging enabled.\\"}"}',
  );
  await wire.assertSilent();
  await wire.close();
  await silent.close();
});

test('CLE-5 a name of more than 200 characters is refused with 4301', async () => {
  const [sender, reader] = await pair('private-names');
  sender.send({ event: `client-${'x'.repeat(194)}`, channel: 'private-names', data: {} });
  const answer = await sender.next();
  assert.equal(JSON.parse(answer.data).code, 4301);
  await reader.assertSilent();
  await Promise.all([sender.close(), reader.close()]);
});

test('LIM-2 messages beyond the rate are answered with 4301', async () => {
  const limited = await Server.start({
    REVERB_APP_RATE_LIMITING_ENABLED: 'true',
    REVERB_APP_RATE_LIMIT_MAX_ATTEMPTS: '3',
  });
  const wire = await Wire.open(limited);
  for (let index = 0; index < 3; index += 1) await wire.assertSilent();
  wire.send('{"event":"pusher:ping"}');
  assert.equal(
    await wire.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4301,\\"message\\":\\"Rate limit exceeded\\"}"}',
  );
  await wire.close();
  await limited.close();
});
