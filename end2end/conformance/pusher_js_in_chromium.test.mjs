// pusher-js from a script tag, in a real browser, on a page of another origin.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Line } from '../harness/line.mjs';
import { launchBrowser, openPage, Site, subscribe } from '../harness/page.mjs';
import { Server } from '../harness/server.mjs';

let server;
let site;
let browser;
before(async () => {
  server = await Server.start();
  site = await Site.start(server);
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await site.close();
  await server.close();
});

const open = (options) => openPage(browser, site, server, options);
const heard = (page, name) => page.evaluate((name) => window.event(name), name);
const socketId = (page) => page.evaluate(() => window.client.connection.socket_id);

test('CON-1 CON-9 a page of another origin connects and knows its socket id', async () => {
  assert.match(await socketId(await open()), /^\d+\.\d+$/);
});

test('EVT-1 SUB-6 an event published by the SDK arrives on a public channel', async () => {
  const page = await open();
  await subscribe(page, 'browser-public');
  await site.backend.trigger('browser-public', 'OrderShipped', { id: 7, name: 'Zoë 東京' });
  assert.deepEqual(await heard(page, 'OrderShipped'), { id: 7, name: 'Zoë 東京' });
});

test('SUB-2 a private channel opens by the page’s own /pusher/auth', async () => {
  const page = await open();
  await subscribe(page, 'private-browser');
  await site.backend.trigger('private-browser', 'secret', { n: 1 });
  assert.deepEqual(await heard(page, 'secret'), { n: 1 });
});

test('AUT-1 a channel that the page’s backend refuses is an error with its status, and the connection stays', async () => {
  const page = await open();
  await assert.rejects(subscribe(page, 'private-forbidden'), /"type":"AuthError".*"status":403/);
  assert.equal(await page.evaluate(() => window.client.connection.state), 'connected');
});

test('PRE-2 PRE-3 PRE-4 two windows see each other come, and go when a window is closed', async () => {
  const ada = await open({ user: '1' });
  await subscribe(ada, 'presence-browser');
  const ben = await open({ user: '2' });
  assert.equal((await subscribe(ben, 'presence-browser')).count, 2);
  assert.deepEqual(await heard(ada, 'pusher:member_added'), { id: '2', info: { name: 'User 2' } });
  await ben.context().close();
  assert.equal((await heard(ada, 'pusher:member_removed')).id, '2');
});

test('CLE-1 CLE-4 a whisper of one window reaches the other with its sender’s id', async () => {
  const [ada, ben] = [await open({ user: '1' }), await open({ user: '2' })];
  for (const page of [ada, ben]) await subscribe(page, 'presence-browser-whisper');
  await ben.evaluate(() =>
    window.client.channel('presence-browser-whisper').bind('client-typing', (data, metadata) => window.heard.push(['told', [data, metadata]])),
  );
  await ada.evaluate(() => window.client.channel('presence-browser-whisper').trigger('client-typing', { n: 1 }));
  assert.deepEqual(await heard(ben, 'told'), [{ n: 1 }, { user_id: '1' }]);
});

test('USR-2 USR-5 a page that signs in gets the events to its user', async () => {
  const page = await open({ user: '77' });
  await page.evaluate(() => window.client.signin());
  await page.evaluate(() => window.client.user.signinDonePromise);
  await page.evaluate(() => window.client.user.bind('greeting', (data) => window.heard.push(['greeted', data])));
  await site.backend.sendToUser('77', 'greeting', { hi: 1 });
  assert.deepEqual(await heard(page, 'greeted'), { hi: 1 });
});

test('CON-8 a page of an origin that is not allowed is told so and stays away', async () => {
  const strict = await Server.start({ SMARTLINK_ALLOWED_ORIGINS: 'app.example.com' });
  const page = await openPage(browser, site, strict, { state: 'disconnected' });
  assert.equal(await page.evaluate(() => window.client.connection.socket_id ?? null), null);
  await page.context().close();
  await strict.close();
});

test('SUB-11 a page whose line is cut comes back with a new socket id and its channels', async () => {
  const line = await Line.to(server.port);
  const page = await open({ port: line.port });
  await subscribe(page, 'browser-line');
  const before = await socketId(page);
  assert.equal(line.cutWebSockets(), 1);
  await page.evaluate(
    (before) => window.wait(() => window.client.connection.socket_id !== before && window.client.channel('browser-line').subscribed),
    before,
  );
  await site.backend.trigger('browser-line', 'again', {});
  await heard(page, 'again');
  await page.context().close();
  await line.close();
});

test('ERR-6 a page comes back after a restart of the server', async () => {
  const own = await Server.start();
  const page = await openPage(browser, site, own);
  await subscribe(page, 'browser-restart');
  const before = await socketId(page);
  await own.stop();
  await page.evaluate(() => window.wait(() => window.client.connection.state !== 'connected'));
  await own.start();
  await page.evaluate(() => window.client.connection.retryIn(0));
  await page.evaluate(
    (before) => window.wait(() => window.client.connection.socket_id !== before && window.client.channel('browser-restart').subscribed),
    before,
  );
  await page.context().close();
  await own.close();
});
