// The line between a browser and the server: a TCP proxy that can be cut, stalled and repaired.

import { once } from 'node:events';
import net from 'node:net';
import { Transform } from 'node:stream';

import { freePort } from './ports.mjs';

/** Passes everything on to a port of this machine until it is told otherwise. Page and socket go the same way. */
export class Line {
  #connections = new Set();
  #mode = 'open';
  #listener;

  constructor(port, targetPort) {
    this.port = port;
    this.targetPort = targetPort;
  }

  static async to(targetPort) {
    const line = new Line(await freePort(), targetPort);
    line.#listener = net.createServer({ allowHalfOpen: false }, (browser) => line.#connect(browser));
    line.#listener.listen(line.port, '127.0.0.1');
    await once(line.#listener, 'listening');
    return line;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  #connect(browser) {
    if (this.#mode === 'refusing') return browser.resetAndDestroy();
    const server = net.connect(this.targetPort, '127.0.0.1');
    const connection = { browser, server, isWebSocket: false };
    this.#connections.add(connection);
    browser.once('data', (head) => (connection.isWebSocket = head.includes('GET /app/')));
    for (const [from, to] of [[browser, server], [server, browser]]) {
      from.on('error', () => to.destroy()); // either side may vanish; the other learns it by the end of its connection
      from.on('close', () => {
        to.destroy();
        this.#connections.delete(connection);
      });
      this.#pipe(from, to);
    }
    if (this.#mode === 'stalled') this.#stall(connection);
  }

  /** Breaks every WebSocket, as a phone that changes its network does; a new one gets through at once. Returns how many there were. */
  cutWebSockets() {
    const cut = [...this.#connections].filter((it) => it.isWebSocket);
    for (const connection of cut) this.#break(connection);
    return cut.length;
  }

  /** Breaks everything and refuses whatever comes, until `repair`. */
  cut() {
    this.#mode = 'refusing';
    for (const connection of this.#connections) this.#break(connection);
  }

  /** Leaves everything connected and lets nothing through in either direction: the half-open line that nobody is told of. */
  stall() {
    this.#mode = 'stalled';
    for (const connection of this.#connections) this.#stall(connection);
  }

  /** Loses one direction: what browsers say still arrives, and they hear nothing any more. New connections are whole. */
  deafen() {
    for (const { browser, server } of this.#connections) server.unpipe(browser).pause();
  }

  /** Half-closes every WebSocket towards the server: it reads the end, and what it still writes arrives. */
  halfClose() {
    for (const { browser, server, isWebSocket } of this.#connections) {
      if (!isWebSocket) continue;
      browser.unpipe(server);
      server.end();
    }
  }

  /** From now on new connections get everything late and in crumbs of a few bytes. */
  crumble() {
    this.#mode = 'crumbling';
  }

  #pipe(from, to) {
    if (this.#mode !== 'crumbling') return from.pipe(to);
    return from.pipe(crumbs()).pipe(to);
  }

  /** Lets everything through again: what was held back, and new connections. */
  repair() {
    const wasStalled = this.#mode === 'stalled';
    this.#mode = 'open';
    if (!wasStalled) return;
    for (const { browser, server } of this.#connections) {
      browser.pipe(server);
      server.pipe(browser);
    }
  }

  /** How many WebSockets are open on it. */
  get webSockets() {
    return [...this.#connections].filter((it) => it.isWebSocket).length;
  }

  #stall({ browser, server }) {
    browser.unpipe(server).pause();
    server.unpipe(browser).pause();
  }

  #break({ browser, server }) {
    browser.resetAndDestroy();
    server.resetAndDestroy();
  }

  async close() {
    this.#listener.close();
    for (const connection of this.#connections) this.#break(connection);
  }
}

/** Passes everything on in pieces of one to nine bytes, each in a turn of its own. */
function crumbs() {
  return new Transform({
    async transform(chunk, _, callback) {
      for (let at = 0; at < chunk.length; ) {
        const length = 1 + Math.floor(Math.random() * 9);
        this.push(chunk.subarray(at, at + length));
        at += length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      callback();
    },
  });
}
