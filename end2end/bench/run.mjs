// `cargo xtask bench browser` calls this for each run of a row: `node bench/run.mjs <row>`. Prints the figures as JSON.

import { launchBrowser } from '../harness/page.mjs';

const row = process.argv[2];
const { measure } = await import(`./rows/${row}.mjs`);

const browser = await launchBrowser();
try {
  const figures = await measure(browser);
  console.log(JSON.stringify(figures.map(([name, value, unit]) => ({ name, value, unit }))));
} finally {
  await browser.close();
}
