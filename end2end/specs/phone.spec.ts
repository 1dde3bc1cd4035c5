import { hydrated } from '../harness/chat.ts';
import { expectNoSidewaysScroll } from '../harness/layout.ts';
import { expect, test } from '../harness/test.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('on a phone one talks in one pane, with the composer in reach', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K', PHONE), join('Jonas R')]);
  await expectNoSidewaysScroll(amina.page);
  await expect(amina.chat.composer).toBeInViewport();
  await amina.chat.composer.fill('from the phone');
  await amina.chat.sendButton.tap();
  await expect(jonas.chat.message('from the phone')).toBeVisible();
  await jonas.chat.send(`a word without a break: ${'unbroken'.repeat(40)}`);
  await expect(amina.chat.message('a word without a break')).toBeVisible();
  await expectNoSidewaysScroll(amina.page);
});

test('on a phone every target is large enough to touch', async ({ join }) => {
  const { page } = await join('Amina K', PHONE);
  for (const target of await page.getByRole('button').or(page.getByRole('link')).all()) {
    if (!(await target.isVisible())) continue;
    const box = await target.boundingBox();
    const name = (await target.textContent())?.trim();
    if (!box || box.width <= 1) continue; // the skip link, until it has the focus
    expect(Math.min(box.width, box.height), `"${name}" is ${box.width} by ${box.height}`).toBeGreaterThanOrEqual(24);
  }
});

for (const path of ['/sign-in', '/sign-up', '/terms', '/nowhere']) {
  test(`on a phone ${path} does not stick out`, async ({ visit, noise }) => {
    noise.expect(/nowhere.* 404/, /Failed to load resource.*404/);
    const page = await visit(PHONE);
    await page.goto(path);
    await hydrated(page);
    await expectNoSidewaysScroll(page);
  });
}

test('on a phone a touch on a message offers what can be done with it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K', PHONE), join('Jonas R')]);
  await jonas.chat.send('Is it live?');
  const message = amina.chat.message('Is it live?');
  await message.tap();
  await message.getByRole('button', { name: 'React' }).tap();
  await amina.page.getByRole('dialog', { name: 'Reactions' }).getByRole('button', { name: 'Thumbs up' }).tap();
  await expect(jonas.chat.message('Is it live?').getByRole('button', { name: 'Thumbs up 1' })).toBeVisible();
  await expectNoSidewaysScroll(amina.page);
});
