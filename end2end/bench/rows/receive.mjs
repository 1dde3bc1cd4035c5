// A frame on the socket to the message drawn: in a room that was just opened, and with as many rows as the list keeps.

import { setTimeout as pause } from 'node:timers/promises';

import { Bare } from '../bare.mjs';
import { Chat } from '../chat.mjs';
import { timeOf } from '../page.mjs';
import { times } from '../statistics.mjs';

const MESSAGES = 30;
const WARM_UP = 5;
/** The list keeps 300 rows. */
const UNTIL_FULL = 300;

export async function measure(browser) {
  const chat = await Chat.start();
  const bare = await Bare.start();
  try {
    const { page } = await chat.open(browser);
    const few = await receive(page, chat);
    await fill(page, chat);
    const full = await receive(page, chat);
    await page.context().close();
    const { page: barePage } = await bare.open(browser);
    const baseline = await receive(barePage, bare);
    return [...times('frame to drawn', few), ...times('with 300 rows', full), ...times('bare page', baseline)];
  } finally {
    await chat.close();
    await bare.close();
  }
}

async function receive(page, source) {
  const durations = [];
  for (let number = 1; number <= WARM_UP + MESSAGES; number += 1) {
    const text = `Heard as number ${number}, ${Date.now()}.`;
    durations.push(await timeOf(page, 'frame', text, () => source.say(text)));
    // Not in step with the frames.
    await pause(100 + Math.random() * 100);
  }
  return durations.slice(WARM_UP);
}

async function fill(page, chat) {
  await chat.sayMany(UNTIL_FULL);
  await timeOf(page, 'frame', 'The list is full.', () => chat.say('The list is full.'));
}
