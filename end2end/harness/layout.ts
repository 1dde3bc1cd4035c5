// Where things stand on a page.

import { expect, type Page } from '@playwright/test';

/** Nothing sticks out to the side. */
export async function expectNoSidewaysScroll(page: Page) {
  const [scrollable, visible] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(scrollable).toBeLessThanOrEqual(visible);
}
