import type { Page } from '@playwright/test';

import { expectAccessible } from '../harness/accessible.ts';
import { PASSWORD } from '../harness/account.mjs';
import { connected, hydrated } from '../harness/chat.ts';
import { signOut } from '../harness/menu.ts';
import { expect, test } from '../harness/test.ts';

async function signIn(page: Page, email: string, password: string) {
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const wrong = (page: Page) => page.getByRole('alert').filter({ hasText: 'Email or password is wrong.' });

test('somebody signs out and in again', async ({ join }) => {
  const { account, page } = await join('Amina K');
  await signOut(page);
  await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
  await hydrated(page);
  await signIn(page, account.email.toUpperCase(), PASSWORD);
  await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
  await connected(page);
});

test('a wrong password and an unknown address get the same answer', async ({ join, visit, noise }) => {
  const { account } = await join('Amina K');
  noise.expect(/sign-in.* 4\d\d/, /Failed to load resource.*4\d\d/);
  const page = await visit();
  await page.goto('/sign-in');
  for (const [email, password] of [[account.email, 'not the right password'], ['nobody@example.com', PASSWORD]]) {
    await hydrated(page);
    await signIn(page, email, password);
    await expect(wrong(page)).toBeFocused();
    await expect(page.getByRole('textbox', { name: 'Email' })).toHaveValue(email);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    await page.reload();
    await expect(wrong(page)).toHaveCount(0);
  }
});

test('after too many tries the form counts down and lets nobody try', async ({ join, visit, noise }) => {
  const { account } = await join('Amina K');
  noise.expect(/sign-in.* 4\d\d/, /Failed to load resource.*4\d\d/);
  const page = await visit();
  await page.goto('/sign-in');
  const limit = page.getByRole('alert').filter({ hasText: /Too many tries\. Try again in \d+ s\./ });
  for (let tries = 0; tries < 30 && !(await limit.isVisible()); tries += 1) {
    await hydrated(page);
    await signIn(page, account.email, 'not the right password');
    await expect(wrong(page).or(limit)).toBeVisible();
  }
  await expect(limit).toBeVisible();
  await expect(limit).toBeFocused();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeDisabled();
  await expectAccessible(page, 'too many tries');
  await hydrated(page);
  const seconds = async () => Number((await limit.textContent())?.match(/in (\d+) s/)?.[1]);
  const first = await seconds();
  await expect.poll(seconds).toBeLessThan(first);
});

test('"Keep me signed in" decides whether the session outlives the browser', async ({ join, visit }) => {
  const { account } = await join('Amina K');
  for (const keep of [true, false]) {
    const page = await visit();
    await page.goto('/sign-in');
    await hydrated(page);
    const box = page.getByRole('checkbox', { name: 'Keep me signed in' });
    await expect(box).toBeChecked();
    await box.setChecked(keep);
    await signIn(page, account.email, PASSWORD);
    await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
    const session = (await page.context().cookies()).find((it) => it.name === 'smartlink_session');
    expect(session?.sameSite).toBe('Lax');
    expect(session?.expires === -1, 'a cookie without an end goes with the browser').toBe(!keep);
  }
});

test('signing in leads to where one wanted to go, and to no other site', async ({ join, visit }) => {
  const { account } = await join('Amina K');
  for (const [next, expected] of [['/?from=mail', '/?from=mail'], ['//evil.example/', '/'], ['https://evil.example/', '/']]) {
    const page = await visit();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await hydrated(page);
    await signIn(page, account.email, PASSWORD);
    await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
    expect(page.url()).toBe(new URL(expected, page.url()).href);
  }
});

test('a password can be shown and hidden again', async ({ visit }) => {
  const page = await visit();
  await page.goto('/sign-in');
  await hydrated(page);
  const password = page.getByLabel('Password', { exact: true });
  await password.fill(PASSWORD);
  await expect(password).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Show password', pressed: false }).click();
  await expect(password).toHaveAttribute('type', 'text');
  await page.getByRole('button', { name: 'Show password', pressed: true }).click();
  await expect(password).toHaveAttribute('type', 'password');
});

test('who has signed out in one tab is asked to sign in by the other', async ({ join, noise }) => {
  noise.expect(/ 401\b/);
  const { page, chat } = await join('Amina K');
  const other = await page.context().newPage();
  await other.goto('/');
  await hydrated(other);
  await signOut(other);
  await chat.send('Is anybody there?');
  await expect(page.getByText('You were signed out. Sign in to continue.').or(page.getByText('Sign in again'))).toBeVisible();
});
