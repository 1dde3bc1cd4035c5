import type { Locator } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { connected, hydrated } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

/** How much one person may say in a row before the server asks for patience. */
const MESSAGES_PER_PERSON = 180;

/** Fills the general room with `count` numbered messages, in order, of as many people as that takes. */
async function seed(url: string, count: number) {
  const names = Array.from({ length: Math.max(4, Math.ceil(count / MESSAGES_PER_PERSON)) }, (_, it) => `Person ${it + 1}`);
  const people = await Promise.all(names.map((it) => Account.signUp(url, it)));
  for (let number = 1; number <= count; number += 1) {
    await people[number % people.length].say(`number ${number}, about ${'the campaign '.repeat(number % 7)}`);
  }
}

/** So many messages are loaded at a time. */
const PAGE = 50;

const numbersOf = (texts: string[]) => texts.map((it) => Number(it.replace('number ', '')));

/** Whether an element's box is within what can be seen of the list. */
const isSeen = async (log: Locator, article: Locator) =>
  article.evaluate((element, list) => {
    const [inner, outer] = [element.getBoundingClientRect(), (list as Element).getBoundingClientRect()];
    return inner.bottom > outer.top && inner.top < outer.bottom;
  }, await log.elementHandle());

test.describe('with 2,000 messages', () => {
  test.describe.configure({ timeout: 480_000 });

  test('one scrolls up to the beginning, and every message has been there once, in order', async ({ server, join }) => {
    await seed(server.url, 2_000);
    const { page, chat } = await join('Amina K');
    const beginning = page.getByText('This is the beginning of General');
    const seen = new Set<number>();
    await chat.log.hover();
    for (let step = 0; step < 1_000 && !(await beginning.isVisible()); step += 1) {
      const numbers = numbersOf(await chat.found(/number \d+/));
      expect(numbers, 'the list is in order and has no gap').toEqual(numbers.map((_, index) => numbers[0] + index));
      expect(numbers.length, 'the page keeps a bounded number of rows').toBeLessThanOrEqual(300);
      for (const number of numbers) seen.add(number);
      const first = numbers[0];
      await chat.articles.first().evaluate((it) => it.scrollIntoView({ block: 'start' }));
      await expect(async () => {
        const [top] = numbersOf(await chat.found(/number \d+/));
        expect(top <= first - PAGE || (await beginning.isVisible())).toBe(true);
      }).toPass();
    }
    await expect(beginning).toBeVisible();
    for (const number of numbersOf(await chat.found(/number \d+/))) seen.add(number);
    expect(seen.size).toBe(2_000);
    await page.keyboard.press('End');
    await expect(chat.message('number 2000,')).toBeVisible();
    await expect.poll(() => isSeen(chat.log, chat.message('number 2000,'))).toBe(true);
  });

  test('older messages come in above without moving what one reads', async ({ server, join }) => {
    await seed(server.url, 300);
    const { chat } = await join('Amina K');
    const [first] = numbersOf(await chat.found(/number \d+/));
    const anchor = chat.message(`number ${first + 5},`);
    // In one step, so that nothing can be loaded between the two.
    const before = await anchor.evaluate((it) => {
      it.scrollIntoView({ block: 'center' });
      return it.getBoundingClientRect().top;
    });
    const top = () => anchor.evaluate((it) => it.getBoundingClientRect().top);
    await expect.poll(async () => numbersOf(await chat.found(/number \d+/))[0]).toBeLessThan(first);
    expect(Math.abs((await top()) - before), 'pixels that the message moved').toBeLessThanOrEqual(2);
  });
});

test('the newest message is seen when one opens the room', async ({ server, join }) => {
  await seed(server.url, 80);
  const { chat } = await join('Amina K');
  await expect.poll(() => isSeen(chat.log, chat.message('number 80,'))).toBe(true);
});

test('an empty room says so', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await expect(page.getByText(/Say hello.*everyone can see this/i)).toBeVisible();
  await chat.send('Hello');
  await expect(page.getByText(/Say hello.*everyone can see this/i)).toHaveCount(0);
});

test('what came while one was away stands below a line', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await jonas.chat.send('read before');
  await expect(amina.chat.message('read before')).toBeVisible();
  // Seen for a second, then told to the server: the position decides, not the clock of this test.
  await expect
    .poll(async () => {
      const { read_up_to, messages } = await amina.account.api('GET', '/api/chat/messages');
      return read_up_to === messages.at(-1).id;
    })
    .toBe(true);
  const context = amina.page.context();
  await amina.page.close();
  for (const text of ['missed 1', 'missed 2']) await jonas.chat.send(text);
  await jonas.chat.settled();
  const page = await context.newPage();
  await page.goto('/');
  await hydrated(page);
  const line = page.getByRole('separator', { name: 'New messages' });
  await expect(line).toBeVisible();
  const order = await page.getByRole('log', { name: 'Messages in General' }).textContent();
  const places = ['read before', 'New messages', 'missed 1', 'missed 2'].map((it) => order?.indexOf(it) ?? -1);
  expect(places.every((it) => it >= 0)).toBe(true);
  expect(places).toEqual([...places].sort((left, right) => left - right));
});

test('who reads further up is not moved, and a button counts what is new', async ({ server, join }) => {
  await seed(server.url, 60);
  const { page, chat } = await join('Amina K');
  const jonas = await join('Jonas R');
  await chat.log.hover();
  await page.mouse.wheel(0, -600);
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toBeVisible();
  const anchor = chat.message('number 45,');
  // As it is drawn: between two frames the list may have changed, and its place not been put right yet.
  const top = () =>
    anchor.evaluate(async (it) => {
      await new Promise(requestAnimationFrame);
      return it.getBoundingClientRect().top;
    });
  const before = await top();
  await jonas.chat.send('new 1');
  await jonas.chat.send('new 2');
  const button = page.getByRole('button', { name: '2 new messages' });
  await expect(button).toBeVisible();
  expect(Math.abs((await top()) - before), 'pixels that the message moved').toBeLessThanOrEqual(2);
  await button.click();
  await expect.poll(() => isSeen(chat.log, chat.message('new 2'))).toBe(true);
  await expect(chat.jumpButton).toHaveCount(0);
});

test('what one reads stays where it is, however much arrives', async ({ server, join }) => {
  await seed(server.url, 60);
  const { page, chat } = await join('Amina K');
  const jonas = await Account.signUp(server.url, 'Jonas R');
  await chat.log.hover();
  await page.mouse.wheel(0, -600);
  await expect(chat.jumpButton).toBeVisible();
  const top = () =>
    chat.message('number 45,').evaluate(async (it) => {
      await new Promise(requestAnimationFrame);
      return it.getBoundingClientRect().top;
    });
  const before = await top();
  // One after the other, since a burst is one change of the list.
  for (let number = 1; number <= 40; number += 1) {
    await jonas.say(`new ${number}`);
    await expect(page.getByRole('button', { name: `${number} new message` })).toBeVisible();
  }
  expect(Math.abs((await top()) - before), 'pixels that the message moved').toBeLessThanOrEqual(1);
});

test('one’s own message leads to the end of the list', async ({ server, join }) => {
  await seed(server.url, 60);
  const { page, chat } = await join('Amina K');
  await chat.log.hover();
  await page.mouse.wheel(0, -600);
  await expect(chat.jumpButton).toBeVisible();
  await chat.send('here I am');
  await expect.poll(() => isSeen(chat.log, chat.message('here I am'))).toBe(true);
});

test('the place of the days is marked', async ({ join }) => {
  const { chat } = await join('Amina K');
  await chat.send('today');
  await expect(chat.log.getByRole('separator', { name: 'Today' })).toBeVisible();
});

test('a reload finds the same messages again', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  await chat.settled();
  await page.reload();
  await connected(page);
  await expect.poll(() => chat.found(/one|two|three/)).toEqual(['one', 'two', 'three']);
});
