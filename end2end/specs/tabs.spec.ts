// Many tabs of one browser: one line to the server, whichever of them comes and goes.

import type { Page } from '@playwright/test';

import { Account } from '../harness/account.mjs';
import { Chat, connected, hydrated } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import type { Server } from '../harness/server.mjs';
import { expect, test } from '../harness/test.ts';

/** How many WebSockets the server has open. */
async function connections(server: Server) {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  const rows = [...figures.matchAll(/^smartlink_connections(?:\{[^}]*\})? (\d+)$/gm)];
  expect(rows.length).toBeGreaterThan(0);
  return rows.reduce((sum, row) => sum + Number(row[1]), 0);
}

async function openTab(beside: Page, path = '/') {
  const page = await beside.context().newPage();
  await page.goto(path);
  await hydrated(page);
  await connected(page);
  return page;
}

test('twelve tabs of a browser are one connection, and all of them are live', async ({ join, server }) => {
  const amina = await join('Amina K');
  const jonas = await Account.signUp(server.url, 'Jonas R');
  const tabs = [amina.page];
  for (const path of ['/', '/people', `/chat/${await jonas.id()}`, '/notifications', '/settings']) tabs.push(await openTab(amina.page, path));
  while (tabs.length < 12) tabs.push(await openTab(amina.page));
  expect(await connections(server)).toBe(1);
  await jonas.say('to everybody');
  await jonas.sayTo(amina.account, 'to Amina alone');
  for (const tab of tabs.filter((it) => new URL(it.url()).pathname === '/')) {
    await expect(new Chat(tab).message('to everybody')).toHaveCount(1);
    await expect(tab.getByRole('list', { name: 'Direct messages' }).getByRole('link', { name: /Jonas R/ })).toHaveCount(1);
  }
  await expect(new Chat(tabs[3]!, 'Jonas R').message('to Amina alone')).toHaveCount(1);
  expect(await connections(server)).toBe(1);
});

test.describe('a person who is back within the grace has not left', () => {
  test.use({ settings: { SMARTLINK_APP_PRESENCE_LEAVE_GRACE: '10' } });

  test('the tab that holds the line may be closed at any moment', async ({ join, server }) => {
    const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
    await expect(jonas.page.getByText('2 online')).toBeVisible();
    const left: string[] = [];
    await jonas.page.exposeFunction('someoneLeft', (text: string) => void left.push(text));
    await jonas.page.evaluate(() => {
      new MutationObserver(() => {
        if (document.body.innerText.includes('1 online')) (window as unknown as { someoneLeft(text: string): void }).someoneLeft('1 online');
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    let current = amina.page;
    for (let round = 1; round <= 4; round += 1) {
      const next = await openTab(current);
      const sent = jonas.account.say(`round ${round}`);
      await current.close();
      await sent;
      await expect(new Chat(next).message(`round ${round}`)).toHaveCount(1);
      await jonas.account.say(`after ${round}`);
      await expect(new Chat(next).message(`after ${round}`)).toHaveCount(1);
      current = next;
    }
    const chat = new Chat(current);
    expect(await chat.found(/(round|after) \d/)).toEqual(['round 1', 'after 1', 'round 2', 'after 2', 'round 3', 'after 3', 'round 4', 'after 4']);
    await expect.poll(() => connections(server)).toBe(2);
    expect(left, 'nobody saw Amina leave').toEqual([]);
  });
});

test('a line that is cut comes back for all tabs, over one connection', async ({ join, line, server, noise }) => {
  noise.expect(...LOST_LINE);
  const amina = await join('Amina K');
  const others = [await openTab(amina.page), await openTab(amina.page)];
  const jonas = await Account.signUp(server.url, 'Jonas R');
  line.cutWebSockets();
  await jonas.say('while the line was cut');
  for (const page of [amina.page, ...others]) {
    await connected(page);
    await expect(new Chat(page).message('while the line was cut')).toHaveCount(1);
  }
  await expect.poll(() => connections(server)).toBe(1);
});

test('where a browser has no locks, each tab has a line of its own', async ({ join, server, visit }) => {
  const amina = await join('Amina K');
  const page = await visit();
  await page.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  await page.context().addCookies(amina.account.cookies);
  await page.goto('/');
  const other = await openTab(page);
  await amina.chat.send('by two lines');
  for (const it of [page, other]) await expect(new Chat(it).message('by two lines')).toHaveCount(1);
  expect(await connections(server)).toBe(3);
});
