// A person without a browser: signs up by the form, then speaks to the REST API with the session's cookies.

/** Long enough for every rule, and known to no list of leaked ones. */
export const PASSWORD = 'correct horse battery staple';

let numberOfPeople = 0;

/** An address that no other person of this run has. */
export function addressOf(name) {
  numberOfPeople += 1;
  const local = name.toLowerCase().replace(/[^a-z0-9]+/g, '.').replace(/^\.|\.$/g, '') || 'person';
  return `${local}.${process.pid}.${numberOfPeople}@example.com`;
}

/** Cookies and what they allow. */
export class Account {
  #cookies = new Map();

  constructor(url, name, email) {
    this.url = url;
    this.name = name;
    this.email = email;
  }

  /** Opens an account at the server that answers at `url`. */
  static async signUp(url, name) {
    const account = new Account(url, name, addressOf(name));
    await account.#request('/sign-up');
    const form = new URLSearchParams({
      _token: account.csrfToken,
      name,
      email: account.email,
      password: PASSWORD,
      terms: 'on',
    });
    const answer = await account.#request('/sign-up', { method: 'POST', body: form });
    const next = answer.headers.get('location');
    // A form that is refused is answered with a redirect too, back to itself.
    if (answer.status !== 303 || next !== '/') throw new Error(`sign-up answered ${answer.status}, ${next}: ${await answer.text()}`);
    return account;
  }

  /** Signs in: another browser of the same person. */
  async signIn() {
    await this.#request('/sign-in');
    const form = new URLSearchParams({ _token: this.csrfToken, email: this.email, password: PASSWORD });
    const answer = await this.#request('/sign-in', { method: 'POST', body: form });
    if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`);
    return this;
  }

  get csrfToken() {
    return decodeURIComponent(this.#cookies.get('XSRF-TOKEN')?.value ?? '');
  }

  /** The session's cookies, as a browser context of Playwright takes them. */
  get cookies() {
    return [...this.#cookies].map(([name, { value, ...attributes }]) => ({ name, value, url: this.url, ...attributes }));
  }

  /** Asks the REST API and returns what it answered; throws if that is an error. */
  async api(method, path, body) {
    const answer = await this.#request(path, {
      method,
      headers: { accept: 'application/json', 'x-xsrf-token': this.csrfToken, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** The account's number. */
  async id() {
    return (await this.api('GET', '/api/user')).id;
  }

  /** Says something to one other person alone; returns the stored message. */
  async sayTo(other, body) {
    return this.api('POST', '/api/chat/messages/private', { recipient_id: await other.id(), body });
  }

  /** Says something in the general room; returns the stored message. */
  say(body) {
    return this.api('POST', '/api/chat/messages', { body });
  }

  /** The whole history of the general room, oldest first. */
  async history() {
    const messages = [];
    for (;;) {
      const before = messages.length > 0 ? `&before=${messages[0].id}` : '';
      const page = await this.api('GET', `/api/chat/messages?limit=100${before}`);
      messages.unshift(...page.messages);
      if (!page.has_older) return messages;
    }
  }

  async #request(path, { headers, ...options } = {}) {
    const cookie = [...this.#cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');
    const answer = await fetch(this.url + path, {
      redirect: 'manual',
      headers: { ...headers, cookie, origin: this.url, 'sec-fetch-site': 'same-origin' },
      ...options,
    });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(';').map((it) => it.trim());
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const has = (attribute) => attributes.some((it) => it.toLowerCase() === attribute);
    this.#cookies.set(name, { value, httpOnly: has('httponly'), sameSite: 'Lax' });
  }
}

/** A personal access token, made by the operator's command. */
export async function createToken(server, account) {
  const printed = await server.run('token', 'create', '--email', account.email, '--name', 'end2end');
  return printed.split(/\s+/).at(-1);
}
