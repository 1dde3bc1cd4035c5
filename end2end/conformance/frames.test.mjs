// Frames, good and bad (protocol, sections 3 and 4).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server.close());

const INVALID = '{"event":"pusher:error","data":"{\\"code\\":4200,\\"message\\":\\"Invalid message format\\"}"}';

const GARBAGE = {
  'plain text': 'Hi',
  'half an object': '{"event":"pusher:ping"',
  'no object': '[1,2]',
  'a number': '5',
  'no event': '{"data":{}}',
  'an event that is no string': '{"event":5}',
  'an unknown event of the protocol': '{"event":"pusher:dance","data":{}}',
  'a subscription without data': '{"event":"pusher:subscribe"}',
  'a subscription to a list': '{"event":"pusher:subscribe","data":{"channel":["a"]}}',
  'a subscription to nothing': '{"event":"pusher:subscribe","data":{"channel":null}}',
  'a signature that is a number': '{"event":"pusher:subscribe","data":{"channel":"private-a","auth":5}}',
  'channel data that is no text': '{"event":"pusher:subscribe","data":{"channel":"presence-a","auth":"a:b","channel_data":{"user_id":1}}}',
  'channel data that is no JSON': '{"event":"pusher:subscribe","data":{"channel":"presence-a","auth":"a:b","channel_data":"{"}}',
  'leaving a number': '{"event":"pusher:unsubscribe","data":{"channel":7}}',
  'a client event without a channel': '{"event":"client-a","data":{}}',
  'an event of nobody without a channel': '{"event":"hello"}',
  'a wrong type in recover': '{"event":"pusher:subscribe","data":{"channel":"chat","recover":"yes"}}',
  'nesting without end': `{"event":"pusher:subscribe","data":${'['.repeat(3_000)}${']'.repeat(3_000)}}`,
  'a lone surrogate': '{"event":"\\ud800"}',
};

for (const [what, frame] of Object.entries(GARBAGE)) {
  test(`FRM-5 ${what} is answered with 4200 and the connection goes on`, async () => {
    const wire = await Wire.open(server);
    wire.send(frame);
    assert.equal(await wire.nextText(), INVALID);
    await wire.assertSilent();
    await wire.close();
  });
}

test('FRM-4 the data of a subscription may be text with JSON in it', async () => {
  const wire = await Wire.open(server);
  wire.send({ event: 'pusher:subscribe', data: JSON.stringify({ channel: 'frm-4' }) });
  assert.equal(
    await wire.nextText(),
    '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"frm-4"}',
  );
  await wire.close();
});

test('FRM-6 an event of nobody on a channel is dropped', async () => {
  const wire = await Wire.open(server);
  wire.send({ event: 'hello', channel: 'frm-6', data: {} });
  wire.send({ event: 'pusher_internal:member_added', channel: 'frm-6', data: '{}' });
  await wire.assertSilent();
  await wire.close();
});

test('FRM-1 a binary frame with JSON is read as text', async () => {
  const wire = await Wire.open(server);
  wire.send(Buffer.from('{"event":"pusher:ping"}'));
  assert.equal(await wire.nextText(), '{"event":"pusher:pong"}');
  await wire.close();
});

test('FRM-1 fragments are put together', async () => {
  const wire = await Wire.open(server);
  wire.socket.send('{"event":', { fin: false });
  wire.socket.ping('between'); // a control frame may stand between two fragments
  wire.socket.send('"pusher:ping"}', { fin: true });
  assert.equal(await wire.nextText(), '{"event":"pusher:pong"}');
  await wire.close();
});

test('FRM-1 text that is no UTF-8 ends the connection with 1007', async () => {
  const wire = await Wire.open(server);
  wire.socket.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
  assert.equal((await wire.closed).code, 1007);
});

test('FRM-7 a message beyond the limit ends the connection with 1009', async () => {
  const wire = await Wire.open(server);
  wire.send('x'.repeat(10_001));
  assert.deepEqual(await wire.closed, { code: 1009, reason: 'Maximum message size exceeded' });
});

test('FRM-7 a message at the limit is read', async () => {
  const wire = await Wire.open(server);
  const frame = '{"event":"pusher:ping","data":""}';
  wire.send(frame.replace('""', `"${'x'.repeat(10_000 - frame.length)}"`));
  assert.equal(await wire.nextText(), '{"event":"pusher:pong"}');
  await wire.close();
});

test('FRM-7 fragments count together', async () => {
  const wire = await Wire.open(server);
  wire.socket.send('x'.repeat(6_000), { fin: false });
  wire.socket.send('x'.repeat(6_000), { fin: true });
  assert.equal((await wire.closed).code, 1009);
});

for (const data of [undefined, {}, '', null, 'anything', 5]) {
  test(`LIV-1 a ping with the data ${JSON.stringify(data)} is answered before any subscription`, async () => {
    const wire = await Wire.open(server);
    wire.send({ event: 'pusher:ping', data });
    assert.equal(await wire.nextText(), '{"event":"pusher:pong"}');
    await wire.close();
  });
}

test('LIV-1 a ping frame is answered with its payload', async () => {
  const wire = await Wire.open(server);
  const pong = new Promise((resolve) => wire.socket.once('pong', resolve));
  wire.socket.ping('payload');
  assert.equal((await pong).toString(), 'payload');
  await wire.close();
});

test('LIV-3 LIV-4 a silent client is pinged, and closed with 4201 if it stays silent', async () => {
  const impatient = await Server.start({ REVERB_APP_PING_INTERVAL: '1', SMARTLINK_APP_PONG_TIMEOUT: '1' });
  const silent = await Wire.open(impatient);
  assert.equal(await silent.nextText(), '{"event":"pusher:ping"}');
  assert.equal(
    await silent.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4201,\\"message\\":\\"Pong reply not received in time\\"}"}',
  );
  assert.equal((await silent.closed).code, 4201);
  await impatient.close();
});

test('LIV-4 a client of protocol 5 is pinged with a control frame', async () => {
  const impatient = await Server.start({ REVERB_APP_PING_INTERVAL: '1' });
  const wire = Wire.dial(impatient, { query: 'protocol=5&client=java-client&version=2.4.4' });
  const ping = new Promise((resolve) => wire.socket.once('ping', resolve));
  assert.equal((await wire.next()).event, 'pusher:connection_established');
  await ping;
  await wire.assertSilent();
  await wire.close();
  await impatient.close();
});
