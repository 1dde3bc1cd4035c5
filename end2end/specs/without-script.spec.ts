import { addressOf, PASSWORD } from '../harness/account.mjs';
import { Chat } from '../harness/chat.ts';
import { signOut } from '../harness/menu.ts';
import { expect, test } from '../harness/test.ts';

/** Chromium's complaint of the script that the page asks to load early. */
const NO_SCRIPT = /request: GET .*\.js csp$/;

test('without script one can sign up, read, sign out and sign in', async ({ join, visit, noise }) => {
  noise.expect(NO_SCRIPT);
  const amina = await join('Amina K');
  await amina.chat.send('Can you read **this**?');
  await amina.chat.settled();

  const page = await visit({ javaScriptEnabled: false });
  const email = addressOf('Jonas R');
  await page.goto('/');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Jonas R');
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('checkbox', { name: /^I agree to the terms/ }).check();
  await page.getByRole('button', { name: 'Create account' }).click();

  const chat = new Chat(page);
  await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
  await expect(chat.message('Can you read this?')).toBeVisible();
  await expect(chat.message('Can you read this?').locator('strong')).toHaveText('this');

  await signOut(page);
  await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(chat.message('Can you read this?')).toBeVisible();
});

test('without script a wrong password is said on the page', async ({ visit, noise }) => {
  noise.expect(NO_SCRIPT, /sign-in.* 4\d\d/, /Failed to load resource.*4\d\d/);
  const page = await visit({ javaScriptEnabled: false });
  await page.goto('/sign-in');
  await page.getByRole('textbox', { name: 'Email' }).fill('nobody@example.com');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Email or password is wrong.' })).toBeVisible();
});

test('an address that leads nowhere says so with 404', async ({ visit, noise }) => {
  noise.expect(NO_SCRIPT, /nowhere.* 404/, /Failed to load resource.*404/);
  const page = await visit({ javaScriptEnabled: false });
  const answer = await page.goto('/nowhere');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'This page doesn\'t exist', level: 1 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Go to Chat' })).toBeVisible();
});
