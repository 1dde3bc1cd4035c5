// A click on another conversation, which is loaded already, to its messages drawn.

import { setTimeout as pause } from 'node:timers/promises';

import { Bare } from '../bare.mjs';
import { Chat } from '../chat.mjs';
import { PEER } from '../history.mjs';
import { timeOf } from '../page.mjs';
import { times } from '../statistics.mjs';

const ROWS = 50;
const SWITCHES = 20;
const WARM_UP = 4;
/** Between two clicks, for what the first one set off to end. */
const BETWEEN_MS = 500;
/** The newest message is in both histories. */
const LAST = `message ${ROWS}.`;

export async function measure(browser) {
  const chat = await Chat.start({ room: ROWS, direct: ROWS });
  const bare = await Bare.start();
  try {
    const { page } = await chat.open(browser);
    const list = page.getByRole('complementary', { name: 'Conversations' });
    const own = await change(page, [list.getByRole('link', { name: new RegExp(`^${PEER.name} `) }).first(), list.getByRole('link', { name: 'General' })]);
    await page.context().close();
    const { page: barePage } = await bare.open(browser, { messages: ROWS });
    const baseline = await change(barePage, [barePage.getByRole('button')]);
    return [...times('click to drawn', own), ...times('bare page', baseline)];
  } finally {
    await chat.close();
    await bare.close();
  }
}

async function change(page, buttons) {
  const durations = [];
  for (let number = 0; number < WARM_UP + SWITCHES; number += 1) {
    durations.push(await timeOf(page, 'click', LAST, () => buttons[number % buttons.length].click()));
    await pause(BETWEEN_MS);
  }
  return durations.slice(WARM_UP);
}
