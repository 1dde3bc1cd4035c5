// A talk among several people, told to clients that keep their place, while something breaks.

import { Account } from './account.mjs';
import { haveEverything, sayForCertain } from './recovering.mjs';

/** Several people talk at once; after each message that is stored, `after(how many there are)` may break something. */
export async function talk(accounts, messages, after = () => {}) {
  let begun = 0;
  let stored = 0;
  await Promise.all(
    accounts.map(async (account) => {
      while (begun < messages) {
        begun += 1;
        await sayForCertain(account, `message ${begun}`);
        stored += 1;
        await after(stored);
      }
    }),
  );
}

/** So many people with accounts. */
export const people = (url, number) =>
  Promise.all(Array.from({ length: number }, (_, index) => Account.signUp(url, `Person ${index + 1}`)));

/** Has the talk come out whole: for the clients, and in the history? */
export async function isWhole(clients, start, messages, account) {
  await haveEverything(clients, start + messages);
  const stored = (await account.history()).length;
  const beyond = clients.filter((it) => it.position.offset !== start + messages);
  if (stored !== messages || beyond.length > 0) throw new Error(`${stored} of ${messages} are stored, ${beyond.length} clients have more`);
  clients.forEach((it) => it.close());
}
