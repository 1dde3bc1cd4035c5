import { Account } from '../harness/account.mjs';
import { Chat, connected, conversationWith, hydrated, writeTo } from '../harness/chat.ts';
import { LOST_LINE } from '../harness/noise.ts';
import { expect, test, type Person } from '../harness/test.ts';

/** The name of the conversation of two people's channel. */
async function channelOf(one: Person, other: Person) {
  const ids = [await one.account.id(), await other.account.id()].sort((left, right) => left - right);
  return `private-chat.${ids[0]}.${ids[1]}`;
}

/** As if the person looked at another window. */
const lookAway = (person: Person) =>
  person.page.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event('blur'));
  });

const lookBack = (person: Person) =>
  person.page.evaluate(() => {
    document.hasFocus = () => true;
    window.dispatchEvent(new Event('focus'));
  });

test('two people talk alone, and each sees what the other writes', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const withJonas = await writeTo(amina.page, 'Jonas R');
  await expect(amina.page.getByText('This is the start of your conversation with Jonas R')).toBeVisible();
  await withJonas.send('Just between us');
  await expect(conversationWith(jonas.page, 'Amina K')).toHaveAccessibleName(/Amina K online .*Just between us.*1 unread$/);
  await conversationWith(jonas.page, 'Amina K').click();
  const withAmina = new Chat(jonas.page, 'Amina K');
  await expect(withAmina.message('Just between us')).toBeVisible();
  await withAmina.send('I hear you');
  await expect(withJonas.message('I hear you')).toBeVisible();
  await withJonas.send('Good');
  await expect(withAmina.message('Good')).toBeVisible();
  await expect(jonas.page).toHaveTitle('Amina K · SmartLink');
  await expect(amina.page.getByText('Just between us').first()).toBeVisible();
});

test('what two people say is on the page before any script, and nowhere else', async ({ join, visit, noise }) => {
  noise.expect(/request: GET .*\.js csp$/, / 404\b/, / 403\b/);
  const [amina, jonas, mei] = await Promise.all([join('Amina K'), join('Jonas R'), join('Mei D')]);
  await jonas.account.sayTo(amina.account, 'For you **alone**');
  const page = await visit({ javaScriptEnabled: false });
  await page.context().addCookies(amina.account.cookies);
  await page.goto(`/chat/${await jonas.account.id()}`);
  await expect(page.getByRole('heading', { name: 'Jonas R', level: 1 })).toBeVisible();
  await expect(new Chat(page, 'Jonas R').message('For you alone').locator('strong')).toHaveText('alone');
  const channel = await channelOf(amina, jonas);
  for (const path of [`/api/chat/messages?conversation=${channel}`, `/api/chat/conversations/${channel}`]) {
    expect((await mei.page.request.get(path)).status(), path).toBe(403);
  }
  const socketId = '1.1';
  const token = decodeURIComponent((await mei.page.context().cookies()).find((it) => it.name === 'XSRF-TOKEN')?.value ?? '');
  const answer = await mei.page.request.post('/broadcasting/auth', {
    form: { socket_id: socketId, channel_name: channel },
    headers: { 'X-XSRF-TOKEN': token },
  });
  expect(answer.status()).toBe(403);
  expect((await mei.page.goto('/chat/999999'))?.status()).toBe(404);
  await expect(mei.page.getByText('There is nobody to talk to at this address.')).toBeVisible();
});

test('the badge counts what is unread, in the list and in the title, and goes with reading, in every tab', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const secondTab = await amina.page.context().newPage();
  await secondTab.goto('/');
  await connected(secondTab);
  await jonas.account.sayTo(amina.account, 'one');
  await jonas.account.sayTo(amina.account, 'two');
  for (const page of [amina.page, secondTab]) {
    await expect(conversationWith(page, 'Jonas R')).toHaveAccessibleName(/2 unread$/);
    await expect(page).toHaveTitle('(2) General · SmartLink');
  }
  await secondTab.reload();
  await hydrated(secondTab);
  await expect(conversationWith(secondTab, 'Jonas R')).toHaveAccessibleName(/2 unread$/);
  await lookAway(amina);
  await conversationWith(amina.page, 'Jonas R').click();
  const chat = new Chat(amina.page, 'Jonas R');
  await expect(chat.unreadLine).toBeVisible();
  await expect(chat.message('two')).toBeVisible();
  // On screen, in a window that nobody looks at: another message comes, and all three are unread.
  await jonas.account.sayTo(amina.account, 'three');
  await expect(amina.page).toHaveTitle('(3) Jonas R · SmartLink');
  await lookBack(amina);
  await expect(amina.page).toHaveTitle('Jonas R · SmartLink');
  await expect(conversationWith(amina.page, 'Jonas R')).not.toHaveAccessibleName(/unread/);
  await expect(conversationWith(secondTab, 'Jonas R')).not.toHaveAccessibleName(/unread/);
  await expect(secondTab).toHaveTitle('General · SmartLink');
});

test('messages above those in view are read, those below are not', async ({ join }) => {
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const first = await jonas.account.sayTo(amina.account, 'seen before');
  await amina.account.api('POST', `/api/chat/messages/${first.id}/read`);
  for (let number = 1; number <= 40; number += 1) await jonas.account.sayTo(amina.account, `line ${number}.\n\nmore of it`);
  await expect(conversationWith(amina.page, 'Jonas R')).toHaveAccessibleName(/40 unread$/);
  await conversationWith(amina.page, 'Jonas R').click();
  const chat = new Chat(amina.page, 'Jonas R');
  await expect(chat.message('line 1.')).toBeInViewport();
  const unread = async () => {
    const { direct } = await amina.account.api('GET', '/api/chat/conversations');
    return direct[0].unread_count;
  };
  await expect.poll(unread).toBeLessThan(40);
  expect(await unread()).toBeGreaterThan(10);
  await chat.jumpButton.click();
  await expect.poll(unread).toBe(0);
});

test('the list is sorted by what was said last, and shows who types', async ({ join }) => {
  const [amina, jonas, mei] = await Promise.all([join('Amina K'), join('Jonas R'), join('Mei D')]);
  await jonas.account.sayTo(amina.account, 'from Jonas');
  await mei.account.sayTo(amina.account, 'from Mei');
  const list = amina.page.getByRole('list', { name: 'Direct messages' });
  await expect(list.getByRole('link')).toContainText(['from Mei', 'from Jonas']);
  const withAmina = await writeTo(jonas.page, 'Amina K');
  await withAmina.composer.pressSequentially('Hm');
  await expect(conversationWith(amina.page, 'Jonas R')).toContainText('typing…');
  await expect(amina.chat.typing).toHaveText('');
  const cleared = jonas.page.waitForResponse('**/api/chat/typing');
  await withAmina.composer.fill('');
  await cleared;
  // What comes after it is there, and the lease has not ended yet.
  await mei.account.say('to all');
  await expect(amina.chat.message('to all')).toBeVisible();
  expect(await conversationWith(amina.page, 'Jonas R').textContent()).not.toContain('typing…');
  await withAmina.send('again');
  await expect(list.getByRole('link')).toContainText(['again', 'from Mei']);
});

test('what is written to each person stays with that person', async ({ join }) => {
  const amina = await join('Amina K');
  await Promise.all([join('Jonas R'), join('Mei D')]);
  const withJonas = await writeTo(amina.page, 'Jonas R');
  await withJonas.composer.fill('half a thought');
  const withMei = await writeTo(amina.page, 'Mei D');
  await expect(withMei.composer).toHaveValue('');
  await expect(conversationWith(amina.page, 'Jonas R')).toContainText('Draft');
  await conversationWith(amina.page, 'Jonas R').click();
  await expect(withJonas.composer).toHaveValue('half a thought');
  await expect(conversationWith(amina.page, 'Jonas R')).not.toContainText('Draft');
  await amina.page.goto('/');
  await expect(conversationWith(amina.page, 'Jonas R')).toHaveCount(0);
});

test('one conversation that is stuck holds no other back, and each sends its own when the line is back', async ({ join, line, noise }) => {
  noise.expect(...LOST_LINE, / 500\b/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  const withJonas = await writeTo(amina.page, 'Jonas R');
  await amina.page.route('**/api/chat/messages/private', (route) =>
    route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500}' }),
  );
  await withJonas.send('stuck');
  await expect(withJonas.pending).toHaveCount(1);
  await amina.page.getByRole('link', { name: 'General' }).click();
  await amina.chat.send('not stuck');
  await expect(jonas.chat.message('not stuck')).toBeVisible();
  await amina.page.unrouteAll();
  line.cut();
  await amina.page.goBack();
  await withJonas.send('while away');
  line.repair();
  await withJonas.settled();
  await conversationWith(jonas.page, 'Amina K').click();
  await expect.poll(() => new Chat(jonas.page, 'Amina K').found(/stuck|while away/)).toEqual(['stuck', 'while away']);
});

test('who is blocked can\'t write, keeps what they wrote, and can again once that is over', async ({ join, noise }) => {
  noise.expect(/ 403\b/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await jonas.account.sayTo(amina.account, 'Hello');
  const withAmina = await writeTo(jonas.page, 'Amina K');
  await withAmina.composer.fill('One more thing');
  await conversationWith(amina.page, 'Jonas R').click();
  await amina.page.getByRole('button', { name: 'Conversation' }).click();
  await amina.page.getByRole('menuitem', { name: 'Block Jonas R' }).click();
  const question = amina.page.getByRole('alertdialog', { name: 'Block Jonas R?' });
  await question.getByRole('button', { name: 'Block' }).click();
  await expect(amina.page.getByText('You have blocked Jonas R.')).toBeVisible();
  await expect(jonas.page.getByText('Amina K doesn\'t take messages from you.')).toBeVisible();
  await expect(withAmina.message('Hello')).toBeVisible();
  await amina.page.getByRole('main').getByRole('button', { name: 'Unblock' }).click();
  await expect(withAmina.composer).toHaveValue('One more thing');
  await withAmina.composer.press('Enter');
  await expect(new Chat(amina.page, 'Jonas R').message('One more thing')).toBeVisible();
});

test('somebody who is kept out can\'t be written to: the text stays, and a word says why', async ({ join, server, noise }) => {
  noise.expect(/ 404\b/);
  const [amina, jonas] = await Promise.all([join('Amina K'), join('Jonas R')]);
  await jonas.account.sayTo(amina.account, 'Goodbye');
  await conversationWith(amina.page, 'Jonas R').click();
  const chat = new Chat(amina.page, 'Jonas R');
  await expect(chat.message('Goodbye')).toBeVisible();
  await jonas.page.close();
  await server.run('user', 'disable', jonas.account.email);
  await chat.send('Are you there?');
  const refused = chat.log.getByRole('article', { name: 'You, not sent' });
  await expect(refused).toContainText('This person can\'t be written to any more.');
  await refused.getByRole('button', { name: 'Edit' }).click();
  await expect(chat.composer).toHaveValue('Are you there?');
});

test('an older conversation is loaded as one scrolls, and a gap is closed', async ({ join, server }) => {
  const amina = await join('Amina K');
  const jonas = await Account.signUp(server.url, 'Jonas R');
  for (let number = 1; number <= 80; number += 1) await jonas.sayTo(amina.account, `line ${number}.`);
  await amina.page.goto(`/chat/${await jonas.id()}`);
  await hydrated(amina.page);
  const chat = new Chat(amina.page, 'Jonas R');
  await expect(chat.message('line 80.')).toBeInViewport();
  await expect(chat.message('line 1.')).toHaveCount(0);
  await chat.articles.first().evaluate((it) => it.scrollIntoView({ block: 'start' }));
  await expect(chat.message('line 1.')).toHaveCount(1);
  await expect(amina.page.getByText('This is the start of your conversation with Jonas R')).toBeAttached();
});

test('keys lead from conversation to conversation', async ({ join }) => {
  const [amina, jonas, mei] = await Promise.all([join('Amina K'), join('Jonas R'), join('Mei D')]);
  await jonas.account.sayTo(amina.account, 'from Jonas');
  await amina.account.sayTo(mei.account, 'to Mei');
  await expect(amina.page.getByRole('list', { name: 'Direct messages' }).getByRole('link')).toHaveCount(2);
  const title = (name: string) => expect(amina.page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await amina.page.keyboard.press('Alt+ArrowDown');
  await title('Mei D');
  await amina.page.keyboard.press('Alt+ArrowUp');
  await title('General');
  await amina.page.keyboard.press('Alt+Shift+ArrowDown');
  await title('Jonas R');
});

test('keys that are pressed faster than pages are drawn leave no error behind', async ({ join }) => {
  const [amina, jonas, mei] = await Promise.all([join('Amina K'), join('Jonas R'), join('Mei D')]);
  await jonas.account.sayTo(amina.account, 'from Jonas');
  await amina.account.sayTo(mei.account, 'to Mei');
  const links = amina.page.getByRole('list', { name: 'Direct messages' }).getByRole('link');
  await expect(links).toHaveCount(2);
  for (const name of ['Mei D', 'Jonas R']) {
    await links.filter({ hasText: name }).click();
    await expect(amina.page.getByRole('heading', { name, level: 1 })).toBeVisible();
  }
  // Several in one frame, in the way that only a script can.
  await amina.page.evaluate(async () => {
    for (let round = 0; round < 40; round += 1) {
      const key = round % 8 < 4 ? 'ArrowUp' : 'ArrowDown';
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, altKey: true, bubbles: true, cancelable: true }));
      if (round % 5 !== 0) await new Promise((done) => setTimeout(done, round % 3));
      if (round % 7 === 0) document.querySelector<HTMLElement>('#composer')?.focus();
    }
  });
  await amina.page.keyboard.press('Alt+ArrowUp');
  await amina.page.keyboard.press('Alt+ArrowUp');
  await amina.page.keyboard.press('Alt+ArrowUp');
  await expect(amina.page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible();
  await amina.chat.send('still here');
  await expect(amina.chat.message('still here')).toBeVisible();
});
