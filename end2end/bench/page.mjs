// A page as somebody with a slow machine has it, and perhaps a slow line.

import { probe } from './probe.mjs';

/** How many times slower than this machine the page's thread runs. */
const CPU_SLOWDOWN = 4;

/** Lines by what they carry and how long they take. */
export const LINES = {
  fast: { megabitsPerSecond: 10, latencyMs: 40 },
  slow4g: { megabitsPerSecond: 1.6, latencyMs: 150 },
};

/** An empty page in a browser context of its own, with an empty cache. Errors of its scripts end the measurement. */
export async function newPage(browser, { cookies = [], line, slowdown = CPU_SLOWDOWN } = {}) {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
    // What it answers, and all else that a page fetches in the background, is part of no figure.
    serviceWorkers: 'block',
  });
  context.on('weberror', (error) => {
    throw error.error();
  });
  await context.addCookies(cookies);
  await context.addInitScript(probe);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  if (line) {
    const bytesPerSecond = (line.megabitsPerSecond * 1_000_000) / 8;
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: line.latencyMs,
      downloadThroughput: bytesPerSecond,
      uploadThroughput: bytesPerSecond,
    });
  }
  return { page, devtools };
}

/** Milliseconds from a cause in the page to the picture that shows `text`; `act` brings the cause about. */
export async function timeOf(page, cause, text, act) {
  await page.evaluate(([cause, text]) => window.bench.measure(cause, text), [cause, text]);
  // Asked for before the cause, so that the question itself is not among what the page is busy with.
  const measured = page.evaluate(() => window.bench.measured);
  await act();
  return measured;
}
