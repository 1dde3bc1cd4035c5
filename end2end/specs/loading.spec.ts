// The history when it can't be loaded, when more was missed than the server keeps, and when much of it is unread.

import type { Page } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { Chat, connected, hydrated } from '../harness/chat.ts';
import { Sockets } from '../harness/sockets.ts';
import { expect, test } from '../harness/test.ts';

const OLDER = /\/api\/chat\/messages\?.*before=/;
const OPENING = /\/fn\/open_/;

/** Says `count` numbered things. */
async function talk(account: Account, count: number, word: string) {
  for (let number = 1; number <= count; number += 1) await account.say(`${word} ${number}.`);
}

const error = (page: Page) => page.getByRole('alert').filter({ hasText: 'Couldn\'t load messages.' });

/** Where an element stands when the browser has put everything in its place. */
const placeOf = (chat: Chat, text: string) =>
  chat.message(text).evaluate(async (it) => {
    await new Promise(requestAnimationFrame);
    return it.getBoundingClientRect().top;
  });

test('older messages that can\'t be loaded are asked for once, and again when somebody says so', async ({ server, join, noise }) => {
  noise.expect(/ 503\b/);
  await talk(await Account.signUp(server.url, 'Jonas R'), 120, 'line');
  const { page, chat } = await join('Amina K');
  let asked = 0;
  await page.route(OLDER, (route) => {
    asked += 1;
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"status":503}' });
  });
  await chat.articles.first().evaluate((it) => it.scrollIntoView({ block: 'start' }));
  await expect(error(page)).toBeVisible();
  await chat.send('something else happens');
  await chat.settled();
  expect(asked).toBe(1);
  await page.unroute(OLDER);
  await error(page).getByRole('button', { name: 'Try again' }).click();
  await expect(chat.message('line 40.')).toHaveCount(1);
  await expect(error(page)).toHaveCount(0);
});

test('a room that could not be opened is opened on demand, and misses nothing that was said meanwhile', async ({ join, noise }) => {
  noise.expect(/ 503\b/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.page.goto('/sign-in'); // leads on to the chat, which then asks for its room itself
  await jonas.chat.send('before');
  await amina.page.route('**/api/chat/messages?*', (route) => route.fulfill({ status: 503, body: '{}' }));
  await amina.page.route(OPENING, (route) => route.fulfill({ status: 503, body: '{}' }));
  await amina.page.reload();
  await hydrated(amina.page);
  const chat = new Chat(amina.page);
  await expect(chat.message('before').or(error(amina.page))).toBeVisible();
  await amina.page.unrouteAll();
  await jonas.chat.send('after');
  await expect(chat.message('after')).toHaveCount(1);
});

test('a room with more than a page of unread messages opens at the first of them, and none is read unseen', async ({ server, join }) => {
  const jonas = await Account.signUp(server.url, 'Jonas R');
  const amina = await join('Amina K');
  const last = await jonas.say('seen');
  await amina.account.api('POST', `/api/chat/messages/${last.id}/read`);
  await amina.page.close();
  await talk(jonas, 120, 'missed');
  const page = await amina.page.context().newPage();
  await page.goto('/');
  await hydrated(page);
  await connected(page);
  const chat = new Chat(page);
  await expect(chat.unreadLine).toBeInViewport();
  await expect(chat.message('missed 1.')).toBeInViewport();
  await expect(chat.jumpButton).toBeVisible();
  // What is in view may have been read by now; a second look at the newest page would have marked all of it.
  const { read_up_to, messages } = await amina.account.api('GET', '/api/chat/messages?limit=50');
  expect(read_up_to).toBeGreaterThanOrEqual(last.id);
  expect(read_up_to).toBeLessThan(messages[0].id);
  await chat.jumpButton.click();
  await expect(chat.message('missed 120.')).toBeInViewport();
  await expect
    .poll(async () => {
      const { read_up_to, messages } = await amina.account.api('GET', '/api/chat/messages?limit=1');
      return read_up_to === messages[0].id;
    })
    .toBe(true);
});

test('Refresh loads what was missed, keeps the draft and the place, and says so while it can\'t', async ({ server, join, noise }) => {
  noise.expect(/WebSocket/, / 503\b/);
  await talk(await Account.signUp(server.url, 'Mei D'), 60, 'line');
  const { page, chat } = await join('Amina K');
  const jonas = await join('Jonas R');
  const sockets = await Sockets.of(page);
  await page.reload();
  await connected(page);
  await chat.composer.fill('half a thought');
  await chat.message('line 30.').evaluate((it) => it.scrollIntoView({ block: 'center' }));
  await expect(chat.jumpButton).toBeVisible();
  const before = await placeOf(chat, 'line 30.');
  sockets.change = (frame) => (frame.includes('MessageSent') ? undefined : frame.replace('\\"recovered\\":true', '\\"recovered\\":false'));
  await jonas.chat.send('Missed by Amina');
  await jonas.chat.settled();
  await sockets.end(4200);
  const banner = page.getByRole('region', { name: 'Connection' });
  await expect(banner).toContainText('Some updates were missed.');
  await page.route('**/api/chat/messages?*', (route) => route.fulfill({ status: 503, body: '{}' }));
  await banner.getByRole('button', { name: 'Refresh' }).click();
  await expect(error(page)).toBeVisible();
  await expect(banner).toContainText('Some updates were missed.');
  await page.unrouteAll();
  await banner.getByRole('button', { name: 'Refresh' }).click();
  await expect(banner).toHaveCount(0);
  // The banner goes when the answer is there; the list is put in its place with the next frame.
  const moved = async () => Math.abs((await placeOf(chat, 'line 30.')) - before);
  await expect.poll(moved, 'pixels that the message moved').toBeLessThanOrEqual(2);
  await expect(chat.composer).toHaveValue('half a thought');
  await chat.jumpButton.click();
  await expect(chat.message('Missed by Amina')).toBeInViewport();
});

test('a read position that could not be told is told when the line is back', async ({ join, noise }) => {
  noise.expect(/ 503\b/, /WebSocket/);
  const { page, chat, account } = await join('Amina K');
  const jonas = await join('Jonas R');
  const sockets = await Sockets.of(page);
  await page.reload();
  await connected(page);
  const READ = '**/api/chat/messages/*/read';
  const refused = page.waitForResponse((it) => it.url().endsWith('/read') && it.status() === 503);
  await page.route(READ, (route) => route.fulfill({ status: 503, body: '{}' }));
  await jonas.chat.send('Read this');
  await expect(chat.message('Read this')).toBeVisible();
  await refused;
  await page.unroute(READ);
  await sockets.end(4200);
  await expect
    .poll(async () => {
      const { read_up_to, messages } = await account.api('GET', '/api/chat/messages?limit=1');
      return read_up_to === messages[0].id;
    })
    .toBe(true);
});

test('no page preloads WebAssembly that it does not run, nor a font that it does not show', async ({ join, visit }) => {
  // Which files were made to run is told by the browser's own function for it.
  const record = () => {
    const run: string[] = ((window as unknown as { run: string[] }).run = []);
    const instantiate = WebAssembly.instantiateStreaming.bind(WebAssembly);
    WebAssembly.instantiateStreaming = async (source: Response | PromiseLike<Response>, imports?: WebAssembly.Imports) => {
      const response = await source;
      run.push(response.url);
      return instantiate(response, imports);
    };
  };
  const look = async (page: Page, path: string) => {
    await page.goto(path);
    await hydrated(page);
    const preloaded = await page.locator('link[rel=preload]').evaluateAll((links) => links.map((it) => (it as HTMLLinkElement).href));
    const modules = preloaded.filter((it) => it.endsWith('.wasm'));
    expect(modules.length, `${path} preloads its program`).toBeGreaterThan(0);
    const run = await page.evaluate(() => (window as unknown as { run: string[] }).run);
    expect(modules.filter((it) => !run.includes(it)), `preloaded by ${path} in vain`).toEqual([]);
    // A face is loaded once text is set in it; a preload that does not serve it would have been followed by a second load.
    const shown = () => page.evaluate(() => [...document.fonts].filter((it) => it.status === 'loaded').map((it) => it.family));
    await expect.poll(shown, `${path} shows its font`).toHaveLength(1);
    const fonts = preloaded.filter((it) => it.endsWith('.woff2'));
    const loads = await page.evaluate(() => performance.getEntriesByType('resource').map((it) => it.name).filter((it) => it.endsWith('.woff2')));
    expect(loads, `loaded by ${path}`).toEqual(fonts);
  };
  const stranger = await visit();
  await stranger.addInitScript(record);
  for (const path of ['/sign-in', '/sign-up', '/terms']) await look(stranger, path);
  const { page } = await join('Amina K');
  await page.addInitScript(record);
  for (const path of ['/', '/people', '/notifications', '/settings/privacy']) await look(page, path);
});
