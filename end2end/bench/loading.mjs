// Loading the chat with 50 messages over a line, with nothing in the browser's cache.

import { Bare } from './bare.mjs';
import { Chat } from './chat.mjs';

/** What an empty page, the app and the bare page take over this line, in milliseconds, and how much the app's page moves. */
export async function load(browser, line) {
  const chat = await Chat.start({ room: 50, direct: 20 });
  const bare = await Bare.start();
  try {
    // Once without measuring: the server then has the page's queries and files at hand.
    await once(browser, chat);
    return { own: await once(browser, chat, line), baseline: await once(browser, bare, line) };
  } finally {
    await chat.close();
    await bare.close();
  }
}

async function once(browser, site, line) {
  const { page } = await site.open(browser, { line });
  // Lists that come later than the messages would move them, if anything does.
  await page.evaluate(() => document.fonts.ready);
  const loaded = await page.evaluate(() => window.bench.loaded());
  await page.context().close();
  return loaded;
}
