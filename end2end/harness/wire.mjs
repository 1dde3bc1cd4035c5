// A WebSocket without a client library around it: frames as they are, byte by byte.

import { createHmac } from 'node:crypto';

import WebSocket from 'ws';

/** How long an event that must come may take before the test fails. */
export const DEADLINE_MS = 10_000;

/** A raw connection that keeps every frame until the test asks for it. */
export class Wire {
  #frames = [];
  #waiting;

  constructor(server, url, options) {
    this.server = server;
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    this.socket.on('message', (data, isBinary) => {
      this.#frames.push(isBinary ? data : data.toString('utf8'));
      this.#waiting?.();
    });
    this.socket.on('error', () => this.#waiting?.()); // what it was shows in `closed`
    /** Code and reason with which the connection ended. */
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.end = { code, reason: reason.toString() };
        resolve(this.end);
        this.#waiting?.();
      });
    });
  }

  /** Opens a connection and takes nothing from it yet. */
  static dial(server, { query, key, ...options } = {}) {
    return new Wire(server, server.socketUrl(query, key), options);
  }

  /** Opens a connection and takes its first frame. */
  static async open(server, options) {
    const wire = Wire.dial(server, options);
    const first = await wire.next();
    if (first.event !== 'pusher:connection_established') throw new Error(`the first frame was ${JSON.stringify(first)}`);
    wire.established = JSON.parse(first.data);
    wire.socketId = wire.established.socket_id;
    return wire;
  }

  /** The next frame as text. */
  async nextText() {
    const deadline = Date.now() + DEADLINE_MS;
    while (this.#frames.length === 0) {
      if (this.end) throw new Error(`the connection ended with ${this.end.code} ${this.end.reason} instead of a frame`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no frame within ${DEADLINE_MS} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#waiting = undefined;
    }
    return this.#frames.shift();
  }

  /** The next frame, parsed. */
  async next() {
    return JSON.parse(await this.nextText());
  }

  /** Sends text as it is, anything else as JSON. */
  send(message) {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Sends a subscription and returns the frame that answers it. */
  async subscribe(channel, extra = {}) {
    this.send({ event: 'pusher:subscribe', data: { channel, ...extra } });
    return this.next();
  }

  /** The same to a channel that needs a signature; `member` makes it a presence channel's. */
  async subscribeSigned(channel, { member, ...extra } = {}) {
    return this.subscribe(channel, { ...this.signature(channel, member), ...extra });
  }

  /** What a backend would hand out for this connection (protocol, section 11). */
  signature(channel, member) {
    const channelData = member && (typeof member === 'string' ? member : JSON.stringify(member));
    const text = [this.socketId, channel, ...(channelData ? [channelData] : [])].join(':');
    const auth = `${this.server.key}:${createHmac('sha256', this.server.secret).update(text).digest('hex')}`;
    return channelData ? { auth, channel_data: channelData } : { auth };
  }

  /** Fails if a frame is waiting: a round trip of its own, so that whatever was on its way has come. */
  async assertSilent() {
    this.send('{"event":"pusher:ping"}');
    const text = await this.nextText();
    if (text !== '{"event":"pusher:pong"}') throw new Error(`expected silence, got ${text}`);
  }

  /** Closes it and waits for the end. */
  async close() {
    this.socket.close(1000);
    return this.closed;
  }
}
