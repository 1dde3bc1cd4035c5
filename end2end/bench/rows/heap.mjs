// How much more memory the page holds after 10,000 messages than before them, with all garbage collected.

import { Bare } from '../bare.mjs';
import { Chat } from '../chat.mjs';

const MESSAGES = 10_000;
/** After so many the list holds as many rows as it keeps: what grows from there on could grow for ever. */
const UNTIL_FULL = 1_000;
/** So many at once; the next ones are sent when the page shows these, as a page does that keeps up. */
const BATCH = 250;
const MEGABYTE = 1_000_000;

export async function measure(browser) {
  const chat = await Chat.start();
  const bare = await Bare.start();
  try {
    // Memory does not depend on the processor, so it is not slowed here.
    const opened = await chat.open(browser, { slowdown: 1 });
    const own = await growth(opened, chat);
    await opened.page.context().close();
    const baseline = await growth(await bare.open(browser, { slowdown: 1 }), bare);
    return [
      ['growth', own.js + own.wasm, 'MB'],
      ['of it JavaScript and elements', own.js, 'MB'],
      ['of it WebAssembly', own.wasm, 'MB'],
      ['of it once the list is full', own.full, 'MB'],
      ['held before', own.before, 'MB'],
      ['bare page, which keeps all rows', baseline.js, 'MB'],
    ];
  } finally {
    await chat.close();
    await bare.close();
  }
}

async function growth({ page, devtools }, source) {
  const before = await held(page, devtools);
  let full;
  for (let sent = 0; sent < MESSAGES; sent += BATCH) {
    const last = `This is message ${sent + BATCH}.`;
    await page.evaluate((last) => {
      window.shown = window.bench.added(last);
    }, last);
    await source.sayMany(BATCH - 1);
    await source.say(last);
    await page.evaluate(() => window.shown);
    if (sent + BATCH === UNTIL_FULL) full = await held(page, devtools);
  }
  const after = await held(page, devtools);
  const all = ({ js, wasm }) => js + wasm;
  return { js: after.js - before.js, wasm: after.wasm - before.wasm, full: all(after) - all(full), before: all(before) };
}

async function held(page, devtools) {
  // What the first collection has freed may hold more.
  for (let round = 0; round < 3; round += 1) await devtools.send('HeapProfiler.collectGarbage');
  const usage = await devtools.send('Runtime.getHeapUsage');
  const wasm = await page.evaluate(() => window.bench.wasmBytes());
  return { js: (usage.usedSize + usage.embedderHeapUsedSize) / MEGABYTE, wasm: wasm / MEGABYTE };
}
