// Levels of services, the address of the page of scorecards, and texts about both, independent of the DOM.

// levels are all levels, the lowest first, as in the API.
export const levels = ['none', 'bronze', 'silver', 'gold'];

export const levelNames = { none: 'No level', bronze: 'Bronze', silver: 'Silver', gold: 'Gold' };

const kinds = ['team', 'level', 'rule'];
const mostValues = 20; // of a filter in an address

// filterOf returns the filter in the search of an address: { team, level, rule }, lists of values. Levels that there
// are not count for nothing.
export function filterOf(search) {
  const asked = new URLSearchParams(search);
  const values = (kind) => [...new Set(asked.getAll(kind).filter(Boolean))].slice(0, mostValues);
  return { team: values('team'), level: values('level').filter((one) => levels.includes(one)), rule: values('rule') };
}

// format returns the address that shows a filter.
export function format(filter) {
  const query = new URLSearchParams(kinds.flatMap((kind) => (filter[kind] ?? []).map((value) => [kind, value])));
  return query.size > 0 ? `/scorecards?${query}` : '/scorecards';
}

// toggled returns the filter with a value of a kind more, or less if it has it.
export function toggled(filter, kind, value) {
  const has = filter[kind].includes(value);
  return { ...filter, [kind]: has ? filter[kind].filter((one) => one !== value) : [...filter[kind], value] };
}

export function isEmpty(filter) {
  return kinds.every((kind) => filter[kind].length === 0);
}

// byOutcome returns the rules of a scorecard that have an outcome.
export function byOutcome({ rules }, outcome) {
  return rules.filter((rule) => rule.outcome === outcome);
}

// summary says in a few words what fails: "2 of 9 rules fail".
export function summary(card) {
  const [failed, passed] = [byOutcome(card, 'failed').length, byOutcome(card, 'passed').length];
  const all = failed + passed;
  if (failed === 0) return all === 1 ? 'the one rule passes' : `all ${all} rules pass`;
  return `${failed} of ${all} rules ${failed === 1 ? 'fails' : 'fail'}`;
}

// asides say of the rules that neither pass nor fail why.
export function asides(card) {
  return [...byOutcome(card, 'not_applicable'), ...byOutcome(card, 'off')].map(({ title, reason }) => ({
    title,
    reason,
  }));
}

// titled returns the titles of rules by their ids.
export function titled(rules) {
  return new Map(rules.map(({ id, title }) => [id, title]));
}
