// The clients that people already use, pointed at the server under test.

import { createRequire } from 'node:module';

import Echo from 'laravel-echo';
import PusherServer from 'pusher';

import { DEADLINE_MS } from './wire.mjs';

/** pusher-js as Node gets it; its `import` form is the browser's. */
export const PusherClient = createRequire(import.meta.url)('pusher-js');

/** The server SDK, for the application of `server`. */
export function sdk(server, options = {}) {
  return PusherServer.forURL(`http://${server.key}:${server.secret}@127.0.0.1:${server.port}/apps/${server.id}`, options);
}

/** pusher-js for a person; who signs its channels is the SDK, as in a backend of one's own. */
export function pusherClient(server, { member, ...options } = {}) {
  const backend = sdk(server);
  return new PusherClient(server.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: server.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    disableStats: true,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) =>
        callback(null, backend.authorizeChannel(socketId, channelName, member)),
    },
    userAuthentication: {
      customHandler: ({ socketId }, callback) =>
        callback(null, backend.authenticateUser(socketId, { id: String(member.user_id), user_info: member.user_info })),
    },
    ...options,
  });
}

/** laravel-echo as a Laravel project configures it, authorized by our own `/broadcasting/auth` with a personal token. */
export function echoClient(server, bearerToken, options = {}) {
  return new Echo({
    broadcaster: 'reverb',
    key: server.key,
    wsHost: '127.0.0.1',
    wsPort: server.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    Pusher: PusherClient,
    authEndpoint: `${server.url}/broadcasting/auth`,
    bearerToken,
    ...options,
  });
}

/**
 * Resolves with the first value that an emitter next hands to the handler that `bind` registers; rejects after the deadline.
 * Call it before what causes the event.
 */
export function heard(what, bind) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    bind((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** Makes a pusher-js client try at once. A refused TCP connection would let it wait for 15 s, and a test with it. */
export function retryNow(client) {
  if (client.connection.state !== 'connected') client.connection.retryIn(0);
}

/** Resolves when a pusher-js connection is in `state`. */
export function inState(client, state) {
  if (client.connection.state === state) return Promise.resolve();
  return heard(`state ${state}`, (done) => client.connection.bind(state, () => done()));
}
