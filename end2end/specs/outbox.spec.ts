import type { Page } from '@playwright/test';

import { Chat, connected, hydrated } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

const MESSAGES = '**/api/chat/messages';
const TEXTS = ['unsent 1', 'unsent 2', 'unsent 3'];
const UNSENT = /unsent \d/;

/** How many unsent messages the browser keeps. */
function kept(page: Page) {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('smartlink');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const counting = opening.result.transaction('outbox').objectStore('outbox').count();
          counting.onerror = () => reject(counting.error);
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
        };
      }),
  );
}

test('messages that were not sent survive the tab and are sent in order by the next', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  line.cut();
  for (const text of TEXTS) await amina.chat.send(text);
  await expect(amina.chat.pending).toHaveCount(3);
  // A tab that is closed in the same moment has not kept the last of them yet.
  await expect.poll(() => kept(amina.page)).toBe(3);
  const context = amina.page.context();
  await amina.page.close();
  line.repair();
  const page = await context.newPage();
  await page.goto('/');
  const chat = new Chat(page);
  await expect.poll(() => chat.found(UNSENT)).toEqual(TEXTS);
  await connected(page);
  await chat.settled();
  await connected(jonas.page);
  await expect.poll(() => jonas.chat.found(UNSENT)).toEqual(TEXTS);
  expect((await amina.account.history()).map((it: { body: string }) => it.body)).toEqual(TEXTS);
});

test('a reload shows what is still unsent, at the end of the list', async ({ join, noise }) => {
  noise.expect(...LOST_LINE, /net::ERR_FAILED/);
  const { page, chat, account } = await join('Amina K');
  await chat.send('sent before');
  await chat.settled();
  await page.route(MESSAGES, (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()));
  for (const text of TEXTS) await chat.send(text);
  await expect(chat.pending).toHaveCount(3);
  await expect.poll(() => kept(page)).toBe(3);
  await page.reload();
  await hydrated(page);
  await expect.poll(() => chat.found(/sent before|unsent \d/)).toEqual(['sent before', ...TEXTS]);
  await expect(chat.pending).toHaveCount(3);
  await account.say('said meanwhile');
  await expect.poll(() => chat.found(/sent before|said meanwhile|unsent \d/)).toEqual(['sent before', 'said meanwhile', ...TEXTS]);
  await page.unroute(MESSAGES);
  await page.reload();
  await chat.settled();
  await expect.poll(async () => (await account.history()).map((it: { body: string }) => it.body)).toEqual(['sent before', 'said meanwhile', ...TEXTS]);
});

test('a message that the server refused for now can be tried again', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page, chat, account } = await join('Amina K');
  await page.route(MESSAGES, (route) =>
    route.request().method() === 'POST' ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500}' }) : route.fallback(),
  );
  await chat.send('try again');
  const failed = chat.log.getByRole('article', { name: 'You, not sent' });
  await expect(failed).toContainText('Not sent.');
  await page.unroute(MESSAGES);
  await failed.getByRole('button', { name: 'Retry' }).click();
  await chat.settled();
  await expect(chat.message('try again')).toHaveAccessibleName(/^You, sent/);
  expect(await account.history()).toHaveLength(1);
});

test('a message that was not sent can be discarded, and stays away', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page, chat, account } = await join('Amina K');
  await page.route(MESSAGES, (route) =>
    route.request().method() === 'POST' ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500}' }) : route.fallback(),
  );
  await chat.send('never mind');
  const failed = chat.log.getByRole('article', { name: 'You, not sent' });
  await failed.getByRole('button', { name: 'Discard' }).click();
  await expect(failed).toHaveCount(0);
  await expect(page.locator('body')).not.toBeFocused();
  await page.unroute(MESSAGES);
  await expect.poll(() => kept(page)).toBe(0);
  await page.reload();
  await connected(page);
  await expect(chat.message('never mind')).toHaveCount(0);
  expect(await account.history()).toHaveLength(0);
});

test('an answer that got lost does not make a second message', async ({ join, noise }) => {
  noise.expect(/net::ERR_(FAILED|CONNECTION_RESET)/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  let lost = 0;
  await amina.page.route(MESSAGES, async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.fallback();
    lost += 1;
    await route.fetch(); // the server has it
    return route.abort('connectionreset'); // the browser will never know
  });
  await amina.chat.send('once only');
  await expect.poll(() => lost).toBe(1);
  await amina.chat.settled();
  await expect(amina.chat.message('once only')).toHaveCount(1);
  await expect(jonas.chat.message('once only')).toHaveCount(1);
  expect(await amina.account.history()).toHaveLength(1);
});

test('a draft survives a reload', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await chat.composer.fill('not finished yet');
  await expect.poll(() => page.evaluate(() => JSON.stringify({ ...localStorage }))).toContain('not finished yet');
  await page.reload();
  await hydrated(page);
  await expect(chat.composer).toHaveValue('not finished yet');
});

test('a draft survives a page that is left in the moment of typing', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await chat.composer.fill('typed a moment ago');
  await page.reload();
  await hydrated(page);
  await expect(chat.composer).toHaveValue('typed a moment ago');
});

test('what a tab has not sent shows in the other one, which sends it when that tab is closed', async ({ join, noise }) => {
  noise.expect(/net::ERR_FAILED/);
  const { page, chat, account } = await join('Amina K');
  const second = await page.context().newPage();
  await second.goto('/');
  await connected(second);
  const other = new Chat(second);
  await page.route(MESSAGES, (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()));
  await chat.send('handed over');
  await expect(chat.log.getByRole('article', { name: 'You, not sent' })).toHaveCount(1);
  await expect(other.message('handed over')).toHaveCount(1);
  await page.close();
  await other.settled();
  await expect(other.message('handed over')).toHaveAccessibleName(/^You, sent/);
  expect(await account.history()).toHaveLength(1);
});

test('what one tab discards is gone from the other', async ({ join, noise }) => {
  noise.expect(/net::ERR_FAILED/);
  const { page, chat, account } = await join('Amina K');
  const second = await page.context().newPage();
  await second.goto('/');
  await connected(second);
  for (const it of [page, second]) {
    await it.route(MESSAGES, (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()));
  }
  await chat.send('never mind');
  const other = new Chat(second);
  await expect(other.message('never mind')).toHaveCount(1);
  await chat.log.getByRole('article', { name: 'You, not sent' }).getByRole('button', { name: 'Discard' }).click();
  await expect(other.message('never mind')).toHaveCount(0);
  expect(await account.history()).toHaveLength(0);
});

test('one goes on writing and sending wherever one has been in the chat', async ({ join }) => {
  const { page, chat, account } = await join('Amina K');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Chat/ }).click();
  for (let visit = 1; visit <= 3; visit += 1) {
    await page.getByRole('complementary', { name: 'Conversations' }).getByRole('link', { name: /General/ }).click();
    await chat.send(`visit ${visit}`);
    await chat.settled();
  }
  await expect.poll(() => chat.found(/visit \d/)).toEqual(['visit 1', 'visit 2', 'visit 3']);
  expect(await account.history()).toHaveLength(3);
});

test('a message that is being sent moves nothing', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await chat.send('the one above');
  await chat.settled();
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await page.route(MESSAGES, async (route) => {
    await held;
    await route.fallback();
  });
  await chat.send('on its way');
  const progress = chat.pending.getByText('Sending…');
  await expect(progress).toBeVisible();
  const place = () =>
    chat.message('the one above').evaluate(async (it) => {
      await new Promise(requestAnimationFrame);
      return it.getBoundingClientRect().top;
    });
  const before = await place();
  goOn();
  await chat.settled();
  expect(await place()).toBe(before);
});

test('whoever does not look hears that a message was not sent, once', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page, chat } = await join('Amina K');
  await page.route(MESSAGES, (route) =>
    route.request().method() === 'POST' ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500}' }) : route.fallback(),
  );
  await chat.send('refused');
  await expect(page.getByRole('alert').filter({ hasText: 'Your message was not sent.' })).toHaveCount(1);
});
