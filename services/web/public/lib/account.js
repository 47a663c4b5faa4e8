// Who is asking, and texts about that, independent of the DOM. me is the answer of /api/me.

// account is who is asking, for all of the page. While that is not known, the role is "", and
// everything is offered.
export const account = {
  me: { kind: 'anonymous', role: '', teams: [] },
  past: false, // whether the page shows a moment of the past, which nobody changes

  get mayWrite() {
    return !this.past && !['viewer', 'none'].includes(this.me.role);
  },

  // mayChange reports whether who is asking may change a service.
  mayChange({ team }) {
    const { role, teams } = this.me;
    return this.mayWrite && (role !== 'editor' || teams.length === 0 || teams.includes(team ?? ''));
  },

  // mayChangeTeam reports whether who is asking may change a team.
  mayChangeTeam({ name }) {
    return this.mayChange({ team: name });
  },
};

// may says what somebody may do.
export function may({ role, teams }) {
  if (role === 'admin') return 'You may do everything, also manage access.';
  if (role === 'viewer') return 'You may read.';
  if (role === 'none') return 'You may not read this portal.';
  return teams.length > 0
    ? `You may read, and change services of ${teams.join(', ')}.`
    : 'You may read, and change all services.';
}

// more says how somebody may do more, or "".
export function more({ kind, role, teams }) {
  if (role === 'admin' || (role === 'editor' && teams.length === 0)) return '';
  if (kind === 'anonymous') return 'To do more, sign in.';
  return role === 'editor' ? 'For other teams, ask an admin.' : 'To do more you need another role: ask an admin.';
}

// offersSignIn reports whether signing in can make a difference.
export function offersSignIn({ kind, role }) {
  return kind === 'anonymous' && role !== 'admin';
}

const reasons = {
  denied: 'You were not signed in: the provider refused it.',
  expired: 'You were not signed in: it took too long, or was begun in another browser. Try again.',
  failed:
    'You were not signed in: something went wrong between the portal and the provider. The log of the portal has the cause.',
};

// notSignedIn says why a sign-in failed, by what the address says, or "".
export function notSignedIn(search) {
  const reason = new URLSearchParams(search).get('signin');
  return reason === null ? '' : (reasons[reason] ?? reasons.failed);
}

// withoutReason returns an address's search without the reason.
export function withoutReason(search) {
  const query = new URLSearchParams(search);
  query.delete('signin');
  return query.size > 0 ? `?${query}` : '';
}
