import { Chat, connected, conversationWith, writeTo } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

test('ticks tell that a message was sent, has arrived, and was read', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const context = jonas.page.context();
  await jonas.page.close();
  const withJonas = await writeTo(amina.page, 'Jonas R');
  await withJonas.send('Are you there?');
  const message = withJonas.message('Are you there?');
  await expect(message).toHaveAccessibleName(/^You, sent, \d\d:\d\d$/);
  const page = await context.newPage();
  await page.goto('/');
  await connected(page);
  await expect(message).toHaveAccessibleName(/^You, delivered, /);
  await conversationWith(page, 'Amina K').click();
  await expect(message).toHaveAccessibleName(/^You, read, /);
  await expect(message).toContainText(/Read \d\d:\d\d/);
  // The last one alone says when.
  await withJonas.send('Good');
  await expect(withJonas.message('Good')).toHaveAccessibleName(/^You, read, /);
  await expect(withJonas.log.getByText(/^Read \d\d:\d\d$/)).toHaveCount(1);
  await amina.page.reload();
  await expect(withJonas.message('Good')).toHaveAccessibleName(/^You, read, /);
});

test('who keeps receipts to themselves neither shows nor sees them', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await jonas.account.api('PATCH', '/api/settings', { privacy: { read_receipts: false } });
  const withJonas = await writeTo(amina.page, 'Jonas R');
  await withJonas.send('Seen?');
  await conversationWith(jonas.page, 'Amina K').click();
  const withAmina = new Chat(jonas.page, 'Amina K');
  await expect(withAmina.message('Seen?')).toBeVisible();
  await withAmina.send('Maybe');
  await expect(withJonas.message('Maybe')).toBeVisible();
  await expect(conversationWith(jonas.page, 'Amina K')).not.toHaveAccessibleName(/unread/);
  await expect(withJonas.message('Seen?')).toHaveAccessibleName(/^You, delivered, /);
});

test('in the room one’s last message tells who has read it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('first');
  await amina.chat.send('Read this, all');
  await expect(jonas.chat.message('Read this, all')).toBeVisible();
  const readers = (count: string) => amina.chat.message('Read this, all').getByRole('button', { name: `Read by ${count}` });
  await expect(readers('1 person')).toBeVisible();
  await expect(amina.chat.message('first').getByRole('button', { name: /^Read by/ })).toHaveCount(0);
  await readers('1 person').click();
  await expect(amina.page.getByRole('dialog', { name: 'Read by' })).toContainText(/Jonas R ?\d\d:\d\d/);
});

test('Shift+Esc marks all conversations as read, once one agrees', async ({ join }) => {
  const [amina, jonas, mei] = await Promise.all([join('Amina K'), join('Jonas R'), join('Mei D')]);
  await (await writeTo(jonas.page, 'Amina K')).send('Lunch?');
  await (await writeTo(mei.page, 'Amina K')).send('The numbers are in');
  const other = await amina.page.context().newPage();
  await other.goto('/people');
  await connected(other);
  for (const name of ['Jonas R', 'Mei D']) {
    await expect(conversationWith(amina.page, name)).toHaveAccessibleName(/unread/);
  }
  await amina.chat.composer.fill('half a thought');
  const question = amina.page.getByRole('alertdialog', { name: 'Mark all conversations as read?' });
  await amina.chat.composer.press('Shift+Escape');
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await amina.page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(amina.chat.composer).toBeFocused();
  await expect(conversationWith(amina.page, 'Jonas R')).toHaveAccessibleName(/unread/);

  await amina.chat.composer.press('Shift+Escape');
  await question.getByRole('button', { name: 'Mark all as read' }).click();
  await expect(amina.page.getByRole('status').filter({ hasText: '2 conversations marked as read.' })).toBeVisible();
  for (const name of ['Jonas R', 'Mei D']) {
    await expect(conversationWith(amina.page, name)).not.toHaveAccessibleName(/unread/);
  }
  await expect(other.getByRole('link', { name: /^Chat\b.*unread/ })).toHaveCount(0);
  await expect(amina.chat.composer).toHaveValue('half a thought');
  const { direct } = await amina.account.api('GET', '/api/chat/conversations');
  expect(direct.map((it: { unread_count: number }) => it.unread_count)).toEqual([0, 0]);
});
