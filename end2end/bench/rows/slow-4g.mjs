// The first visit over slow 4G: 1.6 Mbit/s with 150 ms of latency.

import { load } from '../loading.mjs';
import { LINES } from '../page.mjs';

export async function measure(browser) {
  const { own, baseline } = await load(browser, LINES.slow4g);
  return [
    ['interactive', own.interactive, 'ms'],
    ['first contentful paint', own.firstPaint, 'ms'],
    ['layout shift', own.shift, ''],
    ['bare page, interactive', baseline.interactive, 'ms'],
  ];
}
