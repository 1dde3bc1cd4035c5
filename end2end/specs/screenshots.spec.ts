// Pictures of every screen, for looking at: `npm run screenshots`, then end2end/screenshots.

import { Chat, hydrated } from '../harness/chat.ts';
import { openMenu } from '../harness/menu.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

for (const width of [390, 768, 1280, 1920]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${colorScheme} at ${width} px`, async ({ visit, join, line, noise }) => {
      noise.expect(...LOST_LINE, / (404|500)\b/);
      const look = { colorScheme, viewport: { width, height: width < 500 ? 844 : 900 } };
      const shoot = (page: typeof guest, name: string) =>
        page.screenshot({ path: `screenshots/${name}-${width}-${colorScheme}.png`, animations: 'disabled' });

      const guest = await visit(look);
      for (const [path, name] of [['/sign-in', 'sign-in'], ['/sign-up', 'sign-up'], ['/nowhere', 'not-found']]) {
        await guest.goto(path);
        await hydrated(guest);
        await shoot(guest, name);
      }
      await guest.goto('/sign-up');
      await hydrated(guest);
      await guest.getByRole('button', { name: 'Create account' }).click();
      await expect(guest.getByRole('alert').getByRole('link').first()).toBeVisible();
      await shoot(guest, 'sign-up-errors');

      const { page, chat, account } = await join('Amina K', look);
      await shoot(page, 'chat-empty');
      const [jonas, mei] = await Promise.all([join('Jonas R'), join('Mei D')]);
      await jonas.chat.send('The autumn campaign is live. **Dashboard** link: [here](https://example.com/autumn)');
      await jonas.chat.send('Two things left:\n\n- the budget for Q4\n- the `utm_source` of the newsletter');
      await chat.send('I take the budget.');
      await mei.chat.send('> the `utm_source` of the newsletter\n\nDone. It was this:\n\n```\n?utm_source=newsletter&utm_campaign=autumn\n```');
      await chat.settled();
      await jonas.chat.composer.pressSequentially('Thank you');
      await expect(chat.typing).not.toHaveText('');
      await shoot(page, 'chat');
      await mei.account.sayTo(account, 'The invoice is here');
      await page.goto(`/chat/${await mei.account.id()}`);
      await hydrated(page);
      const direct = new Chat(page, 'Mei D');
      await direct.send('Thank you. I send the second part later today.');
      await direct.settled();
      await direct.message('The invoice is here').focus();
      await page.keyboard.press('Enter');
      await shoot(page, 'direct');
      await page.keyboard.press('Escape');
      await page.goto('/');
      await hydrated(page);
      await openMenu(page);
      await shoot(page, 'menu');
      await page.keyboard.press('Escape');
      for (const name of ['people', 'notifications', 'settings', 'settings/notifications', 'settings/privacy']) {
        await page.goto(`/${name}`);
        await hydrated(page);
        await shoot(page, name.replace('/', '-'));
      }
      await page.goto('/');
      await hydrated(page);
      await page.route('**/api/chat/messages', (route) => route.fulfill({ status: 500, body: '{}' }));
      await chat.send('This one fails.');
      await expect(chat.log.getByRole('button', { name: 'Retry' })).toBeVisible();
      await page.unroute('**/api/chat/messages');
      line.cut();
      await chat.send('This one waits.');
      await expect(page.getByRole('button', { name: 'Retry now' })).toBeVisible();
      await shoot(page, 'chat-reconnecting');
    });
  }
}
