import type { Page } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { connected, hydrated } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

/** The page of people as a person finds it. */
class People {
  readonly filter;

  constructor(readonly page: Page) {
    this.filter = page.getByRole('searchbox', { name: 'Filter people' });
  }

  static async open(page: Page) {
    await page.goto('/people');
    await hydrated(page);
    await connected(page);
    return new People(page);
  }

  group(name: string) {
    return this.page.getByRole('region', { name: new RegExp(`^${name}`) });
  }

  row(name: string) {
    return this.page.getByRole('main').getByRole('listitem').filter({ hasText: name });
  }

  name(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }
}

const idOf = async (account: Account) => ((await account.api('GET', '/api/user')) as { id: number }).id;

test('whoever is alone is told so', async ({ join }) => {
  const { page } = await join('Amina K');
  const people = await People.open(page);
  await expect(page.getByText('You\'re the first one here. Invite someone.')).toBeVisible();
  await expect(people.group('Online')).toContainText('Amina K');
  await expect(people.row('Amina K').getByRole('button', { name: /^Message/ })).toHaveCount(0);
});

test('somebody who comes, is away and goes changes the group while one looks on', async ({ join }) => {
  const amina = await join('Amina K');
  const people = await People.open(amina.page);
  const jonas = await join('Jonas R');
  await expect(people.group('Online').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
  await expect(people.row('Jonas R')).toContainText('Active now');
  await jonas.account.api('PUT', '/api/presence', { status: 'do_not_disturb' });
  await expect(people.row('Jonas R')).toContainText('Do not disturb');
  await expect(people.group('Do not disturb').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
  await jonas.account.api('PUT', '/api/presence', { status: 'away' });
  await expect(people.group('Away').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
  await jonas.account.api('PUT', '/api/presence', { status: 'invisible' });
  await expect(people.group('Away')).toHaveCount(0);
  await expect(people.group('Offline')).toHaveCount(1);
  await people.group('Offline').getByRole('heading').click();
  await expect(people.group('Offline').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
});

test('whom one has unfolded stay so while others come and go', async ({ join, line }) => {
  const amina = await join('Amina K');
  await Account.signUp(line.url, 'Zoë Zander');
  const jonas = await join('Jonas R');
  const people = await People.open(amina.page);
  await people.group('Offline').getByRole('heading').click();
  await expect(people.name('Zoë Zander')).toBeVisible();
  await jonas.account.api('PUT', '/api/presence', { status: 'away' });
  await expect(people.group('Away').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
  await expect(people.name('Zoë Zander')).toBeVisible();
});

test('a row with the focus stays where it is', async ({ join }) => {
  const amina = await join('Amina K');
  const jonas = await join('Jonas R');
  const people = await People.open(amina.page);
  await people.name('Jonas R').focus();
  await jonas.account.api('PUT', '/api/presence', { status: 'away' });
  await expect(people.row('Jonas R').locator('.person-row__seen')).toHaveText('Away');
  await expect(people.group('Online').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
  await expect(people.name('Jonas R')).toBeFocused();
  await people.filter.focus();
  await expect(people.group('Away').getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
});

test('one finds people by their name, also those whom the page has not loaded', async ({ join, line }) => {
  const amina = await join('Amina K');
  for (let number = 10; number < 65; number += 1) await Account.signUp(line.url, `Person ${number}`);
  await Account.signUp(line.url, 'Zoë Zander');
  const people = await People.open(amina.page);
  await expect(people.group('Offline')).toContainText('Offline · 50+');
  await amina.page.keyboard.press('/');
  await expect(people.filter).toBeFocused();
  await people.filter.fill('zoë');
  await expect(people.row('Zoë Zander')).toBeVisible();
  await expect(amina.page.getByRole('main').getByRole('listitem')).toHaveCount(1);
  await people.filter.fill('nobody at all');
  await expect(amina.page.getByText('Nobody matches “nobody at all”.')).toBeVisible();
  await amina.page.getByRole('link', { name: 'Clear' }).click();
  await expect(people.group('Online')).toContainText('Amina K');
  await people.group('Offline').getByRole('heading').click();
  await amina.page.getByRole('button', { name: 'Show more' }).click();
  await expect(people.group('Offline')).toContainText('Offline · 56');
});

test('a profile tells who it is, and leads to the conversation', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const id = await idOf(jonas.account);
  await jonas.account.api('PATCH', '/api/settings', { profile: { headline: 'Finance', time_zone: 'Asia/Tokyo' } });
  const people = await People.open(amina.page);
  await expect(people.row('Jonas R')).toContainText('Finance');
  await people.name('Jonas R').click();
  const profile = amina.page.getByRole('dialog', { name: 'Jonas R' });
  await expect(profile).toContainText('Finance');
  await expect(profile).toContainText(/Local time\s*\d\d:\d\d, Asia\/Tokyo/);
  await expect(profile).toContainText('Member since');
  await profile.getByRole('button', { name: 'Message Jonas R' }).click();
  await expect(amina.page).toHaveURL(new RegExp(`/chat/${id}$`));
});

test('somebody is blocked from their profile, and that can be taken back', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const people = await People.open(amina.page);
  await people.name('Jonas R').click();
  const profile = amina.page.getByRole('dialog', { name: 'Jonas R' });
  await profile.getByRole('button', { name: 'Block' }).click();
  const question = amina.page.getByRole('alertdialog', { name: 'Block Jonas R?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await question.getByRole('button', { name: 'Block' }).click();
  await expect(profile).toContainText('You have blocked them.');
  await expect(profile.getByRole('button', { name: 'Message Jonas R' })).toHaveCount(0);
  const me = await idOf(amina.account);
  await expect(jonas.account.api('POST', '/api/chat/messages/private', { recipient_id: me, body: 'Hello' })).rejects.toThrow(/403/);
  await profile.getByRole('button', { name: 'Unblock' }).click();
  await expect(profile.getByRole('button', { name: 'Message Jonas R' })).toBeVisible();
  await amina.page.keyboard.press('Escape');
  await expect(profile).toBeHidden();
  await expect(people.name('Jonas R')).toBeFocused();
});

test('arrows walk from name to name, Enter opens the profile, "m" writes', async ({ join }) => {
  const amina = await join('Amina K');
  const jonas = await join('Jonas R');
  const people = await People.open(amina.page);
  await people.name('Amina K').focus();
  await amina.page.keyboard.press('ArrowDown');
  await expect(people.name('Jonas R')).toBeFocused();
  await amina.page.keyboard.press('Enter');
  await expect(amina.page.getByRole('dialog', { name: 'Jonas R' })).toBeVisible();
  await amina.page.keyboard.press('Escape');
  await expect(people.name('Jonas R')).toBeFocused();
  await amina.page.keyboard.press('m');
  await expect(amina.page).toHaveURL(new RegExp(`/chat/${await idOf(jonas.account)}$`));
});

test('while the line is lost, dots are hollow and say how old they are', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const amina = await join('Amina K');
  await join('Jonas R');
  const people = await People.open(amina.page);
  await expect(people.row('Jonas R').locator('.avatar')).toHaveAttribute('data-presence', 'online');
  line.cut();
  await expect(people.row('Jonas R').locator('.avatar')).toHaveAttribute('data-presence', 'last-known');
  await expect(amina.page.getByRole('main').getByText(/as of \d\d:\d\d:\d\d/)).toBeVisible();
  line.repair();
  await connected(amina.page);
  await expect(people.row('Jonas R').locator('.avatar')).toHaveAttribute('data-presence', 'online');
});

test('whoever does something is told as active, at most once a minute', async ({ join, noise }) => {
  // A clock that jumps looks like a machine that has slept: the line is doubted.
  noise.expect(/WebSocket/);
  const { page } = await join('Amina K');
  await page.clock.install();
  await page.goto('/people');
  await connected(page);
  const told: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/presence/active')) told.push(request.method());
  });
  await page.keyboard.press('Shift');
  expect(told, 'they have just come').toEqual([]);
  await page.clock.fastForward(61_000);
  await connected(page);
  const answer = page.waitForResponse('**/api/presence/active');
  await page.keyboard.press('Shift');
  expect((await answer).status()).toBe(204);
  await page.keyboard.press('Shift');
  await page.keyboard.press('Shift');
  expect(told).toEqual(['POST']);
});

test('people that can\'t be loaded are told of, and tried again', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page } = await join('Amina K');
  await page.route('**/fn/open_people*', (route) => route.fulfill({ status: 500, body: '"Internal"' }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'People' }).click();
  const card = page.getByRole('alert').filter({ hasText: 'Couldn\'t load people.' });
  await expect(card).toBeVisible();
  await page.unroute('**/fn/open_people*');
  await card.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('region', { name: /^Online/ })).toContainText('Amina K');
});

test('without script the list is there, can be searched, and leads to conversations', async ({ line, visit, noise }) => {
  noise.expect(/request: GET .*\.js csp$/, / 404\b/);
  const [amina, jonas] = await Promise.all([Account.signUp(line.url, 'Amina K'), Account.signUp(line.url, 'Jonas R')]);
  const page = await visit({ javaScriptEnabled: false });
  await page.context().addCookies(amina.cookies);
  await page.goto('/people');
  const people = new People(page);
  await expect(people.row('Jonas R')).toBeVisible();
  await people.filter.fill('ami');
  await people.filter.press('Enter');
  await expect(page).toHaveURL(/search=ami$/);
  await expect(people.row('Jonas R')).toHaveCount(0);
  await page.goto('/people');
  await people.row('Jonas R').getByRole('button', { name: 'Message Jonas R' }).click();
  await expect(page).toHaveURL(new RegExp(`/chat/${await idOf(jonas)}\\??$`));
});
