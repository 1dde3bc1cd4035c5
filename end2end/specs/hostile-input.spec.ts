import { addressOf, PASSWORD } from '../harness/account.mjs';
import { Chat, connected, hydrated } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

/** Each would set `window.attacked` if any of it ran. */
const ATTACKS = [
  '<script>window.attacked = 1</script>',
  '<img src=x onerror="window.attacked = 2">',
  '<svg onload="window.attacked = 3"></svg>',
  '[link](javascript:window.attacked=4)',
  '<a href="javascript:window.attacked=5">click</a>',
  '"><iframe srcdoc="<script>parent.attacked = 6</script>"></iframe>',
  '`</code><script>window.attacked = 7</script>`',
  '<style>body { display: none }</style>',
  '![image](https://evil.example/track.png)',
  '</script><script>window.attacked = 8</script>',
  '<!-- --!><script>window.attacked = 9</script>',
];

test('markup in messages is text, for the writer, for the reader, and after a reload', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  for (const attack of ATTACKS) await amina.chat.send(`attack: ${attack}`);
  await amina.chat.settled();
  await expect(jonas.chat.articles).toHaveCount(ATTACKS.length);
  await jonas.page.reload();
  await connected(jonas.page);
  for (const { page, chat } of [amina, jonas]) {
    await expect(chat.articles).toHaveCount(ATTACKS.length);
    await expect(chat.log.locator('script, iframe, style, img, svg[onload], [onerror], [href^="javascript:" i]')).toHaveCount(0);
    await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
    expect(await page.evaluate(() => 'attacked' in window)).toBe(false);
  }
});

test('markup in a name is text, on every page that shows it', async ({ visit, join }) => {
  const name = '<img src=x onerror="window.attacked=1">';
  const page = await visit();
  await page.goto('/sign-up');
  await hydrated(page);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('textbox', { name: 'Email' }).fill(addressOf('attacker'));
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('checkbox', { name: /^I agree to the terms/ }).check();
  await page.getByRole('button', { name: 'Create account' }).click();
  await connected(page);
  const jonas = await join('Jonas R');
  const chat = new Chat(page);
  await chat.composer.pressSequentially('typing');
  await expect(jonas.chat.typing).toHaveText(`${name} is typing…`);
  await chat.composer.press('Enter');
  await expect(jonas.chat.message('typing').first()).toContainText(name);
  for (const it of [page, jonas.page]) expect(await it.evaluate(() => 'attacked' in window)).toBe(false);
});

test('a link leads away without telling where from', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('see [our page](https://example.com/autumn)');
  const link = jonas.chat.log.getByRole('link', { name: /our page/ });
  await expect(link).toHaveAttribute('href', 'https://example.com/autumn');
  for (const word of ['noopener', 'noreferrer', 'nofollow']) await expect(link).toHaveAttribute('rel', new RegExp(word));
  await expect(link).toHaveAttribute('target', '_blank');
});

test('a message of 4,000 characters passes, one of 4,001 is refused where it was written', async ({ join, noise }) => {
  noise.expect(/ 422\b/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('ö'.repeat(4_000));
  await expect(jonas.chat.articles).toHaveCount(1);
  await amina.chat.send('ö'.repeat(4_001));
  await expect(amina.page.getByRole('alert').filter({ hasText: /4,?00[01] characters/ })).toBeVisible();
  await expect(amina.chat.composer).toHaveValue('ö'.repeat(4_001));
  await expect(jonas.chat.articles).toHaveCount(1);
  expect(await amina.account.history()).toHaveLength(1);
});

test('other scripts, emoji and directions stay what they are', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Zoë 東京'), join('מיכל')]);
  const texts = ['שלום עולם', 'مرحبا', '👩‍👩‍👧‍👦 family', 'e\u0301 combining', '\u202eturned around\u202c', 'a\tb', 'NULL', 'undefined', '{{7*7}}', '%s%n'];
  for (const text of texts) await amina.chat.send(text);
  await amina.chat.settled();
  await expect(jonas.chat.articles).toHaveCount(texts.length);
  expect((await amina.account.history()).map((it: { body: string }) => it.body)).toEqual(texts);
});
