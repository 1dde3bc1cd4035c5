// A conversation as a person finds it on the page: by role and by name.

import { expect, type Locator, type Page } from '@playwright/test';

/** The chat on one page: the general room, or the conversation with the person of this name. */
export class Chat {
  readonly log: Locator;
  readonly articles: Locator;
  readonly composer: Locator;
  readonly sendButton: Locator;
  readonly typing: Locator;
  readonly unreadLine: Locator;
  readonly jumpButton: Locator;
  readonly pending: Locator;

  constructor(
    readonly page: Page,
    name = 'General',
  ) {
    this.log = page.getByRole('log', { name: `Messages in ${name}` });
    this.articles = this.log.getByRole('article');
    this.composer = page.getByRole('textbox', { name: `Message ${name}` });
    this.sendButton = page.getByRole('button', { name: 'Send', exact: true });
    this.typing = page.getByTestId('typing');
    this.unreadLine = page.getByRole('separator', { name: 'New messages' });
    this.jumpButton = page.getByRole('button', { name: /new messages?|Jump to latest/ });
    this.pending = this.log.getByRole('article', { name: /^You, (sending|waiting|not sent)/ });
  }

  /** Writes a message and sends it with Enter. */
  async send(text: string) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** The message with this text. */
  message(text: string) {
    return this.articles.filter({ hasText: text });
  }

  /** Every match of `pattern` in the messages, from the top of the list to its end. */
  async found(pattern: RegExp): Promise<string[]> {
    const texts = await this.articles.allTextContents();
    return texts.flatMap((it) => it.match(pattern)?.[0] ?? []);
  }

  /**
   * What the typing line says once a message with this text has come: two frames later, before anything that only time
   * brings. To be asked for before the message is sent; the answer is a function, to be called after it.
   */
  async typingAtMessage(text: string): Promise<() => Promise<string>> {
    const seen = await this.page.evaluateHandle((text) => {
      const has = () => document.querySelector('[role=log]')?.textContent?.includes(text);
      const line = () => document.querySelector('[data-testid=typing]')?.textContent?.trim() ?? '';
      const frames = (resolve: (line: string) => void) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(line())));
      const come = new Promise<string>((resolve) => {
        const observer = new MutationObserver(() => {
          if (!has()) return;
          observer.disconnect();
          frames(resolve);
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      });
      return { come };
    }, text);
    return () => seen.evaluate(({ come }) => come);
  }

  /** Waits until nothing of one's own is on its way any more. */
  async settled() {
    await expect(this.pending).toHaveCount(0, { timeout: 120_000 });
  }
}

/** The line of somebody in the list of conversations. */
export function conversationWith(page: Page, name: string) {
  const list = page.getByRole('complementary', { name: 'Conversations' }).getByRole('list', { name: 'Direct messages' });
  return list.getByRole('link', { name: new RegExp(`^${name}`) });
}

/** Begins to talk to somebody, found by their name. */
export async function writeTo(page: Page, name: string) {
  await page.getByRole('complementary', { name: 'Conversations' }).getByRole('button', { name: 'New message' }).click();
  const dialog = page.getByRole('dialog', { name: 'New message' });
  await dialog.getByRole('combobox', { name: 'To' }).fill(name.slice(0, 4));
  await dialog.getByRole('option', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  return new Chat(page, name);
}

/** Waits until the page has come to life. */
export async function hydrated(page: Page) {
  await expect(page.locator('html[data-hydrated="true"]')).toBeAttached();
}

/** The pill that tells how the line is. */
export function connectionPill(page: Page) {
  return page.getByRole('button', { name: /^Connection:/ });
}

/** Waits until the line is up and everything missed is there. */
export async function connected(page: Page) {
  await expect(connectionPill(page)).toHaveText(/Connected/, { timeout: 90_000 });
}
