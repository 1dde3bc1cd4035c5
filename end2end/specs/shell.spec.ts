import { BEHIND_A_DRAWER, expectAccessible } from '../harness/accessible.ts';
import { connected, connectionPill, hydrated } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { Sockets } from '../harness/sockets.ts';
import { expect, test } from '../harness/test.ts';

const TABLET = { viewport: { width: 820, height: 1100 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('a server with a newer build is told of once the line is back', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const { page } = await join('Amina K');
  const news = page.getByRole('region', { name: 'New version' });
  line.cutWebSockets();
  await expect(connectionPill(page)).not.toHaveText(/Connected/);
  await connected(page);
  await expect(news).toHaveCount(0);
  await page.route('**/fn/build*', (route) => route.fulfill({ json: 'another build' }));
  line.cutWebSockets();
  await expect(news).toContainText('A new version is ready.');
  await expectAccessible(page, 'a new version');
  await page.unroute('**/fn/build*');
  await news.getByRole('button', { name: 'Reload' }).click();
  await connected(page);
  await expect(news).toHaveCount(0);
});

test('the general room counts for nobody in particular: neither title nor sign tells of it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await jonas.chat.send('Hello everybody');
  await expect(amina.chat.message('Hello everybody')).toBeVisible();
  await expect(amina.page).toHaveTitle('General · SmartLink');
  await expect(amina.page.locator('link[rel="icon"][type="image/svg+xml"]')).toHaveAttribute('href', '/favicon.svg');
});

test('while the line is lost, what was known says how old it is', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const { page } = await join('Amina K');
  const online = page.getByRole('main').getByText(/^1 online/);
  await expect(online).toHaveText('1 online');
  line.cut();
  await expect(online).toHaveText(/^1 online as of \d\d:\d\d:\d\d$/);
  line.repair();
  await expect(online).toHaveText('1 online');
});

test('"Connected" is spoken when the line has caught up, once', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const { page } = await join('Amina K');
  const spoken = page.getByRole('status').first();
  line.cut();
  await expect(spoken).toHaveText('Connection lost.');
  line.repair();
  await expect(spoken).toHaveText('Connected');
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Connected');
});

test('a connection that was refused says why, in the pill and over the page', async ({ join, noise }) => {
  noise.expect(/WebSocket/);
  const { page } = await join('Amina K');
  const sockets = await Sockets.of(page);
  await page.reload();
  await connected(page);
  await sockets.end(4004, 'Over quota');
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Disconnected · too many people');
  await expect(page.getByRole('region', { name: 'Connection' })).toContainText('Too many people are connected right now.');
  await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible();
  await expectAccessible(page, 'refused');
});

test('a server that restarts is "Updating…", and after ten seconds a banner says more', async ({ join, noise }) => {
  noise.expect(/WebSocket/);
  const { page } = await join('Amina K');
  const sockets = await Sockets.of(page);
  await page.reload();
  await connected(page);
  sockets.isSilent = true;
  await sockets.end(4200, 'Restarting');
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Updating…');
  await expectAccessible(page, 'updating');
  await expect(page.getByRole('region', { name: 'Connection' })).toContainText('Connection lost.', { timeout: 20_000 });
});

test('more missed than the server keeps: a banner offers to load it', async ({ join, noise }) => {
  noise.expect(/WebSocket/);
  const { page } = await join('Amina K');
  const jonas = await join('Jonas R');
  const sockets = await Sockets.of(page);
  await page.reload();
  await connected(page);
  sockets.change = (frame) => (frame.includes('MessageSent') ? undefined : frame.replace('\\"recovered\\":true', '\\"recovered\\":false'));
  await jonas.chat.send('Missed by Amina');
  await jonas.chat.settled();
  await sockets.end(4200);
  const banner = page.getByRole('region', { name: 'Connection' });
  await expect(banner).toContainText('Some updates were missed.');
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Connected');
  await expectAccessible(page, 'a gap');
  await banner.getByRole('button', { name: 'Refresh' }).click();
  await expect(banner).toHaveCount(0);
});

for (const [device, look] of [['a tablet', TABLET], ['a phone', PHONE]] as const) {
  test(`on ${device} the conversations are a drawer that takes the focus and gives it back`, async ({ join }) => {
    const { page } = await join('Amina K', look);
    const toggle = page.getByRole('button', { name: 'Show conversations' });
    const drawer = page.getByRole('complementary', { name: 'Conversations' });
    const close = drawer.getByRole('button', { name: 'Close conversations' });
    await expect(drawer).toBeHidden();
    await toggle.click();
    await expect(drawer).toBeVisible();
    await expect(close).toBeFocused();
    await expectAccessible(page, 'the drawer', BEHIND_A_DRAWER);
    await expect(page.locator('#content')).toHaveAttribute('inert', '');
    await page.keyboard.press('Escape');
    await expect(drawer).toBeHidden();
    await expect(toggle).toBeFocused();
    await expect(page.locator('#content')).not.toHaveAttribute('inert');

    await toggle.click();
    await close.click();
    await expect(drawer).toBeHidden();
    await expect(toggle).toBeFocused();

    await toggle.click();
    await drawer.getByRole('link', { name: 'General' }).click();
    await expect(drawer).toBeHidden();
    await expect(page.locator('#content')).not.toHaveAttribute('inert');
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect(drawer).toBeVisible();
    await expect(page.locator('#content')).not.toHaveAttribute('inert');
  });
}

test('beside an open drawer a click closes it', async ({ join }) => {
  const { page } = await join('Amina K', TABLET);
  await page.getByRole('button', { name: 'Show conversations' }).click();
  const drawer = page.getByRole('complementary', { name: 'Conversations' });
  await expect(drawer).toBeVisible();
  await page.mouse.click(700, 500);
  await expect(drawer).toBeHidden();
});

test('pages that are left before they are drawn leave no error behind', async ({ join }) => {
  const amina = await join('Amina K');
  const jonas = await join('Jonas R');
  await jonas.account.sayTo(amina.account, 'from Jonas');
  const conversation = `/chat/${await jonas.account.id()}`;
  const places = ['/people', '/', '/notifications', conversation, '/settings', '/settings/chat', '/', '/notifications', '/people'];
  await amina.page.evaluate(async (places) => {
    const link = document.body.appendChild(document.createElement('a'));
    for (let step = 0; step < 5 * places.length; step += 1) {
      link.href = places[step % places.length]!;
      link.click();
      // Now at once, now after a frame, now when the page is there.
      await new Promise((done) => setTimeout(done, [0, 8, 40, 200][step % 4]));
    }
    link.remove();
  }, places);
  await expect(amina.page.getByRole('heading', { name: 'People', level: 1 })).toBeVisible();
  await amina.page.getByRole('link', { name: /^Chat/ }).click();
  await amina.chat.send('still here');
  await expect(jonas.chat.message('still here')).toBeVisible();
});
