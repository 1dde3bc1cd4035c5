import { hydrated } from '../harness/chat.ts';
import { chooseTheme } from '../harness/menu.ts';
import { expect, test } from '../harness/test.ts';

const BACKGROUND = { light: 'rgb(246, 247, 250)', dark: 'rgb(11, 14, 20)' };

for (const colorScheme of ['light', 'dark'] as const) {
  test(`without a choice the page follows a system that is ${colorScheme}`, async ({ join }) => {
    const { page } = await join('Amina K', { colorScheme });
    await expect(page.locator('body')).toHaveCSS('background-color', BACKGROUND[colorScheme]);
  });
}

test('a choice stands over the system, from the first byte of the next page', async ({ join }) => {
  const { page } = await join('Amina K', { colorScheme: 'light' });
  await chooseTheme(page, 'Dark');
  await expect(page.locator('body')).toHaveCSS('background-color', BACKGROUND.dark);
  const html = await (await page.request.get('/')).text();
  expect(html).toMatch(/<html[^>]*data-theme="dark"/);
  await page.reload();
  await hydrated(page);
  await expect(page.locator('body')).toHaveCSS('background-color', BACKGROUND.dark);
  await chooseTheme(page, 'System');
  await expect(page.locator('body')).toHaveCSS('background-color', BACKGROUND.light);
});
