import type { Page } from '@playwright/test';

import { expectAccessible } from '../harness/accessible.ts';
import { Account, PASSWORD } from '../harness/account.mjs';
import { connected, hydrated } from '../harness/chat.ts';
import { openMenu } from '../harness/menu.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

type Settings = {
  profile: { headline: string; time_zone: string | null };
  notifications: {
    muted_until: string | null;
    quiet_hours: { from_minute: number; to_minute: number; lets_money_through: boolean } | null;
    reaction: { in_app: boolean };
  };
  privacy: { sends_typing: boolean; read_receipts: boolean };
  chat: { announce: string };
};

const settingsOf = (account: Account) => account.api('GET', '/api/settings') as Promise<Settings>;

async function open(page: Page, section = '') {
  await page.goto(`/settings${section && '/'}${section}`);
  await hydrated(page);
  await connected(page);
}

const saved = (page: Page) => page.getByRole('status').filter({ hasText: /^Saved$/ });

test('the settings are reached from one\'s own picture, and each section has an address', async ({ join }) => {
  const { page } = await join('Amina K');
  await openMenu(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings: Profile', level: 1 })).toBeFocused();
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Privacy' }).click();
  await expect(page).toHaveURL(/\/settings\/privacy$/);
  await expect(page.getByRole('heading', { name: 'Settings: Privacy', level: 1 })).toBeVisible();
  await expect(page).toHaveTitle('Privacy · Settings · SmartLink');
  await page.reload();
  await expect(page.getByRole('link', { name: 'Privacy' })).toHaveAttribute('aria-current', 'page');
});

test('each change is saved at once, and stays', async ({ join }) => {
  const { page, account } = await join('Amina K');
  await open(page, 'privacy');
  await page.getByRole('switch', { name: 'Show when I\'m typing', checked: true }).click();
  await expect(saved(page)).toBeVisible();
  expect((await settingsOf(account)).privacy.sends_typing).toBe(false);
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole('switch', { name: 'Show when I\'m typing', checked: false })).toBeVisible();

  await open(page);
  const headline = page.getByRole('textbox', { name: 'What you do' });
  await headline.fill('Marketing');
  await headline.press('Enter');
  await expect(saved(page)).toBeVisible();
  expect((await settingsOf(account)).profile.headline).toBe('Marketing');
});

test('what the server refuses is told at its field, and taken back', async ({ join, noise }) => {
  noise.expect(/ 422\b/);
  const { page } = await join('Amina K');
  await open(page);
  const headline = page.getByRole('textbox', { name: 'What you do' });
  await headline.fill('x'.repeat(61));
  await headline.blur();
  await expect(headline).toHaveAccessibleDescription(/What you do has 61 characters: expected one line of up to 60\./);
  await expect(page.getByText('Not saved. What you do has 61 characters')).toBeVisible();
  const zone = page.getByRole('combobox', { name: 'Time zone' });
  await zone.fill('Europe/Atlantis');
  await zone.blur();
  await expect(zone).toHaveAccessibleDescription(/“Europe\/Atlantis” is no time zone/);
});

test('a change that can\'t be told is taken back, and can be tried again', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page, account } = await join('Amina K');
  await open(page, 'privacy');
  await page.route('**/api/settings', (route) => route.fulfill({ status: 500, body: '{}' }));
  const receipts = page.getByRole('switch', { name: 'Read receipts' });
  await receipts.click();
  await expect(page.getByText('Not saved.')).toBeVisible();
  await expect(receipts).toBeChecked();
  await page.unroute('**/api/settings');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(saved(page)).toBeVisible();
  await expect(receipts).not.toBeChecked();
  expect((await settingsOf(account)).privacy.read_receipts).toBe(false);
});

test('without a line nothing can be changed, and the page says why', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const { page } = await join('Amina K');
  await open(page, 'privacy');
  line.cut();
  await expect(page.getByText('Needs a connection')).toBeVisible();
  await expect(page.getByRole('switch', { name: 'Read receipts' })).toBeDisabled();
  line.repair();
  await connected(page);
  await expect(page.getByRole('switch', { name: 'Read receipts' })).toBeEnabled();
});

test('a name is changed, and others see it from their next page on', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.account.say('Who has the numbers?');
  await open(amina.page);
  const name = amina.page.getByRole('textbox', { name: 'Name' });
  await name.fill(' ');
  await name.press('Enter');
  await expect(amina.page.getByText('Name has 0 characters: expected 1 to 80.')).toBeVisible();
  await name.fill('Amina Kone');
  await name.press('Enter');
  await expect(saved(amina.page)).toBeVisible();
  await expect(amina.page.locator('.settings__card')).toContainText('Amina Kone');
  await jonas.page.reload();
  await expect(jonas.chat.message('Who has the numbers?')).toHaveAccessibleName(/^Amina Kone, /);
});

test('somebody who does not want to be told of reactions is not told', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const message = (await amina.account.say('Who has the numbers?')) as { id: number };
  await open(amina.page, 'notifications');
  await amina.page.getByRole('switch', { name: 'Reactions: in the app' }).click();
  await expect(saved(amina.page)).toBeVisible();
  await jonas.account.api('POST', `/api/chat/messages/${message.id}/reactions`, { emoji: '👍' });
  await jonas.account.say('@Amina K a mention');
  const rail = amina.page.getByRole('navigation', { name: 'Main' });
  await expect(rail.getByRole('link', { name: 'Notifications 1 unread' })).toBeVisible();
});

test('whoever is muted, in quiet hours or not to be disturbed sees badges and no toasts', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const page = amina.page;
  const toast = page.getByRole('region', { name: 'Messages' }).getByText('Jonas R mentioned you');
  await open(page, 'notifications');
  await jonas.account.say('@Amina K a loud one');
  await expect(toast).toBeVisible();
  await page.getByRole('region', { name: 'Messages' }).getByRole('button', { name: 'Close' }).click();
  await expect(toast).toHaveCount(0);

  await page.getByRole('button', { name: 'Mute for 1 hour' }).click();
  await expect(page.getByText(/^Muted until (Today|Tomorrow|\w+day \d)/)).toBeVisible();
  await jonas.account.say('@Amina K a silent one');
  const rail = page.getByRole('navigation', { name: 'Main' });
  await expect(rail.getByRole('link', { name: 'Notifications 2 unread' })).toBeVisible();
  await expect(toast).toHaveCount(0);
  await page.getByRole('button', { name: 'Unmute' }).click();
  await expect(page.getByRole('button', { name: 'Unmute' })).toHaveCount(0);
  await expect.poll(async () => (await settingsOf(amina.account)).notifications.muted_until).toBeNull();

  await page.getByRole('switch', { name: 'Be quiet each day' }).click();
  await page.getByLabel('From', { exact: true }).fill('00:00');
  await page.getByLabel('To', { exact: true }).fill('23:59');
  await page.getByLabel('To', { exact: true }).blur();
  const quiet = async () => (await settingsOf(amina.account)).notifications.quiet_hours;
  await expect.poll(quiet).toEqual({ from_minute: 0, to_minute: 1_439, lets_money_through: true });
  await page.getByRole('switch', { name: 'Let money through' }).click();
  await expect.poll(async () => (await quiet())?.lets_money_through).toBe(false);
  await page.getByRole('switch', { name: 'Be quiet each day' }).click();
  await expect.poll(quiet).toBeNull();
});

test('a status is seen by the others, and who is invisible has left', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await open(amina.page);
  await amina.page.getByRole('radio', { name: /^Invisible/ }).check();
  await expect(saved(amina.page)).toBeVisible();
  await expect(jonas.page.getByRole('main').getByText(/^1 online/)).toBeVisible();
  await amina.page.getByRole('radio', { name: /^Automatic/ }).check();
  await expect(jonas.page.getByRole('main').getByText(/^2 online/)).toBeVisible();
  await amina.page.reload();
  await expect(amina.page.getByRole('radio', { name: /^Automatic/ })).toBeChecked();
});

test('colours are chosen here as in the menu', async ({ join }) => {
  const { page } = await join('Amina K');
  await open(page, 'appearance');
  const theme = page.getByRole('radiogroup', { name: 'Theme' });
  await theme.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await openMenu(page);
  await expect(page.getByRole('button', { name: 'Dark', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('times are told in the zone that was chosen', async ({ join }) => {
  const { page, account, chat } = await join('Amina K');
  const message = (await account.say('When was that?')) as { created_at: string };
  await open(page);
  const zone = page.getByRole('combobox', { name: 'Time zone' });
  await zone.fill('Asia/Tokyo');
  await zone.blur();
  await expect(saved(page)).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Chat/ }).click();
  const there = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit' });
  await expect(chat.message('When was that?').locator('time').first()).toHaveText(there.format(new Date(message.created_at)));
});

test('single keys can be switched off', async ({ join }) => {
  const { page } = await join('Amina K');
  await open(page, 'accessibility');
  await page.getByRole('switch', { name: 'Shortcuts of single keys' }).click();
  await expect(saved(page)).toBeVisible();
  await page.keyboard.press('?');
  await page.keyboard.press('F6');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeHidden();
  await page.getByRole('switch', { name: 'Shortcuts of single keys' }).click();
  await expect(page.getByRole('switch', { name: 'Shortcuts of single keys' })).toBeChecked();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('every browser that is signed in is listed, and can be signed out', async ({ join, visit, noise }) => {
  noise.expect(/WebSocket/, / 40[13]\b/);
  const { page, account } = await join('Amina K');
  const other = await visit();
  await other.goto('/sign-in');
  await hydrated(other);
  await other.getByRole('textbox', { name: 'Email' }).fill(account.email);
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await connected(other);
  await open(page, 'security');
  const rows = page.getByRole('main').getByRole('listitem').filter({ hasText: 'last used' });
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: 'This browser' })).toHaveCount(1);
  await rows.filter({ hasText: 'Chrome on Linux' }).getByRole('button', { name: /^Sign out/ }).click();
  await expect(rows).toHaveCount(1);
  await expect(page.getByRole('heading', { name: 'Where you are signed in' })).toBeFocused();
  await other.goto('/');
  await expect(other).toHaveURL(/\/sign-in/);
});

test('the password is changed by whoever knows it, and all other browsers are signed out', async ({ join, noise }) => {
  noise.expect(/ 422\b/);
  const { page, account } = await join('Amina K');
  const again = await new Account(account.url, account.name, account.email).signIn();
  await open(page, 'security');
  const rows = page.getByRole('main').getByRole('listitem').filter({ hasText: 'last used' });
  await expect(rows).toHaveCount(2);
  const [current, next] = [page.getByLabel('Current password', { exact: true }), page.getByLabel('New password', { exact: true })];
  const change = page.getByRole('button', { name: 'Change password' });
  await change.click();
  await expect(page.getByRole('alert').getByRole('listitem')).toHaveCount(2);
  await expect(current).toHaveAccessibleDescription('Enter your current password.');
  await current.fill('not the right one');
  await next.fill('a horse of another colour');
  await change.click();
  await expect(page.getByRole('alert').getByText('Your current password is another one.')).toBeVisible();
  await expectAccessible(page, 'a refused password');
  await current.fill(PASSWORD);
  await change.click();
  await expect(page.getByText('Password changed. You are signed out everywhere else.')).toBeVisible();
  await expect(current).toHaveValue('');
  await expect(rows).toHaveCount(1);
  await expect(again.api('GET', '/api/user')).rejects.toThrow(/401/);
});

test('signing out everywhere else asks first', async ({ join }) => {
  const { page, account } = await join('Amina K');
  const again = await new Account(account.url, account.name, account.email).signIn();
  await open(page, 'security');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  const question = page.getByRole('alertdialog', { name: 'Sign out everywhere else?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await question.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.getByRole('button', { name: 'Sign out everywhere' })).toHaveCount(0);
  await expect(again.api('GET', '/api/user')).rejects.toThrow(/401/);
});

test('blocked people are listed, and can be let in again', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const { id } = (await jonas.account.api('GET', '/api/user')) as { id: number };
  await amina.account.api('POST', `/api/people/${id}/block`);
  await open(amina.page, 'privacy');
  await amina.page.getByRole('button', { name: 'Unblock Jonas R' }).click();
  await expect(amina.page.getByText('You have blocked nobody.')).toBeVisible();
  await expect(amina.page.getByRole('status').filter({ hasText: 'Jonas R is not blocked any more.' })).toBeVisible();
  expect(await amina.account.api('GET', '/api/people/blocked')).toEqual([]);
});

test('without script each section is a form', async ({ line, visit, noise }) => {
  noise.expect(/request: GET .*\.js csp$/);
  const amina = await Account.signUp(line.url, 'Amina K');
  const page = await visit({ javaScriptEnabled: false });
  await page.context().addCookies(amina.cookies);
  await page.goto('/settings');
  await page.getByRole('textbox', { name: 'What you do' }).fill('Marketing');
  await page.getByRole('radio', { name: 'Do not disturb' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('textbox', { name: 'What you do' })).toHaveValue('Marketing');
  await expect(page.getByRole('radio', { name: 'Do not disturb' })).toBeChecked();
  await page.getByRole('textbox', { name: 'What you do' }).fill('x'.repeat(61));
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'What you do has 61 characters' })).toBeVisible();

  await page.goto('/settings/privacy');
  await page.getByRole('switch', { name: 'Read receipts' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('switch', { name: 'Read receipts' })).not.toBeChecked();
  await expect(page.getByRole('switch', { name: 'Show when I\'m typing' })).toBeChecked();

  await page.goto('/settings/appearance');
  await page.getByRole('slider', { name: 'Text size' }).fill('150');
  await page.getByRole('radio', { name: 'Compact' }).check();
  await page.getByRole('form', { name: 'Density and size' }).getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('slider', { name: 'Text size' })).toHaveValue('150');
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await page.goto('/settings/chat');
  await page.getByRole('radio', { name: 'When I open its conversation' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('radio', { name: 'When I open its conversation' })).toBeChecked();
  await expect(page.getByRole('radio', { name: /^As my browser/ })).toBeChecked();

  await page.goto('/settings/notifications');
  await page.getByRole('button', { name: 'Mute for 1 hour' }).click();
  await page.getByRole('switch', { name: 'Be quiet each day' }).check();
  await page.getByLabel('From', { exact: true }).fill('21:30');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel('From', { exact: true })).toHaveValue('21:30');
  const settings = await settingsOf(amina);
  expect(settings.notifications.quiet_hours).toEqual({ from_minute: 1_290, to_minute: 420, lets_money_through: true });
  expect(settings.notifications.muted_until).not.toBeNull();
});
