import { expectAccessible, WIDTHS } from '../harness/accessible.ts';
import { Chat, connected, connectionPill, hydrated } from '../harness/chat.ts';
import { openMenu } from '../harness/menu.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test } from '../harness/test.ts';

for (const look of WIDTHS) {
  const name = `at ${look.viewport.width} px`;

  test(`the pages before signing in, ${name}`, async ({ visit, noise }) => {
    noise.expect(/nowhere.* 404/, /Failed to load resource.*404/);
    const page = await visit(look);
    for (const path of ['/sign-in', '/sign-in?ended=1', '/sign-up', '/terms', '/nowhere']) {
      await page.goto(path);
      await hydrated(page);
      await expectAccessible(page, path);
    }
    for (const path of ['/sign-in', '/sign-up']) {
      await page.goto(path);
      await hydrated(page);
      await page.getByRole('button', { name: /^(Sign in|Create account)$/ }).click();
      await expect(page.getByRole('alert').getByRole('link').first()).toBeVisible();
      await expectAccessible(page, `${path} with errors`);
      await page.context().setOffline(true);
      await expect(page.getByText(/^You're offline\./)).toBeVisible();
      await expectAccessible(page, `${path} offline`);
      await page.context().setOffline(false);
    }
  });

  test(`the general room in its states, ${name}`, async ({ join, noise, line }) => {
    noise.expect(...LOST_LINE, / 500\b/);
    const { page, chat } = await join('Amina K', look);
    await expectAccessible(page, 'empty');
    const jonas = await join('Jonas R');
    await jonas.chat.send('**Bold**, a [link](https://example.com), `code`\n\n> a quote\n\n- a list');
    await chat.send('One');
    await chat.send('Two');
    await jonas.chat.composer.pressSequentially('typing');
    await expect(chat.typing).not.toHaveText('');
    await expectAccessible(page, 'messages and typing');
    await chat.composer.fill('ö'.repeat(3_950));
    await expectAccessible(page, 'the counter');
    await chat.composer.fill('');
    await page.route('**/api/chat/messages', (route) => route.fulfill({ status: 500, body: '{}' }));
    await chat.send('refused');
    await expect(chat.log.getByRole('button', { name: 'Retry' })).toBeVisible();
    await expectAccessible(page, 'a message that was not sent');
    await page.unroute('**/api/chat/messages');
    line.cut();
    await expect(page.getByRole('button', { name: 'Retry now' })).toBeVisible();
    await expectAccessible(page, 'reconnecting');
    line.repair();
    await page.getByRole('button', { name: 'Retry now' }).click();
    await expect(connectionPill(page)).toHaveText(/Connected/);
    await connectionPill(page).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await expectAccessible(page, 'the dialog of the connection');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await openMenu(page);
    await expectAccessible(page, 'the menu');
  });

  test(`notifications in their states, ${name}`, async ({ join }) => {
    const { page } = await join('Amina K', look);
    const jonas = await join('Jonas R');
    await page.goto('/notifications');
    await connected(page);
    await expect(page.getByText('You\'re all caught up.')).toBeVisible();
    await expectAccessible(page, 'no notifications');
    await jonas.chat.send('@Amina K the first');
    await jonas.chat.send('@Amina K the second');
    await expect(page.getByRole('article')).toHaveCount(2);
    await page.getByRole('article').first().getByRole('button').click();
    await expectAccessible(page, 'one read, one unread');
    await page.getByRole('button', { name: 'Mark all read' }).click();
    await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
    await expectAccessible(page, 'a toast over them');
    await page.getByRole('tab', { name: 'Money' }).click();
    await expect(page.getByText('No money has moved yet.')).toBeVisible();
    await expectAccessible(page, 'nothing of a filter');
  });

  test(`settings, section by section, ${name}`, async ({ join, noise }) => {
    noise.expect(/ 422\b/, /settings\/none.* 404/, /Failed to load resource.*404/);
    const { page, account } = await join('Amina K', look);
    const jonas = await join('Jonas R');
    const { id } = (await jonas.account.api('GET', '/api/user')) as { id: number };
    await account.api('POST', `/api/people/${id}/block`);
    for (const section of ['', '/appearance', '/notifications', '/chat', '/privacy', '/accessibility', '/security', '/none']) {
      await page.goto(`/settings${section}`);
      await connected(page);
      await expectAccessible(page, section);
    }
    await page.goto('/settings');
    await connected(page);
    await page.getByRole('textbox', { name: 'What you do' }).fill('x'.repeat(61));
    await page.getByRole('textbox', { name: 'What you do' }).blur();
    await expect(page.getByText('Not saved.')).toBeVisible();
    await expectAccessible(page, 'a refused change');
  });

  test(`people and a profile, ${name}`, async ({ join }) => {
    const { page } = await join('Amina K', look);
    await page.goto('/people');
    await connected(page);
    await expectAccessible(page, 'nobody else');
    const jonas = await join('Jonas R');
    await expect(page.getByRole('button', { name: 'Jonas R', exact: true })).toBeVisible();
    await jonas.account.api('PUT', '/api/presence', { status: 'do_not_disturb' });
    await expect(page.getByRole('region', { name: /^Do not disturb/ })).toBeVisible();
    await expectAccessible(page, 'somebody who is not to be disturbed');
    await page.getByRole('button', { name: 'Jonas R', exact: true }).click();
    await expect(page.getByRole('dialog', { name: 'Jonas R' })).toContainText('Member since');
    await expectAccessible(page, 'a profile');
    await page.getByRole('button', { name: 'Block' }).click();
    await expect(page.getByRole('alertdialog')).toBeVisible();
    await expectAccessible(page, 'a question');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('alertdialog')).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await page.getByRole('searchbox', { name: 'Filter people' }).fill('nobody');
    await expect(page.getByText('Nobody matches “nobody”.')).toBeVisible();
    await expectAccessible(page, 'nobody found');
  });
}

for (const look of WIDTHS) {
  test(`a conversation of two in its states, at ${look.viewport.width} px`, async ({ join }) => {
    const [amina, jonas] = await Promise.all([join('Amina K', look), join('Jonas R')]);
    const { page } = amina;
    await page.goto(`/chat/${await jonas.account.id()}`);
    await hydrated(page);
    const [withJonas, withAmina] = [new Chat(page, 'Jonas R'), new Chat(jonas.page, 'Amina K')];
    await expectAccessible(page, 'before the first word');
    await withJonas.send('Shall we?');
    await withJonas.settled();
    await jonas.page.goto(`/chat/${await amina.account.id()}`);
    await hydrated(jonas.page);
    await withAmina.message('Shall we?').focus();
    await jonas.page.keyboard.press('r');
    await expect(jonas.page.getByText('Replying to Amina K: Shall we?')).toBeVisible();
    await withAmina.send('Yes');
    await jonas.account.api('POST', `/api/chat/messages/${(await jonas.account.sayTo(amina.account, 'More')).id}/reactions`, { emoji: '👍' });
    await expect(withJonas.message('More').getByRole('button', { name: 'Thumbs up 1' })).toBeVisible();
    await withJonas.message('Shall we?').first().focus();
    await expectAccessible(page, 'messages, an answer, a reaction, and what can be done');
    await page.keyboard.press('e');
    await expect(withJonas.composer).toHaveValue('Shall we?');
    await expectAccessible(page, 'an edit');
    await page.keyboard.press('Escape');
    await expect(withJonas.composer).toHaveValue('');
    await withJonas.message('Shall we?').first().focus();
    await page.keyboard.press('Delete');
    await expect(page.getByRole('alertdialog')).toBeVisible();
    await expectAccessible(page, 'the question before a deletion');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('alertdialog')).toBeHidden();
    await page.getByRole('button', { name: 'Conversation', exact: true }).click();
    await page.getByRole('menuitem', { name: /^Block/ }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click();
    await expect(page.getByText('You have blocked Jonas R.')).toBeVisible();
    await expectAccessible(page, 'blocked');
  });
}

test('the first Tab leads to the skip link, and that to the content', async ({ join }) => {
  const { page } = await join('Amina K');
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);
});

test('everything is reached and left by keyboard alone, and the focus is always seen', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await chat.composer.focus();
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Enter');
  await chat.settled();
  // From the top: a walk begins where the focus was last, also after it was taken away.
  await page.reload();
  await hydrated(page);
  const reached: string[] = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const style = getComputedStyle(element);
      const isMarked = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || element.matches(':focus-within > textarea');
      return { what: element.getAttribute('aria-label') ?? element.textContent?.trim() ?? element.tagName, isMarked };
    });
    if (!focused) break;
    expect(focused.isMarked, `the focus on "${focused.what}" is seen`).toBe(true);
    reached.push(focused.what);
  }
  expect(reached.length).toBeGreaterThan(5);
  expect(reached.some((it) => it.startsWith('Messages in General')), 'the list has a tab stop').toBe(true);
  expect(new Set(reached).size, 'the walk came to its end').toBeGreaterThan(reached.length / 2);
});

test('the arrows walk through the messages, and Escape leads back to writing', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  await chat.settled();
  await chat.log.focus();
  const focused = () => page.evaluate(() => document.activeElement?.closest('article')?.textContent ?? '');
  await page.keyboard.press('ArrowUp');
  await expect.poll(focused).toContain('three');
  await page.keyboard.press('ArrowUp');
  await expect.poll(focused).toContain('two');
  await page.keyboard.press('ArrowDown');
  await expect.poll(focused).toContain('three');
  await page.keyboard.press('Escape');
  await expect(chat.composer).toBeFocused();
});

test('the arrows begin at what is in view, not at the end of the list', async ({ join }) => {
  const { page, chat, account } = await join('Amina K');
  for (let number = 1; number <= 40; number += 1) await account.say(`line ${number}.`);
  await expect(chat.message('line 40.')).toBeVisible();
  await chat.message('line 5.').evaluate((it) => it.scrollIntoView({ block: 'start' }));
  await chat.log.focus();
  await page.keyboard.press('ArrowUp');
  const focused = page.locator('article:focus');
  await expect(focused).toBeInViewport();
  await expect(focused).not.toContainText('line 40.');
});

test('new messages are spoken once by the announcer, and the list itself is silent', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await expect(amina.chat.log).toHaveAttribute('aria-live', 'off');
  await jonas.chat.send('Budget raised');
  await expect(amina.page.getByRole('status').filter({ hasText: 'Jonas R: Budget raised' })).toHaveCount(1);
  await expect(jonas.page.getByRole('status').filter({ hasText: 'Budget raised' })).toHaveCount(0);
  // As it is read, not as it was written.
  await jonas.chat.send('by **half**, see `plan.csv`');
  await expect(amina.page.getByRole('status').filter({ hasText: 'Jonas R: by half, see plan.csv' })).toHaveCount(1);
});

test('the title names the place', async ({ join }) => {
  const { page } = await join('Amina K');
  await expect(page).toHaveTitle(/General · SmartLink$/);
});
