import { Account } from '../harness/account.mjs';
import { expectAccessible } from '../harness/accessible.ts';
import { expect, test } from '../harness/test.ts';

test('Ctrl and K lead to a conversation or to a person by a few letters', async ({ join, server }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await Account.signUp(server.url, 'Mei D');
  await jonas.account.sayTo(amina.account, 'Hello');
  await amina.page.keyboard.press('Control+k');
  const dialog = amina.page.getByRole('dialog', { name: 'Search' });
  const field = dialog.getByRole('combobox', { name: 'Search' });
  await field.fill('jon');
  await expect(dialog.getByRole('option', { name: /^Jonas R/ })).toHaveCount(1);
  await expect(dialog.getByRole('option', { name: /^Jonas R/, selected: true })).toBeVisible();
  await expectAccessible(amina.page, 'the switcher');
  await field.press('Enter');
  await expect(amina.page.getByRole('heading', { name: 'Jonas R', level: 1 })).toBeVisible();
  await amina.page.keyboard.press('Control+k');
  await field.fill('mei');
  await dialog.getByRole('option', { name: /^Mei D/ }).click();
  await expect(amina.page.getByRole('heading', { name: 'Mei D', level: 1 })).toBeVisible();
  await amina.page.keyboard.press('Control+k');
  await field.fill('gene');
  await expect(dialog.getByRole('option', { name: /^General/, selected: true })).toBeVisible();
  await field.press('Enter');
  await expect(amina.page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
});
