// Somebody reads further up while 200 messages arrive: how far what they read moves.

import { Bare } from '../bare.mjs';
import { Chat } from '../chat.mjs';

const HISTORY = 200;
const ARRIVING = 200;
/** Far enough from the end that the list does not follow it, and from the beginning that nothing older is loaded. */
const UP_PX = 1_000;

export async function measure(browser) {
  const chat = await Chat.start({ room: HISTORY });
  const bare = await Bare.start();
  try {
    const { page } = await chat.open(browser);
    const own = await read(page, chat, () => page.getByRole('button', { name: `${ARRIVING} new messages` }).waitFor());
    await page.context().close();
    const { page: barePage } = await bare.open(browser, { messages: HISTORY });
    const baseline = await read(barePage, bare, () => barePage.getByText(`number ${ARRIVING}:`).waitFor({ state: 'attached' }));
    return [
      ['text moves by, at most', own.moved, 'px'],
      ['frames looked at', own.frames, ''],
      ['bare page, text moves by', baseline.moved, 'px'],
    ];
  } finally {
    await chat.close();
    await bare.close();
  }
}

async function read(page, source, haveArrived) {
  await page.evaluate(watch, UP_PX);
  await source.sayMany(ARRIVING);
  await haveArrived();
  return page.evaluate(() => window.watched());
}

/** Scrolls up, and from then on notes in each frame how far the uppermost message in view is from its first place. */
async function watch(pixels) {
  const frames = async (count) => {
    for (let frame = 0; frame < count; frame += 1) await new Promise(requestAnimationFrame);
  };
  const log = document.querySelector('[role=log]');
  log.scrollTop -= pixels;
  // For what scrolling itself sets off.
  await frames(30);
  const { top: edge } = log.getBoundingClientRect();
  const row = [...log.querySelectorAll('article, .rows > p')].find((it) => it.getBoundingClientRect().top > edge);
  const place = row.getBoundingClientRect().top;
  const watched = { moved: 0, frames: 0 };
  // The place as it is drawn: the page may put it right as late as in a frame's own callbacks, and sizes are observed after
  // all of these. An element whose size changes in each frame brings that about.
  const pulse = document.documentElement.appendChild(document.createElement('div'));
  pulse.style.cssText = 'position: fixed; height: 1px; visibility: hidden';
  new ResizeObserver(() => {
    watched.frames += 1;
    // A row that has left the page has moved out of sight.
    const moved = row.isConnected ? Math.abs(row.getBoundingClientRect().top - place) : innerHeight;
    watched.moved = Math.max(watched.moved, moved);
  }).observe(pulse);
  const beat = () => {
    pulse.style.width = `${1 + (watched.frames % 2)}px`;
    requestAnimationFrame(beat);
  };
  requestAnimationFrame(beat);
  window.watched = () => watched;
}
