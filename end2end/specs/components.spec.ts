import type { Page } from '@playwright/test';

import { expectAccessible, WIDTHS } from '../harness/accessible.ts';
import { hydrated } from '../harness/chat.ts';
import { expectNoSidewaysScroll } from '../harness/layout.ts';
import { expect, test } from '../harness/test.ts';

async function open(page: Page) {
  await page.goto('/dev/components');
  await hydrated(page);
  return page;
}

for (const look of WIDTHS) {
  test(`components and windows over the page, at ${look.viewport.width} px`, async ({ visit }) => {
    const page = await open(await visit(look));
    await expectAccessible(page, 'the components');
    await expectNoSidewaysScroll(page);
    await page.getByRole('button', { name: 'Open a dialog' }).click();
    await expect(page.getByRole('dialog', { name: 'Amina K' })).toBeVisible();
    await expectAccessible(page, 'a dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Ask a question' }).click();
    await expect(page.getByRole('alertdialog')).toBeVisible();
    await expectAccessible(page, 'a question');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More' }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await expectAccessible(page, 'a menu');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show an error' }).click();
    await page.getByRole('button', { name: 'Show news' }).click();
    await expectAccessible(page, 'toasts');
  });
}

test('a page whose program has stopped says so, and offers to be loaded anew', async ({ visit, noise }) => {
  noise.expect(/panicked at/, /unreachable/, /stopped from the page of components/);
  const page = await visit();
  await page.goto('/dev/components?from=mail');
  await hydrated(page);
  const alarm = page.getByRole('alert').filter({ hasText: 'This page has stopped working.' });
  await expect(alarm).toBeHidden();
  await page.getByRole('button', { name: 'Stop this page' }).click();
  await expect(alarm).toBeVisible();
  await expect(alarm).toContainText(/Error \d+\.\d+\.\d+\/gallery.*\.rs:\d+/);
  await expectAccessible(page, 'the alarm');
  await alarm.getByRole('link', { name: 'Reload' }).click();
  await expect(alarm).toBeHidden();
  await hydrated(page);
  expect(page.url()).toMatch(/\/dev\/components\?from=mail$/);
});

test('a dialog takes the focus, keeps it, closes with Escape and gives it back', async ({ visit }) => {
  const page = await open(await visit());
  const opener = page.getByRole('button', { name: 'Open a dialog' });
  await opener.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Amina K' });
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  for (let step = 0; step < 4; step += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null)).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await opener.click();
  // The window opens a frame later; before that, the click would be one on the page.
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.mouse.click(5, 5);
  await expect(dialog, 'a click beside it').toBeHidden();
});

test('a question has the safe answer in focus, and only the other one does it', async ({ visit }) => {
  const page = await open(await visit());
  const opener = page.getByRole('button', { name: 'Ask a question' });
  const question = page.getByRole('alertdialog', { name: 'Delete this message?' });
  await opener.click();
  await expect(question).toHaveAccessibleDescription('It goes for everyone.');
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Done: nothing')).toBeVisible();
  await opener.click();
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('Done: deleted')).toBeVisible();
});

test('a menu is walked with the arrows, and what is chosen is done', async ({ visit }) => {
  const page = await open(await visit());
  const opener = page.getByRole('button', { name: 'More' });
  await opener.focus();
  await page.keyboard.press('Enter');
  const item = (name: string) => page.getByRole('menuitem', { name });
  await expect(item('Copy link')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(item('Delete')).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(item('Reply')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(opener).toBeFocused();
  await opener.click();
  await item('Reply').click();
  await expect(page.getByText('Done: chosen')).toBeVisible();
  await expect(page.getByRole('menu')).toBeHidden();
});

test('a combobox becomes shorter as one types, and Enter takes the row that is marked', async ({ visit }) => {
  const page = await open(await visit());
  const field = page.getByRole('combobox', { name: 'Find somebody' });
  await field.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option', { name: /^Jonas R/, selected: true })).toBeVisible();
  await page.keyboard.type('mei');
  await expect(page.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Chosen: Mei D')).toBeVisible();
  await page.keyboard.type(' nobody');
  await expect(page.getByText('Nobody is called “mei nobody”.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(field).toHaveValue('');
});

test('tabs, radio buttons and switches answer to the keyboard', async ({ visit }) => {
  const page = await open(await visit());
  await page.getByRole('tab', { name: 'All' }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('tab', { name: 'Money', selected: true })).toBeFocused();
  await expect(page.getByRole('tabpanel', { name: 'Money' })).toHaveText('money');
  const theme = page.getByRole('radiogroup', { name: 'Theme', exact: true });
  await theme.getByRole('radio', { name: 'System' }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(theme.getByRole('radio', { name: 'Light' })).toBeChecked();
  await expect(page.getByRole('radiogroup', { name: 'Theme, as segments' }).getByRole('radio', { name: 'Light' })).toBeChecked();
  const typing = page.getByRole('switch', { name: 'Show when I\'m typing', checked: true });
  await typing.focus();
  await page.keyboard.press('Space');
  await expect(page.getByRole('switch', { name: 'Show when I\'m typing', checked: false })).toBeFocused();
});

test('news go by themselves unless they are looked at, errors stay until they are closed', async ({ visit }) => {
  const page = await visit();
  await page.clock.install();
  await open(page);
  await page.getByRole('button', { name: 'Show an error' }).click();
  await page.getByRole('button', { name: 'Show news' }).click();
  const news = page.getByRole('status').filter({ hasText: 'Marked 3 as read.' });
  const error = page.getByRole('alert').filter({ hasText: 'Not saved.' });
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.clock.runFor(10_000);
  await expect(news).toBeVisible();
  await page.getByRole('button', { name: 'Show news' }).focus();
  await page.clock.runFor(10_000);
  await expect(news).toHaveCount(0);
  await expect(error).toBeVisible();
  await page.getByRole('region', { name: 'Messages' }).getByRole('button', { name: 'Close' }).click();
  await expect(error).toHaveCount(0);
});

test('Ctrl+K leads by a few letters to a page or a command, and "?" lists the keys', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await chat.composer.focus();
  await page.keyboard.press('Control+k');
  const search = page.getByRole('dialog', { name: 'Search' });
  await expect(search.getByRole('combobox', { name: 'Search' })).toBeFocused();
  await expectAccessible(page, 'the switcher');
  await page.keyboard.type('keyb');
  await page.keyboard.press('Enter');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(help).toContainText('Search and commands');
  await expectAccessible(page, 'the list of keys');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await chat.composer.focus();
  await page.keyboard.press('?');
  await expect(chat.composer, 'a sign where text is written').toHaveValue('?');
  await chat.log.focus();
  await page.keyboard.press('?');
  await expect(help).toBeVisible();
});

test('F6 walks through the parts of the page and back', async ({ join }) => {
  const { page } = await join('Amina K');
  const here = () => page.evaluate(() => document.activeElement?.closest('header, nav, aside, main')?.tagName);
  const walked: (string | undefined)[] = [];
  await page.getByRole('link', { name: 'SmartLink' }).focus();
  for (let step = 0; step < 4; step += 1) {
    await page.keyboard.press('F6');
    walked.push(await here());
  }
  expect(walked).toEqual(['NAV', 'ASIDE', 'MAIN', 'HEADER']);
  await page.keyboard.press('Shift+F6');
  expect(await here()).toBe('MAIN');
});
