// Enter pressed to one's own message drawn.

import { setTimeout as pause } from 'node:timers/promises';

import { Bare } from '../bare.mjs';
import { Chat } from '../chat.mjs';
import { timeOf } from '../page.mjs';
import { times } from '../statistics.mjs';

const MESSAGES = 30;
/** So many go first, while the browser compiles what is run often. */
const WARM_UP = 5;
/** Between two, for what a message sets off to end; people write more slowly than that. */
const BETWEEN_MS = 400;

export async function measure(browser) {
  const chat = await Chat.start();
  const bare = await Bare.start();
  try {
    const { page } = await chat.open(browser);
    const own = await write(page, page.getByRole('textbox', { name: 'Message General' }));
    await page.context().close();
    const { page: barePage } = await bare.open(browser);
    const baseline = await write(barePage, barePage.getByRole('textbox'));
    await barePage.context().close();
    return [...times('Enter to drawn', own), ...times('bare page', baseline)];
  } finally {
    await chat.close();
    await bare.close();
  }
}

async function write(page, composer) {
  const durations = [];
  for (let number = 1; number <= WARM_UP + MESSAGES; number += 1) {
    const text = `Written as number ${number}.`;
    await composer.fill(text);
    await pause(BETWEEN_MS);
    durations.push(await timeOf(page, 'keydown', text, () => page.keyboard.press('Enter')));
  }
  return durations.slice(WARM_UP);
}
