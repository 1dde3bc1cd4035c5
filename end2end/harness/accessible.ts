// What axe says of a page.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The widths that each state is looked at in, each in both themes. */
export const WIDTHS = [390, 1280].map((width) => ({ viewport: { width, height: 800 } }));

/** What a theme can break: it changes colours and nothing else. */
const RULES_OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe misses while the page behind an open drawer is inert on purpose, as it is behind a dialog. */
export const BEHIND_A_DRAWER = ['landmark-one-main', 'page-has-heading-one'];

/** Fails with what axe finds in the light theme, and then in the dark one, as one would read it. */
export async function expectAccessible(page: Page, state: string, butFor: string[] = []) {
  const inLight = await look(page, (axe) => axe.withTags(TAGS).disableRules(butFor));
  await page.emulateMedia({ colorScheme: 'dark' });
  const inDark = await look(page, (axe) => axe.withRules(RULES_OF_COLOURS));
  await page.emulateMedia({ colorScheme: 'light' });
  expect([...inLight, ...inDark.map((it) => `dark: ${it}`)], state).toEqual([]);
}

async function look(page: Page, choose: (axe: AxeBuilder) => AxeBuilder) {
  // Nothing half faded in: a colour on its way is nobody's choice.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((it) => it.effect?.getComputedTiming().iterations !== Infinity).map((it) => it.finished.catch(() => undefined))));
  const { violations } = await choose(new AxeBuilder({ page })).analyze();
  return violations.map((it) => `${it.id}: ${it.help} — ${it.nodes.map((node) => node.html).join(' | ')}`);
}
