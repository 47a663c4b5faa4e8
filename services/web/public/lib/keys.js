// Texts about API keys, independent of the DOM.
import { ago, span } from './format.js';

export const keyLabels = { name: 'Name', role: 'May', teams: 'Teams', expires_at: 'Expires' };

const minute = 60_000;
const day = 86_400_000;

// grants says what a key may do.
export function grants({ role, teams }) {
  if (role === 'admin') return 'Everything, also keys';
  if (role === 'viewer') return 'Read';
  return teams.length > 0 ? `Write services of ${teams.join(', ')}` : 'Write all services';
}

// expires says when a key expires, or that it has.
export function expires({ expires_at: at }, now) {
  if (!at) return 'never';
  const left = Date.parse(at) - now;
  if (left >= day) return `in ${Math.round(left / day)} d`;
  return left > 0 ? `in ${span(left)}` : 'expired';
}

// lastUsed says when a key was used last, which the portal knows to the minute.
export function lastUsed({ last_used_at: at }, now) {
  if (!at) return 'never';
  return ago(now - Date.parse(at), 2 * minute);
}

// request returns the body that makes a key: days is "" for one that does not expire.
export function request({ name, role, teams, days }, now) {
  const body = { name: name.trim(), role };
  if (role === 'editor' && teams.length > 0) body.teams = teams;
  if (days) body.expires_at = new Date(now + Number(days) * day).toISOString();
  return body;
}
