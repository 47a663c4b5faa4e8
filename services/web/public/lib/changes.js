// Texts about the changes of a service or a team, independent of the DOM.
import { difference, entries, written } from './dependencies.js';
import { asText, labels } from './fields.js';
import { planLabels, words } from './on-call-plan.js';
import { teamLabels } from './team-fields.js';

const deeds = {
  created: 'Added',
  updated: 'Changed',
  deleted: 'Deleted',
  restored: 'Restored',
  repaired: 'Repaired after a loss of data',
};

const actors = { anonymous: 'somebody', system: 'the portal' };

// headline says what was done and by whom: parts as for setWords.
export function headline({ deed, actor, kind }) {
  const who = actor.kind === 'system' || !actor.name ? (actors[actor.kind] ?? 'somebody') : { name: actor.name };
  const what = deeds[deed] ?? deed;
  return [kind === 'team' ? `The team was ${what.toLowerCase()} by ` : `${what} by `, who];
}

// details lists what an update changed: { field, before, after } in words, or { field, words } with parts as
// for setWords. Other deeds have none: they concern the whole service.
export function details({ deed, kind, changes }) {
  if (deed !== 'updated') return [];
  const known = kind === 'team' ? { ...teamLabels, ...planLabels } : labels;
  return changes.map(({ field, before, after }) => {
    const name = known[field] ?? field;
    if (field === 'depends_on') return { field: name, words: difference(before, after) };
    return { field: name, before: said(before), after: said(after) };
  });
}

// said says a value: an on-call plan is the only one that is neither a text nor a list of texts.
function said(value) {
  const isPlan = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isPlan ? words(value) : asText(value ?? '');
}

// undoLabel returns the label of the button that takes a change back, or "" if none does.
// latest says whether it is the newest change of its service.
export function undoLabel({ deed }, latest) {
  if (deed === 'updated') return 'Undo';
  return deed === 'deleted' && latest ? 'Restore' : '';
}

// revert returns the body that gives the fields of an edit the values that they had before.
export function revert(before, fields) {
  const value = (field) => (field === 'depends_on' ? written(entries(before[field])) : (before[field] ?? null));
  return Object.fromEntries(fields.map((field) => [field, value(field)]));
}
