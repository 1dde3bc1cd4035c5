// What every spec starts from: a server of its own, a line to it, people, and silence in the console.

import { test as base, type BrowserContextOptions, type Page } from '@playwright/test';

import { Account } from './account.mjs';
import { Chat, connected, hydrated } from './chat.ts';
import { Line } from './line.mjs';
import { Noise } from './noise.ts';
import { Server } from './server.mjs';

export { expect } from '@playwright/test';

/** Somebody with an account, at a browser of their own. */
export type Person = { name: string; account: Account; page: Page; chat: Chat };

type Fixtures = {
  /** Settings of the test's server, beside those that all tests share. */
  settings: Record<string, string>;
  server: Server;
  line: Line;
  noise: Noise;
  /** A browser of its own without an account, at an empty page. */
  visit: (options?: BrowserContextOptions) => Promise<Page>;
  /** A new person in the general room, connected. */
  join: (name: string, options?: BrowserContextOptions) => Promise<Person>;
};

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],

  server: async ({ settings }, use) => {
    const server = await Server.start(settings);
    await use(server);
    await server.close();
  },

  line: async ({ server }, use) => {
    const line = await Line.to(server.port);
    await use(line);
    await line.close();
  },

  // Every test that has a browser asks for this one, by `visit` or `join`.
  noise: async ({}, use) => {
    const noise = new Noise();
    await use(noise);
    base.expect(noise.unexpected, 'the browsers had nothing to complain of').toEqual([]);
  },

  visit: async ({ browser, contextOptions, locale, timezoneId, viewport, line, noise }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, locale, timezoneId, viewport, baseURL: line.url, ...options });
      contexts.push(context);
      noise.watch(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((it) => it.close()));
  },

  join: async ({ visit, line }, use) => {
    await use(async (name, options) => {
      const account = await Account.signUp(line.url, name);
      const page = await visit(options);
      await page.context().addCookies(account.cookies);
      await page.goto('/');
      if (options?.javaScriptEnabled !== false) {
        await hydrated(page);
        await connected(page);
      }
      return { name, account, page, chat: new Chat(page) };
    });
  },
});
