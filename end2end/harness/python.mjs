// The clients of Python, in the environment that `cargo xtask test` makes in `.venv`.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

import { DEADLINE_MS } from './wire.mjs';

const END2END = path.resolve(import.meta.dirname, '..');
const PYTHON = path.join(END2END, '.venv/bin/python');
const script = (name) => path.join(END2END, 'python', name);

/** The SDK of PyPI for the application of `server`: each method answers `{ result }`, or `{ error, message }` if it raised. */
export function pythonSdk(server, options = {}) {
  const connection = { app_id: server.id, key: server.key, secret: server.secret, host: '127.0.0.1', port: server.port, ssl: false };
  return async (method, argumentsOfIt = [], keywords = {}) => {
    const call = { options: { ...connection, ...options }, method, arguments: argumentsOfIt, keywords };
    const { stdout } = await promisify(execFile)(PYTHON, [script('sdk.py'), JSON.stringify(call)]);
    return JSON.parse(stdout);
  };
}

/** A Pysher client in a process of its own. */
export class Pysher {
  #process;
  #lines = [];
  #waiting;

  constructor(server, userData) {
    const options = { key: server.key, secret: server.secret, port: server.port, user_data: userData };
    this.#process = spawn(PYTHON, [script('client.py'), JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    readline.createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#lines.push(JSON.parse(line));
      this.#waiting?.();
    });
  }

  /** Starts one, which has heard that it is connected. */
  static async connect(server, userData = {}) {
    const client = new Pysher(server, userData);
    await client.event('pusher:connection_established');
    return client;
  }

  order(order) {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
  }

  /** Subscribes and waits for the server's yes; the data of it. */
  async subscribe(channel) {
    this.order({ do: 'subscribe', channel });
    return this.event('pusher_internal:subscription_succeeded', channel);
  }

  /** The data of the next event of this name; whatever came before it is passed over. */
  async event(name, channel) {
    const told = await this.told((it) => it.what === 'event' && it.event === name && (!channel || it.channel === channel));
    return told.data;
  }

  /** The next thing told that fits; whatever came before it is passed over. */
  async told(fits) {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      while (this.#lines.length > 0) {
        const line = this.#lines.shift();
        if (fits(line)) return line;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`Pysher did not tell ${fits} within ${DEADLINE_MS} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async close() {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }
}
