// Starts the real server on a free port with a directory of its own, and keeps an eye on its log.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

import { freePort } from './ports.mjs';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const BINARY = path.resolve(process.env.SMARTLINK_BIN ?? path.join(REPOSITORY, 'target/debug/smartlink'));
const SITE = path.resolve(process.env.SMARTLINK_SITE ?? path.join(REPOSITORY, 'target/site'));

/** How long a start may take before the test fails; a debug build that migrates needs less than two seconds. */
const START_DEADLINE_MS = 30_000;
/** How long an orderly stop may take: the drain window and the last requests. */
const STOP_DEADLINE_MS = 20_000;

const COLOURS = /\u001b\[[0-9;]*m/g;
const SUSPICIOUS = /\b(WARN|ERROR)\b|panicked at|RUST_BACKTRACE/;
/** What the pool of connections says on a machine whose disk was busy for two seconds: a word on the machine, not on us. */
const BUSY_DISK = /time to acquire exceeded slow threshold/;

/** Whatever happens to a test, no server outlives it. */
const running = new Set();
process.on('exit', () => running.forEach((it) => it.kill('SIGKILL')));

/** One `smartlink serve`, which may be stopped, killed and started again on the same port and the same data. */
export class Server {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #expected = [BUSY_DISK];
  #environment;
  /** Every line that the server wrote to its standard error and output, since the first start. */
  log = [];

  constructor(port, directory, environment) {
    this.port = port;
    this.directory = directory;
    // Digits, since the SDK of Node reads the id out of a URL as a number.
    this.id = '123456';
    this.key = 'reverb-key';
    this.secret = 'reverb-secret';
    this.#environment = {
      PATH: process.env.PATH,
      HOME: directory,
      REVERB_SERVER_HOST: '127.0.0.1',
      REVERB_SERVER_PORT: String(port),
      REVERB_APP_ID: this.id,
      REVERB_APP_KEY: this.key,
      REVERB_APP_SECRET: this.secret,
      DB_CONNECTION: 'sqlite',
      DB_DATABASE: path.join(directory, 'smartlink.sqlite3'),
      LEPTOS_SITE_ROOT: SITE,
      SMARTLINK_DRAIN_WINDOW: '1',
      // A lost member has left at once; tests of the grace set their own.
      SMARTLINK_APP_PRESENCE_LEAVE_GRACE: '0',
      ...environment,
    };
  }

  /** Starts a server; `environment` adds settings or replaces those of the tests, `settings` is the text of its file. */
  static async start(environment = {}, settings = '') {
    const directory = await mkdtemp(path.join(tmpdir(), 'smartlink-e2e-'));
    if (settings) await writeFile(path.join(directory, 'smartlink.toml'), settings);
    const server = new Server(await freePort(), directory, environment);
    await server.start();
    return server;
  }

  /** The process that serves now. */
  get pid() {
    return this.#process?.pid;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Address of the WebSocket of this server's application. */
  socketUrl(query = 'protocol=7&client=js&version=8.6.0&flash=false', key = this.key) {
    return `ws://127.0.0.1:${this.port}/app/${key}${query && `?${query}`}`;
  }

  /** Starts on the same port and data, and returns once it answers. */
  async start() {
    const child = spawn(BINARY, ['serve'], {
      cwd: this.directory,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      readline.createInterface({ input: stream }).on('line', (line) => this.log.push(line.replace(COLOURS, '')));
    }
    await this.#ready(child);
  }

  async #ready(child) {
    let failure;
    child.once('error', (error) => (failure = error.message));
    child.once('exit', (code, signal) => (failure ??= `it ended with ${code ?? signal}`));
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!failure && Date.now() < deadline) {
      const isUp = await fetch(`${this.url}/up`).then((it) => it.ok, () => false);
      if (isUp && !failure) return;
      await new Promise((resolve) => setTimeout(resolve, 20)); // between two questions; nothing is decided by it
    }
    throw new Error(`${BINARY} did not start: ${failure ?? 'no answer in time'}\n${this.log.join('\n')}`);
  }

  /** Ends it the way an operator does, and returns its exit code. */
  async stop() {
    return this.#end('SIGTERM');
  }

  /** Ends it as a crash does: nothing is written any more, nobody is told. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async #end(signal) {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode;
    const timer = setTimeout(() => {
      this.log.push(`ERROR end2end: did not stop within ${STOP_DEADLINE_MS} ms of ${signal}`);
      child.kill('SIGKILL');
    }, STOP_DEADLINE_MS);
    const ended = once(child, 'close');
    child.kill(signal);
    const [code] = await ended;
    clearTimeout(timer);
    return code;
  }

  /** Runs another command of the binary on the same data, and returns what it printed. */
  async run(...command) {
    const { stdout } = await promisify(execFile)(BINARY, command, { cwd: this.directory, env: this.#environment });
    return stdout.trim();
  }

  /** Lets the log hold warnings and errors that match. */
  expectLog(pattern) {
    this.#expected.push(pattern);
  }

  /** Warnings, errors and panics of the log that no test expects. */
  unexpectedLog() {
    return this.log.filter((line) => SUSPICIOUS.test(line) && !this.#expected.some((it) => it.test(line)));
  }

  /** Stops it, removes its data, and fails if its log holds what nobody expected. */
  async close() {
    const wasRunning = this.#process !== undefined;
    const code = await this.stop();
    await rm(this.directory, { recursive: true, force: true });
    const unexpected = this.unexpectedLog();
    if (unexpected.length > 0) throw new Error(`unexpected lines in the server's log:\n${unexpected.join('\n')}`);
    if (wasRunning && code !== 0) throw new Error(`the server stopped with ${code}\n${this.log.slice(-20).join('\n')}`);
  }
}
