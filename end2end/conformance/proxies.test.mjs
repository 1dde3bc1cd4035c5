// The example files of deploy/, each with the very proxy that it is for.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import PusherServer from 'pusher';

import { Proxy } from '../harness/proxy.mjs';
import { Server } from '../harness/server.mjs';
import { Wire } from '../harness/wire.mjs';

/** Node's SDK, told nothing but to reach the server through the proxy. */
function backend(server, proxy) {
  // The certificate is one of the test's own.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const { id: appId, key, secret } = server;
  return new PusherServer({ appId, key, secret, host: 'localhost', port: String(proxy.port), useTLS: true });
}

async function dial(server, proxy, prefix) {
  const wire = new Wire(server, proxy.socketUrl(server, prefix), { rejectUnauthorized: false });
  assert.equal((await wire.next()).event, 'pusher:connection_established');
  return wire;
}

for (const [name, start] of [
  ['nginx', (server) => Proxy.nginx(server)],
  ['Caddy', (server) => Proxy.caddy(server)],
]) {
  describe(`behind ${name}`, () => {
    let server;
    let proxy;
    before(async () => {
      server = await Server.start({ SMARTLINK_TRUSTED_PROXIES: '127.0.0.1', SMARTLINK_APP_MAX_CONNECTIONS_PER_ADDRESS: '1' });
      proxy = await start(server);
    });
    after(async () => {
      await proxy?.close();
      await server?.close();
    });

    test('pages come, with cookies for TLS alone', async () => {
      const page = await proxy.get('/sign-in');
      assert.equal(page.status, 200);
      assert.match(page.text, /<html/);
      const cookies = page.headers['set-cookie'] ?? [];
      assert.ok(cookies.length > 0 && cookies.every((it) => /; Secure/i.test(it)), String(cookies));
    });

    test('sockets are upgraded, and the SDK publishes through the same proxy', async () => {
      const wire = await dial(server, proxy);
      await wire.subscribe('orders');
      await backend(server, proxy).trigger('orders', 'shipped', { id: 1 });
      assert.deepEqual(await wire.next(), { event: 'shipped', data: '{"id":1}', channel: 'orders' });
      await wire.assertSilent();
      await wire.close();
    });

    test('an event of the largest size passes', async () => {
      const wire = await dial(server, proxy);
      await wire.subscribe('orders');
      const data = 'x'.repeat(10_000);
      await backend(server, proxy).trigger('orders', 'large', data);
      assert.equal((await wire.next()).data, data);
      await wire.close();
    });

    test('the client is known by its own address, and can not lie about it', async () => {
      const from = (localAddress, lie) =>
        new Wire(server, proxy.socketUrl(server), {
          rejectUnauthorized: false,
          localAddress,
          headers: lie ? { 'X-Forwarded-For': lie } : {},
        });
      const [ada, ben] = [from('127.0.0.2'), from('127.0.0.3')];
      assert.equal((await ada.next()).event, 'pusher:connection_established');
      assert.equal((await ben.next()).event, 'pusher:connection_established');
      // One connection an address is the limit of this server, apart from the proxy's own.
      const liar = from('127.0.0.2', '203.0.113.7');
      assert.equal((await liar.next()).event, 'pusher:error');
      assert.equal((await liar.closed).code, 4100);
      await Promise.all([ada.close(), ben.close()]);
    });

    test('figures are not for everybody', async () => {
      assert.match((await proxy.get('/metrics', { from: '127.0.0.1' })).text, /smartlink_connections/);
      assert.equal((await proxy.get('/metrics', { from: '127.0.0.2' })).status, 403);
    });
  });
}

describe('below a path of a site that exists', () => {
  let server;
  let proxy;
  before(async () => {
    server = await Server.start({ SMARTLINK_TRUSTED_PROXIES: '127.0.0.1', REVERB_SERVER_PATH: '/ws' });
    proxy = await Proxy.nginx(server, { subpath: true });
  });
  after(async () => {
    await proxy?.close();
    await server?.close();
  });

  test('sockets and the SDK find the server, and the site stays itself', async () => {
    assert.equal((await proxy.get('/')).text, 'the shop');
    assert.equal((await proxy.get('/ws/up')).text, '{"health":"OK"}');
    const wire = await dial(server, proxy, '/ws');
    await wire.subscribe('orders');
    // As the SDK of PHP with `path`: the prefix is asked for, and not signed.
    const body = JSON.stringify({ name: 'shipped', channel: 'orders', data: '{}' });
    const query = `auth_key=${server.key}&auth_timestamp=${Math.floor(Date.now() / 1000)}&auth_version=1.0`;
    const text = `POST\n/apps/${server.id}/events\n${query}&body_md5=${createHash('md5').update(body).digest('hex')}`;
    const signature = createHmac('sha256', server.secret).update(text).digest('hex');
    const address = `/ws/apps/${server.id}/events?${text.split('\n')[2]}&auth_signature=${signature}`;
    assert.equal((await proxy.get(address, { method: 'POST', body })).status, 200);
    assert.equal((await wire.next()).event, 'shipped');
    await wire.close();
  });
});
