// A server with a history, somebody who reads it, and others who write.

import { Account } from '../harness/account.mjs';
import { Server } from '../harness/server.mjs';
import { fill, token, WRITERS } from './history.mjs';
import { newPage } from './page.mjs';

/** How long the page may take to come to life, or to show a message; beyond it something is broken, not slow. */
const DEADLINE_MS = 120_000;

/** The app as one person uses it. */
export class Chat {
  #turn = 0;

  /** A server of its own, with so many messages in the room and in a conversation of two. */
  static async start({ room = 50, direct = 0 } = {}) {
    const chat = new Chat();
    chat.server = await Server.start();
    chat.account = await Account.signUp(chat.server.url, 'Reader');
    await chat.server.stop();
    await fill(`${chat.server.directory}/smartlink.sqlite3`, { room, direct });
    await chat.server.start();
    return chat;
  }

  async close() {
    await this.server.close();
  }

  /** An empty page of the reader, who is signed in. */
  newPage(browser, options) {
    return newPage(browser, { cookies: this.account.cookies, ...options });
  }

  /** The room, alive and connected. */
  async open(browser, options) {
    const opened = await this.newPage(browser, options);
    await opened.page.goto(this.server.url);
    await connected(opened.page);
    return opened;
  }

  /** Says something in the room, each time as another person. */
  async say(body) {
    this.#turn += 1;
    const answer = await fetch(`${this.server.url}/api/chat/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token(2 + (this.#turn % WRITERS))}`, 'content-type': 'application/json' },
      body: JSON.stringify({ body }),
    });
    if (!answer.ok) throw new Error(`a message was answered with ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }

  /** Says so many things, a few of them at the same time. */
  async sayMany(count) {
    let begun = 0;
    const speak = async () => {
      while (begun < count) {
        begun += 1;
        await this.say(`number ${begun}: the budget of the second campaign is used up by a third.`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, speak));
  }
}

/** Waits until the page has come to life, and its line is up. */
export async function connected(page) {
  await page.locator('html[data-hydrated="true"]').waitFor({ state: 'attached', timeout: DEADLINE_MS });
  await page.getByRole('button', { name: /^Connection:/ }).filter({ hasText: 'Connected' }).waitFor({ timeout: DEADLINE_MS });
}
