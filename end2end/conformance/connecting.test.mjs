// Connecting, byte by byte (protocol, section 2).

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { inState, pusherClient } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

let server;
before(async () => (server = await Server.start({ SMARTLINK_ALLOWED_ORIGINS: '*.example.com,127.0.0.1' })));
after(() => server.close());

const ORIGIN = { origin: 'http://127.0.0.1:1' };

/** Asks with the given headers and returns the answer, an upgraded one too. */
function ask(path, headers) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port: server.port, path, headers });
    request.on('upgrade', (response, socket) => resolve(response) || socket.destroy());
    request.on('response', (response) => resolve(response.resume()));
    request.on('error', reject);
  });
}

for (const query of ['', 'protocol=5&client=java-client&version=2.4.4', 'protocol=99&colour=red', 'protocol=7&client=js&version=8.6.0&flash=false']) {
  test(`CON-1 the query "${query}" is accepted`, async () => {
    const wire = await Wire.open(server, { query, ...ORIGIN });
    await wire.close();
  });
}

test('CON-2 CON-3 the upgrade is answered as Reverb answers it, without an extension', async () => {
  const answer = await ask(`/app/${server.key}`, {
    connection: 'Upgrade',
    upgrade: 'websocket',
    origin: ORIGIN.origin,
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-extensions': 'permessage-deflate',
  });
  assert.equal(answer.statusCode, 101);
  assert.equal(answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  assert.equal(answer.headers['x-powered-by'], 'Laravel Reverb');
  assert.equal(answer.headers['sec-websocket-extensions'], undefined);
});

test('CON-4 a request without an upgrade is told to upgrade', async () => {
  const answer = await ask(`/app/${server.key}`, {});
  assert.equal(answer.statusCode, 426);
  assert.equal(answer.headers.upgrade, 'websocket');
});

test('CON-9 the first frame names a socket id and a timeout', async () => {
  const wire = Wire.dial(server, ORIGIN);
  const text = await wire.nextText();
  assert.match(
    text,
    /^\{"event":"pusher:connection_established","data":"\{\\"socket_id\\":\\"\d+\.\d+\\",\\"activity_timeout\\":30\}"\}$/,
  );
  await wire.close();
});

test('CON-9 no two connections have the same socket id', async () => {
  const wires = await Promise.all(Array.from({ length: 50 }, () => Wire.open(server, ORIGIN)));
  assert.equal(new Set(wires.map((it) => it.socketId)).size, 50);
  await Promise.all(wires.map((it) => it.close()));
});

test('CON-6 an unknown key is told so after the upgrade and closed with 4001', async () => {
  const wire = Wire.dial(server, { key: 'nobody', ...ORIGIN });
  assert.equal(
    await wire.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4001,\\"message\\":\\"Application does not exist\\"}"}',
  );
  assert.equal((await wire.closed).code, 4001);
});

test('ERR-2 a client that is not of the js family gets the error as an object', async () => {
  const wire = Wire.dial(server, { key: 'nobody', query: 'client=pusher-websocket-swift&protocol=7', ...ORIGIN });
  assert.deepEqual(await wire.next(), {
    event: 'pusher:error',
    data: { code: 4001, message: 'Application does not exist' },
  });
  assert.equal((await wire.closed).code, 4001);
});

for (const origin of ['https://app.example.com', 'https://a.b.example.com:8443', 'http://127.0.0.1:3000']) {
  test(`CON-8 the origin ${origin} is allowed`, async () => {
    const wire = await Wire.open(server, { origin });
    await wire.close();
  });
}

for (const origin of [undefined, 'https://example.com', 'https://evil.com', 'null']) {
  test(`CON-8 the origin ${origin} is refused with 4009`, async () => {
    const wire = Wire.dial(server, { origin });
    assert.equal(
      await wire.nextText(),
      '{"event":"pusher:error","data":"{\\"code\\":4009,\\"message\\":\\"Origin not allowed\\"}"}',
    );
    assert.equal((await wire.closed).code, 4009);
  });
}

test('CON-7 the connection beyond the limit is closed with 4004, and room is free again once one has left', async () => {
  const small = await Server.start({ REVERB_APP_MAX_CONNECTIONS: '2' });
  const first = await Wire.open(small);
  const second = await Wire.open(small);
  const third = Wire.dial(small);
  assert.equal(
    await third.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4004,\\"message\\":\\"Application is over connection quota\\"}"}',
  );
  assert.equal((await third.closed).code, 4004);
  await first.close();
  const fourth = await Wire.open(small);
  await Promise.all([second.close(), fourth.close()]);
  await small.close();
});

test('CON-6 a disabled application is closed with 4003', async () => {
  const disabled = await Server.start({ SMARTLINK_APP_ENABLED: 'false' });
  const wire = Wire.dial(disabled);
  assert.equal(
    await wire.nextText(),
    '{"event":"pusher:error","data":"{\\"code\\":4003,\\"message\\":\\"Application disabled\\"}"}',
  );
  assert.equal((await wire.closed).code, 4003);
  await disabled.close();
});

test('ERR-4 the code of a closing client is echoed', async () => {
  const wire = await Wire.open(server, ORIGIN);
  assert.equal((await wire.close()).code, 1000);
});

test('ERR-6 a planned stop closes open connections with 4100 and exits with 0', async () => {
  const stopping = await Server.start();
  const wires = await Promise.all(Array.from({ length: 5 }, () => Wire.open(stopping)));
  const code = stopping.stop();
  for (const wire of wires) assert.equal((await wire.closed).code, 4100);
  assert.equal(await code, 0);
  await stopping.close();
});

test('CON-5 fallbacks over HTTP are not there, and a client that may use WebSockets alone does not ask for them', async () => {
  for (const path of [`/pusher/app/${server.key}/1/abc/xhr_streaming`, `/pusher/app/${server.key}/1/abc/xhr`, '/pusher/info']) {
    assert.equal((await ask(path, { accept: 'application/json' })).statusCode, 404, path);
  }
  const open = await Server.start();
  const client = pusherClient(open, { enabledTransports: ['ws', 'wss'] });
  await inState(client, 'connected');
  assert.equal(client.connection.connection.transport.name, 'ws');
  client.disconnect();
  await open.close();
});
