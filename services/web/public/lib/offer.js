// What the palette offers, as options independent of the DOM:
//   key      names the option, as long as the palette is open
//   icon     one of styles/icon.css
//   label    parts: a string is our text, pieces of lib/match.js a person's
//   aside    what a screen reader reads after the label, or ""
//   details  [parts], and code, whether they are typed like that
//   end      a word at the end of the line, or ""
//   verb     what Enter does, if that is not what the label says
//   event    and detail: what it tells the app
//   service  if it is one
import { account } from './account.js';
import { count, latency, since, state } from './format.js';
import { pieces } from './match.js';
import { names } from './on-call.js';
import { find, inTrouble, isEmpty, parse } from './palette.js';
import { teamAddress } from './route.js';
import { statusNames } from './status.js';
import { found as teamsFound } from './teams.js';
import { fold } from './text.js';

// groups returns all offers for what was typed, { services, teams, filters, actions }, with the
// total of services and the wanted words; onCall returns who is on call in a team by its slug. Without a query, trouble comes first.
export function groups(all, typed, now, teams = [], onCall = () => undefined) {
  const query = parse(typed);
  const empty = isEmpty(query);
  const found = empty ? { services: inTrouble(all), filters: [] } : find(all, query);
  const { services, filters, total = services.length, address } = found;
  const narrowed = query.unfinished || [query.team, query.tag, query.status].some(({ length }) => length > 0);
  const more = total > services.length ? [moreOffer(total - services.length, address)] : [];
  return {
    wanted: query.words,
    total,
    services: [...services.map((service) => serviceOffer(service, query.words, now)), ...more],
    teams: narrowed
      ? []
      : teamsFound(teams, query.words).map((team) => teamOffer(team, query.words, all, onCall(team.slug))),
    filters: filters.map((filter) => filterOffer(filter, query.words)),
    actions: narrowed ? [] : actionOffers(query.words),
  };
}

const plain = { aside: '', details: [], code: false, end: '', verb: '' };

export function serviceOffer(service, wanted, now) {
  const { id, name, team, status } = service;
  const why = status === 'healthy' ? '' : `${state(service)} ${since(service, now)}`.trim();
  const tag = unseen(service, wanted);
  const details = [team && [pieces(team, wanted)], why && [why], tag && ['tag ', pieces(tag, wanted)]];
  return {
    ...plain,
    key: `service ${id}`,
    icon: status,
    label: [pieces(name, wanted)],
    aside: statusNames[status],
    details: details.filter(Boolean),
    end: latency(service),
    verb: 'open',
    event: 'open',
    detail: id,
    service,
  };
}

// unseen returns the tag by which a service was found, unless its name or team says why.
function unseen({ name, team, tags }, wanted) {
  const seen = fold(`${name}\n${team ?? ''}`);
  const hidden = wanted.filter((word) => !seen.includes(word));
  return tags.find((tag) => hidden.some((word) => fold(tag).includes(word)));
}

// teamOffer leads to the page of a team. Its words may be those of the name and "team".
function teamOffer({ slug, name }, wanted, all, duty) {
  return {
    ...plain,
    key: `team page ${slug}`,
    icon: 'team',
    label: ['Team ', pieces(name, wanted)],
    details: duty?.now.length ? [['on call: ', pieces(names(duty).join(', '), [])]] : [],
    end: count(all.filter(({ team }) => team === name).length),
    event: 'go',
    detail: teamAddress(slug),
  };
}

function filterOffer({ kind, value, n, address, written }, wanted) {
  const isStatus = kind === 'status';
  return {
    ...plain,
    key: `${kind} ${value}`,
    icon: isStatus ? value : kind === 'team' ? 'person' : 'filter',
    label: isStatus ? ['Show what is ', pieces(value, wanted)] : ['Show only ', pieces(value, wanted)],
    details: [[pieces(written, [])]],
    code: true,
    end: count(n),
    event: 'go',
    detail: address,
  };
}

// moreOffer leads to what was found and is not shown here.
function moreOffer(n, address) {
  const label = [`${n.toLocaleString('en')} more: show them in the list`];
  return { ...plain, key: 'more', icon: 'filter', label, event: 'go', detail: address };
}

// deeds returns what who is asking may do with a service.
export function deeds(service) {
  const { id, status_url: measured } = service;
  const mayChange = account.mayChange(service);
  return [
    measured && mayChange && { key: 'check', icon: 'check', label: ['Check now'], event: 'check' },
    mayChange && { key: 'edit', icon: 'edit', label: ['Edit'], event: 'edit' },
    { key: 'copy', icon: 'link', label: ['Copy link'], event: 'copylink' },
  ]
    .filter(Boolean)
    .map((deed) => ({ ...plain, ...deed, detail: id }));
}

const actions = [
  { key: 'now', icon: 'clock', label: 'Back to now', also: 'present live today', event: 'now' },
  { key: 'add', icon: 'add', label: 'Add service', also: 'new register create', event: 'add' },
  { key: 'addteam', icon: 'team', label: 'Add team', also: 'new create owner', event: 'addteam' },
  { key: 'teams', icon: 'team', label: 'All teams', also: 'owners list', event: 'go', detail: '/teams' },
  {
    key: 'graph',
    icon: 'graph',
    label: 'Graph',
    also: 'dependencies needs impact map blast radius',
    event: 'go',
    detail: '/graph',
  },
  {
    key: 'scorecards',
    icon: 'healthy',
    label: 'Catalogue health',
    also: 'scorecards levels quality rot gold silver bronze',
    event: 'go',
    detail: '/scorecards',
  },
  {
    key: 'past',
    icon: 'clock',
    label: 'The portal at a moment…',
    also: 'past history incident time review was',
    event: 'past',
  },
  { key: 'light', icon: 'light', label: 'Theme: light', also: 'appearance bright', event: 'theme', detail: 'light' },
  { key: 'dark', icon: 'dark', label: 'Theme: dark', also: 'appearance night', event: 'theme', detail: 'dark' },
  {
    key: 'system',
    icon: 'system',
    label: 'Theme: of the system',
    also: 'appearance auto',
    event: 'theme',
    detail: 'system',
  },
  { key: 'help', icon: 'keyboard', label: 'Keyboard shortcuts', also: 'help keys', event: 'help' },
];

// actionOffers returns what can be done without a service, if its words begin with all of
// those that are wanted.
export function actionOffers(wanted) {
  const named = ({ label, also }) => {
    const known = fold(`${label} ${also}`).split(/[\s:]+/);
    return wanted.every((word) => known.some((one) => one.startsWith(word)));
  };
  return actions
    .filter((action) => offered(action) && named(action))
    .map(({ label, also: _, ...action }) => ({ ...plain, ...action, label: [pieces(label, wanted)] }));
}

function offered({ event }) {
  return { add: account.mayWrite, addteam: account.mayWrite, now: account.past, past: !account.past }[event] ?? true;
}

// summary says how many offers of each kind groups has, for who cannot see them.
export function summary({ total, teams, filters, actions }) {
  const several = ({ length: n }, one) => n > 0 && (n === 1 ? `1 ${one}` : `${n} ${one}s`);
  const parts = [
    total > 0 && count(total),
    several(teams, 'team'),
    several(filters, 'filter'),
    several(actions, 'action'),
  ];
  return parts.filter(Boolean).join(', ') || 'Nothing matches';
}
