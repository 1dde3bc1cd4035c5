import { Chat } from '../harness/chat.ts';
import { expect, test } from '../harness/test.ts';

test('each sees the other’s message', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.send('The autumn campaign is live.');
  await expect(jonas.chat.message('The autumn campaign is live.')).toBeVisible();
  await jonas.chat.send('Looks good');
  await expect(amina.chat.message('Looks good')).toBeVisible();
  await expect(amina.chat.message('The autumn campaign is live.')).toHaveAccessibleName(/^You, sent, \d\d:\d\d$/);
});

test('a message is written with Enter or the button, a line with Shift and Enter', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.composer.fill('first line');
  await amina.chat.composer.press('Shift+Enter');
  await amina.chat.composer.pressSequentially('second line');
  await amina.chat.sendButton.click();
  await expect(jonas.chat.message('first line')).toContainText('second line');
  await expect(amina.chat.composer).toHaveValue('');
  await expect(amina.chat.composer).toBeFocused();
});

test('nothing is sent when there is nothing to send', async ({ join }) => {
  const { chat, account } = await join('Amina K');
  await chat.send('   ');
  await chat.send('something');
  await chat.settled();
  await expect(chat.articles).toHaveCount(1);
  expect(await account.history()).toHaveLength(1);
});

test('typing shows who types, and ends with the message', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.composer.pressSequentially('Budget for Q4');
  await expect(jonas.chat.typing).toHaveText('Amina K is typing…');
  expect((await amina.chat.typing.textContent())?.trim()).toBe('');
  const typing = await jonas.chat.typingAtMessage('Budget for Q4');
  await amina.chat.composer.press('Enter');
  expect(await typing(), 'at once, not when the lease ends').toBe('');
});

test('a message overtakes no typing notice that is still on its way', async ({ join }) => {
  const [amina, jonas, mei] = await Promise.all([join('Amina K'), join('Jonas R'), join('Mei D')]);
  const notices: Promise<void>[] = [];
  await amina.page.route('**/api/chat/typing', (route) => {
    const notice = route.fetch().then(() => route.fulfill({ status: 204 }));
    notices.push(notice);
    return notice;
  });
  await amina.chat.send('written in one go');
  await expect(jonas.chat.message('written in one go')).toBeVisible();
  await Promise.all(notices);
  const typing = await jonas.chat.typingAtMessage('what comes last');
  await mei.account.say('what comes last');
  expect(await typing()).toBe('');
});

test('the composer grows with its text, also where the browser leaves that to the page', async ({ join }) => {
  const { page, chat } = await join('Amina K');
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('.composer__text { field-sizing: fixed }');
    document.adoptedStyleSheets.push(sheet);
    CSS.supports = () => false;
  });
  const lines = () => chat.composer.evaluate((it) => Math.round(it.clientHeight / parseFloat(getComputedStyle(it).lineHeight)));
  await chat.composer.fill('one line');
  expect(await lines()).toBe(2); // with the padding
  await chat.composer.fill('a line without a break '.repeat(20));
  expect(await lines()).toBeGreaterThan(3);
  await chat.composer.fill('a line without a break '.repeat(150));
  expect(await lines()).toBe(9);
});

test('typing ends by itself when nothing more is typed', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await amina.chat.composer.pressSequentially('hm');
  await expect(jonas.chat.typing).toHaveText('Amina K is typing…');
  await expect(jonas.chat.typing).toHaveText('');
});

test('several people typing are named, and many are counted as several', async ({ join }) => {
  const [reader, ...writers] = await Promise.all(['Reader', 'Amina', 'Jonas', 'Mei', 'Omar'].map((it) => join(it)));
  const [amina, jonas] = writers;
  await amina.chat.composer.pressSequentially('a');
  await expect(reader.chat.typing).toHaveText('Amina is typing…');
  await jonas.chat.composer.pressSequentially('a');
  await expect(reader.chat.typing).toHaveText('Amina and Jonas are typing…');
  await Promise.all(writers.map((it) => it.chat.composer.pressSequentially('more')));
  await expect(reader.chat.typing).toHaveText('Several people are typing…');
});

test('people come and go, however many tabs they have', async ({ join }) => {
  const amina = await join('Amina K');
  const online = (page: typeof amina.page, count: number) => expect(page.getByText(`${count} online`)).toBeVisible();
  await online(amina.page, 1);
  const jonas = await join('Jonas R');
  await online(amina.page, 2);
  await online(jonas.page, 2);
  const secondTab = await jonas.page.context().newPage();
  await secondTab.goto('/');
  await online(secondTab, 2);
  await jonas.page.close();
  await amina.chat.send('still two?');
  await expect(new Chat(secondTab).message('still two?')).toBeVisible();
  await online(amina.page, 2);
  await secondTab.close();
  await online(amina.page, 1);
});

test('messages of one person in a row are grouped under one name', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  for (const text of ['one', 'two', 'three']) await amina.chat.send(text);
  await expect(jonas.chat.articles).toHaveCount(3);
  await expect(jonas.chat.log.getByText('Amina K', { exact: true }).filter({ visible: true })).toHaveCount(1);
});

test('two tabs of one person show the same messages', async ({ join }) => {
  const amina = await join('Amina K');
  const other = await amina.page.context().newPage();
  await other.goto('/');
  await amina.chat.send('seen twice');
  await expect(other.getByRole('article', { name: /^You, sent/ }).filter({ hasText: 'seen twice' })).toHaveCount(1);
});
