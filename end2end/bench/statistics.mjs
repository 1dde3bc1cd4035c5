// Of the values of one run; of several runs, xtask makes its own.

/** The least value that so many percent of all do not exceed. */
export function percentile(values, percent) {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** What a row says of times: most of them, and the slow ones. */
export const times = (what, values) => [
  [`${what}, median`, percentile(values, 50), 'ms'],
  [`${what}, p95`, percentile(values, 95), 'ms'],
];
