// What a browser complains of: console messages, errors of scripts, failed requests. A test fails on any that it does not expect.

import type { BrowserContext, ConsoleMessage } from '@playwright/test';

/** What Chromium itself says of a line that a test has cut. */
export const LOST_LINE = [
  /WebSocket connection to .* failed/,
  /net::ERR_(CONNECTION_(RESET|REFUSED|CLOSED|ABORTED)|EMPTY_RESPONSE|INTERNET_DISCONNECTED|SOCKET_NOT_CONNECTED)/,
];

/**
 * What Chromium says of any file that a busy machine comes to use only seconds after the page is there. That nothing is
 * preloaded in vain, a test of its own tells, without a clock.
 */
const LATE_PRELOAD = /\/(pkg|fonts)\/\S+ was preloaded using link preload but not used within a few seconds/;

/** Collects complaints of all contexts that it watches. */
export class Noise {
  #heard: string[] = [];
  #expected: RegExp[] = [LATE_PRELOAD];

  watch(context: BrowserContext) {
    context.on('console', (message) => this.#note(`console.${message.type()}: ${message.text()} (${place(message)})`));
    context.on('weberror', (error) => this.#note(`uncaught: ${error.error().stack ?? error.error()}`));
    context.on('requestfailed', (request) => {
      const failure = request.failure()?.errorText ?? 'failed';
      // A request that the browser itself gave up because its page went away.
      if (failure !== 'net::ERR_ABORTED') this.#note(`request: ${request.method()} ${request.url()} ${failure}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400) {
        this.#note(`response: ${response.request().method()} ${response.url()} ${response.status()}`);
      }
    });
  }

  /** From now on, and before, complaints that match any of these are part of the test. */
  expect(...patterns: RegExp[]) {
    this.#expected.push(...patterns);
  }

  /** What nobody expected. */
  get unexpected() {
    return this.#heard.filter((line) => !this.#expected.some((it) => it.test(line)));
  }

  #note(line: string) {
    this.#heard.push(line);
  }
}

function place(message: ConsoleMessage) {
  const { url, lineNumber } = message.location();
  return `${url}:${lineNumber}`;
}
