import { connected, connectionPill } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test, type Person } from '../harness/test.ts';

// Who has read it may stand right behind it.
const TALK = /talk \d+ by (Amina|Jonas)/;

/** Fifty messages of each, taking turns; before the given turns something happens to the line. */
async function talk(amina: Person, jonas: Person, disturb: Record<number, () => Promise<unknown> | unknown>) {
  for (let turn = 1; turn <= 50; turn += 1) {
    await disturb[turn]?.();
    await Promise.all([amina, jonas].map((it) => it.chat.send(`talk ${turn} by ${it.name}`)));
  }
}

/** Both ends show the hundred messages of the talk, in the order of the server, each of them once. */
async function expectSameList(amina: Person, jonas: Person) {
  for (const person of [amina, jonas]) {
    await connected(person.page);
    await person.chat.settled();
  }
  const stored = (await amina.account.history()).map((it: { body: string }) => it.body);
  expect(stored).toHaveLength(100);
  expect(new Set(stored).size, 'nothing is stored twice').toBe(100);
  for (const person of [amina, jonas]) {
    await expect.poll(() => person.chat.found(TALK), `what ${person.name} sees`).toEqual(stored);
    const own = stored.filter((it: string) => it.endsWith(person.name));
    expect(own, 'what one person sent keeps its order').toEqual(own.map((_: string, index: number) => `talk ${index + 1} by ${person.name}`));
  }
}

test.describe.configure({ timeout: 480_000 });

test('a socket that is cut in the middle of a hundred messages loses nothing and doubles nothing', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const [amina, jonas] = await Promise.all([join('Amina'), join('Jonas')]);
  const cut = async () => {
    // They write faster than a lost socket comes back.
    await expect.poll(() => line.webSockets).toBe(2);
    line.cutWebSockets();
  };
  await talk(amina, jonas, { 15: cut, 30: cut, 45: cut });
  await expectSameList(amina, jonas);
});

test('a line that is cut whole in the middle of a hundred messages loses nothing and doubles nothing', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const [amina, jonas] = await Promise.all([join('Amina'), join('Jonas')]);
  await talk(amina, jonas, { 15: () => line.cut(), 30: () => line.repair() });
  await expectSameList(amina, jonas);
});

for (const end of ['kill', 'stop'] as const) {
  test(`a server that ends by ${end} in the middle of a hundred messages loses nothing and doubles nothing`, async ({ join, server, noise }) => {
    noise.expect(...LOST_LINE, / 50[23]\b/);
    const [amina, jonas] = await Promise.all([join('Amina'), join('Jonas')]);
    await talk(amina, jonas, { 20: () => server[end](), 30: () => server.start() });
    await expectSameList(amina, jonas);
  });
}

test('a half-open line is noticed and replaced, and what was said meanwhile is there', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const [amina, jonas] = await Promise.all([join('Amina'), join('Jonas')]);
  line.stall();
  // The browser says that it has slept or changed its network; from then on the line has to prove itself.
  for (const { page } of [amina, jonas]) await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await expect(connectionPill(amina.page)).not.toHaveText(/Connected/, { timeout: 20_000 });
  await amina.chat.send('sent into the void');
  line.cut();
  line.repair();
  await connected(amina.page);
  await connected(jonas.page);
  await expect(jonas.chat.message('sent into the void')).toHaveCount(1);
  await amina.chat.settled();
});

test('the pill and the banner tell what is so', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE);
  const { page } = await join('Amina');
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Connected');
  line.cut();
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Reconnecting…');
  const banner = page.getByText(/Connection lost\. Trying again in \d+ s\./);
  await expect(banner).toBeVisible();
  line.repair();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await connected(page);
  await expect(banner).toHaveCount(0);
});

test('a browser that is offline says so at once and comes back at once', async ({ join, noise }) => {
  noise.expect(...LOST_LINE);
  const { page, chat } = await join('Amina');
  await page.context().setOffline(true);
  await expect(connectionPill(page)).toHaveAccessibleName('Connection: Offline');
  const banner = page.getByRole('paragraph').filter({ hasText: 'You\'re offline. Messages will be sent when the connection is back.' });
  await expect(banner).toBeVisible();
  await chat.send('written offline');
  await expect(chat.log.getByRole('article', { name: 'You, waiting' })).toHaveCount(1);
  await page.context().setOffline(false);
  await connected(page);
  await chat.settled();
  await expect(chat.message('written offline')).toHaveAccessibleName(/^You, sent/);
});
