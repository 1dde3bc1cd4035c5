// nginx and Caddy with the example files of deploy/, in which nothing but names, addresses and paths is replaced.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { freePort } from './ports.mjs';

const DEPLOY = path.resolve(import.meta.dirname, '../../deploy');
/** Debian keeps nginx where only root looks for programs. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
const START_DEADLINE_MS = 20_000;

const running = new Set();
process.on('exit', () => running.forEach((it) => it.kill('SIGKILL')));

/** A proxy that runs, on a port of its own with TLS. */
export class Proxy {
  log = '';

  constructor(directory, port, command, args) {
    this.directory = directory;
    this.port = port;
    this.process = spawn(command, args, {
      env: { PATH, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.process);
    this.process.once('exit', () => running.delete(this.process));
    this.process.on('error', (error) => (this.log += error.message));
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.log += text));
  }

  /** nginx with deploy/nginx.conf, or with deploy/nginx-subpath.conf in the server block of a site that exists. */
  static async nginx(server, { subpath = false } = {}) {
    const directory = await mkdtemp(path.join(tmpdir(), 'smartlink-nginx-'));
    const [port, plainPort] = [await freePort(), await freePort()];
    const [certificate, key] = [path.join(directory, 'certificate.pem'), path.join(directory, 'key.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
    await promisify(execFile)('openssl', [...request, '-keyout', key, '-out', certificate]);
    const example = await readFile(path.join(DEPLOY, subpath ? 'nginx-subpath.conf' : 'nginx.conf'), 'utf8');
    const site = subpath
      ? `server {
          listen 443 ssl;
          ssl_certificate /etc/ssl/chat.example.com.pem;
          ssl_certificate_key /etc/ssl/chat.example.com.key;
          location / { return 200 "the shop"; }
          ${example}
        }`
      : example;
    const http = substitute(site, [
      ['127.0.0.1:8080', `127.0.0.1:${server.port}`],
      ['chat.example.com.pem', 'certificate.pem'],
      ['chat.example.com.key', 'key.pem'],
      ['/etc/ssl', directory],
      ['chat.example.com', 'localhost'],
      ['listen 443', `listen 127.0.0.1:${port}`],
      ['listen 80', `listen 127.0.0.1:${plainPort}`],
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const paths = temporary.map((it) => `${it}_temp_path ${path.join(directory, it)};`).join('\n');
    const file = path.join(directory, 'nginx.conf');
    await writeFile(
      file,
      `daemon off; pid ${path.join(directory, 'pid')}; error_log stderr; worker_processes 1;
       events {}
       http { access_log off; ${paths}\n${http}\n}`,
    );
    const proxy = new Proxy(directory, port, 'nginx', ['-p', directory, '-e', 'stderr', '-c', file]);
    proxy.plainPort = plainPort;
    return proxy.#ready();
  }

  /** Caddy with deploy/Caddyfile, and a certificate that it makes itself. */
  static async caddy(server) {
    const directory = await mkdtemp(path.join(tmpdir(), 'smartlink-caddy-'));
    const port = await freePort();
    const example = await readFile(path.join(DEPLOY, 'Caddyfile'), 'utf8');
    const site = substitute(example, [
      ['127.0.0.1:8080', `127.0.0.1:${server.port}`],
      ['chat.example.com {', `https://localhost:${port} {\n\ttls internal`],
    ]);
    const file = path.join(directory, 'Caddyfile');
    const options = '{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n';
    await writeFile(file, options + site);
    return new Proxy(directory, port, 'caddy', ['run', '--adapter', 'caddyfile', '--config', file]).#ready();
  }

  async #ready() {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (Date.now() < deadline && this.process.exitCode === null) {
      if (await this.get('/').then(() => true, () => false)) return this;
      await new Promise((resolve) => setTimeout(resolve, 50)); // between two questions; nothing is decided by it
    }
    throw new Error(`the proxy did not start:\n${this.log}`);
  }

  /** Status, headers and text of a page, over TLS. */
  async get(path, { method = 'GET', headers = {}, body, from } = {}) {
    const options = { host: '127.0.0.1', port: this.port, servername: 'localhost', rejectUnauthorized: false, localAddress: from };
    const request = https.request({ ...options, path, method, headers: { Host: `localhost:${this.port}`, ...headers } });
    request.end(body);
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  }

  /** Address of the WebSocket behind the proxy. */
  socketUrl(server, prefix = '') {
    return `wss://localhost:${this.port}${prefix}/app/${server.key}?protocol=7&client=js&version=8.6.0`;
  }

  async close() {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Replaces what must be there, so that an example that has changed does not go untested. */
function substitute(text, pairs) {
  for (const [from, to] of pairs) {
    if (!text.includes(from) && from !== 'listen 80' && from !== 'chat.example.com') throw new Error(`the example has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}
