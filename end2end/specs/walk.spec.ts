import { connected, hydrated } from '../harness/chat.ts';
import { signOut } from '../harness/menu.ts';
import { PASSWORD } from '../harness/account.mjs';
import { expect, test } from '../harness/test.ts';

// A walk through all there is. Both builds take it: a release is optimised, cut and renamed; a development build prints the
// warnings of Leptos, and a warning in the console fails a test.

test('people sign up, talk, and open what is loaded when it is needed', async ({ join, visit }) => {
  const { page: other, chat: heard } = await join('Bela N');

  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('textbox', { name: 'Name' }).fill('Amina K');
  await page.getByRole('textbox', { name: 'Email' }).fill('amina@example.com');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
  await connected(page);

  await page.getByRole('textbox', { name: 'Message General' }).fill('All is well.');
  await page.keyboard.press('Enter');
  await expect(heard.message('All is well.')).toBeVisible();
  await heard.send('Here too.');
  await expect(page.getByRole('article').filter({ hasText: 'Here too.' })).toBeVisible();

  await page.keyboard.press('Control+k');
  const switcher = page.getByRole('dialog', { name: 'Search' });
  await switcher.getByRole('combobox').fill('keyb');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');

  // What a trap anywhere in the program comes to.
  await page.evaluate(() => {
    dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') }));
  });
  await expect(page.getByRole('alert').filter({ hasText: 'This page has stopped working.' })).toBeVisible();

  await signOut(other);
  await expect(other.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
  await hydrated(other);
  await other.goto('/terms');
  await hydrated(other);
});

test('every page comes to life, on arrival and on the way from another', async ({ join }) => {
  const [{ page, account }, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await jonas.account.sayTo(account, 'Lunch?');
  await jonas.chat.send('@Amina K and here');
  const direct = `/chat/${await jonas.account.id()}`;
  const sections = ['appearance', 'notifications', 'chat', 'privacy', 'accessibility', 'security'];
  for (const path of [direct, '/people', '/notifications', '/settings', ...sections.map((it) => `/settings/${it}`), '/']) {
    await page.goto(path);
    await connected(page);
  }
  const list = page.getByRole('navigation', { name: 'Main' });
  for (const [link, heading] of [['People', 'People'], ['Notifications', 'Notifications'], ['Chat', 'General']]) {
    await list.getByRole('link', { name: new RegExp(`^${link}\\b`) }).click();
    await expect(page.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
  }
  await page.getByRole('link', { name: /^Jonas R / }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Lunch?' })).toBeVisible();
  await page.goto('/settings');
  await connected(page);
  for (const section of await page.getByRole('navigation', { name: 'Settings' }).getByRole('link').all()) {
    await section.click();
    await expect(section).toHaveAttribute('aria-current', 'page');
  }
});
