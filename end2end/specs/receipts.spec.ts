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
