// What axe says of a page.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The widths and colours that each state is looked at in. */
export const LOOKS = [390, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ colorScheme, viewport: { width, height: 800 } })),
);

/** What axe misses while the page behind an open drawer is inert on purpose, as it is behind a dialog. */
export const BEHIND_A_DRAWER = ['landmark-one-main', 'page-has-heading-one'];

/** Fails with what axe finds, as one would read it. */
export async function expectAccessible(page: Page, state: string, butFor: string[] = []) {
  // Nothing half faded in: a colour on its way is nobody's choice.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((it) => it.effect?.getComputedTiming().iterations !== Infinity).map((it) => it.finished.catch(() => undefined))));
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).disableRules(butFor).analyze();
  const found = violations.map((it) => `${it.id}: ${it.help} — ${it.nodes.map((node) => node.html).join(' | ')}`);
  expect(found, state).toEqual([]);
}
