// The baseline: a page that does what a row measures in the simplest way there is, so that what the machine and Chromium cost
// shows. Its markup has what the probe looks for, and nothing else.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import { WebSocketServer } from 'ws';

import { freePort } from '../harness/ports.mjs';
import { newPage } from './page.mjs';

/** Serves the page, and writes to its socket. */
export class Bare {
  #listener;
  #sockets;

  static async start() {
    const bare = new Bare();
    const page = await readFile(path.join(import.meta.dirname, 'bare.html'));
    const port = await freePort();
    bare.url = `http://127.0.0.1:${port}`;
    bare.#listener = http.createServer((_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end(page));
    bare.#sockets = new WebSocketServer({ server: bare.#listener });
    bare.#listener.listen(port, '127.0.0.1');
    await once(bare.#listener, 'listening');
    return bare;
  }

  async close() {
    this.#sockets.clients.forEach((it) => it.terminate());
    this.#listener.closeAllConnections();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  /** The page with so many messages in it, alive and connected. */
  async open(browser, { messages = 50, ...options } = {}) {
    const opened = await newPage(browser, options);
    const isConnected = this.#sockets.clients.size === 0 && once(this.#sockets, 'connection');
    await opened.page.goto(`${this.url}/?messages=${messages}`);
    await isConnected;
    await opened.page.locator('html[data-hydrated="true"]').waitFor({ state: 'attached' });
    return opened;
  }

  /** Sends a message to the page. */
  async say(body) {
    this.#sockets.clients.forEach((it) => it.send(body));
  }

  async sayMany(count) {
    for (let number = 1; number <= count; number += 1) await this.say(`number ${number}: the budget of the second campaign is used up by a third.`);
  }
}
