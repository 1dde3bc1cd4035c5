// The first visit over a line of 10 Mbit/s with 40 ms of latency.

import { load } from '../loading.mjs';
import { LINES } from '../page.mjs';

export async function measure(browser) {
  const { own, baseline } = await load(browser, LINES.fast);
  return [
    ['first contentful paint', own.firstPaint, 'ms'],
    ['messages in view', own.largest, 'ms'],
    ['interactive', own.interactive, 'ms'],
    ['layout shift', own.shift, ''],
    ['bare page, first contentful paint', baseline.firstPaint, 'ms'],
    ['bare page, interactive', baseline.interactive, 'ms'],
  ];
}
