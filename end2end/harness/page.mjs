// A page of somebody else's project: pusher-js by a script tag, and a backend of its own that signs with the server SDK.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import { chromium } from '@playwright/test';

import { sdk } from './clients.mjs';
import { freePort } from './ports.mjs';

const PUSHER_JS = path.resolve(import.meta.dirname, '../node_modules/pusher-js/dist/web');

/** Debian's Chromium, as the tests of the pages start it. */
export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** The site on a port of its own, so that its pages come from another origin than the WebSocket. */
export class Site {
  #listener;

  /** Who is signed in to this site is told by the address of the page: `?user=1`. */
  static async start(server, { bundle = 'pusher.min.js', encryptionMasterKeyBase64 } = {}) {
    const site = new Site();
    site.port = await freePort();
    site.url = `http://127.0.0.1:${site.port}`;
    site.backend = sdk(server, { encryptionMasterKeyBase64 });
    site.script = await readFile(path.join(PUSHER_JS, bundle));
    site.#listener = http.createServer((request, response) => site.#answer(request, response));
    site.#listener.listen(site.port, '127.0.0.1');
    await once(site.#listener, 'listening');
    return site;
  }

  async close() {
    this.#listener.closeAllConnections();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    if (pathname === '/pusher.js') return response.setHeader('content-type', 'text/javascript').end(this.script);
    if (pathname === '/') {
      const page = '<!doctype html><html lang="en"><title>Somebody’s page</title><link rel="icon" href="data:,"><script src="/pusher.js"></script>';
      return response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    }
    const form = new URLSearchParams((await request.toArray()).join(''));
    const user = new URL(request.headers.referer).searchParams.get('user');
    const answer = this.#sign(pathname, form, user);
    response.writeHead(answer ? 200 : 403, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? { message: '' }));
  }

  /** The two addresses that plain pusher-js asks without being told. */
  #sign(pathname, form, user) {
    const channel = form.get('channel_name');
    if (pathname === '/pusher/user-auth') return this.backend.authenticateUser(form.get('socket_id'), { id: user });
    if (pathname !== '/pusher/auth' || channel.includes('forbidden')) return undefined;
    return this.backend.authorizeChannel(form.get('socket_id'), channel, { user_id: user, user_info: { name: `User ${user}` } });
  }
}

/** A page of the site in a window of its own, whose pusher-js is connected to the server at `port`. */
export async function openPage(browser, site, server, { user = '1', port = server.port, state = 'connected' } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.url}/?user=${user}`);
  await page.evaluate(
    ({ key, wsPort }) => {
      window.client = new window.Pusher(key, {
        cluster: '',
        wsHost: '127.0.0.1',
        wsPort,
        forceTLS: false,
        enabledTransports: ['ws'],
      });
      // Everything that its channels hear, in order: what a handler of the page would be called with.
      window.heard = [];
      window.wait = (isThere) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`not heard: ${isThere}`)), 10_000);
          const look = () => {
            const found = isThere();
            if (found) {
              clearTimeout(timer);
              resolve(found);
            } else requestAnimationFrame(look);
          };
          look();
        });
      window.event = (name) => window.wait(() => window.heard.find((it) => it[0] === name)).then((it) => it[1]);
    },
    { key: server.key, wsPort: port },
  );
  await page.evaluate((wanted) => window.wait(() => window.client.connection.state === wanted), state);
  return page;
}

/** Subscribes on the page; what the handler of `pusher:subscription_succeeded` got. */
export function subscribe(page, name) {
  return page.evaluate(
    (name) =>
      new Promise((resolve, reject) => {
        const channel = window.client.subscribe(name);
        channel.bind_global((event, data) => window.heard.push([event, data]));
        channel.bind('pusher:subscription_succeeded', (data) => resolve(JSON.parse(JSON.stringify(data ?? {}))));
        channel.bind('pusher:subscription_error', (error) => reject(new Error(JSON.stringify(error))));
      }),
    name,
  );
}
