import type { Page } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { connected, hydrated } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

/** The page of notifications as a person finds it. */
class Notifications {
  readonly feed;
  readonly articles;
  readonly rail;

  constructor(readonly page: Page) {
    this.feed = page.getByRole('feed', { name: 'Notifications' });
    this.articles = this.feed.getByRole('article');
    this.rail = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Notifications/ });
  }

  static async open(page: Page) {
    await page.goto('/notifications');
    await hydrated(page);
    await connected(page);
    return new Notifications(page);
  }

  tab(name: string) {
    return this.page.getByRole('tab', { name, exact: true });
  }

  article(text: string) {
    return this.articles.filter({ hasText: text });
  }
}

test('whoever is named is told at once: in the rail, in the title and by a toast that leads there', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const page = amina.page;
  // Elsewhere than the message is.
  await page.goto('/notifications');
  await connected(page);
  const notifications = new Notifications(page);
  await expect(page.getByText('You\'re all caught up.')).toBeVisible();
  await expect(notifications.rail).toHaveAccessibleName('Notifications');
  await jonas.chat.send('@Amina K can you look at the budget?');
  await expect(notifications.article('Jonas R mentioned you in General')).toContainText('can you look at the budget?');
  await expect(notifications.rail).toHaveAccessibleName('Notifications 1 unread');
  await expect(page).toHaveTitle('(1) Notifications · SmartLink');
  await expect(notifications.tab('Unread 1')).toBeVisible();
});

test('a toast tells of what is elsewhere, and leads there', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.page.goto('/terms');
  await amina.page.goto('/notifications?filter=money');
  await connected(amina.page);
  await expect(amina.page.getByText('No money has moved yet.')).toBeVisible();
  await jonas.chat.send('@Amina K hello');
  const notifications = new Notifications(amina.page);
  await expect(notifications.rail).toHaveAccessibleName('Notifications 1 unread');
  await notifications.tab('Mentions').click();
  await expect(notifications.article('Jonas R mentioned you')).toBeVisible();
});

test('what is read on one tab is read on the other, and counted once', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const other = await Notifications.open(await amina.page.context().newPage());
  const first = await Notifications.open(amina.page);
  await jonas.chat.send('@Amina K the first');
  await jonas.chat.send('@Amina K the second');
  await expect(first.articles).toHaveCount(2);
  await expect(other.articles).toHaveCount(2);
  await first.article('the first').getByRole('button', { name: /^Mark as read/ }).click();
  await expect(first.article('the first')).toBeFocused();
  await expect(other.article('the first').getByRole('button', { name: /^Mark as read/ })).toHaveCount(0);
  await expect(other.rail).toHaveAccessibleName('Notifications 1 unread');
  await expect(other.page).toHaveTitle('(1) Notifications · SmartLink');
  await other.page.getByRole('button', { name: 'Mark all read' }).click();
  await expect(first.rail).toHaveAccessibleName('Notifications');
  await expect(first.page).toHaveTitle('Notifications · SmartLink');
  await expect(first.page.getByRole('button', { name: 'Mark all read' })).toBeDisabled();
  await other.page.getByRole('button', { name: 'Undo' }).click();
  await expect(first.rail).toHaveAccessibleName('Notifications 1 unread');
  await expect(first.article('the second').getByRole('button', { name: /^Mark as read/ })).toBeVisible();
});

test('a click leads to what it is about, and reads it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const notifications = await Notifications.open(amina.page);
  await jonas.chat.send('@Amina K this one');
  await notifications.article('this one').getByRole('link').click();
  await expect(amina.page).toHaveURL(/\/chat\?at=\d+$/);
  await expect(amina.chat.message('this one')).toBeVisible();
  await expect(notifications.rail).toHaveAccessibleName('Notifications');
});

test('the filters have addresses, and show what they name', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const message = (await amina.account.say('Who has the numbers?')) as { id: number };
  await jonas.account.say('@Amina K I have');
  await jonas.account.api('POST', `/api/chat/messages/${message.id}/reactions`, { emoji: '👍' });
  const notifications = await Notifications.open(amina.page);
  await expect(notifications.articles).toHaveCount(2);
  await expect(notifications.articles.first()).toHaveAttribute('aria-posinset', '1');
  await expect(notifications.articles.first()).toHaveAttribute('aria-setsize', '2');
  await notifications.tab('Mentions').click();
  await expect(amina.page).toHaveURL(/\?filter=mentions$/);
  await expect(notifications.articles).toHaveCount(1);
  await notifications.tab('Mentions').press('ArrowRight');
  await expect(notifications.tab('Money')).toBeFocused();
  await expect(amina.page.getByText('No money has moved yet.')).toBeVisible();
  await amina.page.getByRole('link', { name: 'Show all' }).click();
  await expect(notifications.articles).toHaveCount(2);
});

test('arrows walk through the list, "e" reads one, Enter opens it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  // In the room itself she would read them there.
  const notifications = await Notifications.open(amina.page);
  for (const text of ['the first', 'the second', 'the third']) await jonas.account.say(`@Amina K ${text}`);
  await expect(notifications.rail).toHaveAccessibleName('Notifications 3 unread');
  await expect(notifications.articles).toHaveCount(3);
  await notifications.articles.first().focus();
  await amina.page.keyboard.press('ArrowDown');
  await expect(notifications.article('the second')).toBeFocused();
  await amina.page.keyboard.press('e');
  await expect(notifications.rail).toHaveAccessibleName('Notifications 2 unread');
  await expect(notifications.article('the second')).toBeFocused();
  await amina.page.keyboard.press('ArrowDown');
  await amina.page.keyboard.press('Enter');
  await expect(amina.page).toHaveURL(/\/chat\?at=\d+$/);
});

test('further down nothing moves: what comes waits behind a button', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  for (let number = 1; number <= 60; number += 1) await jonas.account.say(`@Amina K line ${number}.`);
  const notifications = await Notifications.open(amina.page);
  await expect(notifications.articles).toHaveCount(50);
  await expect(notifications.articles.first()).toHaveAttribute('aria-setsize', '-1');
  await notifications.article('line 30.').scrollIntoViewIfNeeded();
  const before = await notifications.article('line 30.').boundingBox();
  await jonas.chat.send('@Amina K the newest');
  const button = amina.page.getByRole('button', { name: '1 new' });
  await expect(button).toBeVisible();
  expect(await notifications.article('line 30.').boundingBox()).toEqual(before);
  await button.click();
  await expect(notifications.articles.first()).toContainText('the newest');
  await expect(notifications.articles.first()).toBeInViewport();
  await amina.page.getByRole('link', { name: 'Show older' }).click();
  await expect(notifications.articles).toHaveCount(61);
});

test('marking as read without a line is told when it is back', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const notifications = await Notifications.open(amina.page);
  await jonas.chat.send('@Amina K the first');
  await expect(notifications.rail).toHaveAccessibleName('Notifications 1 unread');
  line.cut();
  await notifications.article('the first').getByRole('button', { name: /^Mark as read/ }).click();
  await expect(notifications.rail).toHaveAccessibleName('Notifications');
  const unread = async () =>
    ((await amina.account.api('GET', '/api/notifications?filter=unread')) as { unread_count: number }).unread_count;
  line.repair();
  await connected(amina.page);
  await expect.poll(unread).toBe(0);
});

test('a list that can\'t be loaded says so, and is tried again', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page } = await join('Amina K');
  await page.route('**/fn/list_notifications*', (route) => route.fulfill({ status: 500, body: '"Internal"' }));
  const notifications = new Notifications(page);
  await notifications.rail.click();
  const card = page.getByRole('alert').filter({ hasText: 'Couldn\'t load notifications.' });
  await expect(card).toBeVisible();
  await page.unroute('**/fn/list_notifications*');
  await card.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('You\'re all caught up.')).toBeVisible();
});

test('a browser notification tells of what comes while the page is hidden, once it was allowed', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.page.addInitScript(() => {
    const shown: { title: string; tag?: string; isOpen: boolean }[] = [];
    class FakeNotification {
      static permission = 'granted';
      onclick: (() => void) | null = null;
      readonly #entry;
      constructor(title: string, options: { tag?: string }) {
        this.#entry = { title, tag: options.tag, isOpen: true };
        shown.push(this.#entry);
      }
      close() {
        this.#entry.isOpen = false;
      }
    }
    Object.assign(window, { Notification: FakeNotification, shown });
    Object.defineProperty(document, 'hidden', { get: () => true });
  });
  await Notifications.open(amina.page);
  await jonas.chat.send('@Amina K look');
  const shown = () => amina.page.evaluate(() => (window as unknown as { shown: object[] }).shown);
  await expect.poll(shown).toEqual([{ title: 'Jonas R mentioned you in General', tag: 'chat', isOpen: true }]);
  // Read on another device.
  await amina.account.api('POST', '/api/notifications/read', { up_to: 1_000_000 });
  await expect.poll(shown).toEqual([{ title: 'Jonas R mentioned you in General', tag: 'chat', isOpen: false }]);
});

/** Counts what the page would have been heard to play. */
const listen = () => {
  const heard = { tones: 0 };
  Object.assign(window, { heard });
  const create = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function counted() {
    heard.tones += 1;
    return create.call(this);
  };
};
const tones = (page: Page) => page.evaluate(() => (window as unknown as { heard: { tones: number } }).heard.tones);

test('a sound is made for whom has switched it on, once for all tabs, and for what is meant for them alone', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.page.context().addInitScript(listen);
  await amina.page.goto('/settings/notifications');
  await hydrated(amina.page);
  await connected(amina.page);
  await expect(amina.page.getByRole('switch', { name: 'Reactions: with a sound' })).toHaveCount(0);
  await amina.page.getByRole('switch', { name: 'Mentions: with a sound' }).click();
  await expect(amina.page.getByRole('status').filter({ hasText: /^Saved$/ })).toBeVisible();
  expect(await tones(amina.page), 'so that one knows what it will be').toBe(1);

  const other = await amina.page.context().newPage();
  await other.goto('/people');
  await hydrated(other);
  await connected(other);
  // Browsers play nothing in a tab that nobody has used.
  await other.getByRole('heading', { level: 1 }).click();
  const before = (await tones(amina.page)) + (await tones(other));
  await jonas.chat.send('@Amina K look');
  const all = async () => (await tones(amina.page)) + (await tones(other)) - before;
  await expect.poll(all).toBe(1);

  await amina.page.getByRole('switch', { name: 'Mentions: with a sound' }).click();
  await expect.poll(async () => ((await amina.account.api('GET', '/api/settings')) as { notifications: { mention: { sound: boolean } } }).notifications.mention.sound).toBe(false);
  await jonas.chat.send('@Amina K again');
  await expect(other.getByRole('link', { name: 'Notifications 2 unread' })).toBeVisible();
  await expect(amina.page.getByRole('link', { name: 'Notifications 2 unread' })).toBeVisible();
  expect(await all()).toBe(1);
});

test('without script the list is there, and can be marked as read', async ({ line, visit, noise }) => {
  noise.expect(/request: GET .*\.js csp$/);
  const [amina, jonas] = await Promise.all([Account.signUp(line.url, 'Amina K'), Account.signUp(line.url, 'Jonas R')]);
  for (const text of ['the first', 'the second', 'the third']) await jonas.say(`@Amina K ${text}`);
  const page = await visit({ javaScriptEnabled: false });
  await page.context().addCookies(amina.cookies);
  await page.goto('/notifications');
  const notifications = new Notifications(page);
  await expect(notifications.articles).toHaveCount(3);
  await expect(notifications.rail).toHaveAccessibleName('Notifications 3 unread');
  await expect(page).toHaveTitle('(3) Notifications · SmartLink');
  await notifications.article('the second').getByRole('button', { name: /^Mark as read/ }).click();
  await expect(notifications.rail).toHaveAccessibleName('Notifications 2 unread');
  await notifications.tab('Mentions').click();
  await expect(page).toHaveURL(/filter=mentions$/);
  await page.getByRole('button', { name: 'Mark all read' }).click();
  await expect(notifications.rail).toHaveAccessibleName('Notifications');
});

test('somebody who is not there is told of messages to them alone, as one', async ({ join, visit, line }) => {
  const jonas = await join('Jonas R');
  const amina = await Account.signUp(line.url, 'Amina K');
  const { id } = (await amina.api('GET', '/api/user')) as { id: number };
  for (const body of ['Are you there?', 'It is about the budget.']) {
    await jonas.account.api('POST', '/api/chat/messages/private', { recipient_id: id, body });
  }
  const page = await visit();
  await page.context().addCookies(amina.cookies);
  const notifications = await Notifications.open(page);
  await expect(notifications.articles).toHaveCount(1);
  await expect(notifications.article('2 messages from Jonas R')).toContainText('It is about the budget.');
});
