import { addressOf, PASSWORD } from '../harness/account.mjs';
import { Chat, connected, hydrated } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

test('two people sign up, one after the other, and see each other’s messages', async ({ visit }) => {
  const chats: Chat[] = [];
  for (const name of ['Amina K', 'Jonas R']) {
    const page = await visit();
    await page.goto('/');
    await hydrated(page);
    await page.getByRole('link', { name: 'Create an account' }).click();
    await expect(page.getByRole('heading', { name: 'Create an account', level: 1 })).toBeVisible();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('textbox', { name: 'Email' }).fill(addressOf(name));
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('checkbox', { name: /^I agree to the terms/ }).check();
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
    await connected(page);
    chats.push(new Chat(page));
  }
  const [amina, jonas] = chats;
  await amina.send('Hello Jonas');
  await expect(jonas.message('Hello Jonas')).toHaveAccessibleName(/^Amina K, \d\d:\d\d$/);
  await jonas.send('Hello Amina');
  await expect(amina.message('Hello Amina')).toHaveAccessibleName(/^Jonas R, \d\d:\d\d$/);
});

test('what is wrong with the form is said at its fields, and the first look goes to the summary', async ({ visit }) => {
  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('textbox', { name: 'Email' }).fill('nobody');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  const summary = page.getByRole('alert').filter({ hasText: 'Enter your name.' });
  await expect(summary).toBeFocused();
  await expect(summary.getByRole('link')).toHaveCount(4);
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveAccessibleDescription('Enter your name.');
  await summary.getByRole('link', { name: /at least 12 characters/ }).click();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
});

test('an address that has an account already is refused, and what was filled in stays', async ({ join, visit, noise }) => {
  const { account } = await join('Amina K');
  noise.expect(/sign-up.* 4\d\d/, /Failed to load resource.*4\d\d/);
  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('textbox', { name: 'Name' }).fill('Amina again');
  await page.getByRole('textbox', { name: 'Email' }).fill(account.email.toUpperCase());
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('checkbox', { name: /^I agree to the terms/ }).check();
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'This email has an account already' })).toBeFocused();
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Amina again');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
});

test('the button takes the click that follows the last correction, though the errors above it go', async ({ visit }) => {
  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('alert').getByRole('listitem')).toHaveCount(4);
  // Typed, not filled: a field tells of its change when it is left, which is when the pointer goes down.
  await page.getByLabel('Password', { exact: true }).pressSequentially(PASSWORD);
  await page.getByRole('textbox', { name: 'Email' }).pressSequentially('amina.once@example.com');
  await page.getByRole('textbox', { name: 'Name' }).pressSequentially('Amina K');
  await page.getByRole('checkbox', { name: /^I agree to the terms/ }).check();
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
});

test('the strength of a password is said in words', async ({ visit }) => {
  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  const password = page.getByLabel('Password', { exact: true });
  await password.fill('aaaaaaaaaaaa');
  const line = page.getByText(/^Strength:/);
  await expect(line).toBeVisible();
  const weak = await line.textContent();
  await password.fill(PASSWORD);
  await expect(line).not.toHaveText(weak ?? '');
});

test('nobody opens an account without agreeing to the terms, which are one click away', async ({ visit }) => {
  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  const [terms] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: /^terms/ }).click()]);
  await expect(terms.getByRole('heading', { name: 'Terms', level: 1 })).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill('Amina K');
  await page.getByRole('textbox', { name: 'Email' }).fill(addressOf('Amina K'));
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  const summary = page.getByRole('alert').filter({ hasText: 'Agree to the terms to open an account.' });
  await summary.getByRole('link').click();
  await expect(page.getByRole('checkbox', { name: /^I agree to the terms/ })).toBeFocused();
});
