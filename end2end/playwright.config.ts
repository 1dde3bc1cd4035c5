import { defineConfig } from '@playwright/test';

/** Debian's Chromium, so that nothing has to be downloaded; a switch for each thing that it would do by itself. */
const chromium = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export default defineConfig({
  testDir: 'specs',
  fullyParallel: true,
  workers: Number(process.env.PLAYWRIGHT_WORKERS ?? 2),
  // What fails is run once more: a test that passes then is told of as flaky, with what went wrong, at the end.
  retries: 1,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/results.json' }]],
  use: {
    launchOptions: chromium,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
    // A trace costs a third of a test's time, and holds pages in the background awake, which browsers let sleep.
    trace: 'on-first-retry',
  },
  projects: [
    { name: 'chromium', testIgnore: ['screenshots.spec.ts', 'components.spec.ts'] },
    // The components have a page of their own only where there is a developer to look at it.
    { name: 'development', testMatch: ['components.spec.ts', 'walk.spec.ts'] },
    { name: 'screenshots', testMatch: 'screenshots.spec.ts' },
  ],
});
