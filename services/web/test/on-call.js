// person, shift and answer return those of the API, with the given fields.
export function person(name, fields) {
  return { name, email: null, phone: null, url: null, ...fields };
}

export function shift(name, from, until, fields) {
  return { person: person(name), from, until, override: false, ...fields };
}

export function answer(fields) {
  return {
    team: { slug: 'payments', name: 'Payments' },
    at: '2026-11-30T10:00:00Z',
    kind: 'rotation',
    now: [],
    next: [],
    changes_at: null,
    zone: 'Europe/Zurich',
    feed: null,
    ...fields,
  };
}

// rotation returns a plan.
export function rotation(fields) {
  return {
    kind: 'rotation',
    rotation: {
      people: [person('Ada', { email: 'ada@example.com' }), person('Grace', { phone: '+41 44 000 00 00' })],
      zone: 'Europe/Zurich',
      starts: '2026-11-30T09:00',
      shift_days: 7,
      overrides: [],
      ...fields,
    },
  };
}
