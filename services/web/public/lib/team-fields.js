// The fields of a team's form, independent of the DOM.
import { edited, isWebAddress } from './fields.js';
import { count } from './format.js';

export const teamLabels = {
  name: 'Name',
  description: 'Description',
  chat_url: 'Chat',
  email: 'Mail',
  page_url: 'Page',
  docs_url: 'Handbook',
};

export const teamLinks = ['chat_url', 'page_url', 'docs_url'];

// toForm returns the values that the controls show.
export function toForm(team) {
  return Object.fromEntries(Object.keys(teamLabels).map((field) => [field, team[field] ?? '']));
}

// changes returns the body to send: the edited fields only, null for an emptied one.
export function changes(opened, mine) {
  return Object.fromEntries(edited(opened, mine, teamLabels).map((field) => [field, mine[field].trim() || null]));
}

// renames says how many services get a new name of their team too, or "": none does.
export function renames(before, after, services) {
  const name = after.trim();
  if (!before || !name || name === before || services === 0) return '';
  return `${count(services)} ${services === 1 ? 'gets' : 'get'} the new name too.`;
}

// contacts returns where a team can be reached: { chat_url, email, page_url, docs_url }, the addresses of
// links, and "" for what it does not have.
export function contacts(team) {
  const link = (field) => (isWebAddress(team?.[field] ?? '') ? team[field] : '');
  return { ...Object.fromEntries(teamLinks.map((field) => [field, link(field)])), email: mailto(team?.email ?? '') };
}

// mailto returns the address of a link by which one writes to a mail address, or "" if it is none.
export function mailto(email) {
  return /^[^\s@]+@[^\s@]+$/.test(email) ? `mailto:${encodeURIComponent(email).replace('%40', '@')}` : '';
}
