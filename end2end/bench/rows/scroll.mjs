// Scrolling from the newest of 2,000 messages to the first one, and how many frames take longer than 50 ms.

import { Bare } from '../bare.mjs';
import { Chat } from '../chat.mjs';
import { percentile } from '../statistics.mjs';

const MESSAGES = 2_000;
/** As fast as a finger on a touchpad goes through a list: 4,800 pixels a second at 60 frames. */
const PIXELS_A_FRAME = 80;

export async function measure(browser) {
  const chat = await Chat.start({ room: MESSAGES });
  const bare = await Bare.start();
  try {
    const { page } = await chat.open(browser);
    const own = await scroll(page);
    await page.context().close();
    const { page: barePage } = await bare.open(browser, { messages: MESSAGES });
    const baseline = await scroll(barePage);
    return [
      ['frames over 50 ms', own.long.length, ''],
      ['longest frame', Math.max(0, ...own.long), 'ms'],
      ['between frames, p99', percentile(own.intervals, 99), 'ms'],
      ['frames', own.intervals.length, ''],
      ['bare page, frames over 50 ms', baseline.long.length, ''],
      ['bare page, between frames, p99', percentile(baseline.intervals, 99), 'ms'],
    ];
  } finally {
    await chat.close();
    await bare.close();
  }
}

/** Scrolls to the very beginning. A frame is long by the browser's own measure, the Long Animation Frames API. */
function scroll(page) {
  return page.evaluate(async (pixels) => {
    const log = document.querySelector('[role=log]');
    const long = [];
    const observer = new PerformanceObserver((list) => list.getEntries().forEach((it) => long.push(it.duration)));
    observer.observe({ type: 'long-animation-frame' });
    const intervals = [];
    const nextFrame = () => new Promise(requestAnimationFrame);
    const isFirst = (it) => it?.textContent.includes('message 1.');
    const isThere = () => log.scrollTop - 1 <= log.clientHeight - log.scrollHeight && isFirst(log.querySelector('article, p:not([class])'));
    let last = await nextFrame();
    while (!isThere()) {
      log.scrollTop -= pixels;
      const now = await nextFrame();
      intervals.push(now - last);
      last = now;
    }
    observer.takeRecords().forEach((it) => long.push(it.duration));
    observer.disconnect();
    return { long, intervals };
  }, PIXELS_A_FRAME);
}
