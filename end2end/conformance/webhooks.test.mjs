// Webhooks, validated by the server SDK of Node (protocol, section 16).

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { sdk } from '../harness/clients.mjs';
import { Server } from '../harness/server.mjs';
import { DEADLINE_MS, Wire } from '../harness/wire.mjs';

let server;
let receiver;
let requests = [];
let wake;
before(async () => {
  receiver = createServer((request, response) => {
    let rawBody = '';
    request.setEncoding('utf8').on('data', (text) => (rawBody += text));
    request.on('end', () => {
      requests.push({ headers: request.headers, rawHeaders: request.rawHeaders, rawBody });
      response.end();
      wake?.();
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${receiver.address().port}/webhooks`;
  const settings = `[[application.webhooks]]\nurl = "${url}"\nchannel_prefix = ["presence-", "cache-"]\n`;
  server = await Server.start({ SMARTLINK_WEBHOOKS_DEPARTURE_DELAY: '0' }, settings);
});
after(async () => {
  await server.close();
  receiver.close();
});

/** The next request that came. */
async function next() {
  const deadline = setTimeout(() => assert.fail(`no webhook within ${DEADLINE_MS} ms`), DEADLINE_MS);
  while (requests.length === 0) await new Promise((resolve) => (wake = resolve));
  clearTimeout(deadline);
  return requests.shift();
}

test('WHK-1 WHK-2 the SDK takes our requests as genuine, and those of a stranger not', async () => {
  const wire = await Wire.open(server);
  await wire.subscribeSigned('presence-webhooks', { member: { user_id: 7 } });
  const request = await next();
  const webhook = sdk(server).webhook(request);
  assert.ok(webhook.isContentTypeValid());
  assert.ok(webhook.isValid());
  assert.deepEqual(webhook.getEvents(), [
    { name: 'channel_occupied', channel: 'presence-webhooks' },
    { name: 'member_added', channel: 'presence-webhooks', user_id: '7' },
  ]);
  assert.ok(Math.abs(webhook.getTime() - Date.now()) < 60_000);
  assert.ok(request.rawHeaders.includes('X-Pusher-Key') && request.rawHeaders.includes('X-Pusher-Signature'));
  assert.ok(!sdk(server).webhook({ ...request, rawBody: `${request.rawBody} ` }).isValid());

  await wire.close();
  const events = [];
  while (events.length < 2) events.push(...sdk(server).webhook(await next()).getEvents());
  assert.deepEqual(events.map((it) => it.name), ['member_removed', 'channel_vacated']);
});

test('WHK-7 CAC-3 a miss is told once until something is cached', async () => {
  const [ada, ben] = [await Wire.open(server), await Wire.open(server)];
  const events = async (count) => {
    const found = [];
    while (found.length < count) found.push(...sdk(server).webhook(await next()).getEvents());
    return found.map((it) => `${it.name} ${it.channel}`);
  };
  await ada.subscribe('cache-prices');
  assert.deepEqual(await events(2), ['channel_occupied cache-prices', 'cache_miss cache-prices']);
  await ben.subscribe('cache-prices');
  await ben.subscribe('cache-others'); // told after the second miss would have been
  assert.deepEqual(await events(2), ['channel_occupied cache-others', 'cache_miss cache-others']);
  await Promise.all([ada.close(), ben.close()]);
});
