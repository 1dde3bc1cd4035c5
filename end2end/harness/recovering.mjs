// A client that keeps its place in a logged channel: it comes back after every loss, recovers, and keeps account of what it got.

import { createHmac, randomBytes } from 'node:crypto';
import net from 'node:net';

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Between a loss and the next attempt, and as much again at random: the clients of a whole server must not come all at once. */
const RECONNECT_MS = 100;
/** So often it asks whether the line is alive, and after so long without any sign it takes it for dead. */
const PING_MS = 1_000;
const DEAD_MS = 4_000;

/** Without a WebSocket library, so that thousands fit into one process. */
export class RecoveringClient {
  #socket;
  #input = Buffer.alloc(0);
  #isUpgraded = false;
  #isOver = false;
  #timer;
  #watchdog;
  #heardAt = 0;
  #waiting = new Map();
  /** What must not be: a gap, an event twice, a recovery that failed. */
  faults = [];
  /** How often the line was lost, and how long after each loss everything missed was there again, in milliseconds. */
  losses = 0;
  recoveryMs = [];

  /** Comes to the application of `server`, through the line at `port` if there is one, and back between one and two `spreadMs` after a loss. */
  constructor(server, { port = server.port, channel = 'chat', spreadMs = RECONNECT_MS, deadMs = DEAD_MS } = {}) {
    const { key, secret } = server;
    Object.assign(this, { port, key, secret, channel, spreadMs, deadMs });
    this.#connect();
  }

  /** Resolves when it has its first position. */
  get ready() {
    return this.position ? Promise.resolve() : this.#until('subscribed');
  }

  /** Resolves when everything up to this number has come. */
  async reached(offset) {
    while (!this.position || this.position.offset < offset) await this.#until('event');
  }

  /** Resolves when it has come back from so many losses. */
  async recovered(times) {
    while (this.recoveryMs.length < times) await this.#until('caught up');
  }

  close() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watchdog);
    this.#socket.destroy();
  }

  #until(what) {
    if (!this.#waiting.has(what)) {
      let resolve;
      const promise = new Promise((done) => (resolve = done));
      this.#waiting.set(what, { promise, resolve });
    }
    return this.#waiting.get(what).promise;
  }

  #tell(what) {
    this.#waiting.get(what)?.resolve();
    this.#waiting.delete(what);
  }

  #connect() {
    this.#input = Buffer.alloc(0);
    this.#isUpgraded = false;
    this.#heardAt = Date.now();
    const socket = net.connect(this.port, '127.0.0.1');
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.write(
      `GET /app/${this.key}?protocol=7&client=js HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    socket.on('data', (data) => this.#onData(data));
    socket.on('error', () => {}); // its end tells enough
    socket.on('close', () => this.#onLoss(socket));
    clearInterval(this.#watchdog);
    this.#watchdog = setInterval(() => {
      if (Date.now() - this.#heardAt > this.deadMs) socket.destroy();
      else if (this.#isUpgraded) this.#send({ event: 'pusher:ping' });
    }, PING_MS).unref();
  }

  #onLoss(socket) {
    if (this.#isOver || socket !== this.#socket) return;
    clearInterval(this.#watchdog);
    if (this.lostAt === undefined) {
      this.losses += 1;
      this.lostAt = Date.now();
    }
    this.#timer = setTimeout(() => this.#connect(), this.spreadMs * (1 + Math.random())).unref();
  }

  #onData(data) {
    this.#heardAt = Date.now();
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input, data]) : data;
    if (!this.#isUpgraded) {
      const end = this.#input.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#isUpgraded = true;
      this.#input = this.#input.subarray(end + 4);
    }
    for (let frame = this.#cut(); frame; frame = this.#cut()) this.#onFrame(frame);
  }

  /** The next whole frame; the server neither fragments nor masks. */
  #cut() {
    const input = this.#input;
    if (input.length < 2) return undefined;
    const short = input[1] & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (input.length < start) return undefined;
    const length = short < 126 ? short : short === 126 ? input.readUInt16BE(2) : Number(input.readBigUInt64BE(2));
    if (input.length < start + length) return undefined;
    this.#input = input.subarray(start + length);
    return { opcode: input[0] & 0xf, payload: input.subarray(start, start + length) };
  }

  #onFrame({ opcode, payload }) {
    if (opcode === PING) this.#write(PONG, payload);
    else if (opcode === CLOSE) this.#socket.end();
    else if (opcode === TEXT) this.#onMessage(JSON.parse(payload.toString('utf8')));
  }

  #onMessage(message) {
    if (message.event === 'pusher:connection_established') {
      const { socket_id: socketId } = JSON.parse(message.data);
      // The past is told to those alone whom the application vouches for (docs/RECOVERY.md).
      const auth = createHmac('sha256', this.secret).update(`${socketId}:${this.channel}`).digest('hex');
      const data = { channel: this.channel, auth: `${this.key}:${auth}`, recover: this.position ?? true };
      return this.#send({ event: 'pusher:subscribe', data });
    }
    if (message.event === 'pusher_internal:subscription_succeeded') {
      const { epoch, offset, recovered } = JSON.parse(message.data);
      if (this.position && !recovered) this.faults.push(`not recovered from ${this.position.offset} of ${offset}`);
      if (!this.position || !recovered) this.position = { epoch, offset };
      this.head = offset;
      this.#caughtUp();
      return this.#tell('subscribed');
    }
    if (message.offset === undefined) return undefined;
    const expected = this.position.offset + 1;
    if (message.offset !== expected) this.faults.push(`${message.offset} where ${expected} was due`);
    this.position.offset = message.offset;
    this.#caughtUp();
    return this.#tell('event');
  }

  /** All that was missed is there when the position has reached what the server had when it accepted the subscription. */
  #caughtUp() {
    if (this.lostAt === undefined || this.position.offset < this.head) return;
    this.recoveryMs.push(Date.now() - this.lostAt);
    this.lostAt = undefined;
    this.#tell('caught up');
  }

  #send(message) {
    this.#write(TEXT, Buffer.from(JSON.stringify(message)));
  }

  /** Under a mask of zeros, which leaves the payload as it is. */
  #write(opcode, payload) {
    const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload]));
  }
}

/** Opens so many, a hundred at a time, and waits until each has its position. */
export async function recoveringClients(number, server, options) {
  const clients = [];
  while (clients.length < number) {
    const more = Array.from({ length: Math.min(100, number - clients.length) }, () => new RecoveringClient(server, options));
    clients.push(...more);
    await Promise.all(more.map((it) => it.ready));
  }
  return clients;
}

/** Everybody has everything up to `offset`, and nothing was missing or came twice. */
export async function haveEverything(clients, offset) {
  await Promise.all(clients.map((it) => it.reached(offset)));
  const faults = clients.flatMap((it) => it.faults);
  if (faults.length > 0) throw new Error(`${faults.length} faults, such as: ${faults.slice(0, 5).join('; ')}`);
}

/** A message that is said until it is stored, however often the line or the server goes: its client id makes it one message. */
export async function sayForCertain(account, body) {
  const clientId = uuidV7();
  for (;;) {
    try {
      return await account.api('POST', '/api/chat/messages', { body, client_id: clientId });
    } catch (error) {
      const answer = /answered (\d+)/.exec(error.message);
      if (answer && answer[1] < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20)); // the server is away or on its way down
    }
  }
}

function uuidV7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
