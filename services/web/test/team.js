// team returns a team as in the API, with the given fields.
export function team(fields) {
  return {
    slug: 'payments',
    name: 'Payments',
    description: null,
    chat_url: null,
    email: null,
    page_url: null,
    docs_url: null,
    on_call: null,
    version: 1,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    ...fields,
  };
}
