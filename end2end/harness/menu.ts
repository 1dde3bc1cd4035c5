// What stands behind the person's own picture in the bar.

import type { Page } from '@playwright/test';

/** Opens the menu of the person who is signed in. */
export async function openMenu(page: Page) {
  await page.getByRole('banner').getByRole('button', { name: /^Account/ }).click();
}

/** Ends the session, with or without script. */
export async function signOut(page: Page) {
  await openMenu(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
}

/** Chooses the colours. */
export async function chooseTheme(page: Page, theme: 'System' | 'Light' | 'Dark') {
  await openMenu(page);
  await page.getByRole('button', { name: theme, exact: true }).click();
}
