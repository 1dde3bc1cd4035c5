import { expectAccessible } from '../harness/accessible.ts';
import { Chat, connected, conversationWith, hydrated, writeTo } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

test('an answer shows what it answers, and leads there', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('Who takes the budget?');
  const asked = jonas.chat.message('Who takes the budget?');
  await asked.hover();
  await asked.getByRole('button', { name: 'Reply' }).click();
  await expect(jonas.page.getByText('Replying to Amina K: Who takes the budget?')).toBeVisible();
  await expect(jonas.chat.composer).toBeFocused();
  await jonas.chat.send('I do');
  await expect(jonas.page.getByText('Replying to')).toHaveCount(0);
  const answer = amina.chat.message('I do');
  const quote = answer.getByRole('button', { name: /^Answers You Who takes the budget\?/ });
  await quote.click();
  await expect(amina.chat.articles.first()).toBeFocused();
  await jonas.chat.settled();
  await jonas.chat.composer.press('ArrowUp');
  await expect(jonas.chat.composer).toHaveValue('I do');
  await jonas.chat.send('I do, gladly');
  await expect(amina.chat.message('I do, gladly').getByRole('button', { name: /^Answers You/ })).toBeVisible();
});

test('a message is changed by its author, by the arrow, and everybody sees that', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('The budegt is up');
  await amina.chat.settled();
  await amina.chat.composer.press('ArrowUp');
  await expect(amina.chat.composer).toHaveValue('The budegt is up');
  await amina.chat.composer.fill('The budget is up');
  await amina.page.getByRole('button', { name: 'Save', exact: true }).click();
  for (const { chat } of [amina, jonas]) await expect(chat.message('The budget is up')).toContainText('(edited)');
  await expect(amina.chat.composer).toHaveValue('');
  const changed = jonas.chat.message('The budget is up');
  await changed.getByRole('button', { name: '(edited)' }).click();
  await expect(jonas.page.getByRole('dialog', { name: 'Earlier versions' })).toContainText('The budegt is up');
  await jonas.page.keyboard.press('Escape');
  await expect(jonas.page.getByRole('dialog')).toBeHidden();
  await changed.hover();
  await expect(changed.getByRole('button', { name: 'Reply' })).toBeVisible();
  await expect(changed.getByRole('button', { name: 'Edit', exact: true })).toHaveCount(0);
});

test('leaving an edit brings the draft back', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await chat.send('said');
  await chat.settled();
  await chat.composer.fill('half a thought');
  await chat.message('said').hover();
  await chat.message('said').getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(chat.composer).toHaveValue('said');
  await chat.composer.press('Escape');
  await expect(chat.composer).toHaveValue('half a thought');
  await page.reload();
  await hydrated(page);
  await expect(chat.composer).toHaveValue('half a thought');
});

test('what can’t be changed any more stays in the composer, with the reason', async ({ join, noise }) => {
  noise.expect(/ 409\b/);
  const { chat, account } = await join('Amina K');
  await chat.send('soon gone');
  await chat.settled();
  await chat.composer.press('ArrowUp');
  await chat.composer.fill('changed too late');
  const [message] = await account.history();
  await account.api('DELETE', `/api/chat/messages/${message.id}`);
  await chat.composer.press('Enter');
  await expect(chat.page.getByText(/^Not changed\..*was deleted/)).toBeVisible();
  await expect(chat.composer).toHaveValue('changed too late');
});

test('a deletion is asked for, can be taken back, and then everybody sees it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('Oops');
  await expect(jonas.chat.message('Oops')).toBeVisible();
  const remove = async () => {
    await amina.chat.message('Oops').hover();
    await amina.chat.message('Oops').getByRole('button', { name: 'More' }).click();
    await amina.page.getByRole('menuitem', { name: 'Delete' }).click();
    await amina.page.getByRole('alertdialog', { name: 'Delete this message?' }).getByRole('button', { name: 'Delete' }).click();
    await expect(amina.chat.articles.filter({ hasText: 'Message deleted' })).toHaveCount(1);
  };
  await remove();
  await amina.page.getByRole('button', { name: 'Undo' }).click();
  await expect(amina.chat.message('Oops')).toBeVisible();
  await expect(jonas.chat.message('Oops')).toBeVisible();
  await remove();
  await expect(amina.page.locator('body')).not.toBeFocused();
  await expect(jonas.chat.articles.filter({ hasText: 'Message deleted' })).toHaveCount(1);
  await expect(jonas.chat.message('Oops')).toHaveCount(0);
  await jonas.page.reload();
  await connected(jonas.page);
  await expect(jonas.chat.articles.filter({ hasText: 'Message deleted' })).toHaveAccessibleName(/^Amina K, deleted, /);
});

test('a message whose deletion was not taken back is deleted also if the page is closed', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('Oops');
  await amina.chat.settled();
  await amina.chat.message('Oops').focus();
  await amina.page.keyboard.press('Delete');
  await amina.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(amina.chat.articles.filter({ hasText: 'Message deleted' })).toHaveCount(1);
  const context = amina.page.context();
  await amina.page.close();
  await (await context.newPage()).goto('/');
  await expect(jonas.chat.articles.filter({ hasText: 'Message deleted' })).toHaveCount(1);
});

test('reactions are set and taken back, and counted for everybody', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('It is live');
  const message = jonas.chat.message('It is live');
  await message.hover();
  await message.getByRole('button', { name: 'React' }).click();
  await jonas.page.getByRole('dialog', { name: 'Reactions' }).getByRole('button', { name: 'Thumbs up' }).click();
  await expect(message.getByRole('button', { name: 'Thumbs up 1', pressed: true })).toBeVisible();
  const other = amina.chat.message('It is live').getByRole('button', { name: /^Thumbs up/ });
  await expect(other).toHaveAccessibleName('Thumbs up 1');
  await other.click();
  await expect(message.getByRole('button', { name: 'Thumbs up 2', pressed: true })).toHaveAttribute('title', 'You, Amina K');
  await message.getByRole('button', { name: 'Thumbs up 2' }).click();
  await expect(other).toHaveAccessibleName('Thumbs up 1');
  await other.click();
  await expect(other).toHaveCount(0);
});

test('any emoji is found by its name, in the tone that one has chosen', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page, account, chat } = await join('Amina K');
  await account.api('PATCH', '/api/settings', { chat: { skin_tone: 5 } });
  await chat.send('Who is in?');
  await chat.settled();
  await page.route('**/emoji.json', (route) => route.fulfill({ status: 500, body: '' }));
  await chat.message('Who is in?').focus();
  await page.keyboard.press('+');
  const picker = page.getByRole('dialog', { name: 'Reactions' });
  await expect(picker.getByRole('button').first()).toBeFocused();
  await expect(picker.getByRole('button', { name: 'Thumbs up' })).toHaveText(/👍🏿/);
  await page.keyboard.type('raising');
  await expect(picker.getByRole('searchbox', { name: 'Search emoji' })).toHaveValue('raising');
  await expect(picker.getByRole('alert')).toContainText('Couldn\'t load emoji.');
  await page.unroute('**/emoji.json');
  await picker.getByRole('button', { name: 'Try again' }).click();
  await expect(picker.getByRole('button', { name: 'person raising hand' })).toBeVisible();
  await picker.getByRole('searchbox').fill('qqq');
  await expect(picker.getByText('No emoji matches “qqq”.')).toBeVisible();
  await picker.getByRole('searchbox').fill('raised hand');
  await expect(picker.getByRole('button', { name: 'raised hand', exact: true })).toBeVisible();
  await picker.getByRole('searchbox').press('ArrowDown');
  await expect(picker.getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(picker.getByRole('searchbox')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(picker).toBeHidden();
  await expect(chat.message('Who is in?').getByRole('button', { pressed: true })).toHaveCount(1);
  await expect(chat.message('Who is in?').getByRole('button', { pressed: true })).toContainText('🏿');
});

test('a reaction that the server does not take is taken back', async ({ join, noise }) => {
  noise.expect(/ 500\b/);
  const { page, chat } = await join('Amina K');
  await chat.send('It is live');
  await chat.settled();
  await page.route('**/reactions', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500}' }));
  await chat.message('It is live').focus();
  await page.keyboard.press('+');
  await expect(page.getByRole('dialog', { name: 'Reactions' }).getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Your reaction was not kept.' })).toBeVisible();
  await expect(chat.message('It is live').getByRole('button', { name: /^Heart/, pressed: true })).toHaveCount(0);
});

test('a link to a message opens it with those around it, and one to nothing says so', async ({ join, noise }) => {
  noise.expect(/ 404\b/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  for (let number = 1; number <= 120; number += 1) await jonas.account.say(`line ${number}.`);
  const messages = await jonas.account.history();
  const named = (body: string) => messages.find((it: { body: string }) => it.body === body);
  const tenth = named('line 10.');
  // Whatever of it she has seen go by: what is unread would be shown first.
  await amina.account.api('POST', `/api/chat/messages/${named('line 120.').id}/read`);
  await amina.page.goto(`/chat?at=${tenth.id}`);
  await hydrated(amina.page);
  await expect(amina.chat.message('line 10.')).toBeInViewport();
  await expect(amina.chat.message('line 10.')).toBeFocused();
  await expect(amina.chat.jumpButton).toBeVisible();
  await amina.page.keyboard.press('c');
  await expect(amina.page.getByText('Link copied.')).toBeVisible();
  expect(await amina.page.evaluate(() => navigator.clipboard.readText())).toMatch(new RegExp(`/chat\\?at=${tenth.id}$`));
  await amina.page.goto('/chat?at=999999');
  await hydrated(amina.page);
  await expect(amina.page.getByText('That message can\'t be found here.')).toBeVisible();
  await expect(amina.chat.message('line 120.')).toHaveCount(1);
});

test('keys on a message: walk, answer, edit, the menu, and back to writing', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  await chat.settled();
  await chat.log.focus();
  await page.keyboard.press('ArrowUp');
  await expect(chat.message('three')).toBeFocused();
  await page.keyboard.press('k');
  await expect(chat.message('two')).toBeFocused();
  await page.keyboard.press('r');
  await expect(page.getByText('Replying to yourself: two')).toBeVisible();
  await expect(chat.composer).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByText('Replying to')).toHaveCount(0);
  await chat.message('two').focus();
  await page.keyboard.press('Enter');
  const menu = page.getByRole('menu', { name: 'More' });
  await expect(menu.getByRole('menuitem', { name: 'Reply' })).toBeFocused();
  await expectAccessible(page, 'the menu of a message');
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await page.keyboard.press('e');
  await expect(chat.composer).toHaveValue('two');
});

test('what is marked unread from a message stays unread until one comes back', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  for (const text of ['one', 'two', 'three']) await jonas.account.sayTo(amina.account, text);
  await conversationWith(amina.page, 'Jonas R').click();
  const chat = new Chat(amina.page, 'Jonas R');
  await expect(conversationWith(amina.page, 'Jonas R')).not.toHaveAccessibleName(/unread/);
  await expect(amina.page).toHaveTitle('Jonas R · SmartLink');
  await chat.message('two').focus();
  await amina.page.keyboard.press('u');
  await expect(conversationWith(amina.page, 'Jonas R')).toHaveAccessibleName(/2 unread$/);
  await expect(amina.page).toHaveTitle('(2) Jonas R · SmartLink');
  await amina.page.getByRole('link', { name: 'General' }).click();
  await expect(conversationWith(amina.page, 'Jonas R')).toHaveAccessibleName(/2 unread$/);
  await conversationWith(amina.page, 'Jonas R').click();
  await expect(chat.unreadLine).toBeVisible();
  await expect(conversationWith(amina.page, 'Jonas R')).not.toHaveAccessibleName(/unread/);
});

test('somebody is named with an @, found while one types, and sees it', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.composer.pressSequentially('Ask @jo');
  const people = amina.page.getByRole('listbox', { name: 'People' });
  await expect(people.getByRole('option', { name: 'Jonas R' })).toBeVisible();
  await expectAccessible(amina.page, 'the list of people to name');
  await amina.chat.composer.press('Tab');
  await expect(amina.chat.composer).toHaveValue('Ask @Jonas R ');
  await amina.chat.composer.pressSequentially('for it');
  await amina.chat.composer.press('Enter');
  await expect(jonas.chat.message('Ask @Jonas R for it')).toHaveAttribute('data-mention', 'true');
  await expect(amina.chat.message('Ask @Jonas R for it')).not.toHaveAttribute('data-mention', 'true');
  await amina.chat.composer.pressSequentially('@jo');
  await expect(people).toBeVisible();
  await amina.chat.composer.press('Escape');
  await expect(people).toHaveCount(0);
  await expect(amina.chat.composer).toHaveValue('@jo');
});

test('an emoji is written by its name, in the tone that one has chosen', async ({ join }) => {
  const { page, chat, account } = await join('Amina K');
  await account.api('PATCH', '/api/settings', { chat: { skin_tone: 3 } });
  await chat.composer.pressSequentially('Off we go :rocket');
  const list = page.getByRole('listbox', { name: 'Emoji' });
  await expect(list.getByRole('option', { name: 'rocket' })).toBeVisible();
  await expectAccessible(page, 'the list of emoji to write');
  await chat.composer.press('Enter');
  await expect(chat.composer).toHaveValue('Off we go 🚀 ');
  await chat.composer.pressSequentially(':thumbsup');
  await list.getByRole('option').first().click();
  await expect(chat.composer).toHaveValue('Off we go 🚀 👍🏽 ');
  await chat.composer.pressSequentially('at 10:30 :nosuchthing');
  await expect(list).toHaveCount(0);
  await chat.composer.press('Enter');
  await expect(chat.message('Off we go 🚀 👍🏽 at 10:30 :nosuchthing')).toBeVisible();
});

test('between two people messages are answered, changed and deleted all the same', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const withJonas = await writeTo(amina.page, 'Jonas R');
  await withJonas.send('just for you');
  await conversationWith(jonas.page, 'Amina K').click();
  const withAmina = new Chat(jonas.page, 'Amina K');
  await withAmina.message('just for you').focus();
  await jonas.page.keyboard.press('r');
  await expect(jonas.page.getByText('Replying to Amina K: just for you')).toBeVisible();
  await withAmina.send('thank you');
  await expect(withJonas.message('thank you').getByRole('button', { name: /^Answers You just for you/ })).toBeVisible();
  await withJonas.settled();
  await withJonas.composer.press('ArrowUp');
  await expect(withJonas.composer).toHaveValue('just for you');
  await withJonas.send('just for you, Jonas');
  await expect(withAmina.message('just for you, Jonas')).toHaveCount(2); // itself, and its quote
  await expect(conversationWith(amina.page, 'Jonas R')).toContainText('thank you');
});
