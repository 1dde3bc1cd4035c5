// How the app looks and behaves as somebody has chosen it, on all of their pages.

import type { Page } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { Chat, connected, hydrated } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

const saved = (page: Page) => page.getByRole('status').filter({ hasText: /^Saved$/ });

async function open(page: Page, path: string) {
  await page.goto(path);
  await hydrated(page);
  await connected(page);
}

const rootFontSize = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).fontSize);

test('density and size of text count on every page, from its first byte', async ({ join, server }) => {
  const { page, account } = await join('Amina K');
  await open(page, '/settings/appearance');
  expect(await rootFontSize(page)).toBe('16px');
  const size = page.getByRole('slider', { name: 'Text size' });
  await expect(size).toHaveAttribute('aria-valuetext', '100 %');
  await size.press('ArrowRight');
  await size.press('ArrowRight');
  await expect(saved(page)).toBeVisible();
  await expect(size).toHaveAttribute('aria-valuetext', '120 %');
  await expect.poll(() => rootFontSize(page)).toBe('19.2px');
  const nav = page.getByRole('link', { name: 'Appearance', exact: true });
  const before = (await nav.boundingBox())!.height;
  await page.getByRole('radio', { name: 'Compact' }).check();
  await expect.poll(async () => (await nav.boundingBox())!.height).toBeLessThan(before);
  await expect.poll(() => account.api('GET', '/api/settings')).toMatchObject({ appearance: { density: 'compact', text_size_percent: 120 } });
  const html = await fetch(server.url, { headers: { cookie: account.cookies.map((it) => `${it.name}=${it.value}`).join('; ') } });
  expect(await html.text()).toMatch(/<html[^>]* data-density="compact"[^>]* data-text-size="120"/);
});

test('what is chosen on one page counts on the others at once', async ({ join }) => {
  const { page, chat, account } = await join('Amina K');
  await account.say('before');
  const other = await page.context().newPage();
  await open(other, '/settings/appearance');
  await other.getByRole('radio', { name: 'Compact' }).check();
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  // While a page waits for the answer to a change of its own, nothing that comes undoes that.
  await other.goto('/settings/chat');
  await other.getByRole('radio', { name: /^Starts a new line/ }).check();
  await expect(saved(other)).toBeVisible();
  await other.getByRole('radio', { name: '12 hours' }).check();
  await expect(chat.message('before').getByRole('time')).toHaveText(/^\d{1,2}:\d\d [AP]M$/);
  await chat.send('not sent by this key');
  await expect(chat.composer).toHaveValue(/^not sent by this key\n$/);
  await chat.composer.press('Shift+Enter');
  await expect(chat.message('not sent by this key').getByRole('time')).toHaveText(/^\d{1,2}:\d\d [AP]M$/);
});

test('what was read before a change of one\'s own does not undo it', async ({ join }) => {
  const { page, account } = await join('Amina K');
  await open(page, '/settings/chat');
  // The first reading is answered late, after a change on this page, with what was true before it.
  let [tellAsked, answer] = [() => {}, () => {}];
  const asked = new Promise<void>((done) => (tellAsked = done));
  const answered = new Promise<void>((done) => (answer = done));
  await page.route('**/api/settings', async (route) => {
    const early = await route.fetch();
    tellAsked();
    await answered;
    await route.fulfill({ response: early });
  }, { times: 1 });
  await account.api('PATCH', '/api/settings', { appearance: { density: 'compact' } });
  await asked;
  await page.getByRole('radio', { name: '12 hours' }).check();
  await expect(saved(page)).toBeVisible();
  const again = page.waitForResponse((it) => it.url().endsWith('/api/settings') && it.request().method() === 'GET');
  answer();
  await again;
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await expect(page.getByRole('radio', { name: '12 hours' })).toBeChecked();
});

test('Ctrl+Enter sends whatever the key Enter does', async ({ join }) => {
  const { chat } = await join('Amina K');
  await chat.composer.fill('by Ctrl');
  await chat.composer.press('Control+Enter');
  await expect(chat.message('by Ctrl')).toHaveCount(1);
});

test('the usual keys make what is selected bold, italic or code, and undo it', async ({ join }) => {
  const { chat, page } = await join('Amina K');
  await chat.composer.pressSequentially('so good');
  for (let letter = 0; letter < 4; letter += 1) await chat.composer.press('Shift+ArrowLeft');
  await chat.composer.press('Control+b');
  await expect(chat.composer).toHaveValue('so **good**');
  await chat.composer.press('Control+i');
  await expect(chat.composer).toHaveValue('so ***good***');
  await chat.composer.press('Control+b');
  await expect(chat.composer).toHaveValue('so *good*');
  await chat.composer.press('Control+z');
  await expect(chat.composer).toHaveValue('so ***good***');
  await chat.composer.press('Enter');
  await expect(chat.message('so good').locator('strong')).toHaveText('good');
  await page.keyboard.press('Control+Shift+C');
  await expect(chat.composer).toHaveValue('``');
});

test('times of day go by the browser\'s language, or by what one has chosen', async ({ join }) => {
  const { account, chat } = await join('Amina K', { locale: 'en-US' });
  await account.say('Good morning');
  const time = chat.message('Good morning').getByRole('time');
  await expect(time).toHaveText(/^\d{1,2}:\d\d [AP]M$/);
  await account.api('PATCH', '/api/settings', { chat: { clock_24h: true } });
  await expect(time).toHaveText(/^\d\d:\d\d$/);
});

test('whoever says themselves what they have read keeps the rest unread', async ({ join, server }) => {
  const jonas = await Account.signUp(server.url, 'Jonas R');
  const { page, account } = await join('Amina K');
  await page.goto('/people'); // in the room itself she would read what is said
  await account.api('PATCH', '/api/settings', { chat: { read_when: 'marked' } });
  const unread = async () => ((await account.api('GET', '/api/chat/messages?limit=1')) as { unread_count: number }).unread_count;
  const first = (await jonas.say('first')) as { id: number };
  await account.api('POST', `/api/chat/messages/${first.id}/read`);
  await jonas.say('second');
  const told: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/read')) told.push(request.method());
  });
  await open(page, '/');
  const chat = new Chat(page);
  await expect(chat.message('second')).toBeInViewport();
  await page.getByRole('button', { name: 'Mark as read' }).click();
  await expect.poll(unread).toBe(0);
  await expect(page.getByRole('button', { name: 'Mark as read' })).toHaveCount(0);

  await jonas.say('third');
  await expect(chat.message('third')).toBeInViewport();
  // What is on screen would count as read after one second, by a timer of the page that was set before this one.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
  expect(told).toEqual(['POST']);
  expect(await unread()).toBe(1);
  await chat.composer.press('Escape');
  await expect.poll(unread).toBe(0);
});

test('a conversation that is opened can count as read, however long it is', async ({ join, server }) => {
  const jonas = await Account.signUp(server.url, 'Jonas R');
  const { page, account } = await join('Amina K');
  await page.goto('/people'); // in the room itself she would read what is said
  await account.api('PATCH', '/api/settings', { chat: { read_when: 'opened' } });
  const first = (await jonas.say('seen')) as { id: number };
  await account.api('POST', `/api/chat/messages/${first.id}/read`);
  for (let line = 1; line <= 40; line += 1) await jonas.say(`line ${line}.\n\nmore of it`);
  await open(page, '/');
  await expect(new Chat(page).unreadLine).toBeInViewport();
  await expect(new Chat(page).message('line 40.')).not.toBeInViewport();
  const unread = async () => ((await account.api('GET', '/api/chat/messages?limit=1')) as { unread_count: number }).unread_count;
  await expect.poll(unread).toBe(0);
});
